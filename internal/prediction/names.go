package prediction

import (
	"path"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// names finds frames by the names of images, of which one may have directories before it that the other lacks.
type names struct {
	frame map[string]int // of a name, and of each end of one, begun at a slash; ambiguous: of several
	whole map[string]int // of whole names alone
}

const ambiguous = -1

// namesOf are the frames' names; stems are those without their extensions.
func namesOf(frames []Frame, stems bool) names {
	n := names{frame: make(map[string]int, 2*len(frames)), whole: make(map[string]int, len(frames))}
	for i, f := range frames {
		name := norm.NFC.String(f.Name)
		if stems {
			name = strings.TrimSuffix(name, path.Ext(name))
		}
		if _, taken := n.whole[name]; taken {
			i = ambiguous
		}
		n.whole[name] = i
		for end := name; ; {
			if _, taken := n.frame[end]; taken {
				n.frame[end] = ambiguous
			} else {
				n.frame[end] = i
			}
			_, rest, more := strings.Cut(end, "/")
			if !more {
				break
			}
			end = rest
		}
	}
	return n
}

// find is the frame of an image; wrong says why there is none.
func (n names) find(image string) (frame int, wrong string) {
	name := norm.NFC.String(strings.TrimLeft(strings.TrimPrefix(strings.ReplaceAll(image, `\`, "/"), "./"), "/"))
	i, there := n.whole[name]
	if !there {
		i, there = n.frame[name]
	}
	for rest, more := name, true; more && !there; {
		if _, rest, more = strings.Cut(rest, "/"); more {
			i, there = n.whole[rest]
		}
	}
	switch {
	case !there:
		return 0, "its image is not a frame of the task"
	case i == ambiguous:
		return 0, "its image's name fits several frames"
	}
	return i, ""
}
