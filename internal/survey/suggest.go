package source

import (
	"context"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
)

// A Directory is what a directory of images holds, as [Scan] sees it.
type Directory struct {
	Images      []string // paths from the directory, with slashes, in byte order
	Unsupported []string // images that CVAT does not take
	Others      int      // files that are no images
	Problems    []string // what could not be looked at
}

// LookInto lists a directory as Scan does, from its entries' names and types alone.
func LookInto(ctx context.Context, dir string) (Directory, error) {
	l, err := list(ctx, dir)
	d := Directory{Images: l.images, Unsupported: l.pictures, Others: l.others}
	for _, f := range l.problems {
		d.Problems = append(d.Problems, strings.TrimPrefix(show(f.path)+": "+f.Text, ": "))
	}
	return d, err
}

// TimeIn is the time that a file's name carries, in nanoseconds since 1970; false if it carries none.
func TimeIn(name string) (ns int64, ok bool) { return stampOf(name) }

// A Suggestion says what a manifest could make of an image topic.
type Suggestion struct {
	Camera  string // that would take it
	ByName  bool   // by its name alone; else it needs topics: with this one
	Instead string // the topic of the same picture that is taken in its place; empty: itself
}

// SuggestCameras says what a manifest could make of the image topics of one recording, by topic.
func SuggestCameras(topics []bag.Topic) map[string]Suggestion {
	chosen := chooseTopics(topics)
	names := streamCameras(chosen)
	byBase := make(map[string]Suggestion)
	for _, t := range chosen {
		first, _, _ := strings.Cut(strings.Trim(t.Name, "/"), "/")
		s := Suggestion{Camera: cameraOfTopic(t.Name), Instead: t.Name}
		if list, ok := names[first]; ok && list == nil {
			s.Camera, s.ByName = first, true
		}
		base, _ := baseOf(t.Name)
		byBase[base] = s
	}
	all := make(map[string]Suggestion, len(topics))
	for _, t := range topics {
		base, _ := baseOf(t.Name)
		s := byBase[base]
		if s.Instead == t.Name {
			s.Instead = ""
		}
		all[t.Name] = s
	}
	return all
}
