package dataset

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

var (
	circle = regexp.MustCompile(`<circle\b[^>]*>`)
	edge   = regexp.MustCompile(`<line\b[^>]*>`)
	nodeID = regexp.MustCompile(`data-node-id="(\d+)"`)
	byID   = regexp.MustCompile(`data-label-id="(\d+)"`)
	byName = regexp.MustCompile(`data-label-name="([^"]*)"`)
	from   = regexp.MustCompile(`data-node-from="(\d+)"`)
	to     = regexp.MustCompile(`data-node-to="(\d+)"`)
)

func first(re *regexp.Regexp, text string) string {
	if m := re.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// edges are the lines of a skeleton, as pairs of its sublabels, counted from 0. CVAT keeps them in a drawing.
func edges(l cvat.Label) [][2]int {
	sublabel := map[string]int{} // by the number of its node
	for _, c := range circle.FindAllString(l.SVG, -1) {
		id, name := first(byID, c), first(byName, c)
		i := slices.IndexFunc(l.Sublabels, func(s cvat.Label) bool { return strconv.Itoa(s.ID) == id || id == "" && s.Name == name })
		if node := first(nodeID, c); node != "" && i >= 0 {
			sublabel[node] = i
		}
	}
	var all [][2]int
	for _, e := range edge.FindAllString(l.SVG, -1) {
		a, there := sublabel[first(from, e)]
		b, too := sublabel[first(to, e)]
		if there && too {
			all = append(all, [2]int{a, b})
		}
	}
	return all
}

// A keypoint is one point of a skeleton.
type keypoint struct {
	x, y       float64
	visibility int // 0: not in the picture, 1: hidden, 2: seen
}

// keypoints are a skeleton's points, one for each sublabel, in their order.
func keypoints(l cvat.Label, s annotation.Shape) []keypoint {
	points := make([]keypoint, len(l.Sublabels))
	for i, sub := range l.Sublabels {
		for _, e := range s.Elements {
			if e.Label != sub.Name || e.Outside || len(e.Points) < 2 {
				continue
			}
			points[i] = keypoint{e.Points[0], e.Points[1], 2}
			if e.Occluded {
				points[i].visibility = 1
			}
		}
	}
	return points
}

// around is the smallest box around the points that are in the picture; false where none is.
func around(points []keypoint) (box, bool) {
	var r ring
	for _, p := range points {
		if p.visibility > 0 {
			r = append(r, p.x, p.y)
		}
	}
	return boxOf([]ring{r}), len(r) > 0
}

// flips are, of each keypoint, the one that takes its place in a mirrored picture, as the names of left and right ones say;
// nil where they say nothing, or skeletons disagree: without it Ultralytics mirrors no picture.
func (y YOLO) flips() []int {
	var all []int
	sided := false
	for _, l := range y.classes {
		order := make([]int, y.points)
		for i := range order {
			order[i] = i
		}
		for i, s := range l.Sublabels {
			other := mirrored(s.Name)
			if other == s.Name {
				continue
			}
			if order[i] = slices.IndexFunc(l.Sublabels, func(s cvat.Label) bool { return s.Name == other }); order[i] < 0 {
				return nil
			}
			sided = true
		}
		if all != nil && !slices.Equal(all, order) {
			return nil
		}
		all = order
	}
	if !sided {
		return nil
	}
	return all
}

// side is a word of a name: left_eye, eye (right), LeftEye, but not bright.
var side = regexp.MustCompile(`(?:^|[^A-Za-z])(left|right|LEFT|RIGHT)(?:$|[^a-z])|(Left|Right)(?:$|[^a-z])`)

var otherSide = map[string]string{"left": "right", "right": "left", "LEFT": "RIGHT", "RIGHT": "LEFT", "Left": "Right", "Right": "Left"}

// mirrored is the name of a point's counterpart; its own name where that tells no side.
func mirrored(name string) string {
	at := side.FindStringSubmatchIndex(name)
	if at == nil {
		return name
	}
	start, stop := max(at[2], at[4]), max(at[3], at[5])
	return name[:start] + otherSide[name[start:stop]] + name[stop:]
}
