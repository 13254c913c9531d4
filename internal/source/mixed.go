package source

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// mixed gives the tasks of a directory that holds images and recordings. Where only one of the two has
// something for the manifest, that is taken, and what is left is counted; a rosbag2 with its metadata is a
// recording whatever lies in it. Else nothing says which is meant, and a task of the wrong one could not
// be corrected: the bag is blocked, until exclude: leaves the recordings out or the manifest names them.
// whole says that the directory is a recording by itself.
func (s scanner) mixed(ctx context.Context, b *bagRef, l contents, whole bool) outcome {
	recordings := slices.DeleteFunc(slices.Clone(l.recordings), b.excludes)
	if len(recordings) == 0 {
		return s.imagesAlone(ctx, b, l, recordings)
	}
	files := []string{b.rel}
	if !whole {
		files = files[:0]
		for _, name := range recordings {
			files = append(files, path.Join(b.rel, name))
		}
	}
	images := len(slices.DeleteFunc(slices.Concat(l.images, l.clouds), func(at string) bool { return !s.takesFile(at) }))
	found := s.imagesIn(ctx, b, files)
	switch {
	case ctx.Err() != nil:
		return outcome{}
	case found.messages == 0 && found.unread == "":
		return s.imagesAlone(ctx, b, l, recordings)
	case whole && (l.metadata || images == 0):
		o := s.recording(ctx, b)
		if found.messages > 0 {
			o.totals.leftImages.add(b, l.images)
			o.totals.messagesTaken += found.messages
		}
		return o
	case images == 0:
		return s.imagesAlone(ctx, b, l, recordings)
	}
	return s.blocked(b, undecided(b, l, recordings, found))
}

// imagesAlone takes the images of a directory, and counts the recordings that are left.
func (s scanner) imagesAlone(ctx context.Context, b *bagRef, l contents, left []string) outcome {
	o := s.directory(ctx, b, l)
	if len(o.tasks) > 0 {
		o.totals.leftRecordings.add(b, left)
		o.totals.imagesTaken += len(l.images)
	}
	return o
}

// excludes tells whether exclude: leaves a path of the bag out.
func (b bagRef) excludes(at string) bool {
	for _, e := range b.entries {
		if excludes(e.Exclude, path.Join(b.rel, at)) {
			return true
		}
	}
	return false
}

func (s scanner) takesFile(at string) bool {
	if len(s.m.Cameras) == 0 {
		return true
	}
	return s.ownerOf(at) != camera.Unmatched
}

func (s scanner) takesTopic(t bag.Topic) bool {
	if t.Count == 0 || recording.IsRefused(t) {
		return false
	}
	if len(s.m.Cameras) == 0 {
		return true
	}
	owner, _ := s.topicOwner(t.Name, manifest.KindImages)
	return owner != camera.Unmatched
}

// recordedImages are what recordings that lie next to images have for the manifest.
type recordedImages struct {
	messages int    // image messages of the first recording that has some
	in       string // that recording, or the one that cannot be read, in the store
	unread   string // why it is not known whether there are images; empty: it is known
}

// imagesIn looks into recordings until one has images for the manifest. What is not a recording at all, an
// HTML page say, has none; of a pointer or a damaged one it is not known.
func (s scanner) imagesIn(ctx context.Context, b *bagRef, names []string) recordedImages {
	var unsure recordedImages
	for _, name := range names {
		messages, unread := s.countImages(ctx, b, name)
		if messages > 0 {
			return recordedImages{messages: messages, in: name}
		}
		if unread != "" && unsure.unread == "" {
			unsure = recordedImages{in: name, unread: unread}
		}
	}
	return unsure
}

func (s scanner) countImages(ctx context.Context, b *bagRef, name string) (messages int, unread string) {
	select {
	case s.heavy <- struct{}{}:
		defer func() { <-s.heavy }()
	case <-ctx.Done():
		return 0, ""
	}
	err := s.cache.Use(ctx, b.store, name, func(r *bag.Bag) error {
		topics := slices.DeleteFunc(recording.ImageTopics(r), func(t bag.Topic) bool { return !s.takesTopic(t) })
		for _, t := range recording.Choose(topics, nil) {
			messages += t.Count
		}
		for _, t := range recording.CloudTopics(r) {
			if owner, _ := s.topicOwner(t.Name, manifest.KindPointCloud); owner != camera.Unmatched {
				messages += t.Count
			}
		}
		return nil
	})
	switch {
	case err == nil:
		return messages, ""
	case !errors.Is(err, bag.ErrNotRecording):
		return 0, reason(err)
	}
	files := []string{name}
	var parts *bag.UnreadError
	if errors.As(err, &parts) {
		files = files[:0]
		for _, f := range parts.Files {
			files = append(files, f.Name)
		}
	}
	for _, file := range files {
		head, _ := store.Head(ctx, b.store, file, content.MaxPointer)
		if _, pointer := content.Pointer(head); pointer != "" {
			return 0, pointer + ", not the recording"
		}
	}
	return 0, ""
}

// undecided says that a directory holds both, and how to choose.
func undecided(b *bagRef, l contents, recorded []string, found recordedImages) diag.Diagnostic {
	images, recordings := wording.Count(len(l.images), "image", "images"), wording.Count(len(recorded), "recording", "recordings")
	first := recorded[0]
	if found.in != b.rel {
		first = strings.TrimPrefix(found.in, b.rel+"/")
	}
	said := fmt.Sprintf("%s with %s", first, wording.Count(found.messages, "image message", "image messages"))
	if found.unread != "" {
		said = first + ": " + found.unread
	}
	ending := "*" + path.Ext(first)
	at := first
	if len(recorded) > 1 {
		at = path.Join(path.Dir(first), ending)
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeImagesAndRecordings, Pos: b.pos(),
		Text: fmt.Sprintf("bag %s holds %s and %s (%s), and nothing says which is meant", wording.Safe(b.rel), images, recordings, wording.Safe(said)),
		Hint: diag.Do(diag.HintImagesOrRecordings, ending, b.rel+"/"+at),
	}
}
