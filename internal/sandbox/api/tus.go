package api

import (
	"context"
	"database/sql"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// maxUpload is CVAT's TUS_MAX_FILE_SIZE, 25 GiB.
const maxUpload = 25 << 30

func tusHeader() http.Header {
	return http.Header{
		"Tus-Resumable": {"1.0.0"}, "Tus-Version": {"1.0.0"}, "Tus-Extension": {""}, "Tus-Max-Size": {strconv.Itoa(maxUpload)},
		"Cache-Control": {"no-store"},
	}
}

func tus(status int) answer {
	return answer{status: status, header: tusHeader()}
}

// tusOptions says what this server's TUS can do. It goes the way of a POST, and so
// makes the Data row (A67).
func (s *Server) tusOptions(q *query) (answer, error) { return s.postData(q) }

// createTUS announces a file. 409 means that a file of that name is there, whole; 201
// that it must be sent, even if another upload of that name is under way (A38).
func (s *Server) createTUS(q *query, t *storage.Task) (answer, error) {
	length, err := strconv.ParseInt(q.Header.Get("Upload-Length"), 10, 64)
	name, ok := uploadName(q.Header.Get("Upload-Metadata"))
	if err != nil || !ok {
		return answer{}, crashed()
	}
	refuse := func(p *problem) answer {
		return answer{status: p.status, ctype: p.ctype, body: p.body, header: tusHeader()}
	}
	switch {
	case length > maxUpload:
		return refuse(quoted(http.StatusRequestEntityTooLarge, "File size exceeds max limit of %d bytes", int64(maxUpload))), nil
	case name == "":
		return refuse(quoted(http.StatusBadRequest, "Metadata is expected to contain 'filename' key")), nil
	case strings.ContainsRune(name, 0) || !filepath.IsLocal(name):
		return answer{status: http.StatusBadRequest, ctype: "text/plain", body: storage.EncodeJSON("File name " + name + " is not allowed")}, nil
	}
	taken, err := importer.NameTaken(s.store, *t.Data, name)
	if err != nil {
		return answer{}, err
	}
	if taken {
		return refuse(quoted(http.StatusConflict, "File with same name already exists")), nil
	}
	if length <= 0 {
		return answer{}, crashed() // CVAT seeks to the last byte, and there is none (A39)
	}
	id, err := s.announce(q, *t.Data, name, length)
	if err != nil {
		return answer{}, err
	}
	a := tus(http.StatusCreated)
	a.header.Set("Location", q.base()+"/api/tasks/"+strconv.Itoa(t.ID)+"/data/"+id)
	a.header.Set("Upload-Filename", name)
	return a, nil
}

func (s *Server) announce(q *query, data int, name string, length int64) (string, error) {
	id := strconv.Itoa(q.who.id) + "_" + storage.NewUUID()
	part := s.store.Dir.Part(data, id)
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	if err := errors.Join(f.Truncate(length), f.Close()); err != nil {
		return "", err
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `INSERT INTO uploads VALUES (?, ?, ?, ?, ?, 0)`, id, data, q.who.id, name, length); err != nil {
			return err
		}
		_, err := tx.ExecContext(q.ctx, `INSERT OR IGNORE INTO client_files (data_id, name) VALUES (?, ?)`, data, path.Clean(name))
		return err
	})
	return id, err
}

// uploadName finds the file's name in Upload-Metadata; not ok is what CVAT crashes on.
func uploadName(metadata string) (name string, ok bool) {
	for _, pair := range strings.Split(metadata, ",") {
		key, value, _ := strings.Cut(pair, " ")
		if key != "filename" {
			continue
		}
		raw, err := base64.StdEncoding.DecodeString(onlyBase64(value))
		if err != nil {
			return "", false
		}
		name = string(raw)
	}
	return name, true
}

// onlyBase64 drops what is no base64, as Python does before it decodes.
func onlyBase64(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '+' || r == '/' || r == '=' {
			return r
		}
		return -1
	}, s)
}

// A tusUpload is a file that was announced and is not complete.
type tusUpload struct {
	id           string
	data, user   int
	name         string
	length, sent int64
}

// tusUpload finds the upload that a HEAD or PATCH is about, or answers as CVAT does:
// 403 for another user's, 404 for one that is complete or never was (A40).
func (s *Server) tusUpload(q *query) (*tusUpload, *answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return nil, nil, err
	}
	gone := tus(http.StatusNotFound)
	owner, _, _ := strings.Cut(q.args[1], "_")
	if owner != strconv.Itoa(q.who.id) {
		foreign := tus(http.StatusForbidden)
		return nil, &foreign, nil
	}
	u, err := s.findUpload(q.ctx, q.args[1])
	switch {
	case err != nil:
		return nil, nil, err
	case u == nil || t.Data == nil || u.data != *t.Data:
		return nil, &gone, nil
	}
	if _, err := os.Lstat(s.store.Dir.Part(u.data, u.id)); err != nil {
		return nil, &gone, nil // moved to its place, and killed before the row went
	}
	return u, nil, nil
}

func (s *Server) findUpload(ctx context.Context, id string) (*tusUpload, error) {
	u := &tusUpload{}
	err := s.store.Reader.QueryRowContext(ctx, `SELECT id, data_id, user_id, name, length, sent FROM uploads WHERE id = ?`, id).Scan(&u.id, &u.data, &u.user, &u.name, &u.length, &u.sent)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return u, err
}

func (s *Server) headTUS(q *query) (answer, error) {
	u, refusal, err := s.tusUpload(q)
	if err != nil {
		return answer{}, err
	}
	if refusal != nil {
		return *refusal, nil
	}
	a := tus(http.StatusOK)
	a.header.Set("Upload-Offset", strconv.FormatInt(u.sent, 10))
	a.header.Set("Upload-Length", strconv.FormatInt(u.length, 10))
	return a, nil
}

// patchTUS takes a piece of a file. It counts when it has come whole, and not before
// (A35); the last one gives the file its name.
func (s *Server) patchTUS(q *query) (answer, error) {
	u, refusal, err := s.tusUpload(q)
	if err != nil {
		return answer{}, err
	}
	if refusal != nil {
		return *refusal, drain(q)
	}
	offset, err := strconv.ParseInt(orZero(q.Header.Get("Upload-Offset")), 10, 64)
	switch {
	case err != nil:
		return answer{}, crashed()
	case offset == u.sent && offset+q.ContentLength > u.length:
		return tus(http.StatusRequestEntityTooLarge), drain(q)
	}
	status, err := s.takePiece(q, u, offset)
	if err != nil || status != http.StatusNoContent {
		return tus(status), err
	}
	a := tus(status)
	a.header.Set("Upload-Offset", strconv.FormatInt(u.sent, 10))
	if u.sent < u.length {
		return a, nil
	}
	return a, s.completeTUS(q.ctx, u)
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// drain reads what is left of a body: CVAT's proxy has it all before CVAT refuses it,
// so that a client never sees its connection break over a refusal.
func drain(q *query) error {
	if _, err := storage.Copy(io.Discard, q.Body); err != nil {
		return bodyError(err)
	}
	return nil
}

// completeTUS gives a complete file its name; if another file of that name was faster
// it becomes name_1.jpg, which no import looks for (A41). A name with a directory
// fails, as its directory is missing; the upload is stuck then (A42).
func (s *Server) completeTUS(ctx context.Context, u *tusUpload) error {
	raw := s.store.Dir.Raw(u.data)
	place := filepath.Join(raw, u.name)
	ext := path.Ext(u.name)
	for n := 1; ; n++ {
		if _, err := os.Lstat(place); err != nil {
			break
		}
		place = filepath.Join(raw, strings.TrimSuffix(u.name, ext)+"_"+strconv.Itoa(n)+ext)
	}
	if err := os.Rename(s.store.Dir.Part(u.data, u.id), place); err != nil {
		return err
	}
	return s.store.Exec(ctx, `DELETE FROM uploads WHERE id = ?`, u.id)
}

// takePiece writes the body into the upload's file at offset and moves the upload's
// offset; the answer is 204, 409 if another piece was faster, or 413. Where the upload is
// is looked at when the piece has come whole: the one before it may have come meanwhile.
// Until then what lies behind the upload's offset counts for nothing, so a piece that is
// ahead goes straight to its place.
func (s *Server) takePiece(q *query, u *tusUpload, offset int64) (status int, err error) {
	f, err := os.OpenFile(s.store.Dir.Part(u.data, u.id), os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	w := &fileWriter{file: f, offset: offset, part: part{offset, u.length + 1}}
	if q.ContentLength >= 0 {
		w.part.to = offset + q.ContentLength
	}
	next := offset == u.sent
	ahead := offset > u.sent && offset <= u.length && q.ContentLength >= 0 && w.part.to <= u.length
	var n int64
	if (next || ahead) && s.writes.begin(u.id, w) {
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

// takeDirectly writes the piece while it comes. The upload can have gone on beyond the piece's
// place only before w was among its writers.
func (s *Server) takeDirectly(q *query, u *tusUpload, w *fileWriter) (int64, error) {
	now, err := s.findUpload(q.ctx, u.id)
	switch {
	case err != nil:
		return 0, err
	case now == nil || now.sent > w.offset:
		return 0, errStopped
	}
	return storage.Copy(w, io.LimitReader(q.Body, u.length-w.offset+1))
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
	now, err := s.findUpload(q.ctx, u.id)
	if err == nil && (now == nil || now.sent != w.offset) {
		err = errStopped
	}
	if err != nil {
		return 0, err
	}
	return storage.Copy(w, f)
}

// moveOffset counts the piece, unless another one was counted since.
func (s *Server) moveOffset(q *query, u *tusUpload, from, to int64) (int, error) {
	n, err := s.store.Change(q.ctx, `UPDATE uploads SET sent = ? WHERE id = ? AND sent = ?`, to, u.id, from)
	if err != nil || n == 0 {
		return http.StatusConflict, err
	}
	u.sent = to
	return http.StatusNoContent, nil
}
