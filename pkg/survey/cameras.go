package survey

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/pkg/source"
)

// A Camera is one that names of files or topics suggest.
type Camera struct {
	Name    string
	Files   []string // globs that it needs; empty: its name alone takes its images
	Topics  []string // likewise
	Images  int
	Example string // one of its paths or topics

	from []string // the topics that it takes
}

// mostCameras is more than a bag has: names of more kinds than that name no cameras.
const mostCameras = 16

// camerasOfPaths guesses the cameras of a bag from the paths of its images: jai_cam of
// jai_cam_0001.jpg, of jai_cam/0001.jpg and of 2026/jai_cam/frame0001.jpg. A kind of name that stands
// alone is no camera where others have many images. nil means that names tell none.
func camerasOfPaths(paths []string) []Camera {
	kinds := make(map[string][]string)
	for _, p := range paths {
		kinds[kindOf(p)] = append(kinds[kindOf(p)], p)
	}
	delete(kinds, "")
	maps.DeleteFunc(kinds, func(_ string, of []string) bool { return len(of) == 1 && len(paths) > 2*len(kinds) })
	if len(kinds) == 0 || len(kinds) > mostCameras {
		return nil
	}
	var cameras []Camera
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		of := kinds[kind]
		cameras = append(cameras, Camera{Name: nameOf(kind, kinds), Images: len(of), Example: of[0]})
	}
	return withGlobs(cameras, slices.Sorted(maps.Keys(kinds)), kinds)
}

var (
	counter     = regexp.MustCompile(`^(?:(.*?)[-_. ]+)?\d+(?:[-_. ]+\d+)*$`) // jai_cam_1700000000-25, 0001
	attached    = regexp.MustCompile(`^(.*\pL)\d{4,}$`)                       // frame0001
	numberOnly  = regexp.MustCompile(`^[-_. \d]+$`)                           // 000, 2026-03-04
	genericWord = regexp.MustCompile(`(?i)^(frames?|images?|imgs?|pics?|pictures?|photos?|im|snapshots?|data|dsc|shots?)\d{0,3}$`)
)

// kindOf is what is left of a path without its numbers and without words that say only "image": its
// directories and the file's prefix, joined by slashes.
func kindOf(p string) string {
	parts := strings.Split(strings.TrimSuffix(p, path.Ext(p)), "/")
	stem := parts[len(parts)-1]
	if m := counter.FindStringSubmatch(stem); m != nil {
		stem = m[1]
	} else if m := attached.FindStringSubmatch(stem); m != nil {
		stem = m[1]
	}
	parts[len(parts)-1] = stem
	parts = slices.DeleteFunc(parts, func(s string) bool {
		return s == "" || numberOnly.MatchString(s) || genericWord.MatchString(s)
	})
	return strings.Join(slices.Compact(parts), "/")
}

// nameOf makes a name of a kind: its first part if no other kind has that, else all of it.
func nameOf(kind string, kinds map[string][]string) string {
	first, _, deep := strings.Cut(kind, "/")
	for other := range kinds {
		if deep && other != kind && source.Takes(first, other+"/0") {
			return strings.ReplaceAll(kind, "/", "_")
		}
	}
	return first
}

// withGlobs gives globs to cameras whose names alone would take other images than theirs; nil, if
// even then some image would be another's.
func withGlobs(cameras []Camera, kinds []string, paths map[string][]string) []Camera {
	for i, kind := range kinds {
		if !takesExactly(cameras, i, paths[kind]) {
			cameras[i].Files = []string{globOf(kind)}
		}
	}
	for i, kind := range kinds {
		if !takesExactly(cameras, i, paths[kind]) {
			return nil
		}
	}
	return cameras
}

// globOf takes the paths of a kind: the numbers may stand anywhere between its parts.
func globOf(kind string) string {
	var parts []string
	for part := range strings.SplitSeq(kind, "/") {
		parts = append(parts, escapeGlob(part))
	}
	last := len(parts) - 1
	return "**/" + strings.Join(parts[:last], "/**/") + "/**/" + parts[last] + "{*,/**/*}"
}

func takesExactly(cameras []Camera, i int, paths []string) bool {
	return !slices.ContainsFunc(paths, func(p string) bool { return ownerOf(cameras, p) != i })
}

// ownerOf is whose an image is, by the rules of package source: globs first, then the longest name.
// -1 is nobody's, or disputed.
func ownerOf(cameras []Camera, p string) int {
	owner, byGlob := -1, 0
	for i, c := range cameras {
		switch {
		case len(c.Files) > 0 && slices.ContainsFunc(c.Files, func(g string) bool { return doublestar.MatchUnvalidated(g, p) }):
			owner, byGlob = i, byGlob+1
		case byGlob == 0 && len(c.Files) == 0 && source.Takes(c.Name, p) && (owner < 0 || len(c.Name) > len(cameras[owner].Name)):
			owner = i
		}
	}
	if byGlob > 1 {
		return -1
	}
	return owner
}

// globSigns are what a glob takes for other than themselves.
var globSigns = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`)

func escapeGlob(s string) string { return globSigns.Replace(s) }
