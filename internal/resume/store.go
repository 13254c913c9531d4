package resume

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
)

// Old is how long the hint of an upload is kept that is not continued. CVAT itself
// keeps what was sent for as long as the task is there.
const Old = 30 * 24 * time.Hour

// A Store is a directory of hints. It is safe for concurrent use, by several processes
// too. With an empty Dir it keeps nothing.
type Store struct {
	Dir  string
	Warn func(text string) // called at most once, with what cannot be kept; may be nil

	swept, warned sync.Once
}

// Lock returns the hint of one upload, locked for this process until its Release. It is
// nil if another process has it, or if nothing can be kept.
func (s *Store) Lock(server string, task int, file string) *Hint {
	if s.Dir == "" {
		return nil
	}
	s.swept.Do(s.sweep)
	h := &Hint{store: s, record: record{Version: version, Server: server, Task: task, File: file}}
	h.path = filepath.Join(s.Dir, h.record.key())
	lock, err := acquire(h.path + lockExt)
	if err != nil {
		s.warn(err)
	}
	if lock == nil {
		return nil
	}
	h.lock = lock
	return h
}

func (r record) key() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d\x00%s", r.Server, r.Task, r.File))
	return hex.EncodeToString(sum[:16])
}

// acquire takes a lock, or returns nil if somebody has it. A lock file is removed by its
// holder, so one that is locked may have been taken out of the directory by then.
func acquire(path string) (*flock.Flock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(path)
	if got, err := lock.TryLock(); err != nil || !got {
		return nil, err
	}
	if !inPlace(lock) {
		return nil, lock.Close()
	}
	return lock, nil
}

// inPlace reports whether what is locked is what is in the directory.
func inPlace(lock *flock.Flock) bool {
	held, err := lock.Stat()
	there, gone := os.Stat(lock.Path())
	return err == nil && gone == nil && os.SameFile(held, there)
}

func (s *Store) warn(err error) {
	s.warned.Do(func() {
		if s.Warn != nil {
			s.Warn(fmt.Sprintf("an upload that is cut off will be sent from its start by the next run: %v", err))
		}
	})
}

// sweep removes what was not continued. Another process may be at the same.
func (s *Store) sweep() {
	entries, _ := os.ReadDir(s.Dir) // nothing to remove if it cannot be read
	for _, e := range entries {
		if info, err := e.Info(); err != nil || time.Since(info.ModTime()) < Old {
			continue
		}
		path := filepath.Join(s.Dir, e.Name())
		if strings.HasPrefix(e.Name(), atomicfile.TempPrefix) { // of a process that was killed
			_ = os.Remove(path)
		}
		if upload, ok := strings.CutSuffix(path, lockExt); ok {
			forget(upload)
		}
	}
}

// forget removes one upload's files, unless a process is at it.
func forget(path string) {
	if lock, _ := acquire(path + lockExt); lock != nil {
		h := &Hint{path: path, lock: lock}
		h.Forget()
		h.Release()
	}
}
