package cvat

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// Annotations are what was drawn on the frames of a task, or of a job. Frames are numbered from 0 in the task, also
// in a job's. Their order means nothing: CVAT 2.73 changes it from answer to answer.
type Annotations struct {
	Tags   []Tag   `json:"tags"`
	Shapes []Shape `json:"shapes"`
	Tracks []Track `json:"tracks"`
}

// A Tag says something of a whole frame.
type Tag struct {
	ID         int              `json:"id,omitempty"`
	Frame      int              `json:"frame"`
	LabelID    int              `json:"label_id"`
	Group      int              `json:"group"`
	Source     string           `json:"source,omitempty"` // manual, auto, semi-auto, file, consensus
	Attributes []AttributeValue `json:"attributes"`
}

// A Shape is drawn on one frame. Its points, in pixels from the frame's top left corner, depend on its type:
//
//	rectangle                 x1 y1 x2 y2
//	ellipse                   centre x, centre y, right x, top y
//	polygon, polyline, points x y x y …
//	cuboid                    8 corners x y; in a point cloud: position, rotation, scale, and zeros, 16 in all
//	mask                      runs of zeros and ones in turn, row by row, then the box that they fill: left top right bottom, inclusive
//	skeleton                  none: Elements are its points
type Shape struct {
	ID         int              `json:"id,omitempty"`
	Frame      int              `json:"frame"`
	LabelID    int              `json:"label_id"`
	Type       string           `json:"type"`
	Group      int              `json:"group"`
	Source     string           `json:"source,omitempty"`
	Score      *float64         `json:"score,omitempty"` // 0 to 1, since CVAT 2.58
	Occluded   bool             `json:"occluded"`
	Outside    bool             `json:"outside"`
	ZOrder     int              `json:"z_order"`
	Rotation   float64          `json:"rotation"` // in degrees, 0 to 360, clockwise about the centre
	Points     []float64        `json:"points"`
	Attributes []AttributeValue `json:"attributes"`
	Elements   []Shape          `json:"elements,omitempty"` // of a skeleton; each names its sublabel
}

// A Track is one object on many frames. CVAT keeps and answers its keyframes alone: package interpolate says where it
// is between them.
type Track struct {
	ID         int              `json:"id,omitempty"`
	Frame      int              `json:"frame"` // where it begins
	LabelID    int              `json:"label_id"`
	Group      int              `json:"group"`
	Source     string           `json:"source,omitempty"`
	Attributes []AttributeValue `json:"attributes"` // those that are not mutable
	Shapes     []TrackedShape   `json:"shapes"`     // the keyframes
	Elements   []Track          `json:"elements,omitempty"`
}

// A TrackedShape is a keyframe of a track.
type TrackedShape struct {
	ID         int              `json:"id,omitempty"` // not unique in its track
	Frame      int              `json:"frame"`
	Type       string           `json:"type"`
	Occluded   bool             `json:"occluded"`
	Outside    bool             `json:"outside"` // the object leaves the picture here
	ZOrder     int              `json:"z_order"`
	Rotation   float64          `json:"rotation"`
	Points     []float64        `json:"points"`
	Attributes []AttributeValue `json:"attributes"` // those that are mutable
}

// An AttributeValue is the value of an attribute of a label ([Attribute]).
type AttributeValue struct {
	SpecID int    `json:"spec_id"`
	Value  string `json:"value"`
}

// maxAnnotations bounds an answer with annotations: 100,000 rectangles are 21.6 MB on CVAT 2.73.
const maxAnnotations = 1 << 30

// Annotations returns what the annotation jobs of a task hold, whose copies in overlapping jobs CVAT merges. Those of
// consensus replicas, and of a ground truth job in addition to the task's frames, are asked for by [Client.JobAnnotations].
//
//cvat:operation GET /api/tasks/{id}/annotations/
func (c *Client) Annotations(ctx context.Context, taskID int) (*Annotations, error) {
	return c.annotations(ctx, fmt.Sprintf("/api/tasks/%d/annotations/", taskID))
}

// JobAnnotations returns what one job holds.
//
//cvat:operation GET /api/jobs/{id}/annotations/
func (c *Client) JobAnnotations(ctx context.Context, jobID int) (*Annotations, error) {
	return c.annotations(ctx, fmt.Sprintf("/api/jobs/%d/annotations/", jobID))
}

func (c *Client) annotations(ctx context.Context, path string) (*Annotations, error) {
	var a *Annotations
	err := c.do(ctx, get(path, nil), func(resp *http.Response) (err error) {
		defer resp.Body.Close()
		a, err = readAnnotations(resp.Body)
		return err
	})
	return a, err
}

// readAnnotations decodes one shape at a time, so that the text of many is never held whole.
func readAnnotations(r io.Reader) (*Annotations, error) {
	a := &Annotations{}
	dec := json.NewDecoder(bufio.NewReader(&limited{r: r, left: maxAnnotations}))
	if err := expect(dec, json.Delim('{')); err != nil {
		return nil, err
	}
	missing := map[json.Token]bool{"tags": true, "shapes": true, "tracks": true} // an answer that is none is not an empty task
	for dec.More() {
		key, err := dec.Token()
		if err == nil {
			err = a.read(dec, key)
		}
		if err != nil {
			return nil, metaError(err)
		}
		delete(missing, key)
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		return nil, &answerError{Reason: "no lists of tags, shapes and tracks", notCVAT: true}
	}
	return a, nil
}

func (a *Annotations) read(dec *json.Decoder, key json.Token) error {
	switch key {
	case "tags":
		return readList(dec, &a.Tags)
	case "shapes":
		return readList(dec, &a.Shapes)
	case "tracks":
		return readList(dec, &a.Tracks)
	}
	var ignored json.RawMessage
	return dec.Decode(&ignored)
}

func readList[T any](dec *json.Decoder, to *[]T) error {
	start, err := dec.Token()
	if err != nil || start == nil { // null
		return err
	}
	if start != json.Delim('[') {
		return &answerError{Reason: fmt.Sprintf("%v in place of a list", start), notCVAT: true}
	}
	for dec.More() {
		var item T
		if err := dec.Decode(&item); err != nil {
			return err
		}
		*to = append(*to, item)
	}
	_, err = dec.Token()
	return err
}

// AddAnnotations adds annotations to a task, all or none: CVAT 2.73 does so in one transaction, and another request sees
// all of them or none. Each job that has a shape's frame gets a copy. What is there stays, and nothing is compared: sent
// twice, they are there twice. A lost answer is [ErrUnknownOutcome]; read what is there before sending again. IDs must be 0.
//
//cvat:operation PATCH /api/tasks/{id}/annotations/
func (c *Client) AddAnnotations(ctx context.Context, taskID int, a *Annotations) error {
	q := changeAnnotations(taskID, "create", *a)
	q.idempotency = creating
	return c.do(ctx, q, nothing)
}

// DeleteShapes deletes shapes of a task by their IDs; their other fields must be as they were read. One that is gone
// already is not an error. Where jobs overlap, the copies in other jobs have IDs of their own and stay.
//
//cvat:operation PATCH /api/tasks/{id}/annotations/
func (c *Client) DeleteShapes(ctx context.Context, taskID int, shapes []Shape) error {
	return c.do(ctx, changeAnnotations(taskID, "delete", Annotations{Shapes: shapes}), nothing)
}

// changeAnnotations is a change of a task's annotations. CVAT takes lists, and no null for one.
func changeAnnotations(taskID int, action string, a Annotations) *request {
	body := map[string]any{"version": 0, "tags": append([]Tag{}, a.Tags...), "shapes": append([]Shape{}, a.Shapes...), "tracks": append([]Track{}, a.Tracks...)}
	q := patch(fmt.Sprintf("/api/tasks/%d/annotations/", taskID), body)
	q.query = url.Values{"action": {action}}
	return q
}

// A ValidationLayout says which frames of a task check its annotators. Numbers are those of the task's frames.
type ValidationLayout struct {
	Mode            string `json:"mode"`              // gt, gt_pool, or empty
	Frames          []int  `json:"validation_frames"` // of the ground truth job
	Disabled        []int  `json:"disabled_frames"`   // of them, those that are taken out
	HoneypotFrames  []int  `json:"honeypot_frames"`   // in annotation jobs: copies of frames of the ground truth job
	HoneypotSources []int  `json:"honeypot_real_frames"`
}

// ValidationLayout returns which frames of a task check its annotators.
//
//cvat:operation GET /api/tasks/{id}/validation_layout
func (c *Client) ValidationLayout(ctx context.Context, taskID int) (*ValidationLayout, error) {
	return one[ValidationLayout](ctx, c, get(fmt.Sprintf("/api/tasks/%d/validation_layout", taskID), nil))
}
