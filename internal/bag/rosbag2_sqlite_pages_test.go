package bag

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
)

// database of messages in pages of one size, with rows deleted and put in
// again, so that the pages of a row do not follow each other.
func scattered(t *testing.T, page int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db3")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(fmt.Sprintf("PRAGMA page_size=%d", page))
	exec("PRAGMA synchronous=0")
	exec("CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT, type TEXT, serialization_format TEXT)")
	exec("CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL)")
	exec("INSERT INTO topics VALUES (1, '/a', 'A', 'cdr')")
	rng := rand.New(rand.NewPCG(1, uint64(page)))
	exec("BEGIN")
	for i := range 300 {
		exec("INSERT INTO messages(topic_id, timestamp, data) VALUES (1, ?, ?)", i*1e9, noise(rng, rng.IntN(1+rng.IntN(1+7*page))))
		if i%3 == 0 {
			exec("DELETE FROM messages WHERE id = ?", rng.IntN(i+1))
		}
	}
	exec("INSERT INTO messages VALUES (9223372036854775000, 1, 5, x'01')")
	exec("INSERT INTO messages VALUES (-7, 1, 5, x'')")
	exec("COMMIT")
	return path
}

func TestPagesGiveWhatSQLiteGives(t *testing.T) {
	for _, page := range []int{512, 1024, 4096, 65536} {
		t.Run(fmt.Sprint(page), func(t *testing.T) {
			d := open(t, scattered(t, page), Options{}).parts[0].(*database)
			rows, err := d.db.Query("SELECT id, data FROM messages")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			n := 0
			for rows.Next() {
				var id int64
				var want []byte
				if err := rows.Scan(&id, &want); err != nil {
					t.Fatal(err)
				}
				for _, limit := range []int64{-1, 0, 1, 40, int64(len(want))} {
					got, err := d.pages.payload(nil, id, int64(len(want)), limit)
					wanted := want
					if limit >= 0 {
						wanted = want[:min(limit, int64(len(want)))]
					}
					if err != nil || !bytes.Equal(got, wanted) {
						t.Fatalf("row %d of %d bytes, the first %d: %d bytes, error %v", id, len(want), limit, len(got), err)
					}
				}
				n++
			}
			if err := rows.Err(); err != nil || n < 200 {
				t.Errorf("%d rows, error %v", n, err)
			}
			if _, err := d.pages.payload(nil, 1<<40, 1, -1); err == nil {
				t.Error("a row that is not there was found")
			}
		})
	}
}

// What the pages do not give, SQLite does: here a payload that is text.
func TestUnusualRowsComeThroughSQLite(t *testing.T) {
	path := scattered(t, 4096)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO messages VALUES (1000, 1, 9, 'as text')"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	b := open(t, path, Options{})
	if _, err := b.parts[0].(*database).pages.payload(nil, 1000, 7, -1); err == nil {
		t.Error("pages gave a text")
	}
	for _, e := range index(t, b) {
		if e.at.off != 1000 {
			continue
		}
		got, err := b.Read(context.Background(), e)
		head, headErr := b.Head(context.Background(), e, 2)
		if string(got) != "as text" || string(head) != "as" || err != nil || headErr != nil {
			t.Errorf("got %q and %q, errors %v, %v", got, head, err, headErr)
		}
		return
	}
	t.Error("the row is not in the index")
}
