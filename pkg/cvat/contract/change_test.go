package contract

import (
	"bytes"
	"errors"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

func (c *scene) label(name string) string { return fmt.Sprintf("/api/labels/%d", c.ids[name]) }

// patched sends a PATCH and returns what it answers.
func (s *suite) patched(t *testing.T, path string, body object) object {
	t.Helper()
	e := s.raw(t, "PATCH", path, text(body))
	e.want(t, 200, "")
	answer, _ := decoded(e.body).(object)
	return answer
}

// projectOf is the path of the scene's project.
func (c *scene) projectPath() string {
	return fmt.Sprintf("/api/projects/%v", decoded(c.raw(c.t, "GET", fmt.Sprintf("/api/tasks/%d", c.task), "").body).(object)["project_id"])
}

func (s *suite) updated(t *testing.T, path string) string {
	t.Helper()
	return decoded(s.raw(t, "GET", path, "").body).(object)["updated_date"].(string)
}

var changeQuestions = []question{
	{210, "a label keeps its id and shapes when it is renamed, loses its colour if none is sent, and moves the dates of all tasks and jobs", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		c.put(object{"shapes": boxes(0)})
		before, project := c.dates(), s.updated(t, c.projectPath())
		kept := s.patched(t, c.label("bike"), object{"name": "bicycle", "color": "#112233"})
		if kept["color"] != "#112233" || kept["name"] != "bicycle" || kept["id"] != float64(c.ids["bike"]) {
			t.Errorf("%v", kept)
		}
		if lost := s.patched(t, c.label("bike"), object{"name": "bike"}); lost["color"] == "#112233" {
			t.Errorf("%v", lost)
		}
		c.wantPlain(c.get(c.taskPath()).Shapes, []object{read(box(0))})
		if after := c.dates(); after[0] <= before[0] || after[1] <= before[1] || s.updated(t, c.projectPath()) <= project {
			t.Errorf("%v, then %v", before, after)
		}
	}},
	{211, "a label's name must be its own, its type may change, and it is not deleted by a PATCH", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		s.raw(t, "PATCH", c.label("bike"), `{"name":"car"}`).want(t, 400, `["All label names must be unique"]`)
		if got := s.patched(t, c.label("bike"), object{"type": "polygon", "color": "#112233"}); got["type"] != "polygon" {
			t.Errorf("%v", got)
		}
		s.raw(t, "PATCH", c.label("bike"), `{"deleted":true}`).want(t, 400, "")
		s.raw(t, "PATCH", c.label("body.head"), `{"name":"x"}`).want(t, 400, `["Sublabels cannot be modified this way. Please send a PATCH request with updated parent label data instead."]`)
		s.raw(t, "PATCH", "/api/labels/1073741824", `{"name":"x"}`).want(t, 404, `{"detail":"No Label matches the given query."}`)
	}},
	{212, "choices of an attribute can be added, and its default and name changed; choices cannot be taken away, nor its type or mutability changed", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		change := func(more object) exchange {
			a := object{"name": "color", "mutable": false, "input_type": "select", "default_value": "red", "values": []string{"red", "blue"}}
			for k, v := range more {
				a[k] = v
			}
			return s.raw(t, "PATCH", c.label("car"), text(object{"color": "#102030", "attributes": []object{a}}))
		}
		change(object{"mutable": true}).want(t, 400, `["Attribute field \"mutable\" cannot be changed"]`)
		change(object{"input_type": "text"}).want(t, 400, `["Attribute field \"input_type\" cannot be changed"]`)
		change(object{"values": []string{"red"}}).want(t, 400, `["Attribute field \"values\" can only be appended for radio and select attributes"]`)
		change(object{"id": 1 << 30}).want(t, 400, `["Attribute names are already used by this label: \"color\""]`)
		change(object{"id": 1 << 30, "name": "unknown"}).want(t, 404, `{"detail":"Attribute with id #1073741824 does not exist"}`)
		change(object{"values": []string{"red", "green", "blue"}, "default_value": "green"}).want(t, 200, "")
		change(object{"id": c.ids["color"], "name": "paint", "values": []string{"red", "green", "blue"}}).want(t, 200, "")
		change(object{"name": "note", "input_type": "text", "values": []string{""}, "default_value": "none"}).want(t, 200, "")
		c.put(object{"shapes": []object{box(0, object{"label": "car"})}})
		values := c.get(c.taskPath()).Shapes[0]["attributes"].([]any)
		if len(values) != 3 {
			t.Errorf("%v", values)
		}
		s.raw(t, "PATCH", c.label("car"), text(object{"color": "#102030", "attributes": []object{{"id": c.ids["color"], "name": "paint", "mutable": false, "input_type": "select", "values": []string{"red", "green", "blue"}, "default_value": "red", "deleted": true}}})).want(t, 200, "")
		if values := c.get(c.taskPath()).Shapes[0]["attributes"].([]any); len(values) != 2 {
			t.Errorf("after its deletion: %v", values)
		}
	}},
	{213, "a label that is deleted takes its annotations with it", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		c.put(object{"shapes": append(boxes(0), box(1, object{"label": "car"})), "tags": []object{{"frame": 0, "label": "bike"}}})
		s.raw(t, "DELETE", c.label("bike"), "").want(t, 204, "")
		got := c.get(c.taskPath())
		if len(got.Shapes) != 1 || len(got.Tags) != 0 {
			t.Errorf("%+v", got)
		}
		s.raw(t, "DELETE", c.label("bike"), "").want(t, 404, `{"detail":"No Label matches the given query."}`)
	}},
	{214, "a project has one guide: a second is a 500; it is found by the project, and moves its date", func(t *testing.T, s *suite) {
		project := s.labelled(t)
		path := fmt.Sprintf("/api/projects/%d", project)
		before := s.updated(t, path)
		e := s.raw(t, "POST", "/api/guides", text(object{"project_id": project, "markdown": "# Hello\n\nworld"}))
		e.want(t, 201, "")
		id := idIn(t, e)
		if got := decoded(s.raw(t, "GET", path, "").body).(object)["guide_id"]; got != float64(id) || s.updated(t, path) <= before {
			t.Errorf("guide %v, want %d", got, id)
		}
		s.raw(t, "POST", "/api/guides", text(object{"project_id": project, "markdown": "again"})).want(t, 500, "")
		s.raw(t, "POST", "/api/guides", text(object{"project_id": project, "task_id": 1, "markdown": "x"})).want(t, 400, `["Both project_id and task_id must not be specified"]`)
		s.raw(t, "GET", "/api/guides", "").want(t, 405, "")
		guide := fmt.Sprintf("/api/guides/%d", id)
		if got := decoded(s.raw(t, "GET", guide, "").body).(object)["markdown"]; got != "# Hello\n\nworld" {
			t.Errorf("%q", got)
		}
		s.raw(t, "PATCH", guide, `{"markdown":""}`).want(t, 200, text(object{"id": id, "project_id": project, "task_id": nil, "markdown": ""}))
		s.raw(t, "DELETE", guide, "").want(t, 204, "")
		s.raw(t, "GET", guide, "").want(t, 404, `{"detail":"No AnnotationGuide matches the given query."}`)
	}},
	{215, "a PATCH of a guide deletes the assets that its text does not mention", func(t *testing.T, s *suite) {
		guide := s.guide(t)
		kept, lost := s.asset(t, guide, "a.gif", "image/gif", gifBytes), s.asset(t, guide, "b.pdf", "application/pdf", []byte("%PDF"))
		s.raw(t, "GET", "/api/assets/"+lost, "").want(t, 200, "")
		s.patched(t, fmt.Sprintf("/api/guides/%d", guide), object{"markdown": "![a](/api/assets/" + kept + ")"})
		s.raw(t, "GET", "/api/assets/"+kept, "").want(t, 200, "")
		s.raw(t, "GET", "/api/assets/"+lost, "").want(t, 404, `{"detail":"No Asset matches the given query."}`)
		s.raw(t, "GET", "/api/assets", "").want(t, 405, "")
	}},
	{216, "an asset comes back as it was sent, but for a JPEG and for what is larger than 1920 pixels", func(t *testing.T, s *suite) {
		guide := s.guide(t)
		for name, test := range map[string]struct {
			ctype string
			data  []byte
			same  bool
		}{
			"a.gif":    {"image/gif", gifBytes, true},
			"a.pdf":    {"application/pdf", []byte("%PDF-1.4 ..."), true},
			"a.jpg":    {"image/jpeg", picture(1), false},
			"wide.png": {"image/png", pngOf(2000, 2, 1), false},
		} {
			got := s.raw(t, "GET", "/api/assets/"+s.asset(t, guide, name, test.ctype, test.data), "")
			if (got.whole == string(test.data)) != test.same || got.header.Get("Content-Type") != test.ctype {
				t.Errorf("%s: %d bytes of %d, %v", name, len(got.whole), len(test.data), got.header)
			}
		}
		s.sendAsset(t, guide, "a.txt", "text/plain", []byte("x")).want(t, 400, "")
		s.sendAsset(t, guide, "a.pdf", "application/pdf", make([]byte, 10<<20+1)).want(t, 400, `{"file":["Maximum size of asset is 10 MB"]}`)
		s.sendAsset(t, 1<<30, "a.pdf", "application/pdf", []byte("x")).want(t, 400, `["AnnotationGuide matching query does not exist."]`)
		s.sendAsset(t, guide, "a.png", "image/png", []byte("no image")).want(t, 500, "")
	}},
	{217, "a new stage alone makes a job's state new; each PATCH of a job moves its date, and no other's", func(t *testing.T, s *suite) {
		c := s.newScene(t, 5, 0)
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/api/jobs/%d", c.jobs[0])
		before := c.dates()
		if got := s.patched(t, path, object{"assignee": self.ID}); got["assignee"].(object)["username"] != self.Username {
			t.Errorf("%v", got)
		}
		state := func(body object) any { return s.patched(t, path, body)["state"] }
		for _, step := range []struct {
			body object
			want string
		}{
			{object{"state": "completed"}, "completed"}, {object{"stage": "validation"}, "new"}, {object{"stage": "acceptance", "state": "completed"}, "completed"},
			{object{"stage": "acceptance"}, "completed"}, {object{}, "completed"},
		} {
			if got := state(step.body); got != step.want {
				t.Errorf("%v: %v, want %s", step.body, got, step.want)
			}
		}
		if after := c.dates(); after[0] != before[0] || after[1] <= before[1] || after[2] != before[2] {
			t.Errorf("%v, then %v", before, after)
		}
		s.raw(t, "PATCH", path, `{"state":"in_progress"}`).want(t, 400, `{"state":["\"in_progress\" is not a valid choice."]}`)
		s.raw(t, "PATCH", path, text(object{"assignee_id": self.ID})).want(t, 403, `{"detail":"Attempted to update an unknown field"}`)
		s.raw(t, "PATCH", path, text(object{"assignee": self.Username})).want(t, 500, "")
	}},
	{218, "a PATCH of a task changes name, subset, bug_tracker and assignee_id; what changes nothing moves the project's date alone", func(t *testing.T, s *suite) {
		c := s.newScene(t, 10, 0)
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		path := fmt.Sprintf("/api/tasks/%d", c.task)
		got := s.patched(t, path, object{"name": s.run + " renamed", "subset": "val", "bug_tracker": "x", "assignee_id": self.ID})
		if got["name"] != s.run+" renamed" || got["subset"] != "val" || got["bug_tracker"] != "x" || got["assignee"] == nil {
			t.Errorf("%v", got)
		}
		before, project := s.updated(t, path), s.updated(t, c.projectPath())
		s.patched(t, path, object{"subset": "val"})
		s.patched(t, path, object{})
		if s.updated(t, path) != before || s.updated(t, c.projectPath()) <= project {
			t.Error("dates moved otherwise")
		}
		if got := s.patched(t, path, object{"assignee_id": nil, "subset": ""}); got["assignee"] != nil || got["subset"] != "" {
			t.Errorf("%v", got)
		}
		s.raw(t, "PATCH", path, `{"subset":null}`).want(t, 400, `{"subset":["This field may not be null."]}`)
		s.raw(t, "PATCH", path, text(object{"assignee": self.ID})).want(t, 403, `{"detail":"Attempted to update an unknown field"}`)
	}},
	{219, "while a task of the project is imported, a new task there waits, and is 409 in the end", func(t *testing.T, s *suite) {
		s = s.held(t)
		s.started(t)
		s.busyOr(t, s.raw(t, "POST", "/api/tasks", text(object{"name": s.name(), "project_id": s.project})), 201)
	}},
	{220, "frames that are hidden are unique, of the task, and of the job where they are hidden by one; they move the task's date", func(t *testing.T, s *suite) {
		c := s.newScene(t, 5, 0)
		meta, job := fmt.Sprintf("/api/tasks/%d/data/meta", c.task), fmt.Sprintf("/api/jobs/%d/data/meta", c.jobs[1])
		s.raw(t, "PATCH", meta, `{"deleted_frames":[99]}`).want(t, 400, `{"deleted_frames":["Unknown frames 99 requested for removal"]}`)
		s.raw(t, "PATCH", meta, `{"deleted_frames":[1,1]}`).want(t, 400, `{"deleted_frames":["Deleted frames cannot repeat"]}`)
		s.raw(t, "PATCH", job, `{"deleted_frames":[1]}`).want(t, 400, `["Frames 1 do not belong to the job"]`)
		before := c.dates()
		s.patched(t, meta, object{"deleted_frames": []int{7, 3, 1}})
		if after := c.dates(); after[0] <= before[0] || after[1] != before[1] {
			t.Errorf("%v, then %v", before, after)
		}
		s.patched(t, job, object{"deleted_frames": []int{6}})
		if got := text(decoded(s.raw(t, "GET", meta, "").body).(object)["deleted_frames"]); got != "[1,3,6]" {
			t.Errorf("hidden are %s", got)
		}
	}},
	{221, "the points of a skeleton change with it, by their ids, and lose their colour as it does; its type and drawing stay, without a word", func(t *testing.T, s *suite) {
		p, skeleton := s.skeleton(t)
		tip := skeleton.Sublabels[1]
		attribute := cvat.Attribute{Name: "seen", InputType: "checkbox", DefaultValue: "false", Values: []string{"false"}}
		change := cvat.LabelUpdate{ID: skeleton.ID, Name: skeleton.Name, Color: skeleton.Color, Type: "any", Sublabels: []cvat.LabelUpdate{
			{ID: tip.ID, Name: tip.Name, Color: "#00ff00", Attributes: []cvat.Attribute{attribute}},
		}}
		if err := s.UpdateLabels(t.Context(), p, []cvat.LabelUpdate{change}); err != nil {
			t.Fatal(err)
		}
		now := s.onlyLabel(t, p)
		if got := now.Sublabels[1]; got.Color != "#00ff00" || len(got.Attributes) != 1 || now.Type != "skeleton" || now.SVG != skeleton.SVG || now.Color != skeleton.Color {
			t.Errorf("%+v", now)
		}
		path := fmt.Sprintf("/api/projects/%d", p)
		s.raw(t, "PATCH", path, text(object{"labels": []object{{"id": skeleton.ID, "name": "plant", "color": "#445566", "sublabels": []object{{"id": tip.ID, "name": "tip"}}}}})).want(t, 200, "")
		if got := s.onlyLabel(t, p).Sublabels[1]; got.Color == "#00ff00" {
			t.Errorf("%+v", got)
		}
		s.raw(t, "PATCH", path, text(object{"labels": []object{{"id": skeleton.ID, "name": "plant", "color": "#445566", "sublabels": []object{{"id": skeleton.ID, "name": "tip"}}}}})).
			want(t, 404, fmt.Sprintf(`{"detail":"Not found label with id #%d to change"}`, skeleton.ID))
	}},
	{222, "labels of a project are changed and deleted in one PATCH: attributes are added and known by their names; a default that changes must be a value", func(t *testing.T, s *suite) {
		p, err := s.CreateProject(t.Context(), s.name(), "", []cvat.Label{{Name: "leaf", Color: "#112233"}, {Name: "old"}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.DeleteProject(t.Context(), p.ID)
		labels, err := s.Labels(t.Context(), p.ID)
		if err != nil || len(labels) != 2 {
			t.Fatal(labels, err)
		}
		number := cvat.Attribute{Name: "n", InputType: "number", DefaultValue: "1", Values: []string{"0", "10", "1"}}
		leaf := cvat.LabelUpdate{ID: labels[0].ID, Name: "leaf", Color: "#445566", Type: "rectangle", Attributes: []cvat.Attribute{number}}
		if err := s.UpdateLabels(t.Context(), p.ID, []cvat.LabelUpdate{leaf, {ID: labels[1].ID, Name: "old", Deleted: true}}); err != nil {
			t.Fatal(err)
		}
		if now := s.onlyLabel(t, p.ID); now.Color != "#445566" || now.Type != "rectangle" || len(now.Attributes) != 1 || now.Attributes[0].DefaultValue != "1" {
			t.Errorf("%+v", now)
		}
		for value, want := range map[string]int{"5": 200, "11": 400, "x": 400} {
			number.DefaultValue = value
			body := text(object{"labels": []object{{"id": leaf.ID, "name": "leaf", "color": "#445566", "attributes": []cvat.Attribute{number}}}})
			s.raw(t, "PATCH", fmt.Sprintf("/api/projects/%d", p.ID), body).want(t, want, "")
		}
		s.raw(t, "PATCH", fmt.Sprintf("/api/projects/%d", p.ID), text(object{"labels": []object{{"id": labels[1].ID, "name": "old", "deleted": true}}})).want(t, 404, "")
	}},
	{223, "a text mentions an asset by (/api/assets/UUID) alone, in a comment too; outer blanks of a text are stripped", func(t *testing.T, s *suite) {
		guide := s.guide(t)
		path := fmt.Sprintf("/api/guides/%d", guide)
		ways := map[string]bool{"![a](%s)": true, "<!--\n(%s) x\n-->": true, "![a](%s?x)": false, "![a](%s#x)": false, "![a](%s \"t\")": false, "<img src=\"%s\">": false}
		uuids, lines := map[string]string{}, ""
		for way := range ways {
			uuids[way] = s.asset(t, guide, "a.gif", "image/gif", gifBytes)
			lines += fmt.Sprintf(way, "/api/assets/"+uuids[way]) + "\n\n"
		}
		s.patched(t, path, object{"markdown": "\n " + lines})
		for way, kept := range ways {
			want := 200
			if !kept {
				want = 404
			}
			s.raw(t, "GET", "/api/assets/"+uuids[way], "").want(t, want, "")
		}
		if got := decoded(s.raw(t, "GET", path, "").body).(object)["markdown"]; got != strings.TrimSpace(lines) {
			t.Errorf("%q", got)
		}
	}},
	{224, "a job is given to somebody and put in another stage in one PATCH; the state that goes with the stage stays, and nobody is null", func(t *testing.T, s *suite) {
		c := s.newScene(t, 5, 0)
		self, err := s.Self(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		s.patched(t, fmt.Sprintf("/api/jobs/%d", c.jobs[0]), object{"state": "completed"})
		update := func(u cvat.JobUpdate) cvat.Job {
			if err := s.UpdateJob(t.Context(), c.jobs[0], u); err != nil {
				t.Fatal(err)
			}
			jobs, err := s.Jobs(t.Context(), cvat.JobFilter{TaskID: c.task})
			if err != nil || len(jobs) != len(c.jobs) || jobs[0].ID != c.jobs[0] {
				t.Fatal(jobs, err)
			}
			return jobs[0]
		}
		if j := update(cvat.JobUpdate{AssigneeID: &self.ID, Stage: "validation", State: "completed"}); j.Assignee == nil || j.Assignee.ID != self.ID || j.Stage != "validation" || j.State != "completed" {
			t.Errorf("%+v", j)
		}
		if j := update(cvat.JobUpdate{AssigneeID: new(int)}); j.Assignee != nil || j.Stage != "validation" || j.State != "completed" {
			t.Errorf("%+v", j)
		}
	}},
	{225, "a guide may be empty, a second one is found out by a look at the project, its list tells its guide too, and an asset that is gone is 404", func(t *testing.T, s *suite) {
		name := s.name()
		p, err := s.CreateProject(t.Context(), name, "", nil)
		if err != nil || p.GuideID != nil {
			t.Fatal(p, err)
		}
		t.Cleanup(func() { s.sweep(t, s.Client, p.ID) })
		g, err := s.CreateGuide(t.Context(), p.ID, "")
		if err != nil || g.Markdown != "" {
			t.Fatal(g, err)
		}
		s.raw(t, "POST", "/api/guides", text(object{"project_id": p.ID, "markdown": "again"})).want(t, 500, "")
		uuid, err := s.AddAsset(t.Context(), g.ID, strings.Repeat("a", 64)+".gif", "image/gif", gifBytes)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.SetGuide(t.Context(), g.ID, "![a](/api/assets/"+uuid+")"); err != nil {
			t.Fatal(err)
		}
		all, err := s.ListProjects(t.Context(), name)
		if err != nil || len(all) != 1 || all[0].GuideID == nil || *all[0].GuideID != g.ID {
			t.Errorf("%+v, %v", all, err)
		}
		if err := s.CheckAsset(t.Context(), uuid); err != nil {
			t.Error(err)
		}
		if err := s.SetGuide(t.Context(), g.ID, ""); err != nil {
			t.Fatal(err)
		}
		if err := s.CheckAsset(t.Context(), uuid); !errors.Is(err, cvat.ErrNotFound) {
			t.Error(err)
		}
	}},
}

const drawing = `<circle r="1" cx="1" cy="1" data-type="element node" data-element-id="1" data-node-id="1" data-label-name="stem"></circle>` +
	`<circle r="1" cx="2" cy="2" data-type="element node" data-element-id="2" data-node-id="2" data-label-name="tip"></circle>`

// skeleton makes a project with a skeleton of two points.
func (s *suite) skeleton(t *testing.T) (project int, label cvat.Label) {
	t.Helper()
	p, err := s.CreateProject(t.Context(), s.name(), "", []cvat.Label{{Name: "plant", Type: "skeleton", Color: "#445566", SVG: drawing, Sublabels: []cvat.Label{{Name: "stem", Type: "points"}, {Name: "tip", Type: "points"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.sweep(t, s.Client, p.ID) })
	return p.ID, s.onlyLabel(t, p.ID)
}

func (s *suite) onlyLabel(t *testing.T, project int) cvat.Label {
	t.Helper()
	all, err := s.Labels(t.Context(), project)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %v", all, err)
	}
	return all[0]
}

// guide makes a guide of a new project.
func (s *suite) guide(t *testing.T) int {
	t.Helper()
	e := s.raw(t, "POST", "/api/guides", text(object{"project_id": s.labelled(t), "markdown": "x"}))
	e.want(t, 201, "")
	return idIn(t, e)
}

// gifBytes is an image of one pixel.
var gifBytes = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

func (s *suite) asset(t *testing.T, guide int, name, ctype string, data []byte) (uuid string) {
	t.Helper()
	e := s.sendAsset(t, guide, name, ctype, data)
	e.want(t, 201, "")
	uuid, _ = decoded(e.body).(object)["uuid"].(string)
	return uuid
}

func (s *suite) sendAsset(t *testing.T, guide int, name, ctype string, data []byte) exchange {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, name)}, "Content-Type": {ctype}})
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = w.WriteField("guide_id", fmt.Sprint(guide))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return s.raw(t, "POST", "/api/assets", b.String(), "Content-Type", w.FormDataContentType())
}
