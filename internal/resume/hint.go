package resume

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/gofrs/flock"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/regular"
)

const (
	version   = 1
	jsonExt   = ".json"
	lockExt   = ".lock"
	maxRecord = 16 << 10 // bytes; a URL and a file name
)

// A record is the content of a .json file.
type record struct {
	Version  int    `json:"version"`
	Server   string `json:"server"`
	Task     int    `json:"task"`
	File     string `json:"file"`
	Location string `json:"location"`
}

// A Hint is the place of one upload, held by this process. Its methods are called by one
// goroutine at a time.
type Hint struct {
	store  *Store
	record record // without its Location
	path   string // without extension
	lock   *flock.Flock
}

// Location is what was kept last for this upload, or empty.
func (h *Hint) Location() string {
	found, err := h.read()
	if err != nil {
		h.store.warn(err)
	}
	wanted := h.record
	wanted.Location = found.Location
	if found != wanted { // of another upload or version, or garbage
		return ""
	}
	return found.Location
}

// read is the zero record where there is none, or one that is not of our making.
func (h *Hint) read() (r record, err error) {
	f, err := regular.Open(h.path + jsonExt)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, regular.ErrNotRegular):
		return r, nil
	case err != nil:
		return r, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxRecord+1))
	if err != nil {
		return r, err
	}
	if len(data) > maxRecord || json.Unmarshal(data, &r) != nil {
		return record{}, nil
	}
	return r, nil
}

// Keep remembers the location at once.
func (h *Hint) Keep(location string) {
	r := h.record
	r.Location = location
	data, err := json.Marshal(r)
	if err == nil {
		err = atomicfile.Write(h.path+jsonExt, atomicfile.Options{Mode: 0o600}, func(w io.Writer) error {
			_, err := w.Write(append(data, '\n'))
			return err
		})
	}
	if err != nil {
		h.store.warn(err)
	}
}

// Forget says that the location is of no more use: the server has the whole file.
func (h *Hint) Forget() {
	_ = os.Remove(h.path + jsonExt) // what stays is a wrong hint, which does no harm
}

// Release lets other processes have the hint.
func (h *Hint) Release() {
	if _, err := os.Lstat(h.path + jsonExt); errors.Is(err, fs.ErrNotExist) {
		_ = os.Remove(h.path + lockExt) // on Windows an open file stays, until the sweep
	}
	_ = h.lock.Close() // the process's end does the same
}
