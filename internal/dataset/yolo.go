package dataset

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A YOLO is a data set of Ultralytics YOLO: a directory with data.yaml, a list of images per split, and a text file of
// labels per image.
type YOLO struct {
	Task    string // detect, segment or pose
	classes []cvat.Label
	class   map[string]int // of a label's name
	points  int            // of the largest skeleton
}

// YOLOTasks are those of Ultralytics that CVAT's shapes fit.
var YOLOTasks = []string{"detect", "segment", "pose"}

// NewYOLO takes as classes the labels that the task can have shapes of, in their order: pose takes skeletons, segment
// what encloses an area, detect both.
func NewYOLO(task string, labels annotation.Labels) YOLO {
	y := YOLO{Task: task, class: map[string]int{}}
	for _, l := range labels.All {
		fits := !slices.Contains([]string{"tag", "polyline", "points", "cuboid"}, l.Type)
		switch skeleton := l.Type == "skeleton"; task {
		case "segment":
			fits = fits && !skeleton
		case "pose":
			fits = skeleton
		}
		if fits {
			y.class[l.Name] = len(y.classes)
			y.classes = append(y.classes, l)
			y.points = max(y.points, len(l.Sublabels))
		}
	}
	return y
}

// Empty says that the project has no label for it.
func (y YOLO) Empty() bool { return len(y.classes) == 0 }

// yoloSplits are those that Ultralytics knows.
var yoloSplits = []string{"train", "val", "test"}

// Split is the split of a subset: train where a task has none, and val for what CVAT's users also call valid or
// validation.
func (YOLO) Split(subset string) string {
	switch lower := strings.ToLower(subset); lower {
	case "", "default", "train", "training":
		return "train"
	case "val", "valid", "validation":
		return "val"
	case "test", "testing":
		return "test"
	}
	return subset
}

// Labels are a frame's, one a line, with numbers from 0 to 1 of the picture's size. What is beyond the picture is cut
// off, since Ultralytics takes no image with such a label.
func (y YOLO) Labels(f Frame, lost Lost) []byte {
	if f.ThreeD {
		lost["point cloud"]++
		return nil
	}
	var b bytes.Buffer
	for _, s := range f.Shapes {
		numbers := y.row(f, s)
		if numbers == nil {
			lost[s.Type]++
			continue
		}
		b.WriteString(strconv.Itoa(y.class[s.Label]))
		for _, n := range numbers {
			b.WriteByte(' ')
			b.WriteString(strconv.FormatFloat(n, 'f', -1, 64))
		}
		b.WriteByte('\n')
	}
	lost.add("tag", len(f.Tags))
	return b.Bytes()
}

func (l Lost) add(what string, n int) {
	if n > 0 {
		l[what] += n
	}
}

// row are the numbers after a label's class; nil where the shape has no place.
func (y YOLO) row(f Frame, s annotation.Shape) []float64 {
	i, ok := y.class[s.Label]
	if !ok || f.Width <= 0 || f.Height <= 0 {
		return nil
	}
	if y.Task == "segment" {
		return y.polygon(f, s)
	}
	b, ok := boxOf(outline(s)), s.Type != "skeleton"
	points := keypoints(y.classes[i], s)
	if !ok {
		b, ok = around(points)
	}
	if ok {
		b, ok = b.clip(f.Width, f.Height)
	}
	if !ok || y.Task == "pose" && s.Type != "skeleton" {
		return nil
	}
	w, h := float64(f.Width), float64(f.Height)
	row := []float64{share((b.left+b.right)/2, w), share((b.top+b.bottom)/2, h), share(b.right-b.left, w), share(b.bottom-b.top, h)}
	if y.Task == "detect" {
		return row
	}
	for k := range y.points {
		var p keypoint // what a smaller skeleton lacks is not in the picture
		if k < len(points) {
			p = points[k]
		}
		if p.x < 0 || p.y < 0 || p.x > w || p.y > h {
			p = keypoint{}
		}
		row = append(row, share(p.x, w), share(p.y, h), float64(p.visibility))
	}
	return row
}

func (y YOLO) polygon(f Frame, s annotation.Shape) []float64 {
	rings := outline(s)
	if len(rings) == 0 {
		return nil
	}
	if _, ok := boxOf(rings).clip(f.Width, f.Height); !ok {
		return nil
	}
	row := join(rings)
	numbers := make([]float64, len(row))
	for i := range row {
		size := float64(f.Width)
		if i%2 == 1 {
			size = float64(f.Height)
		}
		numbers[i] = share(min(max(row[i], 0), size), size)
	}
	return numbers
}

func share(x, of float64) float64 { return round(x / of) }
