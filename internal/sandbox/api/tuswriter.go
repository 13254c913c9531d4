package api

import (
	"errors"
	"os"
	"sync"
)

// uploadLocks tell who writes into the file of a TUS upload. Pieces go straight into
// that file, so two of them must not mix. CVAT's proxy collects each piece before it is
// looked at, so a client that stalls never holds up another; here the second piece is
// collected in tmp, and when it is whole it takes the file away from the first.
//
// The zero value is ready.
type uploadLocks struct {
	mu     sync.Mutex
	active map[string]*fileWriter
}

// A fileWriter writes into an upload's file until it is told to stop.
type fileWriter struct {
	mu      sync.Mutex
	file    *os.File
	offset  int64
	stopped bool // by another writer
	sealed  bool // its piece is whole: too late to stop it
}

var errStopped = errors.New("another piece of this upload was faster")

// Write writes at the writer's offset.
func (w *fileWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped {
		return 0, errStopped
	}
	n, err := w.file.WriteAt(p, w.offset)
	w.offset += int64(n)
	return n, err
}

func (w *fileWriter) stop() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = !w.sealed
	return w.stopped
}

func (w *fileWriter) seal() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sealed = !w.stopped
	return w.sealed
}

// begin makes w the upload's writer if it has none.
func (u *uploadLocks) begin(id string, w *fileWriter) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.active[id] != nil {
		return false
	}
	if u.active == nil {
		u.active = map[string]*fileWriter{}
	}
	u.active[id] = w
	return true
}

// seize makes w the upload's writer and stops the one that was, if it still can.
func (u *uploadLocks) seize(id string, w *fileWriter) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if old := u.active[id]; old != nil && !old.stop() {
		return false
	}
	if u.active == nil {
		u.active = map[string]*fileWriter{}
	}
	u.active[id] = w
	return true
}

func (u *uploadLocks) end(id string, w *fileWriter) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.active[id] == w {
		delete(u.active, id)
	}
}
