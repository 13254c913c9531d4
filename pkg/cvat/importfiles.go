package cvat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
)

// A File is one file on its way to a task.
type File struct {
	Name    string      // its base name: CVAT drops what comes before it
	Content io.ReaderAt // the same bytes for the same range each time
	Size    int64       // bytes, above 0
}

// ImportFiles sends files to a task and starts their import, all in one request: what
// [Client.Upload] and [Client.FinishUpload] take four or more for. It returns the name of
// the import's request. A request that breaks leaves nothing on the server (CVAT 2.73
// behind its proxy), so it is for what is cheap to send again, and for a task to which
// nothing was ever sent: the name of an earlier [Client.CreateUpload] is a 500.
//
// [ErrTooLarge] says that the files are more than one chunk, or more than a proxy lets
// through; o says how much a chunk is. After [ErrUnknownOutcome] the files may have been
// taken, all of them, or none, or the server may still be at it: read the task; to
// continue with [Client.Upload] is right in each case. [ErrAlreadyImported] and [ErrBusy]
// are as for [Client.FinishUpload]. An error of a file's Content ends the request before
// its last byte, so that nothing is imported, and is found in the error with errors.Is.
//
// Of o, Resume, OnLocation and Until have no meaning: there is nothing to go on with.
//
//cvat:operation POST /api/tasks/{id}/data/
func (c *Client) ImportFiles(ctx context.Context, taskID int, files []File, p DataParams, o UploadOptions) (rqID string, err error) {
	f, err := newForm(files, p, o.OnProgress)
	if err != nil {
		return "", err
	}
	defer f.retire()
	if f.size > c.chunks(o.Chunk).size {
		return "", fmt.Errorf("%d bytes: %w", f.size, ErrTooLarge)
	}
	q := &request{method: http.MethodPost, path: dataPath(taskID), idempotency: creating, body: f.body, size: f.size}
	q.header = http.Header{"Content-Type": {f.contentType}}
	if f.size > c.maxAccepted.Load() {
		q.header.Set("Expect", "100-continue") // so that a 413 comes before the bytes, not in the midst of them
	}
	rqID, err = c.startImport(ctx, q, taskID)
	if broken := f.failure(); broken != nil {
		return "", broken
	}
	c.learnSize(f.size, err)
	return rqID, err
}

// learnSize remembers what a proxy lets through, and what it does not.
func (c *Client) learnSize(size int64, err error) {
	switch {
	case err == nil:
		c.maxAccepted.Store(max(size, c.maxAccepted.Load()))
	case errors.Is(err, ErrTooLarge):
		c.minRejected.Store(size)
	}
}

// A form is a multipart body with the parameters of an import, then its files. Its size is
// known beforehand, and only the few bytes around the files are kept in memory.
type form struct {
	contentType string
	size        int64
	around      [][]byte // before the first file, between two, and after the last
	files       []File
	sources     []*source
}

func newForm(files []File, p DataParams, progress func(sent int64)) (*form, error) {
	var text bytes.Buffer
	w := multipart.NewWriter(&text)
	f := &form{contentType: w.FormDataContentType(), files: files}
	writeParams(w, p)
	total := int64(0)
	for i, file := range files {
		if file.Size <= 0 {
			return nil, fmt.Errorf("%s: %d bytes; CVAT takes 1 byte or more", file.Name, file.Size)
		}
		_, _ = w.CreateFormFile(fmt.Sprintf("client_files[%d]", i), file.Name) // writing to memory does not fail
		f.cut(&text)
		sentBefore := total
		f.sources = append(f.sources, &source{r: file.Content, end: file.Size, report: func(sent int64) {
			if progress != nil {
				progress(sentBefore + sent)
			}
		}})
		total += file.Size
	}
	_ = w.Close()
	f.cut(&text)
	f.size += total
	return f, nil
}

// cut ends a part of the text around the files.
func (f *form) cut(text *bytes.Buffer) {
	f.around = append(f.around, bytes.Clone(text.Bytes()))
	f.size += int64(text.Len())
	text.Reset()
}

// body is the whole form, from its start.
func (f *form) body() io.Reader {
	parts := []io.Reader{bytes.NewReader(f.around[0])}
	for i, file := range f.files {
		parts = append(parts, io.NewSectionReader(f.sources[i], 0, file.Size), bytes.NewReader(f.around[i+1]))
	}
	return io.MultiReader(parts...)
}

// failure is what a file failed with, nil if none did.
func (f *form) failure() error {
	for i, s := range f.sources {
		if err := s.failure(); err != nil {
			return fmt.Errorf("upload %s: %w", f.files[i].Name, err)
		}
	}
	return nil
}

func (f *form) retire() {
	for _, s := range f.sources {
		s.retire()
	}
}

// writeParams writes p as a form has it, under the names that its JSON has: lists by index, objects by dots (CVAT 2.73).
func writeParams(w *multipart.Writer, p DataParams) {
	data, err := json.Marshal(p)
	if err != nil {
		panic(fmt.Sprintf("parameters without a JSON: %v", err))
	}
	var fields any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // as they are written
	_ = d.Decode(&fields)
	writeField(w, "", fields)
}

func writeField(w *multipart.Writer, name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			writeField(w, strings.TrimPrefix(name+"."+key, "."), v[key])
		}
	case []any:
		for i, item := range v {
			writeField(w, fmt.Sprintf("%s[%d]", name, i), item)
		}
	default:
		_ = w.WriteField(name, fmt.Sprint(v)) // to memory
	}
}
