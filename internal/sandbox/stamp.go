package sandbox

import (
	"database/sql"
	"time"
)

// A stamp is a time in microseconds, as PostgreSQL keeps them.
type stamp int64

const second = stamp(1e6)

// MarshalJSON writes it as CVAT does: UTC, and no fraction if it is zero.
func (s stamp) MarshalJSON() ([]byte, error) {
	layout := "2006-01-02T15:04:05.000000Z"
	if s%second == 0 {
		layout = "2006-01-02T15:04:05Z"
	}
	return []byte(`"` + time.UnixMicro(int64(s)).UTC().Format(layout) + `"`), nil
}

// optional makes a pointer of a column that may be NULL.
func optional[T any](v sql.Null[T]) *T {
	if !v.Valid {
		return nil
	}
	return &v.V
}
