package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"sync"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/regular"
)

// A record remembers which files were written, and of what, so that what did not change is not made again.
type record struct {
	path  string
	mu    sync.Mutex
	Files map[string]written `json:"files"`
}

// A written file.
type written struct {
	From   string `json:"from"` // a hash of all that the file is made of
	Sum    string `json:"sum"`  // of its bytes, or of all files of a directory
	Format string `json:"format"`
	Task   string `json:"task,omitempty"` // the one that it is about; empty: several
	Seen   string `json:"seen,omitempty"` // of a directory: see [labelFiles]
	Counts
}

func openRecord(home string) (*record, error) {
	r := &record{path: filepath.Join(home, "files.json")}
	text, err := regular.ReadFile(r.path)
	if err == nil {
		err = json.Unmarshal(text, r)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) || r.Files == nil {
		r.Files = map[string]written{} // whatever it was, it only spares time
	}
	return r, nil
}

func (r *record) get(path string) (written, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, ok := r.Files[path]
	return w, ok
}

func (r *record) set(path string, w written) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Files[path] = w
}

func (r *record) forget(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.Files, path)
}

// save writes it through guard, unless that is nil: it holds names of tasks, and lies beside what is committed.
func (r *record) save(guard func(func(io.Writer) error) func(io.Writer) error) error {
	write := func(w io.Writer) error { return json.NewEncoder(w).Encode(r) }
	if guard != nil {
		write = guard(write)
	}
	return atomicfile.Write(r.path, atomicfile.Options{}, write)
}

// sumOf is the hash of a file's bytes; empty where there is none.
func sumOf(path string) string {
	f, err := regular.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}
