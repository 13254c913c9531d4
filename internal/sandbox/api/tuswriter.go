package api

import (
	"errors"
	"os"
	"slices"
	"sync"
)

// uploadLocks tell who writes into the file of a TUS upload. Pieces go straight into
// that file, each into its own part of it, so two of one part must not mix. CVAT's proxy
// collects each piece before it is looked at, so a client that stalls never holds up
// another; here the second piece of a part is collected in tmp, and when it is whole it
// takes the part away from the first.
//
// The zero value is ready.
type uploadLocks struct {
	mu     sync.Mutex
	active map[string][]*fileWriter
}

// A fileWriter writes into an upload's file until it is stopped.
type fileWriter struct {
	mu      sync.Mutex
	file    *os.File
	offset  int64
	part    part
	stopped bool // by another writer
	sealed  bool // its piece is whole: too late to stop it
}

// A part of a file is from a byte up to another.
type part struct{ from, to int64 }

func (p part) overlaps(q part) bool { return p.from < q.to && q.from < p.to }

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

// begin makes w the writer of its part of the upload if no one else writes there.
func (u *uploadLocks) begin(id string, w *fileWriter) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.others(id, w)) > 0 {
		return false
	}
	u.add(id, w)
	return true
}

// seize makes w the writer of its part of the upload and stops those that were, if it still can.
func (u *uploadLocks) seize(id string, w *fileWriter) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, old := range u.others(id, w) {
		if !old.stop() {
			return false
		}
	}
	u.add(id, w)
	return true
}

// others are those that write where w is to. The lock is held.
func (u *uploadLocks) others(id string, w *fileWriter) (others []*fileWriter) {
	for _, old := range u.active[id] {
		if old.part.overlaps(w.part) {
			others = append(others, old)
		}
	}
	return others
}

// add puts w among the upload's writers. The lock is held.
func (u *uploadLocks) add(id string, w *fileWriter) {
	if u.active == nil {
		u.active = map[string][]*fileWriter{}
	}
	u.active[id] = append(u.active[id], w)
}

func (u *uploadLocks) end(id string, w *fileWriter) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.active[id] = slices.DeleteFunc(u.active[id], func(one *fileWriter) bool { return one == w })
	if len(u.active[id]) == 0 {
		delete(u.active, id)
	}
}
