// Package prediction reads what a model found in the images of a task, and turns it into annotations that CVAT takes.
//
// [Open] reads a file, and [Found.Place] gives each thing its frame, by the image's name and never by a number, and its
// label. CVAT checks next to nothing of what it is sent: a mask that leaves its image, or a number attribute that is no
// number, is taken and makes every later export of the task fail. So all that CVAT would choke on is found here, before
// anything is sent, and counted among what cannot be placed ([Unplaced]).
package prediction

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/source/content"
)

// A Format is how a file is written.
type Format string

// The formats.
const (
	COCO  Format = "coco"  // a data set of COCO: images, categories, annotations
	JSONL Format = "jsonl" // a line for each frame, as cvatplan pull writes them
	YOLO  Format = "yolo"  // a directory of Ultralytics' text files, with a data.yaml in it or above it
)

// An Item is one thing that was found in one image.
type Item struct {
	Image         string // its name, as the file has it
	Width, Height int    // of the image that the model saw, in pixels; 0: the file does not say

	// Shapes say the same thing in one or several ways, the closest first. Labels are the file's; Points are in pixels.
	Shapes []annotation.Shape
	Wrong  string // why it is no shape; empty: it is one

	tag      bool // of the whole image, which is only counted
	stem     bool // Image has no extension
	relative bool // Points are parts of the image's size, 0 to 1
}

// Found is what a file holds.
type Found struct {
	Items []Item
	Hash  string // SHA-256 of what was read, 64 hex digits
}

// maxFile bounds what is read for one task: 100,000 rectangles are some 20 MB of COCO.
const maxFile = 512 << 20

// Open reads the predictions of one task: a file, or a directory of them. Its errors do not name the file; fs.ErrNotExist is among its causes where there is none.
func Open(file string, f Format) (Found, error) {
	if f == YOLO {
		return openYOLO(file)
	}
	budget := int64(maxFile)
	data, err := read(file, &budget)
	if err != nil {
		return Found{}, err
	}
	sum := sha256.Sum256(data)
	found := Found{Hash: hex.EncodeToString(sum[:])}
	switch f {
	case COCO:
		found.Items, err = readCOCO(data)
	case JSONL:
		found.Items, err = readJSONL(data)
	default:
		err = fmt.Errorf("unknown format %q", f)
	}
	if err != nil {
		return Found{}, err
	}
	return found, nil
}

// FileStamp tells a file from a later one without reading it, by size and time, and gives that time. It is empty where that
// is not known: of a directory, and where there is no file.
func FileStamp(file string) (stamp string, changed time.Time) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return "", changed
	}
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano()), info.ModTime()
}

// read reads a file whole, within what is left of the budget.
func read(file string, budget *int64) ([]byte, error) {
	in, err := regular.Open(file)
	if err != nil {
		return nil, cause(err)
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, *budget+1))
	switch {
	case err != nil:
		return nil, cause(err)
	case int64(len(data)) > *budget:
		return nil, fmt.Errorf("more than %d MiB for one task", maxFile>>20)
	}
	if code, name := content.Pointer(data[:min(len(data), content.MaxPointer)]); code != "" {
		return nil, fmt.Errorf("%s is in place of the file", name)
	}
	*budget -= int64(len(data))
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil // a mark that editors write before UTF-8
}

// cause is an error without the path, which precedes it.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// Unplaced are things that cannot become annotations, for one reason.
type Unplaced struct {
	Reason  string
	Count   int
	Example string // the first of them: its image; may be empty
}

// String is as people say it.
func (u Unplaced) String() string {
	text := fmt.Sprintf("%d: %s", u.Count, u.Reason)
	if u.Example != "" {
		text += fmt.Sprintf(", such as in %s", u.Example)
	}
	return text
}

// reasons counts what cannot be placed.
type reasons map[string]*Unplaced

func (r reasons) add(image, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	u := r[reason]
	if u == nil {
		u = &Unplaced{Reason: reason, Example: image}
		r[reason] = u
	}
	u.Count++
}

// list has the most frequent first.
func (r reasons) list() []Unplaced {
	all := make([]Unplaced, 0, len(r))
	for _, u := range r {
		all = append(all, *u)
	}
	slices.SortFunc(all, func(a, b Unplaced) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason)) })
	return all
}
