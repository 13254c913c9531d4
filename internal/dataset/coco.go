package dataset

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/cvatplan/cvatplan/internal/annotation"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

type cocoCategory struct {
	ID            int      `json:"id"` // from 1, in the order of the project's labels
	Name          string   `json:"name"`
	Supercategory string   `json:"supercategory"`
	Keypoints     []string `json:"keypoints,omitempty"` // of a skeleton: its sublabels
	Skeleton      [][2]int `json:"skeleton,omitempty"`  // pairs of keypoints, counted from 1
}

// A cocoImage has, in addition to COCO's own keys, those of a line of JSON Lines.
type cocoImage struct {
	ID       int              `json:"id"`
	Width    int              `json:"width"`
	Height   int              `json:"height"`
	FileName string           `json:"file_name"`
	Task     string           `json:"task"`
	Subset   string           `json:"subset,omitempty"`
	Frame    int              `json:"frame"`
	Bag      string           `json:"bag,omitempty"`
	Camera   string           `json:"camera,omitempty"`
	Topic    string           `json:"topic,omitempty"`
	Path     string           `json:"path,omitempty"`
	StampNS  *int64           `json:"stamp_ns,string,omitempty"`
	LogNS    *int64           `json:"log_ns,string,omitempty"`
	PTSNS    *int64           `json:"pts_ns,string,omitempty"`
	Tags     []annotation.Tag `json:"tags,omitempty"`
}

type cocoAnnotation struct {
	ID           int                   `json:"id"`
	ImageID      int                   `json:"image_id"`
	CategoryID   int                   `json:"category_id"`
	Box          [4]float64            `json:"bbox"` // left, top, width, height
	Area         float64               `json:"area"`
	Crowd        int                   `json:"iscrowd"`
	Segmentation any                   `json:"segmentation"` // []ring or *cocoRuns
	Keypoints    []float64             `json:"keypoints,omitempty"`
	Count        *int                  `json:"num_keypoints,omitempty"` // that are in the picture
	Type         string                `json:"type"`                    // CVAT's, as are the keys below
	Rotation     float64               `json:"rotation,omitempty"`
	Occluded     bool                  `json:"occluded"`
	Track        *int                  `json:"track,omitempty"`
	Score        *float64              `json:"score,omitempty"`
	Attributes   annotation.Attributes `json:"attributes"`
}

// cocoRuns is a mask as COCO's uncompressed runs.
type cocoRuns struct {
	Size   [2]int `json:"size"` // height, width
	Counts []int  `json:"counts"`
}

// COCO writes instances and keypoints in one file, an image or an annotation a line. Rectangles and ellipses have their
// outline as segmentation, so that every annotation has one; tags are a key of their image. Polylines, points, cuboids
// and point clouds have no place in it. The frames are read twice, so that none is kept.
func COCO(w io.Writer, s Set) (Lost, error) {
	c := coco{w: bufio.NewWriter(w), set: s, lost: Lost{}, category: map[string]int{}}
	c.text(`{"info":{"description":"written by cvatplan pull"},"licenses":[],"categories":[`)
	for i, l := range s.Labels.All {
		c.category[l.Name] = i
		c.item(i, cocoCategoryOf(i, l))
	}
	c.text("],\n\"images\":[")
	c.each(func(id int, f Frame) { c.item(id-1, cocoImageOf(id, f)) })
	c.text("],\n\"annotations\":[")
	n := 0
	c.each(func(id int, f Frame) {
		for _, shape := range f.Shapes {
			a, ok := c.annotation(f, shape)
			if !ok || !annotation.Finite(a.Area, a.Box[0], a.Box[1], a.Box[2], a.Box[3]) {
				c.lost[shape.Type]++
				continue
			}
			a.ID, a.ImageID = n+1, id
			c.item(n, a)
			n++
		}
	})
	c.text("]}\n")
	if c.err == nil {
		c.err = c.w.Flush()
	}
	return c.lost, c.err
}

// A coco is a file under way; after an error nothing more is written.
type coco struct {
	w        *bufio.Writer
	set      Set
	lost     Lost
	category map[string]int // of a label's name, its place in set.Labels.All
	err      error
}

func (c *coco) text(s string) {
	if c.err == nil {
		_, c.err = c.w.WriteString(s)
	}
}

// item writes the n-th item of a list, from 0.
func (c *coco) item(n int, v any) {
	if n > 0 {
		c.text(",")
	}
	c.text("\n")
	if c.err != nil {
		return
	}
	var data []byte
	if data, c.err = json.Marshal(v); c.err == nil {
		_, c.err = c.w.Write(data)
	}
}

// each calls f with the frames that can be images, and their ids.
func (c *coco) each(f func(id int, frame Frame)) {
	id := 0
	lost := 0
	for frame, err := range c.set.Frames {
		if c.err == nil {
			c.err = err
		}
		if c.err != nil {
			return
		}
		if frame.ThreeD {
			lost++
			continue
		}
		id++
		f(id, frame)
	}
	if lost > 0 {
		c.lost["point cloud"] = lost
	}
}

func cocoCategoryOf(i int, l cvat.Label) cocoCategory {
	category := cocoCategory{ID: i + 1, Name: l.Name}
	for _, s := range l.Sublabels {
		category.Keypoints = append(category.Keypoints, s.Name)
	}
	for _, e := range edges(l) {
		category.Skeleton = append(category.Skeleton, [2]int{e[0] + 1, e[1] + 1})
	}
	return category
}

func cocoImageOf(id int, f Frame) cocoImage {
	return cocoImage{
		ID: id, Width: f.Width, Height: f.Height, FileName: ImageName(f.Name), Task: f.Task, Subset: f.Subset, Frame: f.Number,
		Bag: f.Bag, Camera: f.Camera, Topic: f.Topic, Path: f.Path, StampNS: f.StampNS, LogNS: f.LogNS, PTSNS: f.PTSNS, Tags: f.Tags,
	}
}

// annotation is false for what COCO has no place for.
func (c *coco) annotation(f Frame, s annotation.Shape) (cocoAnnotation, bool) {
	i := c.category[s.Label]
	a := cocoAnnotation{
		CategoryID: i + 1, Type: s.Type, Rotation: s.Rotation, Occluded: s.Occluded, Track: s.Track, Score: s.Score, Attributes: s.Attributes,
	}
	if s.Type == "skeleton" {
		return a, c.skeleton(&a, c.set.Labels.All[i], s)
	}
	rings := outline(s)
	if len(rings) == 0 {
		return a, false
	}
	b := boxOf(rings)
	a.Box, a.Area, a.Segmentation = [4]float64{b.left, b.top, b.width(), b.height()}, area(rings), rings
	if m, ok := maskOf(s); s.Type == "mask" && ok {
		counts, pixels := m.runs(f.Width, f.Height)
		a.Segmentation, a.Area = &cocoRuns{[2]int{f.Height, f.Width}, counts}, float64(pixels)
	}
	return a, true
}

// skeleton fills in keypoints; false where no point is in the picture.
func (c *coco) skeleton(a *cocoAnnotation, l cvat.Label, s annotation.Shape) bool {
	points := keypoints(l, s)
	b, ok := around(points)
	if !ok {
		return false
	}
	n := 0
	for _, p := range points {
		a.Keypoints = append(a.Keypoints, p.x, p.y, float64(p.visibility))
		if p.visibility > 0 {
			n++
		}
	}
	a.Count = &n
	a.Box, a.Area = [4]float64{b.left, b.top, b.width(), b.height()}, round(b.width()*b.height())
	a.Segmentation = []ring{b.ring()}
	return true
}
