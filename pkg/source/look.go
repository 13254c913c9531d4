package source

import (
	"context"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/bag"
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

// Takes reports whether a camera of this name, which has no globs, takes an image of this path: its
// name is a whole token there. Where several names do, the longest takes it.
func Takes(name, path string) bool { return tokenAt(trimExtension(path), name) >= 0 }

// TimeIn is the time that a file's name carries, in nanoseconds since 1970; false if it carries none.
func TimeIn(name string) (ns int64, ok bool) { return stampOf(name) }

// DateIn is the date in a bag's name, or in the directories above it, as 2026-03-04; empty if there is none.
func DateIn(path string) string { return dateOf(path) }

// CameraOf is the camera's name that a topic suggests: realsenseD435_color of
// /realsenseD435/color/image_raw/compressed.
func CameraOf(topic string) string { return cameraOfTopic(topic) }

// TakenTopics says of each topic which one is taken for its picture: itself, or another where
// image_transport recorded one picture several times.
func TakenTopics(topics []bag.Topic) map[string]string {
	byBase := make(map[string]string)
	for _, t := range chooseTopics(topics) {
		base, _ := baseOf(t.Name)
		byBase[base] = t.Name
	}
	taken := make(map[string]string, len(topics))
	for _, t := range topics {
		base, _ := baseOf(t.Name)
		taken[t.Name] = byBase[base]
	}
	return taken
}

// TakesTopic is [Takes] of a topic, for a camera without topics: globs.
func TakesTopic(name, topic string) bool { return tokenAt(topic, name) >= 0 }
