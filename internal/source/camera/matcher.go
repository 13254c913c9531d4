package source

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// Claims on a file: a camera's index in the manifest, or one of these.
const (
	nobody   = -1
	disputed = -2 // globs of two cameras fit
)

// A claimer tells whose a file is. All cameras of the manifest have a say, those too
// that a bag does not want: their files must not fall to a shorter name.
type claimer struct {
	cameras []manifest.Camera
	byName  []int // cameras without globs, the longest name first
	byGlob  []int
}

func newClaimer(cameras []manifest.Camera) *claimer {
	c := &claimer{cameras: cameras}
	for i, cam := range cameras {
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

// owner gives the camera that takes a path of a bag; where it is disputed, the two.
func (c *claimer) owner(path string) (camera int, between [2]int) {
	path = norm.NFC.String(path)
	camera = nobody
	for _, i := range c.byGlob {
		if !fitsAny(c.cameras[i].Files, path) {
			continue
		}
		if camera != nobody {
			return disputed, [2]int{camera, i}
		}
		camera = i
	}
	if camera != nobody {
		return camera, between
	}
	stem := trimExtension(path)
	for _, i := range c.byName {
		if tokenAt(stem, c.cameras[i].Name) >= 0 {
			return i, between
		}
	}
	return nobody, between
}

func fitsAny(globs []string, path string) bool {
	return slices.ContainsFunc(globs, func(g string) bool { return doublestar.MatchUnvalidated(g, path) })
}

func trimExtension(path string) string {
	if i := strings.LastIndexByte(path, '.'); i > strings.LastIndexByte(path, '/') {
		return path[:i]
	}
	return path
}

// tokenAt is where the name stands in s with no letter or digit on either side, or -1.
func tokenAt(s, name string) int {
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

// isWord is false of RuneError too, hence of the text's ends.
func isWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// kindOf is what a camera's name goes on with before its numbers begin: "" of
// jai_cam_0001, "_depth" of jai_cam_depth_0001. A camera with files of several kinds
// is probably two.
func kindOf(path, name string) string {
	stem := trimExtension(path)
	i := tokenAt(stem, name)
	if i < 0 {
		return ""
	}
	rest := stem[i+len(name):]
	if end := strings.IndexAny(rest, "/0123456789"); end >= 0 {
		rest = rest[:end]
	}
	return strings.TrimRightFunc(rest, func(r rune) bool { return !isWord(r) })
}
