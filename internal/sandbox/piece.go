package sandbox

import (
	"errors"
	"io"
	"net/http"
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

// takePiece writes the body into the upload's file at offset and moves the upload's
// offset; the answer is 204, 409 if another piece was faster, or 413.
func (s *Server) takePiece(q *query, u *tusUpload, offset int64) (status int, err error) {
	f, err := os.OpenFile(s.dir.part(u.data, u.id), os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := &fileWriter{file: f, offset: offset}
	var n int64
	if s.writes.begin(u.id, w) {
		n, err = s.takeDirectly(q, u, w)
	} else {
		n, err = s.takeAside(q, u, w)
	}
	defer s.writes.end(u.id, w)
	switch {
	case errors.Is(err, errStopped):
		return http.StatusConflict, drain(q)
	case errors.As(err, new(*os.PathError)):
		return 0, err // the disk's fault, not the body's
	case err != nil:
		return 0, bodyError(err)
	case offset+n > u.length:
		return http.StatusRequestEntityTooLarge, f.Truncate(u.length)
	case q.ContentLength >= 0 && n < q.ContentLength:
		return 0, bodyError(io.ErrUnexpectedEOF)
	case !w.seal():
		return http.StatusConflict, nil
	}
	return s.moveOffset(q, u, offset, offset+n)
}

// stillAt tells whether the upload waits for the piece at that offset.
func (s *Server) stillAt(q *query, u *tusUpload, offset int64) error {
	now, err := s.findUpload(q.ctx, u.id)
	if err == nil && (now == nil || now.sent != offset) {
		return errStopped
	}
	return err
}

func (s *Server) takeDirectly(q *query, u *tusUpload, w *fileWriter) (int64, error) {
	if err := s.stillAt(q, u, w.offset); err != nil {
		return 0, err
	}
	return copyBody(w, io.LimitReader(q.Body, u.length-w.offset+1))
}

// takeAside collects the piece in tmp first, as somebody else is writing.
func (s *Server) takeAside(q *query, u *tusUpload, w *fileWriter) (int64, error) {
	path, err := s.spool(io.LimitReader(q.Body, u.length-w.offset+1))
	if path != "" {
		defer os.Remove(path)
	}
	if err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if !s.writes.seize(u.id, w) {
		return 0, errStopped
	}
	if err := s.stillAt(q, u, w.offset); err != nil {
		return 0, err
	}
	return copyBody(w, f)
}

// copyBody copies with a large buffer; the types hide ReadFrom and WriteTo, which
// would copy with small ones.
func copyBody(to io.Writer, from io.Reader) (int64, error) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, *buffer)
}

// moveOffset counts the piece, unless another one was counted since.
func (s *Server) moveOffset(q *query, u *tusUpload, from, to int64) (int, error) {
	n, err := s.db.change(q.ctx, `UPDATE uploads SET sent = ? WHERE id = ? AND sent = ?`, to, u.id, from)
	if err != nil || n == 0 {
		return http.StatusConflict, err
	}
	u.sent = to
	return http.StatusNoContent, nil
}
