package contract

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/google/go-cmp/cmp"
)

// A scene is a task of ten frames whose project has labels of several kinds. Objects in
// it name labels and attributes by "label" and "attribute" in place of their ids.
type scene struct {
	*suite
	t    *testing.T
	task int
	jobs []int
	ids  map[string]int // of labels ("car", "body.head"), and of attributes ("color")
	name map[int]string
}

type object = map[string]any

var sceneLabels = []object{
	{"name": "car", "color": "#102030", "attributes": []object{
		{"name": "color", "mutable": false, "input_type": "select", "default_value": "red", "values": []string{"red", "blue"}},
		{"name": "lights", "mutable": true, "input_type": "checkbox", "default_value": "false", "values": []string{"false"}},
	}},
	{"name": "bike", "color": "#112233"},
	{"name": "night", "color": "#223344", "type": "tag"},
	{"name": "body", "color": "#334455", "type": "skeleton", "sublabels": []object{
		{"name": "head", "color": "#445566", "type": "points"}, {"name": "foot", "color": "#556677", "type": "points"},
	}, "svg": `<circle r="1.5" cx="10" cy="10" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="head"></circle>` +
		`<circle r="1.5" cx="50" cy="50" data-type="element node" data-element-id="2" data-node-id="2" data-label-name="foot"></circle>`},
}

// labelled makes a project with labels of several kinds, and deletes it after the test.
func (s *suite) labelled(t *testing.T) (project int) {
	t.Helper()
	e := s.raw(t, "POST", "/api/projects", text(object{"name": s.name(), "labels": sceneLabels}))
	e.want(t, 201, "")
	project = idIn(t, e)
	t.Cleanup(func() { s.sweep(t, s.Client, project) })
	return project
}

func idIn(t *testing.T, e exchange) int {
	t.Helper()
	var made struct{ ID int }
	if err := json.Unmarshal([]byte(e.body), &made); err != nil || made.ID == 0 {
		t.Fatalf("no id in %.300s", e.body)
	}
	return made.ID
}

// scene is a task of ten frames without annotations, cut at a segment size. Questions
// share it, as making one takes seconds.
func (s *suite) scene(t *testing.T, segment, overlap int) *scene {
	t.Helper()
	key := [2]int{segment, overlap}
	if s.scenes[key] == nil {
		s.scenes[key] = s.newScene(s.whole, segment, overlap)
	}
	c := *s.scenes[key]
	c.t = t
	s.raw(t, "DELETE", c.taskPath(), "").want(t, 204, "")
	return &c
}

// newScene imports ten frames, and deletes them after the test.
func (s *suite) newScene(t *testing.T, segment, overlap int, edit ...func(*cvat.NewTask)) *scene {
	t.Helper()
	project := s.labelled(t)
	edit = append(edit, func(n *cvat.NewTask) { n.ProjectID, n.SegmentSize, n.Overlap = project, segment, ptr(overlap) })
	task := s.imported(t, pictures(numbered(10)...), naturally, edit...)
	c := &scene{suite: s, t: t, task: task.ID, ids: map[string]int{}, name: map[int]string{}}
	jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: task.ID})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		c.jobs = append(c.jobs, j.ID)
	}
	var page struct{ Results []sceneLabel }
	if err := json.Unmarshal([]byte(s.raw(t, "GET", fmt.Sprintf("/api/labels?project_id=%d&page_size=100", project), "").body), &page); err != nil {
		t.Fatal(err)
	}
	c.learn("", page.Results)
	return c
}

type sceneLabel struct {
	ID         int
	Name       string
	Attributes []struct {
		ID   int
		Name string
	}
	Sublabels []sceneLabel
}

func (c *scene) learn(prefix string, labels []sceneLabel) {
	for _, l := range labels {
		c.ids[prefix+l.Name] = l.ID
		for _, a := range l.Attributes {
			c.ids[a.Name] = a.ID
		}
		c.learn(l.Name+".", l.Sublabels)
	}
	for name, id := range c.ids {
		c.name[id] = name
	}
}

// filled puts ids in place of names.
func (c *scene) filled(v any) any {
	switch v := v.(type) {
	case object:
		filled := object{}
		for k, value := range v {
			switch name, _ := value.(string); k {
			case "label":
				filled["label_id"] = c.ids[name]
			case "attribute":
				filled["spec_id"] = c.ids[name]
			default:
				filled[k] = c.filled(value)
			}
		}
		return filled
	case []object:
		all := make([]any, len(v))
		for i, o := range v {
			all[i] = c.filled(o)
		}
		return all
	}
	return v
}

func (c *scene) taskPath() string { return fmt.Sprintf("/api/tasks/%d/annotations", c.task) }
func (c *scene) jobPath(n int) string {
	return fmt.Sprintf("/api/jobs/%d/annotations", c.jobs[n])
}

// send writes annotations: PUT, or PATCH with an action.
func (c *scene) send(path, action string, body object) exchange {
	c.t.Helper()
	if action == "" {
		return c.raw(c.t, "PUT", path, text(c.filled(body)))
	}
	return c.raw(c.t, "PATCH", path+"?action="+action, text(c.filled(body)))
}

// put replaces the task's annotations.
func (c *scene) put(body object) {
	c.t.Helper()
	c.send(c.taskPath(), "", body).want(c.t, 200, "")
}

// get reads annotations.
func (c *scene) get(path string) annotations {
	c.t.Helper()
	e := c.raw(c.t, "GET", path, "")
	e.want(c.t, 200, "")
	var a annotations
	if err := json.Unmarshal([]byte(e.body), &a); err != nil {
		c.t.Fatal(err)
	}
	return a
}

// annotations are what a GET answers, as far as the questions look at it.
type annotations struct {
	Version *int
	Tags    []object
	Shapes  []object
	Tracks  []object
}

// plain takes ids off, and puts names in place of those of labels and attributes. Values
// of attributes become an object, and what is on one frame is sorted, as CVAT has no order there.
func (c *scene) plain(v any) any {
	switch v := v.(type) {
	case object:
		plain := object{}
		for k, value := range v {
			switch k {
			case "id":
			case "label_id":
				plain["label"] = c.name[int(value.(float64))]
			case "attributes":
				plain[k] = c.values(value.([]any))
			default:
				plain[k] = c.plain(value)
			}
		}
		return plain
	case []any:
		all := make([]any, len(v))
		for i := range v {
			all[i] = c.plain(v[i])
		}
		return all
	case []object:
		all := make([]any, len(v))
		for i := range v {
			all[i] = c.plain(v[i])
		}
		slices.SortStableFunc(all, func(a, b any) int {
			fa, fb := a.(object)["frame"].(float64), b.(object)["frame"].(float64)
			if fa != fb {
				return int(fa - fb)
			}
			return slices.Compare([]byte(text(a)), []byte(text(b)))
		})
		return all
	}
	return v
}

func (c *scene) values(list []any) object {
	values := object{}
	for _, item := range list {
		v := item.(object)
		values[c.name[int(v["spec_id"].(float64))]] = v["value"]
	}
	return values
}

// wantPlain compares without ids, numbers by value.
func (c *scene) wantPlain(got any, want any) {
	c.t.Helper()
	if diff := cmp.Diff(decoded(text(want)), decoded(text(c.plain(got)))); diff != "" {
		c.t.Error(diff)
	}
}

func box(frame int, more ...object) object {
	o := object{"type": "rectangle", "frame": frame, "label": "bike", "points": []float64{1, 2, 30, 20}}
	for _, m := range more {
		maps.Copy(o, m)
	}
	return o
}

func boxes(frames ...int) []object {
	var all []object
	for _, f := range frames {
		all = append(all, box(f))
	}
	return all
}

// read is what GET makes of a shape: all fields, with their defaults.
func read(o object, more ...object) object {
	full := object{"group": 0, "source": "manual", "score": 1, "occluded": false, "outside": false, "z_order": 0, "rotation": 0, "attributes": object{}, "elements": []any{}}
	maps.Copy(full, o)
	for _, m := range more {
		maps.Copy(full, m)
	}
	return full
}

// element is read for a point of a skeleton, which has no elements of its own.
func element(o object, more ...object) object {
	full := read(o, more...)
	delete(full, "elements")
	return full
}

// found is a rectangle that a model found.
func (c *scene) found(frame, at int) cvat.Shape {
	return cvat.Shape{
		Frame: frame, LabelID: c.ids["bike"], Type: "rectangle", Source: prediction.Source,
		Points: []float64{float64(at), 2, float64(at) + 1.5, 9}, Attributes: []cvat.AttributeValue{},
	}
}

// shapes are the task's shapes.
func (c *scene) shapes() []cvat.Shape {
	c.t.Helper()
	got, err := c.Annotations(c.t.Context(), c.task)
	if err != nil {
		c.t.Fatal(err)
	}
	return got.Shapes
}

// keyframe is what GET makes of a track's keyframe.
func keyframe(frame int, kind string, points []float64, more ...object) object {
	full := object{"type": kind, "frame": frame, "points": points, "occluded": false, "outside": false, "z_order": 0, "rotation": 0, "attributes": object{}}
	for _, m := range more {
		maps.Copy(full, m)
	}
	return full
}

var outside = object{"outside": true}

var annotationQuestions = []question{
	{160, "annotations have version 0, whatever was sent, and before anything was drawn there are none", func(t *testing.T, s *suite) {
		c := s.newScene(t, 4, 0)
		s.raw(t, "GET", c.taskPath(), "").want(t, 200, `{"version":0,"tags":[],"shapes":[],"tracks":[],"intervals":[]}`)
		c.put(object{"version": 77, "shapes": boxes(0)})
		if v := c.get(c.taskPath()).Version; v == nil || *v != 0 {
			t.Errorf("version %v", v)
		}
	}},
	{161, "a GET fills in the defaults of fields and attributes, and each shape is in its job", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"shapes": []object{box(0), box(5, object{"label": "car", "attributes": []object{{"attribute": "color", "value": "blue"}}})}})
		car := read(box(5), object{"label": "car", "attributes": object{"color": "blue", "lights": "false"}})
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{read(box(0)), car})
		c.wantPlain(c.get(c.jobPath(0)).Shapes, []object{read(box(0))})
		c.wantPlain(c.get(c.jobPath(1)).Shapes, []object{car})
	}},
	{162, "shapes and tags of every type come back with exact numbers", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		shapes := everyShape()
		c.put(object{"shapes": shapes, "tags": []object{{"frame": 2, "label": "night", "group": 3, "source": "auto"}}})
		var want []object
		for _, sh := range shapes {
			w := read(sh)
			if list, is := sh["elements"].([]object); is {
				var elements []object
				for _, e := range list {
					e := maps.Clone(e)
					e["label"] = "body." + e["label"].(string)[5:]
					elements = append(elements, element(e))
				}
				w["elements"] = elements
			}
			want = append(want, w)
		}
		got := c.get(c.taskPath())
		c.wantPlain(got.Shapes, want)
		c.wantPlain(got.Tags, []object{{"frame": 2, "label": "night", "group": 3, "source": "auto", "attributes": object{}}})
	}},
	{163, "a frame beyond the task is dropped without a word, though a job keeps frames that are not its own", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"shapes": boxes(9, 10, 500), "tags": []object{{"frame": 10, "label": "night"}}})
		got := c.get(c.taskPath())
		c.wantPlain(got.Shapes, []object{read(box(9))})
		c.wantPlain(got.Tags, []object{})
		c.send(c.jobPath(1), "", object{"shapes": boxes(0)}).want(t, 200, "")
		c.wantPlain(c.get(c.jobPath(1)).Shapes, []object{read(box(0))})
	}},
	{164, "values, places and types are hardly checked", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		for what, o := range map[string]object{
			"a value that is no choice":     {"label": "car", "attributes": []object{{"attribute": "color", "value": "green"}}},
			"outside the image":             {"points": []float64{-10, -10, 5000, 5000}},
			"no area":                       {"points": []float64{5, 5, 1, 1}},
			"a label of tags":               {"label": "night"},
			"a skeleton's label":            {"label": "body"},
			"a point of a skeleton's label": {"label": "body.head"},
			"a rotated polygon":             {"type": "polygon", "points": []float64{0, 0, 5, 0, 5, 5}, "rotation": 10},
			"an unknown field":              {"colour": "red"},
		} {
			if e := c.send(c.taskPath(), "create", object{"shapes": []object{box(0, o)}}); e.status != 200 {
				t.Errorf("%s: %d %s", what, e.status, e.body)
			}
		}
	}},
	{165, "what is checked is refused with 400, and nothing of the request is kept", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		for what, test := range map[string]struct {
			shape object
			want  string
		}{
			"coordinates": {box(0, object{"points": []float64{1, 2, 3}}), `{"shapes":[{},{"points":["invalid length for shape type 'rectangle'"]}]}`},
			"rotation":    {box(0, object{"rotation": 400}), `{"shapes":[{},{"rotation":["Ensure this value is less than or equal to 360."]}]}`},
			"score":       {box(0, object{"score": -1}), `{"shapes":[{},{"score":["Ensure this value is greater than or equal to 0."]}]}`},
			"source":      {box(0, object{"source": "foo"}), `{"shapes":[{},{"source":["must be one of 'auto', 'semi-auto', 'manual', 'file', 'consensus', got 'foo'"]}]}`},
			"frame":       {box(-1), `{"shapes":[{},{"frame":["Ensure this value is greater than or equal to 0."]}]}`},
			"type":        {box(0, object{"type": "circle"}), `{"shapes":[{},{"type":["\"circle\" is not a valid choice."]}]}`},
			"no elements": {object{"type": "skeleton", "frame": 0, "label": "body", "points": []float64{}}, `{"shapes":[{},{"elements":["at least one required for skeleton shape"]}]}`},
			"label":       {box(9, object{"label_id": 1 << 30, "label": nil}), "[\"label_id `1073741824` is invalid\"]"},
			"attribute":   {box(9, object{"attributes": []object{{"spec_id": 1 << 30, "value": "x"}}}), "[\"spec_id `1073741824` is invalid\"]"},
		} {
			delete(test.shape, map[bool]string{true: "label"}[what == "label"])
			e := c.send(c.taskPath(), "", object{"shapes": []object{box(0), test.shape}})
			if e.status != 400 || cmp.Diff(decoded(test.want), decoded(e.body)) != "" {
				t.Errorf("%s: %d %s", what, e.status, e.body)
			}
		}
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{})
	}},
	{166, "a skeleton one of whose points is on another frame is stored, and no reading, PUT or DELETE works until it is deleted by its id", func(t *testing.T, s *suite) {
		c := s.newScene(t, 4, 0)
		poison := object{"type": "skeleton", "frame": 0, "label": "body", "points": []float64{}, "elements": []object{
			{"type": "points", "frame": 1, "label": "body.head", "points": []float64{1, 1}}, {"type": "points", "frame": 0, "label": "body.foot", "points": []float64{2, 2}},
		}}
		e := c.send(c.taskPath(), "create", object{"shapes": []object{poison}})
		e.want(t, 200, "")
		var answer annotations
		if err := json.Unmarshal([]byte(e.body), &answer); err != nil || len(answer.Shapes) != 1 {
			t.Fatalf("%v: %s", err, e.body)
		}
		s.raw(t, "GET", c.taskPath(), "").want(t, 500, "")
		s.raw(t, "GET", c.jobPath(0), "").want(t, 500, "")
		c.send(c.taskPath(), "", object{"shapes": []object{}}).want(t, 500, "")
		s.raw(t, "DELETE", c.taskPath(), "").want(t, 500, "")
		s.raw(t, "GET", c.jobPath(1), "").want(t, 200, "")
		s.raw(t, "PATCH", c.taskPath()+"?action=delete", text(object{"shapes": answer.Shapes})).want(t, 200, "")
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{})
	}},
	{167, "PUTs at once are not serialised: each is 200, and several sets may stay, each whole", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		const writers, each = 4, 50
		shapes := make([]object, each)
		for i := range shapes {
			shapes[i] = box(i % 10)
		}
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				if e := c.send(c.taskPath(), "", object{"shapes": shapes}); e.status != 200 {
					t.Errorf("%d %.200s", e.status, e.body)
				}
			})
		}
		all.Wait()
		if n := len(c.get(c.taskPath()).Shapes); n < each || n > writers*each || n%each != 0 {
			t.Errorf("%d shapes of %d writers with %d each", n, writers, each)
		}
	}},
	{168, "the annotations of a task are those of its annotation jobs: replicas keep theirs", func(t *testing.T, s *suite) {
		c := s.newScene(t, 5, 0, func(n *cvat.NewTask) { n.ConsensusReplicas = 2 })
		replica := s.jobOfType(t, c.task, "consensus_replica")
		path := fmt.Sprintf("/api/jobs/%d/annotations", replica)
		c.send(path, "", object{"shapes": boxes(0)}).want(t, 200, "")
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{})
		c.put(object{"shapes": boxes(1)})
		c.wantPlain(c.get(path).Shapes, []object{read(box(0))})
		s.raw(t, "DELETE", c.taskPath(), "").want(t, 204, "")
		c.wantPlain(c.get(path).Shapes, []object{read(box(0))})
	}},
	{169, "a job of ground truth is no part of its task's annotations", func(t *testing.T, s *suite) {
		p := naturally
		p.Validation = &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "manual", Frames: []string{"frame_0001.jpg"}}
		task := s.imported(t, pictures(numbered(4)...), p)
		c := &scene{suite: s, t: t, task: task.ID, ids: map[string]int{"bike": s.labels(t)[0].ID}, name: map[int]string{s.labels(t)[0].ID: "bike"}}
		path := fmt.Sprintf("/api/jobs/%d/annotations", s.jobOfType(t, task.ID, "ground_truth"))
		c.send(path, "", object{"shapes": boxes(1)}).want(t, 200, "")
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{})
		c.put(object{"shapes": boxes(2)})
		c.wantPlain(c.get(path).Shapes, []object{read(box(1))})
	}},
	{170, "a PUT that changes nothing gives new ids and moves dates; one of nothing on nothing does not", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		before := c.dates()
		c.put(object{"shapes": []object{}})
		s.raw(t, "DELETE", c.taskPath(), "").want(t, 204, "")
		if diff := cmp.Diff(before, c.dates()); diff != "" {
			t.Errorf("nothing on nothing: %s", diff)
		}
		c.put(object{"shapes": boxes(0)})
		first, dates := c.get(c.taskPath()).Shapes[0]["id"], c.dates()
		c.put(object{"shapes": boxes(0)})
		again := c.dates()
		if id := c.get(c.taskPath()).Shapes[0]["id"]; id == first || again[0] <= dates[0] || again[1] <= dates[1] {
			t.Errorf("ids %v and %v, dates %v and %v", first, id, dates, again)
		}
	}},
	{171, "a write moves the dates of the jobs that had or get something, and of the task, but no stage or state", func(t *testing.T, s *suite) {
		c := s.newScene(t, 4, 0)
		s.raw(t, "PATCH", fmt.Sprintf("/api/jobs/%d", c.jobs[0]), `{"stage":"acceptance","state":"completed"}`).want(t, 200, "")
		before := c.dates()
		c.put(object{"shapes": boxes(0)})
		after := c.dates()
		if after[0] <= before[0] || after[1] <= before[1] || after[2] != before[2] || after[3] != before[3] {
			t.Errorf("%v, then %v", before, after)
		}
		jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: c.task})
		if err != nil || jobs[0].Stage != "acceptance" || jobs[0].State != "completed" {
			t.Errorf("%+v, %v", jobs[0], err)
		}
	}},
	{172, "an id in what is put or created is refused", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		want := `{"shapes":[{"id":["must be absent"]}]}`
		c.send(c.taskPath(), "", object{"shapes": []object{box(0, object{"id": 5})}}).want(t, 400, want)
		c.send(c.taskPath(), "create", object{"shapes": []object{box(0, object{"id": 5})}}).want(t, 400, want)
	}},
	{173, "a creation adds, and sent twice it adds twice; keys that a PUT leaves out count as empty", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		c.put(object{"tags": []object{{"frame": 0, "label": "night"}}})
		for range 2 {
			c.send(c.taskPath(), "create", object{"shapes": boxes(3)}).want(t, 200, "")
		}
		got := c.get(c.taskPath())
		c.wantPlain(got.Shapes, []object{read(box(3)), read(box(3))})
		if len(got.Tags) != 1 {
			t.Errorf("tags %v", got.Tags)
		}
		c.put(object{"shapes": []object{}})
		if got := c.get(c.taskPath()); len(got.Tags)+len(got.Shapes) != 0 {
			t.Errorf("%+v", got)
		}
	}},
	{174, "an update keeps the id, and one of an unknown id creates; a deletion needs more than the id", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		c.put(object{"shapes": boxes(3)})
		id := c.get(c.taskPath()).Shapes[0]["id"]
		c.send(c.taskPath(), "update", object{"shapes": []object{box(4, object{"id": id})}}).want(t, 200, "")
		got := c.get(c.taskPath()).Shapes
		c.wantPlain(got, []object{read(box(4))})
		if got[0]["id"] != id {
			t.Errorf("id %v, want %v", got[0]["id"], id)
		}
		far := int(id.(float64)) + 1_000_000
		c.send(c.taskPath(), "delete", object{"shapes": []object{box(4, object{"id": far})}}).want(t, 200, "")
		c.send(c.taskPath(), "delete", object{"shapes": []object{{"id": id}}}).want(t, 400, `{"shapes":[{"type":["This field is required."],"label_id":["This field is required."],"frame":["This field is required."]}]}`)
		c.send(c.taskPath(), "update", object{"shapes": []object{box(5, object{"id": far})}}).want(t, 200, "")
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{read(box(4)), read(box(5))})
		c.send(c.taskPath(), "delete", object{"shapes": []object{box(4, object{"id": id}), box(5, object{"id": far})}}).want(t, 200, "")
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{})
		c.send(c.taskPath(), "improve", object{"shapes": boxes(1)}).want(t, 400, `["Please specify a correct 'action' for the request"]`)
	}},
	{175, "an id twice in an update, or moved to another job's frame, is 400", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"shapes": boxes(1)})
		id := c.get(c.taskPath()).Shapes[0]["id"]
		want := text(fmt.Sprintf("duplicate key value violates unique constraint \"engine_labeledshape_pkey\"\nDETAIL:  Key (id)=(%d) already exists.\n", int(id.(float64))))
		c.send(c.taskPath(), "update", object{"shapes": []object{box(1, object{"id": id}), box(2, object{"id": id})}}).want(t, 400, want)
		c.send(c.taskPath(), "update", object{"shapes": []object{box(5, object{"id": id})}}).want(t, 400, want)
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{read(box(1))})
	}},
	{176, "a track is cut at the borders of segments, and a GET has its keyframes only", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		c.put(object{"tracks": []object{{"frame": 0, "label": "car", "attributes": []object{{"attribute": "color", "value": "blue"}}, "shapes": []object{
			{"type": "rectangle", "frame": 0, "points": []float64{0, 0, 5, 5}, "attributes": []object{{"attribute": "lights", "value": "true"}}},
			{"type": "rectangle", "frame": 6, "points": []float64{6, 6, 11, 11}},
			{"type": "rectangle", "frame": 8, "points": []float64{6, 6, 11, 11}, "outside": true},
		}}}})
		on := object{"attributes": object{"lights": "true"}}
		piece := func(frame int, shapes ...object) object {
			return object{"frame": frame, "label": "car", "group": 0, "source": "manual", "attributes": object{"color": "blue"}, "elements": []any{}, "shapes": shapes}
		}
		first := []object{keyframe(0, "rectangle", []float64{0, 0, 5, 5}, on), keyframe(3, "rectangle", []float64{3, 3, 8, 8}, on)}
		second := []object{keyframe(4, "rectangle", []float64{4, 4, 9, 9}, on), keyframe(6, "rectangle", []float64{6, 6, 11, 11}, on)}
		c.wantPlain(c.get(c.jobPath(0)).Tracks, []object{piece(0, first...)})
		c.wantPlain(c.get(c.jobPath(1)).Tracks, []object{piece(4, second...)})
		c.wantPlain(c.get(c.taskPath()).Tracks, []object{
			piece(0, append(first, keyframe(4, "rectangle", []float64{3, 3, 8, 8}, on, outside))...),
			piece(4, append(second, keyframe(8, "rectangle", []float64{6, 6, 11, 11}, on, outside))...),
		})
	}},
	{177, "a keyframe beyond the last frame is computed for the last", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		c.put(object{"tracks": []object{{"frame": 0, "label": "bike", "shapes": []object{
			{"type": "rectangle", "frame": 12, "points": []float64{12, 12, 24, 24}}, {"type": "rectangle", "frame": 0, "points": []float64{0, 0, 12, 12}},
		}}}})
		c.wantPlain(c.get(c.taskPath()).Tracks, []object{{"frame": 0, "label": "bike", "group": 0, "source": "manual", "attributes": object{}, "elements": []any{}, "shapes": []object{
			keyframe(0, "rectangle", []float64{0, 0, 12, 12}), keyframe(9, "rectangle", []float64{9, 9, 21, 21}),
		}}})
	}},
	{178, "a skeleton's point that comes later is outside until then", func(t *testing.T, s *suite) {
		c := s.scene(t, 10, 0)
		c.put(object{"tracks": []object{{"frame": 1, "label": "body", "shapes": []object{{"type": "skeleton", "frame": 1, "points": []float64{}}}, "elements": []object{
			{"frame": 1, "label": "body.head", "shapes": []object{{"type": "points", "frame": 1, "points": []float64{1, 1}}}},
			{"frame": 3, "label": "body.foot", "shapes": []object{{"type": "points", "frame": 3, "points": []float64{2, 2}}}},
		}}}})
		point := func(label string, shapes ...object) object {
			return object{"frame": 1, "label": label, "group": 0, "source": "manual", "attributes": object{}, "shapes": shapes}
		}
		c.wantPlain(c.get(c.taskPath()).Tracks, []object{{"frame": 1, "label": "body", "group": 0, "source": "manual", "attributes": object{},
			"shapes": []object{keyframe(1, "skeleton", []float64{})},
			"elements": []object{
				point("body.head", keyframe(1, "points", []float64{1, 1})),
				point("body.foot", keyframe(1, "points", []float64{2, 2}, outside), keyframe(3, "points", []float64{2, 2})),
			}}})
	}},
	{179, "on a frame that two jobs share each has a copy; what covers the other is one in the task, and other types are there twice", func(t *testing.T, s *suite) {
		c := s.scene(t, 5, 2)
		line := object{"type": "polyline", "frame": 3, "label": "bike", "points": []float64{0, 0, 5, 5}}
		c.put(object{"shapes": []object{box(3), line}, "tags": []object{{"frame": 3, "label": "night"}}})
		got := c.get(c.taskPath())
		c.wantPlain(got.Shapes, []object{read(line), read(line), read(box(3))})
		if len(got.Tags) != 1 || len(c.get(c.jobPath(0)).Shapes) != 2 || len(c.get(c.jobPath(1)).Shapes) != 2 {
			t.Errorf("%d tags", len(got.Tags))
		}
	}},
	{180, "on a frame that two jobs share an update is 400, and a deletion takes one copy", func(t *testing.T, s *suite) {
		c := s.scene(t, 5, 2)
		c.put(object{"shapes": boxes(3)})
		id := c.get(c.taskPath()).Shapes[0]["id"]
		c.send(c.taskPath(), "update", object{"shapes": []object{box(3, object{"id": id})}}).want(t, 400, "")
		c.send(c.taskPath(), "delete", object{"shapes": []object{box(3, object{"id": id})}}).want(t, 200, "")
		if left := c.get(c.taskPath()).Shapes; len(left) != 1 || left[0]["id"] == id {
			t.Errorf("%v", left)
		}
	}},
	{181, "annotations of hidden frames stay, are read, and may be written", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		s.raw(t, "PATCH", fmt.Sprintf("/api/tasks/%d/data/meta", c.task), `{"deleted_frames":[3]}`).want(t, 200, "")
		c.put(object{"shapes": boxes(3)})
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{read(box(3))})
	}},
	{182, "a task without data has no annotations to read: 400", func(t *testing.T, s *suite) {
		s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/annotations", s.task(t).ID), "").want(t, 400, "")
	}},
	{183, "what is added to several jobs at once is seen as a whole or not at all, and of what is added at the same time all stays", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		const writers, each = 3, 90
		added := &cvat.Annotations{}
		for i := range each {
			added.Shapes = append(added.Shapes, c.found(i%10, i))
		}
		var writing, reading sync.WaitGroup
		done := make(chan struct{})
		reading.Go(func() {
			for {
				seen, err := s.Annotations(t.Context(), c.task)
				if err != nil || len(seen.Shapes)%each != 0 {
					t.Errorf("%d shapes, %v", len(seen.Shapes), err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
		for range writers {
			writing.Go(func() {
				if err := s.AddAnnotations(t.Context(), c.task, added); err != nil {
					t.Error(err)
				}
			})
		}
		writing.Wait()
		close(done)
		reading.Wait()
		if got := c.shapes(); len(got) != writers*each {
			t.Errorf("%d shapes of %d writers with %d each", len(got), writers, each)
		}
	}},
	{184, "what a model found comes back as it was sent, with its score, on every server that has one", func(t *testing.T, s *suite) {
		c := s.scene(t, 4, 0)
		car := c.found(2, 1)
		car.LabelID, car.Score, car.Rotation = c.ids["car"], ptr(0.25), 12.5
		car.Attributes = []cvat.AttributeValue{{SpecID: c.ids["lights"], Value: "true"}, {SpecID: c.ids["color"], Value: "red"}}
		mask := c.found(3, 2)
		mask.Type, mask.Points = "mask", []float64{1, 2, 1, 5, 5, 6, 6}
		body := cvat.Shape{Frame: 5, LabelID: c.ids["body"], Type: "skeleton", Source: prediction.Source, Points: []float64{}, Attributes: []cvat.AttributeValue{}}
		for i, point := range []string{"body.head", "body.foot"} {
			body.Elements = append(body.Elements, cvat.Shape{
				Frame: 5, LabelID: c.ids[point], Type: "points", Source: prediction.Source, Points: []float64{1.0 / 3, float64(i)},
				Outside: i == 0, Occluded: i == 1, Attributes: []cvat.AttributeValue{},
			})
		}
		sent := []cvat.Shape{car, mask, body}
		if err := s.AddAnnotations(t.Context(), c.task, &cvat.Annotations{Shapes: sent}); err != nil {
			t.Fatal(err)
		}
		want, got := map[string]bool{}, map[string]bool{}
		for _, shape := range sent {
			want[prediction.Key(shape)] = true
		}
		for _, shape := range c.shapes() {
			got[prediction.Key(shape)] = true
			if shape.Source != prediction.Source || shape.ID == 0 || shape.LabelID == car.LabelID && (shape.Score == nil || *shape.Score != 0.25) {
				t.Errorf("%+v", shape)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}},
	{185, "of equal shapes all but the first are deleted by their ids, also where jobs overlap; an id that is gone is not an error", func(t *testing.T, s *suite) {
		for _, overlap := range []int{0, 2} {
			c := s.scene(t, 4, overlap)
			added := &cvat.Annotations{Shapes: []cvat.Shape{c.found(3, 1), c.found(0, 2)}}
			for range 3 {
				if err := s.AddAnnotations(t.Context(), c.task, added); err != nil {
					t.Fatal(err)
				}
			}
			c.send(c.taskPath(), "create", object{"shapes": boxes(3)}).want(t, 200, "")
			for range 9 {
				kept, repeated := map[string]bool{}, []cvat.Shape{}
				shapes := c.shapes()
				slices.SortFunc(shapes, func(a, b cvat.Shape) int { return a.ID - b.ID })
				for _, shape := range shapes {
					if key := prediction.Key(shape); shape.Source == prediction.Source && kept[key] {
						repeated = append(repeated, shape)
					} else {
						kept[key] = true
					}
				}
				if len(repeated) == 0 {
					break
				}
				for range 2 { // the second time they are gone
					if err := s.DeleteShapes(t.Context(), c.task, repeated); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got := c.shapes(); len(got) != 3 {
				t.Errorf("overlap %d: %+v", overlap, got)
			}
		}
	}},
}

// everyShape has a shape of each type.
func everyShape() []object {
	return []object{
		box(0, object{"points": []float64{1.5, 2, 1.0 / 3, 20.25}, "rotation": 33.3, "occluded": true, "z_order": 2, "group": 1, "source": "auto", "score": 0.5}),
		{"type": "polygon", "frame": 1, "label": "bike", "points": []float64{0, 0, 10, 0, 10, 10}},
		{"type": "polyline", "frame": 2, "label": "bike", "points": []float64{0, 0, 10, 1e300}, "z_order": -5},
		{"type": "points", "frame": 3, "label": "bike", "points": []float64{5, 5, 6, 6}},
		{"type": "ellipse", "frame": 4, "label": "bike", "points": []float64{20, 20, 30, 10}, "rotation": 90},
		{"type": "cuboid", "frame": 5, "label": "bike", "points": []float64{1, 1, 1, 10, 20, 1, 20, 10, 25, 2, 25, 11, 5, 2, 5, 11}},
		{"type": "mask", "frame": 6, "label": "bike", "points": []float64{0, 4, 4, 1, 2, 1, 1, 3, 3}},
		{"type": "skeleton", "frame": 7, "label": "body", "points": []float64{}, "elements": []object{
			{"type": "points", "frame": 7, "label": "body.head", "points": []float64{3, 3}},
			{"type": "points", "frame": 7, "label": "body.foot", "points": []float64{9, 9}, "outside": true},
		}},
	}
}

// dates are when the task and each job were last changed.
func (c *scene) dates() []string {
	c.t.Helper()
	var dates []string
	paths := []string{fmt.Sprintf("/api/tasks/%d", c.task)}
	for _, j := range c.jobs {
		paths = append(paths, fmt.Sprintf("/api/jobs/%d", j))
	}
	for _, p := range paths {
		dates = append(dates, decoded(c.raw(c.t, "GET", p, "").body).(object)["updated_date"].(string))
	}
	return dates
}

func (s *suite) jobOfType(t *testing.T, task int, kind string) int {
	t.Helper()
	jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: task})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range jobs {
		if j.Type == kind {
			return j.ID
		}
	}
	t.Fatalf("no job of type %s among %d", kind, len(jobs))
	return 0
}

func (s *suite) labels(t *testing.T) []sceneLabel {
	t.Helper()
	var page struct{ Results []sceneLabel }
	if err := json.Unmarshal([]byte(s.raw(t, "GET", fmt.Sprintf("/api/labels?project_id=%d&page_size=100", s.project), "").body), &page); err != nil || len(page.Results) == 0 {
		t.Fatal(err)
	}
	return page.Results
}
