package source

import (
	"path"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// timed reports whether the name of any frame carries a time.
func (t *Task) timed() bool {
	for i := range t.frames.names {
		if t.frames.source.Origin(i).StampNS != nil {
			return true
		}
	}
	return false
}

// addByNumber gives the frames the candidates, which are files at these paths, whose names have the same number: in
// directories of files without times, left/000012.png and right/12.png are of one moment. Two files of one number on either
// side say that the numbers mean something else.
func (t *Task) addByNumber(c manifest.Context, paths []string, of candidates) []diag.Diagnostic {
	frames := make([]string, len(t.frames.names))
	for i := range frames {
		frames[i] = t.frames.source.Origin(i).Path
	}
	places, first, second := byNumber(frames, t.Camera)
	whose := t.described()
	if first == "" {
		_, first, second = byNumber(paths, c.Camera)
		whose = "its images"
	}
	if first != "" {
		t.block(diag.CodeNoStamps, diag.Do(diag.HintStampOrNumber), "context %s: no time stamps in the names of %s, and two of them have one number: %s and %s", wording.Safe(c.Name), whose, wording.Safe(first), wording.Safe(second))
		return nil
	}
	found := make([]int, len(frames)) // the candidate, from 1
	for k, p := range paths {
		if i, ok := places[numberOf(p, c.Camera)]; ok {
			found[i] = k + 1
		}
	}
	var pairs []pairing
	for i, k := range found {
		if k > 0 {
			pairs = append(pairs, pairing{time: i, candidate: k - 1})
		}
	}
	t.addPairs(series{name: c.Name, byNumber: true}, pairs, of)
	if len(pairs) > 0 {
		return nil
	}
	return t.withoutContext(c.Name, "with the number that is in its name")
}

// byNumber are the places of files by the numbers in their names, or the first two files of one number.
func byNumber(paths []string, name string) (places map[string]int, first, second string) {
	places = make(map[string]int, len(paths))
	for i, p := range paths {
		number := numberOf(p, name)
		if k, taken := places[number]; taken {
			return nil, paths[k], p
		}
		places[number] = i
	}
	return places, "", ""
}

// numberOf is the last number in a file's name without leading zeros, apart from the camera's own name. A name without one
// gives the whole name.
func numberOf(at, name string) string {
	stem := trimExtension(path.Base(at))
	_, digits := lastNumber(withoutToken(stem, name))
	if digits == "" {
		_, digits = lastNumber(stem)
	}
	if digits == "" {
		return "=" + stem
	}
	return strings.TrimLeft(digits[:len(digits)-1], "0") + digits[len(digits)-1:]
}

// withoutToken takes a camera's name out of a file's, where it is a word of its own: camera 0 is in 0_0010, and not in 0010.
func withoutToken(stem, name string) string {
	for {
		i := camera.TokenAt(stem, name)
		if i < 0 {
			return stem
		}
		stem = stem[:i] + stem[i+len(name):]
	}
}
