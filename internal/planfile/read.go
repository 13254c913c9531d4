package planfile

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// maxLine bounds one line, in bytes: four million frames of one task.
const maxLine = 256 << 20

// An Error says why a file is no plan that can be used.
type Error struct {
	text string
	hint diag.Hint
}

// Error says what is wrong with it.
func (e *Error) Error() string { return e.text }

// Hint says how to have one that is right.
func (e *Error) Hint() diag.Hint { return e.hint }

// Code names the section of docs/errors.md.
func (e *Error) Code() diag.Code { return diag.CodeBadSavedPlan }

func damaged(format string, args ...any) error {
	return &Error{fmt.Sprintf(format, args...), diag.Do(diag.HintSavePlanAgain)}
}

var prefix = []byte(`{"type":"` + typeHeader + `",`)

// Is reports whether a file that begins with head is a saved plan, whole or not.
func Is(head []byte) bool { return bytes.HasPrefix(head, prefix) }

// IsFile reports whether the file at path is a saved plan. What cannot be read is none.
func IsFile(path string) bool {
	f, err := regular.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(prefix))
	_, err = io.ReadFull(f, head)
	return err == nil && Is(head)
}

// Load reads the file at path. Its errors name it.
func Load(path string) (File, error) {
	f, err := regular.Open(path)
	if errors.Is(err, regular.ErrNotRegular) {
		return File{}, fmt.Errorf("saved plan %s: %w", path, &Error{regular.ErrNotRegular.Error(), diag.Do(diag.HintSavePlan)})
	}
	if err != nil {
		return File{}, fmt.Errorf("read saved plan: %w", err)
	}
	defer f.Close()
	file, err := Read(f)
	if err != nil {
		return File{}, fmt.Errorf("saved plan %s: %w", path, err)
	}
	return file, nil
}

// Read reads what [Write] wrote, all of it or nothing. The error is an [*Error] or the reader's.
func Read(r io.Reader) (File, error) {
	in := &reader{buffer: bufio.NewReaderSize(r, 1<<16), sum: sha256.New()}
	first, err := in.next()
	if err != nil {
		return File{}, err
	}
	if !Is(first) {
		return File{}, &Error{"it is not a saved plan", diag.Do(diag.HintSavePlan)}
	}
	if err := in.header(first); err != nil {
		return File{}, err
	}
	for !in.ended {
		line, err := in.next()
		if err == nil {
			err = in.line(line)
		}
		if err != nil {
			return File{}, err
		}
	}
	return in.file, in.agrees()
}

// A reader reads lines, and keeps the sum of all but the last.
type reader struct {
	buffer *bufio.Reader
	sum    hash.Hash
	before []byte // the sum of the lines before the current one
	lines  int    // up to the current one
	ended  bool

	file    File
	actions []map[plan.Name]plan.Action // by project: as they were saved
	frames  map[plan.Name][]string      // of the current project's tasks
}

// next is the next line. A plan's last line is its end, so there is always one to come.
func (in *reader) next() ([]byte, error) {
	var line []byte
	for {
		part, err := in.buffer.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			in.before = in.sum.Sum(nil)
			in.sum.Write(line)
			in.lines++
			return line, nil
		case errors.Is(err, io.EOF):
			return line, in.short(line)
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case in.lines == 0 && len(line) >= len(prefix) && !Is(line):
			return line, nil // something else, however long its line is
		case len(line) > maxLine:
			return nil, damaged("damaged: line %d is longer than %d bytes", in.lines+1, maxLine)
		}
	}
}

func (in *reader) short(line []byte) error {
	if in.lines == 0 && !Is(line) {
		return nil // no plan at all, which the caller says
	}
	return damaged("it is cut off in line %d", in.lines+1)
}

func (in *reader) header(line []byte) error {
	var version struct {
		FormatVersion string `json:"format_version"`
		Version       string `json:"cvatplan_version"`
	}
	if err := json.Unmarshal(line, &version); err != nil {
		return in.wrong(err)
	}
	if version.FormatVersion != FormatVersion {
		return &Error{
			fmt.Sprintf("it has format %.20q, saved by cvatplan %.40s; this one knows %q", version.FormatVersion, version.Version, FormatVersion),
			diag.Do(diag.HintUseSavingVersion),
		}
	}
	var h headerLine
	if err := in.decode(line, &h); err != nil {
		return err
	}
	in.file.Version, in.file.Server = h.Version, h.Server
	for _, m := range h.Manifests {
		in.file.Manifests = append(in.file.Manifests, Manifest(m))
	}
	return nil
}

func (in *reader) line(line []byte) error {
	within := len(in.file.Projects) > 0
	switch t := typeOf(line); {
	case t == typeProject:
		return in.project(line)
	case t == typeTask && within:
		return in.task(line)
	case t == typeServer && within:
		return in.server(line)
	case t == typeEnd:
		return in.end(line)
	}
	return in.wrong(errors.New("it is of no type that may be there"))
}

// typeOf is a line's type, its first field.
func typeOf(line []byte) string {
	rest, _ := bytes.CutPrefix(line, []byte(`{"type":"`))
	name, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(name)
}

// decode refuses keys that it does not know: what they say may change what is to be done.
func (in *reader) decode(line []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return in.wrong(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return in.wrong(errors.New("there is something behind it"))
	}
	return nil
}

func (in *reader) wrong(err error) error {
	return damaged("damaged: line %d: %s", in.lines, strings.TrimPrefix(err.Error(), "json: "))
}

// end checks the last line to the byte: it is the one that no sum covers.
func (in *reader) end(line []byte) error {
	want, err := json.Marshal(endLine{typeEnd, in.lines - 1, hex.EncodeToString(in.before)})
	if err != nil {
		return err
	}
	if !bytes.Equal(line, append(want, '\n')) {
		return damaged("damaged: its content does not fit its last line")
	}
	if _, err := in.buffer.ReadByte(); !errors.Is(err, io.EOF) {
		return damaged("damaged: there is something behind its end")
	}
	in.ended = true
	return nil
}

// agrees refuses a plan about which this cvatplan would decide otherwise.
func (in *reader) agrees() error {
	for i, p := range in.file.Projects {
		now := actionsOf(p.Plan())
		for _, d := range p.Want {
			name := plan.NameOf(d.Task)
			if was := in.actions[i][name]; was != now[name] {
				return &Error{
					fmt.Sprintf("cvatplan %.40s saved it and decided otherwise than this one does: task %q: %q, now %q", in.file.Version, d.Task, was, now[name]),
					diag.Do(diag.HintUseSavingVersion),
				}
			}
		}
	}
	return nil
}
