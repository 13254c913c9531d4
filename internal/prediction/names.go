package prediction

import (
	"cmp"
	"hash/maphash"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// names finds frames by the names of images, of which one may have directories before it that the other lacks.
type names struct {
	frame map[string]int // of a name, and of each end of one, begun at a slash; ambiguous: of several
	whole map[string]int // of whole names alone
}

const ambiguous = -1

const notAFrame = "its image is not a frame of the task"

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
	name := imageName(image)
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
		return 0, notAFrame
	case i == ambiguous:
		return 0, "its image's name fits several frames"
	}
	return i, ""
}

// imageName is an image's name as frames are called.
func imageName(image string) string {
	return norm.NFC.String(strings.TrimLeft(strings.TrimPrefix(strings.ReplaceAll(image, `\`, "/"), "./"), "/"))
}

// A nameIndex finds, for the frames of a task, the images of a file that may be meant by their names: those whose names are
// an end of a frame's, and those of whose names a frame's is an end. It is sorted by hash.
type nameIndex []nameHash

type nameHash struct {
	hash  uint64
	image int32 // or -1 - image where the name is but an end of the image's
}

func indexNames(images []imageOf) nameIndex {
	var x nameIndex
	for i, image := range images {
		name := imageName(image.name)
		x = append(x, nameHash{hashOfName(name), int32(i)})
		for rest, more := name, true; more; {
			if _, rest, more = strings.Cut(rest, "/"); more {
				x = append(x, nameHash{hashOfName(rest), int32(-1 - i)})
			}
		}
	}
	slices.SortFunc(x, func(a, b nameHash) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(b.image, a.image)) })
	return slices.Clip(x)
}

var nameSeed = maphash.MakeSeed()

func hashOfName(name string) uint64 { return maphash.String(nameSeed, name) }

// candidates are the images that may be meant, each once, in the order of the file.
func (x nameIndex) candidates(n names) []int32 {
	found := map[int32]bool{}
	for name := range n.frame {
		_, whole := n.whole[name]
		h := hashOfName(name)
		at, _ := slices.BinarySearchFunc(x, h, func(e nameHash, h uint64) int { return cmp.Compare(e.hash, h) })
		for ; at < len(x) && x[at].hash == h && (whole || x[at].image >= 0); at++ { // whole names come first
			image := x[at].image
			if image < 0 {
				image = -1 - image
			}
			found[image] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
