package survey

import (
	"context"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// takesVideo reports whether a file's name is that of a video that is looked for.
func (g *guesser) takesVideo(name string) bool { return g.kind == "" && video.Named(name) }

// video adds a video file, which is a bag of its own; of one that CVAT would not take it says why it is left.
func (g *guesser) video(ctx context.Context, path string) {
	in, name := store.Split(path)
	clip, err := lookIntoVideo(ctx, in, name)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		g.skip(diag.CodeBadVideo, diag.Hint{}, "%s is left out: %v", path, err)
	default:
		g.bags = append(g.bags, guessedBag{path: path, frames: clip.Frames})
	}
}

// videosWithImages says which videos are in a bag of images: no first manifest takes them.
func (g *guesser) videosWithImages(dir string, videos []string) {
	if g.kind == "" && len(videos) > 0 {
		g.note(diag.CodeUnclaimedVideos, "%s: %s left out, in a bag of images: such as %s", dir, wording.Count(len(videos), "video", "videos"), videos[0])
	}
}

// videoNames finds the cameras of video files, by their own names or by those of their directories. They are cameras if
// there are several, and each video is of one.
func videoNames(root string, bags []guessedBag) []string {
	var files []string
	for _, b := range bags {
		if at := b.from(root); b.frames > 0 && writable(at) {
			files = append(files, at)
		}
	}
	both := [][]string{namesOfDirs(files), namesInFiles(files)}
	if !slices.ContainsFunc(both[0], saysCamera) && slices.ContainsFunc(both[1], saysCamera) {
		slices.Reverse(both)
	}
	for _, names := range both {
		if len(names) > 1 && len(names) <= maxCameras && takeAll(names, root, bags) {
			return names
		}
	}
	return nil
}

// namesOfDirs are directories that may be cameras': some hold videos of the same name (front/run7.mp4, left/run7.mp4).
func namesOfDirs(files []string) []string {
	dirs, holding, recurs := make(map[string]bool), make(map[string]string), false
	for _, at := range files {
		dir, stem := path.Base(path.Dir(at)), withoutExt(path.Base(at))
		if !isCameraDir(dir) || !isVideoCamera(dir) {
			continue
		}
		dirs[dir] = true
		first, seen := holding[stem]
		recurs = recurs || seen && first != dir
		holding[stem] = dir
	}
	if !recurs {
		return nil
	}
	return slices.Sorted(maps.Keys(dirs))
}

// namesInFiles are what files' names have apart from numbers (front_2026-03-04.mp4). Names without any are clips', unless
// several directories have one (day1/front.mp4, day2/front.mp4).
func namesInFiles(files []string) []string {
	numbered, bare, recurs := make(map[string]bool), make(map[string]bool), false
	for _, at := range files {
		switch name := seriesOf(at); {
		case !isVideoCamera(name):
		case name != withoutExt(path.Base(at)):
			numbered[name] = true
		default:
			recurs = recurs || bare[name]
			bare[name] = true
		}
	}
	if recurs {
		maps.Copy(numbered, bare)
	}
	return slices.Sorted(maps.Keys(numbered))
}

func withoutExt(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// placed are words that say where a camera is.
var placed = regexp.MustCompile(`(?i)(^|[^a-z])(cam|camera|front|rear|back|left|right|top|bottom|side|centre|center|wrist|head)([^a-z]|$)`)

func saysCamera(name string) bool { return placed.MatchString(name) }

// takeAll reports whether each video is of one of these cameras.
func takeAll(names []string, root string, bags []guessedBag) bool {
	var cameras []GuessCamera
	for _, name := range names {
		cameras = append(cameras, GuessCamera{Name: name})
	}
	matcher := matcherOf(cameras)
	return !slices.ContainsFunc(bags, func(b guessedBag) bool { return b.frames > 0 && videoOwner(matcher, b.from(root)) < 0 })
}

// isVideoCamera reports whether a name may be a camera's: run7 and day1 are clips and days.
func isVideoCamera(name string) bool {
	low := strings.ToLower(name)
	numbered := strings.TrimRight(name, "0123456789") != name
	return name != "" && recording.ValidName(name) == name && (!numbered || strings.Contains(low, "cam"))
}

// from is the bag's path from the root, with slashes.
func (b guessedBag) from(root string) string {
	rel, err := filepath.Rel(root, b.path)
	if err != nil {
		rel = filepath.Base(b.path)
	}
	return filepath.ToSlash(rel)
}

// videoOwner is the camera that takes a video which is a bag, as a plan finds it.
func videoOwner(m *camera.Matcher, at string) int {
	owner, _ := m.VideoOwner(path.Base(at), at)
	return owner
}

// namedByCamera reports whether the name of each video has that of its camera.
func namedByCamera(cameras []GuessCamera, bags []guessedBag) bool {
	matcher := matcherOf(cameras)
	return !slices.ContainsFunc(bags, func(b guessedBag) bool {
		owner, _ := matcher.Owner(filepath.Base(b.path))
		return owner == camera.Unmatched
	})
}

// clips names the camera of videos of which no other camera is, where there are cameras, for else no task would be made of them.
const clips = "clips"

// claimClips gives videos that no camera takes one of their own, which the entries of bags name.
func claimClips(cameras []GuessCamera, root string, bags []guessedBag) []GuessCamera {
	if len(cameras) == 0 || slices.ContainsFunc(cameras, func(c GuessCamera) bool { return c.Name == clips }) {
		return cameras
	}
	matcher := matcherOf(cameras)
	unclaimed := slices.ContainsFunc(bags, func(b guessedBag) bool { return b.frames > 0 && videoOwner(matcher, b.from(root)) == camera.Unmatched })
	claimed := slices.ContainsFunc(bags, func(b guessedBag) bool { return b.frames > 0 && videoOwner(matcher, b.from(root)) != camera.Unmatched })
	if !unclaimed || claimed {
		return cameras
	}
	return append(cameras, GuessCamera{Name: clips})
}

// whose are the cameras that a bag's entry names: where videos have one of their own, all do.
func whose(b guessedBag, cameras []GuessCamera) (names []string) {
	if len(cameras) == 0 || cameras[len(cameras)-1].Name != clips {
		return nil
	}
	if b.clips {
		return []string{clips}
	}
	for _, c := range cameras[:len(cameras)-1] {
		names = append(names, c.Name)
	}
	return names
}

// byDay writes the entries of videos in sibling directories as one glob, where that matches nothing else.
func (g *guesser) byDay(ctx context.Context, root string, entries []GuessBag) []GuessBag {
	type group struct{ parent, kind string }
	groupOf := func(b GuessBag) (k group) {
		if dir := path.Dir(b.Path); dir != "." && video.Named(b.Path) && !b.Bare {
			k = group{path.Dir(dir), path.Ext(b.Path)}
		}
		return k
	}
	files, dirs := make(map[group]int), make(map[group]int)
	last := ""
	for _, b := range entries {
		k := groupOf(b)
		files[k] += b.Count
		if dir := path.Dir(b.Path); dir != last {
			dirs[k]++
			last = dir
		}
	}
	whole := make(map[group]bool)
	for k, n := range files {
		whole[k] = k.kind != "" && dirs[k] > 1 && filesBelow(ctx, filepath.Join(root, filepath.FromSlash(k.parent)), k.kind) == n
	}
	merged, at := entries[:0], make(map[group]int)
	for _, b := range entries {
		k := groupOf(b)
		first, seen := at[k]
		switch {
		case !whole[k]:
			merged = append(merged, b)
		case seen:
			merged[first].Count += b.Count
		default:
			at[k] = len(merged)
			b.Path = strings.TrimPrefix(k.parent+"/*/*"+k.kind, "./")
			merged = append(merged, b)
		}
	}
	return merged
}

// filesBelow counts the files of a kind in the directories of one, as a glob does.
func filesBelow(ctx context.Context, parent, kind string) (n int) {
	dirs, _ := list(ctx, parent)
	for _, d := range dirs {
		inside, _ := list(ctx, filepath.Join(parent, d.Name()))
		for _, name := range namesOf(inside) {
			if d.Name()[0] != '.' && name[0] != '.' && strings.HasSuffix(name, kind) {
				n++
			}
		}
	}
	return n
}
