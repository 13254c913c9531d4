package source

import (
	"cmp"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/bag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// maxCameras is how many names may still be cameras; more are the files' own.
const maxCameras = 24

// generic are names that no camera has: what tools call every image, or its directory.
var generic = set("", "frame", "frames", "img", "image", "images", "image_raw", "pic", "picture", "photo",
	"data", "raw", "rgb", "color", "colour", "compressed", "jpg", "jpeg", "png", "dsc", "dscn")

// counted is a number at the end of a name, after a sign; glued one without it, which
// must be long enough not to be a part of the name, as in realsenseD435_1.
var (
	counted = regexp.MustCompile(`([-_. ]+\d+)+$|^\d+([-_. ]+\d+)*$`)
	glued   = regexp.MustCompile(`\d{3,}$`)
)

// seriesOf is what a file's name has before its numbers; empty if that says nothing.
func seriesOf(at string) string {
	stem := trimExtension(path.Base(at))
	name := counted.ReplaceAllString(stem, "")
	if name == stem {
		name = glued.ReplaceAllString(stem, "")
	}
	if generic[strings.ToLower(name)] {
		return ""
	}
	return name
}

// isCameraDir reports whether a directory's name may be a camera's: it says something,
// and is neither a date nor numbered, unless it calls itself a camera.
func isCameraDir(name string) bool {
	low := strings.ToLower(name)
	return !generic[low] && dateIn(name) == "" && (!counted.MatchString(name) || strings.Contains(low, "cam"))
}

// cameraOf guesses the camera of a file: its outermost directory in the bag that says
// something, or else its series.
func cameraOf(at string) string {
	dirs := strings.Split(path.Dir(at), "/")
	for _, d := range dirs {
		if d != "." && isCameraDir(d) {
			return d
		}
	}
	return seriesOf(at)
}

// guessCameras finds the names, and then asks the manifest's own rules what they take.
func guessCameras(bags []guessedBag) (cameras []GuessCamera, images, left int) {
	files, streams := make(map[string]int), make(map[string][]string)
	for _, b := range bags {
		for _, at := range b.images {
			if name := cameraOf(at); name != "" {
				files[name]++
			}
		}
		for name, topics := range streamCameras(b.topics) {
			for _, t := range topics {
				if !slices.Contains(streams[name], t) {
					streams[name] = append(streams[name], t)
				}
			}
			files[name] += 0
		}
	}
	for name := range files {
		cameras = append(cameras, GuessCamera{Name: name, Topics: streams[name]})
	}
	slices.SortFunc(cameras, func(a, b GuessCamera) int { return cmp.Compare(a.Name, b.Name) })
	if len(cameras) > maxCameras {
		cameras = nil
	}
	return countCameras(cameras, bags)
}

// streamCameras names the cameras of a recording: by the one part of the topic that no
// other stream has, where there is one, so that the name alone chooses the topic; else
// by the whole topic, which then must be written.
func streamCameras(topics []bag.Topic) map[string][]string {
	names := make(map[string][]string)
	for _, t := range topics {
		first, _, _ := strings.Cut(strings.Trim(t.Name, "/"), "/")
		others := slices.DeleteFunc(slices.Clone(topics), func(o bag.Topic) bool { return o.Name == t.Name })
		alone := !slices.ContainsFunc(others, func(o bag.Topic) bool { return tokenAt(o.Name, first) >= 0 })
		if alone && !generic[first] {
			names[first] = nil
			continue
		}
		names[cameraOfTopic(t.Name)] = []string{t.Name}
	}
	return names
}

// countCameras counts what each camera takes; one that takes nothing is dropped.
func countCameras(cameras []GuessCamera, bags []guessedBag) (kept []GuessCamera, images, left int) {
	declared := make([]manifest.Camera, len(cameras))
	for i, c := range cameras {
		declared[i] = manifest.Camera{Name: c.Name, Topics: c.Topics}
	}
	claims := newClaimer(declared)
	for _, b := range bags {
		seen := make([]bool, len(cameras))
		count := func(owner, n int) {
			images += n
			if owner < 0 {
				left += n
				return
			}
			cameras[owner].Images += n
			if !seen[owner] {
				seen[owner] = true
				cameras[owner].Bags++
			}
		}
		for _, at := range b.images {
			owner, _ := claims.owner(at)
			count(owner, 1)
		}
		for _, t := range b.topics {
			owner, _ := claims.topicOwner(t.Name)
			count(owner, t.Count)
		}
	}
	if len(cameras) == 0 {
		left = 0 // each bag is one task
	}
	return slices.DeleteFunc(cameras, func(c GuessCamera) bool { return c.Images == 0 }), images, left
}
