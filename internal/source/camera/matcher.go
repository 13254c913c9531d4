// Package camera tells which of a manifest's cameras takes a file or a topic: by their globs, else by
// their names.
package camera

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Whose a file is: a camera's index in the manifest, or one of these.
const (
	Unmatched = -1
	Ambiguous = -2 // globs of two cameras fit
)

// A Matcher tells whose a file is. All cameras of the manifest have a say, those too
// that a bag does not want: their files must not fall to a shorter name.
type Matcher struct {
	cameras []manifest.Camera
	mine    []int // those of the kind
	byName  []int // cameras without globs of files, the longest name first
	byGlob  []int // those with
	byTopic []int // cameras with globs of topics
}

// NewMatcher matches those cameras of a manifest that are of a kind.
func NewMatcher(cameras []manifest.Camera, kind manifest.Kind) *Matcher {
	c := &Matcher{cameras: cameras}
	for i, cam := range cameras {
		if cam.Kind != kind {
			continue
		}
		c.mine = append(c.mine, i)
		if len(cam.Topics) > 0 {
			c.byTopic = append(c.byTopic, i)
		}
		if len(cam.Files) > 0 {
			c.byGlob = append(c.byGlob, i)
			continue
		}
		c.byName = append(c.byName, i)
	}
	slices.SortStableFunc(c.byName, func(a, b int) int {
		return cmp.Compare(len(cameras[b].Name), len(cameras[a].Name))
	})
	return c
}

// Owner gives the camera that takes a path of a bag; where it is ambiguous, the two.
func (c *Matcher) Owner(file string) (camera int, between [2]int) {
	file = norm.NFC.String(file)
	camera, between = theOnly(c.byGlob, func(i int) bool { return fitsAny(c.cameras[i].Files, file) })
	if camera != Unmatched {
		return camera, between
	}
	stem := withoutExtension(file)
	for _, i := range c.byName {
		if TokenAt(stem, c.cameras[i].Name) >= 0 {
			return i, between
		}
	}
	return Unmatched, between
}

// VideoOwner is [Matcher.Owner] of a video, by its path in its bag, else by its path from the root: where the bag is the file
// itself, the camera may be in its directory's name alone.
func (c *Matcher) VideoOwner(at, rel string) (camera int, between [2]int) {
	if camera, between = c.Owner(at); camera != Unmatched {
		return camera, between
	}
	return c.Owner(rel)
}

// theOnly gives the one camera that fits; [Ambiguous] with the first two where several do.
func theOnly(cameras []int, fits func(i int) bool) (camera int, between [2]int) {
	camera = Unmatched
	for _, i := range cameras {
		if !fits(i) {
			continue
		}
		if camera != Unmatched {
			return Ambiguous, [2]int{camera, i}
		}
		camera = i
	}
	return camera, between
}

func fitsAny(globs []string, file string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return doublestar.MatchUnvalidated(g, file) })
}

// withoutExtension cuts off what follows the last dot of a file's name.
func withoutExtension(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }

// TokenAt is the place of the name in s with no letter or digit on either side, or -1.
func TokenAt(s, name string) int {
	for from := 0; name != ""; {
		i := strings.Index(s[from:], name)
		if i < 0 {
			return -1
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(name):])
		if !isWord(before) && !isWord(after) {
			return i
		}
		from = i + 1
	}
	return -1
}

// SamePlace reports whether a camera's name is at one place in two topics: /front/image_raw and /front/jpeg, but not
// /robot1/cam/image_raw and /robot2/cam/compressed, nor /cam_left and /cam_right, which are two devices.
func SamePlace(a, b, name string) bool {
	a, b = through(a, name), through(b, name)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// through is a topic up to the end of the segment that the name ends in.
func through(topic, name string) string {
	end := max(0, TokenAt(topic, name)) + len(name)
	if i := strings.IndexByte(topic[min(end, len(topic)):], '/'); i >= 0 {
		return topic[:end+i]
	}
	return topic
}

// isWord is false of RuneError too, hence of the text's ends.
func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// TopicOwner gives the camera that takes a topic: by its topics: globs, else by its
// name as a token, the longest first.
func (c *Matcher) TopicOwner(topic string) (camera int, between [2]int) {
	camera, between = theOnly(c.byTopic, func(i int) bool { return FitsTopic(c.cameras[i].Topics, topic) })
	if camera != Unmatched {
		return camera, between
	}
	for _, i := range c.mine {
		cam := c.cameras[i]
		if len(cam.Topics) > 0 || TokenAt(topic, cam.Name) < 0 {
			continue
		}
		if camera == Unmatched || len(cam.Name) > len(c.cameras[camera].Name) {
			camera = i
		}
	}
	return camera, between
}

// FitsTopic reports whether one of the globs, with or without their leading slash, fits a topic.
func FitsTopic(globs []string, topic string) bool {
	bare := strings.TrimPrefix(topic, "/")
	return slices.ContainsFunc(globs, func(g string) bool {
		return doublestar.MatchUnvalidated(strings.TrimPrefix(g, "/"), bare)
	})
}

// KindOf is what a camera's name goes on with before its numbers begin: "" of
// jai_cam_0001, "_depth" of jai_cam_depth_0001. A camera with files of several kinds
// is probably two.
func KindOf(file, name string) string {
	stem := withoutExtension(file)
	i := TokenAt(stem, name)
	if i < 0 {
		return ""
	}
	rest := stem[i+len(name):]
	if end := strings.IndexAny(rest, "/0123456789"); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimRightFunc(rest, func(r rune) bool { return !isWord(r) })
}
