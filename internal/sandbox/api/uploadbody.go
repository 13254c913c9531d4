package api

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// An incoming body of a POST of data: its parameters, and its files, which wait in tmp
// until the task's lock is held.
type incoming struct {
	body  body
	files []receivedFile
	paths []string // of all files in tmp, those that do not count too
	lists []listItem
}

type listItem struct {
	field string
	index int
	value string
}

type receivedFile struct {
	name, path string
	index      int
}

// discard removes the files that were not kept.
func (in *incoming) discard() {
	for _, p := range in.paths {
		_ = os.Remove(p) // moved, or swept by the next Open
	}
}

// receive reads a body to its end before anything is decided, as CVAT's proxy does: a
// client that breaks off leaves nothing behind (A35).
func (s *Server) receive(q *query) (*incoming, error) {
	ctype, params, _ := mime.ParseMediaType(q.Header.Get("Content-Type"))
	if ctype != "multipart/form-data" {
		b, err := readBody(q.Request)
		return &incoming{body: b}, err
	}
	if params["boundary"] == "" {
		return nil, detail(http.StatusBadRequest, "Multipart form parse error - Invalid boundary in multipart: None")
	}
	in := &incoming{body: body{}}
	from := &bodyReader{from: q.Body}
	mr := multipart.NewReader(from, params["boundary"])
	for {
		part, err := mr.NextRawPart()
		if err == nil {
			err = s.receivePart(in, part)
		}
		var onDisk *os.PathError
		switch {
		case from.err != nil:
			in.discard()
			return nil, bodyError(from.err)
		case errors.As(err, &onDisk):
			in.discard()
			return nil, err
		}
		if err != nil {
			break // the end, or nonsense, which ends it too (A69)
		}
	}
	in.closeLists()
	sort.SliceStable(in.files, func(i, j int) bool { return in.files[i].index < in.files[j].index })
	return in, nil
}

// A bodyReader remembers that the client broke off, so that a body cut short is reported
// from one that is nonsense.
type bodyReader struct {
	from io.Reader
	err  error
}

func (r *bodyReader) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return n, err
}

// indexed is a field of a list: client_files[0]. Without the index the files are
// received and forgotten (A36).
var indexed = regexp.MustCompile(`^([\w.]+)\[(\d+)\]$`)

func (s *Server) receivePart(in *incoming, part *multipart.Part) error {
	field := part.FormName()
	m := indexed.FindStringSubmatch(field)
	if name, isFile := fileName(part); isFile {
		path, err := s.spool(part)
		if path != "" {
			in.paths = append(in.paths, path)
		}
		if err != nil || m == nil || m[1] != "client_files" {
			return err
		}
		index, _ := strconv.Atoi(m[2]) // digits; a number too large sorts last
		in.files = append(in.files, receivedFile{name: name, path: path, index: index})
		return nil
	}
	value, err := io.ReadAll(io.LimitReader(part, maxJSON))
	switch {
	case err != nil:
		return err
	case m != nil:
		in.addToList(m[1], m[2], string(value))
	default:
		in.set(field, string(value))
	}
	return nil
}

// set puts a field's value into the body; the field of an object has a dot, such as
// validation_params.mode.
func (in *incoming) set(field string, value any) {
	group, key, nested := strings.Cut(field, ".")
	if !nested {
		in.body[field] = value
		return
	}
	object, _ := in.body[group].(map[string]any)
	if object == nil {
		object = map[string]any{}
		in.body[group] = object
	}
	object[key] = value
}

// addToList puts a value into a list of fields, such as upload_file_order[3]; the numbers
// order it, whatever the order of arrival, and need not be without gaps.
func (in *incoming) addToList(field, index, value string) {
	n, _ := strconv.Atoi(index) // digits
	in.lists = append(in.lists, listItem{field, n, value})
}

// closeLists makes lists of the fields of lists.
func (in *incoming) closeLists() {
	sort.SliceStable(in.lists, func(i, j int) bool { return in.lists[i].index < in.lists[j].index })
	lists := map[string][]any{}
	for _, item := range in.lists {
		lists[item.field] = append(lists[item.field], item.value)
	}
	for field, list := range lists {
		in.set(field, list)
	}
}

// fileName is the base name of a part's file: whatever path a client sends, CVAT keeps
// what follows the last slash or backslash (A37).
func fileName(part *multipart.Part) (string, bool) {
	_, params, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	name, ok := params["filename"]
	if err != nil || !ok {
		return "", false
	}
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	return name, name != ""
}

// spool writes a stream into a file of its own in tmp. The path is there even if the
// stream broke off.
func (s *Server) spool(from io.Reader) (path string, err error) {
	path = filepath.Join(s.store.Dir.Tmp(), storage.NewUUID())
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return "", err
	}
	_, err = storage.Copy(f, from)
	if err := f.Close(); err != nil {
		return path, fmt.Errorf("close %s: %w", path, err)
	}
	return path, err
}
