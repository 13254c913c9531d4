package bag

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
)

// rows gives every message in the order of its id, which is the order of
// recording. Where the table is damaged it is read from its beginning to the
// damage and from its end back to the damage.
func (d *database) rows(ctx context.Context, yield func(ref)) error {
	last, err := d.rowsFrom(ctx, "SELECT id, topic_id, timestamp, length(data) FROM messages ORDER BY id", math.MinInt64, yield)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	cut := d.cutShort()
	d.saidCut = cut != ""
	damage := Warning{File: d.file.name, Text: "damaged table of messages", First: fmt.Sprintf("after message %d: %s", max(last, 0), cmp.Or(cut, d.sayDamage(err)))}
	var behind []ref
	first, err := d.rowsFrom(ctx, "SELECT id, topic_id, timestamp, length(data) FROM messages ORDER BY id DESC", last, func(r ref) { behind = append(behind, r) })
	for _, r := range slices.Backward(behind) {
		yield(r)
	}
	if err == nil || len(behind) > 0 {
		damage.Messages = min(max(first-max(last, 0)-1, 0), d.file.size) // ids may have gaps
	}
	d.lost += damage.Messages
	return d.warn.add(damage)
}

// rowsFrom runs one query until its end, its failure, or the row of id stop; it
// returns the last id that it gave.
func (d *database) rowsFrom(ctx context.Context, query string, stop int64, yield func(ref)) (last int64, err error) {
	last = math.MinInt64
	err = guarded(func() error {
		rows, err := d.db.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, topic, stamp, size sql.NullInt64
			if err := rows.Scan(&id, &topic, &stamp, &size); err != nil {
				return err
			}
			if id.Int64 == stop && stop != math.MinInt64 {
				return nil
			}
			last = id.Int64
			stream, known := d.ids[topic.Int64]
			if why := d.refuse(known, size.Int64); why != "" {
				if err := d.lose(last, why); err != nil {
					return err
				}
				continue
			}
			yield(ref{stream: stream, chunk: -1, off: last, size: size.Int64, log: stamp.Int64})
		}
		return rows.Err()
	})
	return last, err
}

// refuse says what is wrong with a row, if anything is.
func (d *database) refuse(known bool, size int64) string {
	switch {
	case !known:
		return "messages of unknown topics"
	case size > d.file.size:
		return "messages larger than their file"
	}
	return ""
}

func (d *database) lose(id int64, why string) error {
	d.lost++
	return d.warn.lose(place{part: d.part, off: id}, Warning{File: d.file.name, Text: why, Messages: 1})
}
