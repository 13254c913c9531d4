package survey

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// isBag decides whether a directory with images is one bag or holds several: it is one
// if images lie in it directly, or if each sub-directory looks like a camera's.
func isBag(name string, images []string, below map[string][]string) bool {
	if len(images) == 0 {
		return false
	}
	if slices.ContainsFunc(images, func(at string) bool { return !strings.Contains(at, "/") }) {
		return true
	}
	for dir, inside := range below {
		if !generic[strings.ToLower(dir)] && !isCameraDir(dir) {
			return false
		}
		if !isBagDir(name) && slices.ContainsFunc(inside, hasCameraDir) || slices.ContainsFunc(inside, ofOthers(dir)) {
			return false
		}
	}
	return !recurs(below)
}

// hasCameraDir tells of a path in a directory that a camera's directory lies between, so
// that the one above is rather a bag, or a place.
func hasCameraDir(at string) bool {
	name := cameraDir(at)
	return name != "" && !kinds[strings.ToLower(name)]
}

// ofOthers tells of a path in a camera's directory that it is not of that camera: it lies
// in a bag's directory, or its file has another name than the directories above it.
func ofOthers(dir string) func(at string) bool {
	return func(at string) bool {
		for up := path.Dir(at); up != "."; up = path.Dir(up) {
			if source.DateIn(path.Base(up)) != "" {
				return true
			}
		}
		name := seriesOf(at)
		return name != "" && name != dir && name != cameraDir(at)
	}
}

// recurs reports whether the cameras of one sub-directory are there in another too: then
// the sub-directories are what differs, hence bags.
func recurs(below map[string][]string) bool {
	owner := make(map[string]string)
	for dir, inside := range below {
		for _, at := range inside {
			name := cameraDir(at)
			if name == "" || kinds[strings.ToLower(name)] {
				continue
			}
			if first, seen := owner[name]; seen && first != dir {
				return true
			}
			owner[name] = dir
		}
	}
	return false
}

// writable reports whether a manifest can write a path: as text, with no sign that is
// escaped for a terminal or that parts a path on another system.
func writable(name string) bool {
	return utf8.ValidString(name) && wording.Safe(name) == name && !strings.Contains(name, `\`)
}

// oddImages are the images of all bags from whose names nothing is guessed.
func oddImages(bags []guessedBag) []string {
	var odd []string
	for _, b := range bags {
		for _, at := range b.images {
			if !writable(at) {
				odd = append(odd, filepath.Join(b.path, filepath.FromSlash(at)))
			}
		}
	}
	return odd
}

// LeftOut warns of the paths that are in Odd.
func (g Guess) LeftOut() []diag.Diagnostic {
	if len(g.Odd) == 0 {
		return nil
	}
	quoted := make([]string, len(g.Odd))
	for i, at := range g.Odd {
		quoted[i] = strconv.Quote(at)
	}
	return []diag.Diagnostic{{
		Severity: diag.Warning, Code: diag.CodeOddNames, Hint: diag.Do(diag.HintRenameOdd),
		Text: "no bag or camera is guessed from " + wording.FirstFew(quoted, 5),
	}}
}
