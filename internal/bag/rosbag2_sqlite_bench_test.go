package bag

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// The page reader (rosbag2_sqlite_pages.go) stays as long as it is at least 1.5 times
// as fast as the best of SQL: one camera out of a .db3 of 480 MB, in one run. On
// 2026-11-28, two cores with other work, the best of 25: 45 ms, against 122 ms for one
// query (2.7 times) and 219 ms for a query for each message. Again that day, with a load of
// 17, 15 runs: 290 ms (median 432), against 557 (1029) and 572 (911): 1.9 (2.1) times.
//
//	go test -run '^$' -bench SQLite -benchtime 1x -count 25 ./internal/bag
func BenchmarkSQLite(b *testing.B) {
	const camera, messages = "/front/image_raw/compressed", 600
	path := filepath.Join(b.TempDir(), "run")
	front, other := cameraCDR, motorCDR
	front.Name = camera
	var list []written
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range messages {
		list = append(list, written{front, int64(i) * 1e8, noise(rng, 250_000)}, written{other, int64(i)*1e8 + 1, noise(rng, 550_000)})
	}
	write(b, path, bagtest.Format{}, list)
	list = nil
	file := filepath.Join(path, "run_0.db3")

	ours := func(pages bool) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				r, err := openPath(context.Background(), file, Options{})
				if err != nil {
					b.Fatal(err)
				}
				if d := r.parts[0].(*database); !pages {
					d.pages = nil
				}
				n := 0
				err = r.Messages(context.Background(), index(b, r, camera), func(_ Entry, data []byte) error { n += len(data); return nil })
				if err != nil || n < messages*250_000 {
					b.Fatal(n, err)
				}
				b.SetBytes(int64(n))
				r.Close()
			}
		}
	}
	b.Run("pages", ours(true))
	b.Run("SQL, a query for each message", ours(false))
	for name, query := range map[string]string{
		"SQL, one query":              "SELECT data FROM messages WHERE topic_id = 1 ORDER BY timestamp",
		"SQL, one query, in id order": "SELECT data FROM messages WHERE topic_id = 1 ORDER BY id",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				db, err := sql.Open("sqlite", "file:"+file+"?immutable=1&mode=ro")
				if err != nil {
					b.Fatal(err)
				}
				rows, err := db.Query(query)
				if err != nil {
					b.Fatal(err)
				}
				n := 0
				var data sql.RawBytes
				for rows.Next() {
					if err := rows.Scan(&data); err != nil {
						b.Fatal(err)
					}
					n += len(data)
				}
				if rows.Err() != nil || n < messages*250_000 {
					b.Fatal(n, rows.Err())
				}
				b.SetBytes(int64(n))
				rows.Close()
				db.Close()
			}
		})
	}
}
