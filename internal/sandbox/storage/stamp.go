package storage

import (
	"database/sql"
	"time"
)

// A Stamp is a time in microseconds, as PostgreSQL keeps them.
type Stamp int64

// Second is a second as a difference of stamps.
const Second = Stamp(1e6)

// MarshalJSON writes it as CVAT does: UTC, and no fraction if it is zero.
func (s Stamp) MarshalJSON() ([]byte, error) {
	layout := "2006-01-02T15:04:05.000000Z"
	if s%Second == 0 {
		layout = "2006-01-02T15:04:05Z"
	}
	return []byte(`"` + time.UnixMicro(int64(s)).UTC().Format(layout) + `"`), nil
}

// Optional makes a pointer of a column that may be NULL.
func Optional[T any](v sql.Null[T]) *T {
	if !v.Valid {
		return nil
	}
	return &v.V
}
