// Package prediction reads what a model found in the images of a task, and turns it into annotations that CVAT takes.
//
// [Open] reads a file, once for all the tasks that it is about, and [File.Place] gives each thing its frame, by the image's
// name and never by a number, and its label. CVAT checks next to nothing of what it is sent: a mask that leaves its image, or a number attribute that is no
// number, is taken and makes every later export of the task fail. So all that CVAT would choke on is found here, before
// anything is sent, and counted among what cannot be placed ([Unplaced]).
package prediction

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/cvatplan/cvatplan/internal/annotation"
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

// Found is what the messages of a topic say of a task's images.
type Found struct {
	Items []Item

	hash string
}

// Hash is the SHA-256 of what was read, 64 hex digits.
func (f Found) Hash() string { return f.hash }

// Place gives everything its frame and label. It does not fail.
func (f Found) Place(t Target) (Placed, error) {
	p := newPlacing(t)
	for i, item := range f.Items {
		p.place(item, i)
	}
	return p.done(), nil
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

	first int // of the file's things
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

func (r reasons) add(thing int, image, format string, args ...any) {
	r.addMany(fmt.Sprintf(format, args...), 1, thing, image)
}

// addMany counts several things, the first of which is on an image.
func (r reasons) addMany(reason string, n, first int, image string) {
	u := r[reason]
	if u == nil {
		u = &Unplaced{Reason: reason, Example: image, first: first}
		r[reason] = u
	}
	if first < u.first {
		u.Example, u.first = image, first
	}
	u.Count += n
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
