package bag

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/store"
)

// crashed is a database whose recorder was killed: some rows, then transactions of which
// the last was not ended; it is the files' contents, by suffix.
func crashed(t *testing.T, mode string) map[string][]byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db3")
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=page_size(512)&_pragma=journal_mode("+mode+")&_pragma=wal_autocheckpoint(0)&_pragma=cache_size(2)&_pragma=cache_spill(1)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	defer db.Close()
	do := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(query, err)
		}
	}
	do("CREATE TABLE m (id INTEGER PRIMARY KEY, data BLOB)")
	for i := range 12 {
		do("INSERT INTO m VALUES (?, randomblob(?))", i, 100+i*97)
	}
	do("BEGIN")
	do("DELETE FROM m WHERE id % 3 = 0")
	do("UPDATE m SET data = randomblob(700)")
	out := map[string][]byte{}
	for _, suffix := range []string{"", "-wal", "-journal"} {
		if b, err := os.ReadFile(path + suffix); err == nil {
			out[suffix] = b
		}
	}
	return out
}

// rowsOf is what a database holds, or "damaged".
func rowsOf(db *sql.DB) string {
	var text string
	err := db.QueryRow("SELECT group_concat(id || ' ' || hex(data), ',') FROM (SELECT * FROM m ORDER BY id)").Scan(&text)
	if err != nil {
		return "damaged"
	}
	return text
}

func put(t *testing.T, files map[string][]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db3")
	for suffix, b := range files {
		if err := os.WriteFile(path+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// theirs is what SQLite makes of a database with its log, given that it may write.
func theirs(t *testing.T, files map[string][]byte) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+put(t, files))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return rowsOf(db)
}

// ours is what we make of it, without writing.
func ours(t *testing.T, files map[string][]byte) string {
	t.Helper()
	s, name := store.Split(put(t, files))
	at := location{s, name}
	f, err := openFile(context.Background(), at)
	if err != nil {
		t.Fatal(err)
	}
	if f, err = withLogs(context.Background(), f, at); err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	db, end, err := serve(f)
	if err != nil {
		t.Fatal(err)
	}
	defer end()
	defer db.Close()
	return rowsOf(db)
}

// SQLite is the judge of what a log says, whole, cut at any place, or with a byte changed.
func TestALogIsReadAsSQLiteAppliesIt(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for mode, suffix := range map[string]string{"wal": "-wal", "delete": "-journal"} {
		files := crashed(t, mode)
		whole := files[suffix]
		if len(whole) < 3000 {
			t.Fatalf("%s: a log of %d bytes", mode, len(whole))
		}
		logs := map[string][]byte{"whole": whole, "empty": nil}
		places := 60
		if testing.Short() {
			places = 12
		}
		for range places {
			n := rng.IntN(len(whole))
			logs[fmt.Sprintf("cut at %d", n)] = whole[:n]
			b := append([]byte(nil), whole...)
			at := rng.IntN(len(b))
			if rng.IntN(3) == 0 {
				at %= 600
			}
			b[at] ^= 1 << rng.IntN(8)
			logs[fmt.Sprintf("changed at %d", at)] = b
		}
		seen := map[string]bool{}
		for name, log := range logs {
			files[suffix] = log
			want := theirs(t, files)
			if diff := gocmp.Diff(want, ours(t, files)); diff != "" {
				t.Errorf("%s, %s (-SQLite +ours):\n%.300s", mode, name, diff)
			}
			seen[want] = true
		}
		if len(seen) < 3 {
			t.Errorf("%s: the log makes %d differences", mode, len(seen))
		}
	}
}
