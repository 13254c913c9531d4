package prediction

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// What of a COCO data set is read: what COCO itself says, and the keys that cvatplan pull adds.
type (
	cocoCategory struct {
		ID        cocoID   `json:"id"`
		Name      string   `json:"name"`
		Keypoints []string `json:"keypoints"`
	}
	cocoImage struct {
		ID       cocoID `json:"id"`
		Width    int    `json:"width"`
		Height   int    `json:"height"`
		FileName string `json:"file_name"`
	}
	cocoAnnotation struct {
		ImageID      cocoID          `json:"image_id"`
		CategoryID   cocoID          `json:"category_id"`
		Box          []float64       `json:"bbox"`
		Segmentation json.RawMessage `json:"segmentation"`
		Keypoints    []float64       `json:"keypoints"`
		Score        *float64        `json:"score"`
		Type         string          `json:"type"`
		Rotation     float64         `json:"rotation"`
		Occluded     bool            `json:"occluded"`
		Attributes   map[string]any  `json:"attributes"`
	}
	cocoRuns struct {
		Size   [2]int          `json:"size"`   // height, width
		Counts json.RawMessage `json:"counts"` // numbers, or COCO's text
	}
)

// A cocoID is compared with others alone. COCO's are whole numbers; tools also write 1.0 for 1, and texts.
type cocoID string

// UnmarshalJSON makes equal numbers equal. Whole ones keep all their digits: ids of 64 bits are more than a float64 tells apart.
func (id *cocoID) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseFloat(string(text), 64)
	_, inexact := strconv.ParseInt(string(text), 10, 64)
	switch {
	case inexact == nil && string(text) != "-0":
		*id = cocoID(text)
	case err == nil:
		*id = cocoID(strconv.FormatFloat(n, 'f', -1, 64))
	case text[0] == '"':
		*id = cocoID(text)
	default:
		return &json.UnmarshalTypeError{Value: "id", Field: "an id"}
	}
	return nil
}

// A cocoReader knows of a file what its annotations refer to.
type cocoReader struct {
	images     map[cocoID]int32 // places in File.images
	categories map[cocoID]cocoCategory
}

// indexCOCO reads a data set twice: its lists are in any order, and annotations, which are most of it, are not kept.
func indexCOCO(text *io.SectionReader, sum io.Writer) (*File, error) {
	f, c := &File{}, cocoReader{images: map[cocoID]int32{}, categories: map[cocoID]cocoCategory{}}
	annotations := 0
	err := eachCOCO(text, sum, map[string]visit{
		"images": func(_ int64, text []byte) error {
			var i cocoImage
			err := json.Unmarshal(text, &i)
			c.images[i.ID] = int32(len(f.images))
			f.images = append(f.images, imageOf{name: i.FileName, width: pixels(i.Width), height: pixels(i.Height)})
			return err
		},
		"categories": func(_ int64, text []byte) error {
			var category cocoCategory
			err := json.Unmarshal(text, &category)
			c.categories[category.ID] = category
			return err
		},
		"annotations": func(int64, []byte) error {
			annotations++
			return nil
		},
	})
	switch {
	case err != nil:
		return nil, err
	case len(f.images) == 0 && annotations > 0:
		return nil, errors.New("COCO without images: frames are found by the images' names")
	}
	n := 0
	err = eachCOCO(text, io.Discard, map[string]visit{
		"annotations": func(at int64, text []byte) error {
			n++
			image, item, err := c.read(f, n, text)
			if err == nil {
				f.add(row{at: int32(at), bytes: int32(len(text)), image: image}, []Item{item})
			}
			return err
		},
	})
	f.decode = func(f *File, r row, text []byte) ([]Item, error) {
		_, item, err := c.read(f, int(r.thing)+1, text)
		return []Item{item}, err
	}
	return f, err
}

// pixels is a number of pixels; one that no image has is not known.
func pixels(n int) int32 {
	if n < 0 || n > math.MaxInt32 {
		return 0
	}
	return int32(n)
}

// read reads the n-th annotation.
func (c cocoReader) read(f *File, n int, text []byte) (image int32, item Item, err error) {
	var a cocoAnnotation
	if err := json.Unmarshal(text, &a); err != nil {
		return 0, item, err
	}
	image, there := c.images[a.ImageID]
	category, known := c.categories[a.CategoryID]
	switch {
	case !there:
		return 0, item, fmt.Errorf("annotation %d is on image %s, which is not among the images", n, a.ImageID)
	case !known:
		return 0, item, fmt.Errorf("annotation %d is of category %s, which is not among the categories", n, a.CategoryID)
	}
	i := f.images[image]
	item = Item{Image: i.name, Width: int(i.width), Height: int(i.height)}
	item.Shapes, item.Wrong = a.shapes(category, item.Width, item.Height)
	return image, item, nil
}

// shapes are all that an annotation says of its object, the closest first. Where cvatplan pull wrote it, its type
// says which one it was.
func (a cocoAnnotation) shapes(c cocoCategory, width, height int) (all []annotation.Shape, wrong string) {
	base := annotation.Shape{Label: c.Name, Score: a.Score, Occluded: a.Occluded}
	base.Attributes, base.Occluded = attributesOf(a.Attributes, a.Occluded)
	add := func(kind string, points []float64) {
		s := base
		s.Type, s.Points = kind, points
		all = append(all, s)
	}
	if a.hasKeypoints() {
		s := base
		s.Type = "skeleton"
		if s.Elements, wrong = elementsOf(c, a.Keypoints); wrong != "" {
			return nil, wrong
		}
		if all = append(all, s); a.Type != "" {
			return all, ""
		}
	}
	rings, mask, wrong := a.segments(width, height)
	if wrong != "" {
		return nil, wrong
	}
	switch {
	case a.Type == "rectangle" || a.Type == "ellipse":
		s := base
		if s.Type, s.Points, s.Rotation = a.Type, a.upright(rings), a.Rotation; s.Points == nil {
			return nil, "a " + a.Type + " without a box"
		}
		return []annotation.Shape{s}, ""
	case mask != nil:
		add("mask", mask)
	case len(rings) == 1:
		add("polygon", rings[0])
	case len(rings) > 1:
		if points := fill(rings, width, height); points != nil {
			add("mask", points)
		}
	}
	if box := a.box(); box != nil && a.Type == "" {
		add("rectangle", box)
		if turn, ok := a.Attributes["rotation"].(float64); ok && len(rings) == 0 && mask == nil {
			all[len(all)-1].Rotation = turn // CVAT's own COCO has the box that is rotated
		}
	}
	if len(all) == 0 {
		return nil, "neither a box nor a segmentation"
	}
	return all, ""
}

// hasKeypoints reports whether any keypoint is in the picture: data sets of people say so of those of whom none was annotated.
func (a cocoAnnotation) hasKeypoints() bool {
	for i := 2; i < len(a.Keypoints); i += 3 {
		if a.Keypoints[i] != 0 {
			return true
		}
	}
	return len(a.Keypoints)%3 != 0 || len(a.Keypoints) > 0 && a.Type != ""
}

// box is the corners of bbox; nil where there is none.
func (a cocoAnnotation) box() []float64 {
	if len(a.Box) != 4 {
		return nil
	}
	return []float64{a.Box[0], a.Box[1], a.Box[0] + a.Box[2], a.Box[1] + a.Box[3]}
}

// upright is a rectangle or ellipse as CVAT has it, before it is rotated; its outline, which is, is in the segmentation.
func (a cocoAnnotation) upright(rings [][]float64) []float64 {
	box := a.box()
	if a.Rotation != 0 && len(rings) == 1 {
		box = turnedBack(rings[0], a.Rotation)
	}
	if box == nil || a.Type == "rectangle" {
		return box
	}
	x, y := (box[0]+box[2])/2, (box[1]+box[3])/2
	return []float64{x, y, box[2], box[1]}
}

// turnedBack is the box of a ring that was rotated, clockwise by degrees, about its middle.
func turnedBack(ring []float64, degrees float64) []float64 {
	var x, y float64
	for i := 0; i+1 < len(ring); i += 2 {
		x, y = x+ring[i], y+ring[i+1]
	}
	n := float64(len(ring) / 2)
	x, y = x/n, y/n
	sin, cos := math.Sincos(-degrees * math.Pi / 180)
	left, top, right, bottom := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for i := 0; i+1 < len(ring); i += 2 {
		dx, dy := ring[i]-x, ring[i+1]-y
		px, py := x+dx*cos-dy*sin, y+dx*sin+dy*cos
		left, top, right, bottom = min(left, px), min(top, py), max(right, px), max(bottom, py)
	}
	return []float64{micro(left), micro(top), micro(right), micro(bottom)}
}

// micro rounds what was computed, so that it is the same on every processor.
func micro(x float64) float64 { return math.Round(x*1e6)/1e6 + 0 }

// segments are the segmentation's rings, or its mask as CVAT has it.
func (a cocoAnnotation) segments(width, height int) (rings [][]float64, mask []float64, wrong string) {
	if len(a.Segmentation) == 0 || string(a.Segmentation) == "null" {
		return nil, nil, ""
	}
	if json.Unmarshal(a.Segmentation, &rings) == nil {
		if slices.ContainsFunc(rings, func(ring []float64) bool { return len(ring)%2 != 0 }) {
			return nil, nil, "a polygon of an odd number of coordinates"
		}
		// Less than three points enclose nothing: pixels that a mask had at its rim, or no polygon where there is a box alone.
		return slices.DeleteFunc(rings, func(ring []float64) bool { return len(ring) < 6 }), nil, ""
	}
	var runs cocoRuns
	if json.Unmarshal(a.Segmentation, &runs) != nil {
		return nil, nil, "a segmentation that is neither polygons nor a mask"
	}
	if width > 0 && runs.Size != [2]int{height, width} {
		return nil, nil, fmt.Sprintf("a mask of %d x %d pixels in an image of %d x %d", runs.Size[1], runs.Size[0], width, height)
	}
	mask, wrong = runs.mask()
	return nil, mask, wrong
}

// elementsOf are the points of a skeleton, by the names that the category gives them.
func elementsOf(c cocoCategory, keypoints []float64) ([]annotation.Shape, string) {
	if len(keypoints) != 3*len(c.Keypoints) {
		return nil, fmt.Sprintf("a skeleton of %d numbers; category %s has %d keypoints of three", len(keypoints), c.Name, len(c.Keypoints))
	}
	elements := make([]annotation.Shape, len(c.Keypoints))
	for i, name := range c.Keypoints {
		seen := keypoints[3*i+2]
		elements[i] = annotation.Shape{
			Type: "points", Label: name, Points: []float64{keypoints[3*i], keypoints[3*i+1]}, Outside: seen == 0, Occluded: seen == 1,
		}
	}
	return elements, ""
}

// attributesOf are attributes by name. Of those that CVAT writes into COCO files in addition to its labels' own, occluded is
// the shape's, and the others say nothing of it.
func attributesOf(from map[string]any, occluded bool) (annotation.Attributes, bool) {
	var all annotation.Attributes
	for _, name := range slices.Sorted(maps.Keys(from)) {
		switch v := from[name].(type) {
		case bool:
			if name == "occluded" {
				occluded = occluded || v
				continue
			}
			all = append(all, annotation.Attribute{Name: name, Value: strconv.FormatBool(v)})
		case float64:
			all = append(all, annotation.Attribute{Name: name, Value: strconv.FormatFloat(v, 'f', -1, 64)})
		case string:
			all = append(all, annotation.Attribute{Name: name, Value: v})
		}
	}
	return all, occluded
}
