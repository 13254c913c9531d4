package contract

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

func dataPath(task int) string { return fmt.Sprintf("/api/tasks/%d/data", task) }

// multipartOf is a body with files, each in a field of its own.
func multipartOf(t *testing.T, fields map[string]string, files ...[3]string) (body, ctype string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for k, v := range fields {
		if err := w.WriteField(k, v); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range files {
		part, err := w.CreateFormFile(f[0], f[1])
		if err == nil {
			_, err = part.Write([]byte(f[2]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), w.FormDataContentType()
}

// multiple sends files by Upload-Multiple, named by their places.
func (s *suite) multiple(t *testing.T, task int, files ...file) exchange {
	t.Helper()
	var parts [][3]string
	for i, f := range files {
		parts = append(parts, [3]string{fmt.Sprintf("client_files[%d]", i), f.name, string(f.data)})
	}
	body, ctype := multipartOf(t, nil, parts...)
	return s.raw(t, "POST", dataPath(task), body, "Content-Type", ctype, "Upload-Multiple", "true")
}

// finishWith ends an upload with parameters as they are written here, and waits.
func (s *suite) finishWith(t *testing.T, task int, params string) *cvat.Request {
	t.Helper()
	s.raw(t, "POST", dataPath(task), params, "Upload-Finish", "true").want(t, 202, "")
	return s.end(t, task)
}

// wire sends a request as it is written, up to where the text ends, and returns the answer;
// hangUp goes without one.
func (s *suite) wire(t *testing.T, request string, hangUp bool) *http.Response {
	t.Helper()
	u, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "http" {
		t.Skip("asked over plain HTTP only")
	}
	host := u.Host
	if u.Port() == "" {
		host += ":80"
	}
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	request = strings.Replace(request, "\r\n", "\r\nHost: "+u.Host+"\r\nAuthorization: Bearer "+s.rawToken+"\r\n", 1)
	if _, err := conn.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if hangUp {
		s.wait(t.Context()) // until the proxy has passed it on
		return nil
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return resp
}

// soon waits for what a server does without being waited for.
func (s *suite) soon(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); s.wait(t.Context()) {
		if time.Now().After(end) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// held is an embedded server of its own whose imports stand still before they are saved,
// and which answers 409 soon; a CVAT stays as it is.
func (s *suite) held(t *testing.T) *suite {
	t.Helper()
	if s.embedded == nil {
		return s
	}
	srv := cvattest.Start(t, cvattest.BusyProjects())
	hold := srv.HoldImports(sandbox.BeforeSave)
	t.Cleanup(hold.Release)
	busy := begin(t, server{url: srv.URL, token: cvat.NewSecret(srv.Token), rawToken: srv.Token, poll: s.poll, embedded: srv})
	busy.hold = hold
	return busy
}

// started begins an import that takes a while, and returns when it is no longer queued; where it is held, when it is so far.
func (s *suite) started(t *testing.T) (task int) {
	t.Helper()
	task = s.task(t).ID
	s.upload(t, task, "a.zip", zipped(pictures(numbered(800)...)))
	if _, err := s.FinishUpload(t.Context(), task, naturally); err != nil {
		t.Fatal(err)
	}
	s.soon(t, "the import begins", func() bool {
		r, err := s.Request(t.Context(), task)
		return err != nil || r.Status != cvat.StatusQueued
	})
	if s.hold != nil {
		s.hold.Wait(t)
	}
	return task
}

// busyOr wants 409 with CVAT's words; a CVAT that was done in time may answer status.
func (s *suite) busyOr(t *testing.T, e exchange, status int) {
	t.Helper()
	const words = "This resource is currently busy with another operation. Please try again in a moment."
	if e.status == 409 && strings.Contains(e.body, words) || e.status == status && s.embedded == nil {
		return
	}
	t.Errorf("%d %.300s", e.status, e.body)
}

var oddityQuestions = []question{
	{230, "errors come in many shapes", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.raw(t, "GET", "/api/tasks/1073741824", "").want(t, 404, `{"detail":"No Task matches the given query."}`)
		s.raw(t, "POST", "/api/projects", "{}").want(t, 400, `{"name":["This field is required."]}`)
		s.raw(t, "POST", "/api/tasks", text(object{"name": "x", "project_id": 1 << 30})).want(t, 400, `["Project matching query does not exist."]`)
		s.raw(t, "GET", dataPath(id)+"?type=frame&number=0&quality=original", "").want(t, 404, `"Task has no media"`)
		bare := s.raw(t, "GET", "/api/requests/"+url.PathEscape(cvat.RequestID(id)), "")
		if bare.status != 404 || bare.body != "There is no request with specified id" || !strings.HasPrefix(bare.header.Get("Content-Type"), "text/html") {
			t.Errorf("bare text: %d %s, %v", bare.status, bare.body, bare.header)
		}
		called := s.creation(t, "../evil.jpg", 5)
		if called.status != 400 || called.body != `"File name ../evil.jpg is not allowed"` || !strings.HasPrefix(called.header.Get("Content-Type"), "text/plain") {
			t.Errorf("a JSON string called text: %d %s, %v", called.status, called.body, called.header)
		}
		if page := s.raw(t, "GET", "/api/labels?project_id=1073741824", ""); page.status != 500 || !strings.Contains(page.body, "<title>Server Error (500)</title>") {
			t.Errorf("Django's page: %d %s", page.status, page.body)
		}
	}},
	{231, "what was begun is finished though the client is gone", func(t *testing.T, s *suite) {
		name := s.name()
		body := text(object{"name": name, "project_id": s.project})
		s.wire(t, fmt.Sprintf("POST /api/tasks HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body), true)
		s.soon(t, "the task is there", func() bool {
			tasks, err := s.ListTasks(t.Context(), cvat.TaskFilter{ProjectID: s.project, Name: name})
			return err == nil && len(tasks) == 1
		})
	}},
	{232, "links are built from the Host header", func(t *testing.T, s *suite) {
		e := s.raw(t, "GET", fmt.Sprintf("/api/projects/%d", s.project), "", "Host", "links.localhost:1234")
		if got := decoded(e.body).(object)["url"]; got != fmt.Sprintf("http://links.localhost:1234/api/projects/%d", s.project) {
			t.Errorf("%v", got)
		}
	}},
	{233, "a JSON body that is not an object is a 500", func(t *testing.T, s *suite) {
		s.raw(t, "POST", "/api/tasks", "[]").want(t, 500, "")
	}},
	{234, "an id that is text, or a project_id of 0, is a 500", func(t *testing.T, s *suite) {
		for _, body := range []object{{"project_id": "x"}, {"project_id": 0}, {"project_id": s.project, "assignee_id": "x"}, {"project_id": s.project, "assignee": "lab"}} {
			body["name"] = s.name()
			s.raw(t, "POST", "/api/tasks", text(body)).want(t, 500, "")
		}
	}},
	{235, "colours, defaults and number ranges of labels are not checked", func(t *testing.T, s *suite) {
		e := s.raw(t, "POST", "/api/projects", text(object{"name": s.name(), "labels": []object{
			{"name": "a", "color": "red", "attributes": []object{
				{"name": "choice", "mutable": false, "input_type": "select", "default_value": "none of them", "values": []string{"x"}},
				{"name": "number", "mutable": false, "input_type": "number", "default_value": "99", "values": []string{"9", "1", "x"}},
			}},
			{"name": "b", "color": "#000000", "type": "skeleton"}, // without a colour it would get one unlike the others', and red is none
		}}))
		e.want(t, 201, "")
		id := idIn(t, e)
		t.Cleanup(func() { s.sweep(t, s.Client, id) })
	}},
	{236, "the old status says Finished of a task that nothing was sent to", func(t *testing.T, s *suite) {
		s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/status", s.task(t).ID), "").want(t, 200, `{"state":"Finished","message":"","progress":0.0}`)
	}},
	{237, "the progress of an import stays 0", func(t *testing.T, s *suite) {
		id := s.imported(t, pictures("a.jpg"), naturally).ID
		if r := decoded(s.raw(t, "GET", "/api/requests/"+url.PathEscape(cvat.RequestID(id)), "").body).(object); r["progress"] != 0.0 || r["status"] != "finished" {
			t.Errorf("%v", r)
		}
	}},
	{238, "an import holds its task: a PATCH and a POST of data wait, and are 409 in the end", func(t *testing.T, s *suite) {
		s = s.held(t)
		id := s.started(t)
		s.busyOr(t, s.raw(t, "PATCH", fmt.Sprintf("/api/tasks/%d", id), `{"subset":"x"}`), 200)
		s.busyOr(t, s.raw(t, "POST", dataPath(id), text(naturally), "Upload-Finish", "true"), 400)
	}},
	{239, "a body above 1 GiB is refused with 413 by its announced length", func(t *testing.T, s *suite) {
		resp := s.wire(t, fmt.Sprintf("POST %s HTTP/1.1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", dataPath(s.task(t).ID), 1<<30+1), false)
		defer resp.Body.Close()
		if resp.StatusCode != 413 {
			t.Errorf("%s", resp.Status)
		}
	}},
	{240, "Upload-Start counts with any value, the empty one too, and may be repeated", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		for _, value := range []string{" ", "false", "0"} {
			s.raw(t, "POST", dataPath(id), "", "Upload-Start", value).want(t, 202, "")
		}
	}},
	{241, "a refused POST of data leaves data where CVAT answered, and none where it raised", func(t *testing.T, s *suite) {
		answered, raised := s.task(t).ID, s.task(t).ID
		s.raw(t, "POST", dataPath(answered)+"/", "", "Upload-Length", "5", "Upload-Metadata", "filename Li4vZXZpbC5qcGc=").want(t, 400, "")
		s.raw(t, "POST", dataPath(raised), `{"image_quality":101}`, "Upload-Finish", "true").want(t, 400, "")
		for id, want := range map[int]bool{answered: true, raised: false} {
			if task, err := s.Task(t.Context(), id); err != nil || task.HasData() != want {
				t.Errorf("task %d: %+v, %v", id, task, err)
			}
		}
	}},
	{242, "of several first POSTs of data at once one is served, and the import has its files alone", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		var all sync.WaitGroup
		var mu sync.Mutex
		got := map[int]int{}
		for n := range 4 {
			all.Go(func() {
				body, ctype := multipartOf(t, map[string]string{"image_quality": "70"}, [3]string{"client_files[0]", fmt.Sprintf("%d.jpg", n), string(picture(n))})
				e := s.raw(t, "POST", dataPath(id), body, "Content-Type", ctype)
				mu.Lock()
				defer mu.Unlock()
				got[e.status]++
			})
		}
		all.Wait()
		if got[202] != 1 || got[202]+got[500]+got[409]+got[400] != 4 {
			t.Errorf("%v", got)
		}
		if r := s.end(t, id); r.Status != cvat.StatusFinished || len(s.frames(t, id)) != 1 {
			t.Errorf("%s %s: %v", r.Status, r.Message, s.frames(t, id))
		}
	}},
	{243, "multipart of a name that the task knows is a 500, and nothing of the request is kept", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.multiple(t, id, file{"a.jpg", picture(1)}).want(t, 200, "")
		s.multiple(t, id, file{"b.jpg", picture(2)}, file{"a.jpg", picture(3)}).want(t, 500, "")
		if r := s.finishWith(t, id, `{"image_quality":70}`); r.Status != cvat.StatusFinished {
			t.Fatalf("%s %s", r.Status, r.Message)
		}
		if diff := cmp.Diff([]string{"a.jpg"}, s.frames(t, id)); diff != "" {
			t.Error(diff)
		}
	}},
	{244, "multipart of a name that an import left there is appended to the file", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.multiple(t, id, file{"a.jpg", picture(1)}, file{"b.jpg", garbage}).want(t, 200, "")
		if r := s.finishWith(t, id, `{"image_quality":70}`); r.Status != cvat.StatusFailed {
			t.Fatalf("%s %s", r.Status, r.Message)
		}
		s.multiple(t, id, file{"manifest.jsonl", []byte(`{"name":"b","extension":".jpg","width":5,"height":6,"meta":{"related_images":[]}}` + "\n")}).want(t, 200, "")
		// the list of images is whole now, so that the import gets as far as the bytes of b.jpg
		if r := s.finishWith(t, id, `{"image_quality":70,"use_cache":true}`); strings.Contains(r.Message, "IndexError") || strings.Contains(r.Message, "InvalidImageError") {
			t.Errorf("%s %s", r.Status, r.Message)
		}
	}},
	{245, "client_files without an index are received and forgotten", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		body, ctype := multipartOf(t, map[string]string{"image_quality": "70"}, [3]string{"client_files", "a.jpg", string(picture(1))})
		s.raw(t, "POST", dataPath(id), body, "Content-Type", ctype).want(t, 202, "")
		r := s.end(t, id)
		wantMessage(t, r.Message, "No media data found")
	}},
	{246, "multipart keeps base names only", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		body, ctype := multipartOf(t, map[string]string{"image_quality": "70"}, [3]string{"client_files[0]", "dir/sub/a.jpg", string(picture(1))})
		s.raw(t, "POST", dataPath(id), body, "Content-Type", ctype).want(t, 202, "")
		if r := s.end(t, id); r.Status != cvat.StatusFinished || s.frames(t, id)[0] != "a.jpg" {
			t.Errorf("%s %s", r.Status, r.Message)
		}
	}},
	{247, "a TUS upload into a directory fails with its last PATCH, and is stuck", func(t *testing.T, s *suite) {
		id, data := s.task(t).ID, picture(1)
		u, err := s.CreateUpload(t.Context(), id, "sub/a.jpg", int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		s.raw(t, "PATCH", chunkPath(u), string(data), append(tusType, "Upload-Offset", "0")...).want(t, 500, "")
		r := s.finishWith(t, id, `{"image_quality":70}`)
		wantMessage(t, r.Message, "FileNotFoundError")
	}},
	{248, "parameters stay with the task's data, those of a failed attempt too", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.multiple(t, id, file{"a.jpg", picture(1)}, file{"b.jpg", picture(2)}, file{"c.jpg", picture(3)}).want(t, 200, "")
		if r := s.finishWith(t, id, `{"start_frame":1}`); r.Status != cvat.StatusFailed {
			t.Fatalf("%s %s", r.Status, r.Message)
		}
		if r := s.finishWith(t, id, `{"image_quality":70}`); r.Status != cvat.StatusFinished {
			t.Fatalf("%s %s", r.Status, r.Message)
		}
		if diff := cmp.Diff([]string{"b.jpg", "c.jpg"}, s.frames(t, id)); diff != "" {
			t.Error(diff)
		}
	}},
	{249, "stop_frame 0 is no stop_frame", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg", "b.jpg")))
		if r := s.finishWith(t, id, `{"image_quality":70,"stop_frame":0}`); r.Status != cvat.StatusFinished || len(s.frames(t, id)) != 2 {
			t.Errorf("%s %s", r.Status, r.Message)
		}
	}},
	{250, "files that come while the import is queued are taken and not imported", func(t *testing.T, s *suite) {
		id, release := s.queuedImages(t)
		s.multiple(t, id, file{"late.jpg", picture(3)}).want(t, 200, "")
		release()
		if r := s.end(t, id); r.Status != cvat.StatusFinished {
			t.Fatalf("%s %s", r.Status, r.Message)
		}
		if diff := cmp.Diff([]string{"a.jpg", "b.jpg"}, s.frames(t, id)); diff != "" {
			t.Error(diff)
		}
	}},
	{251, "the record of a finished request lives for 500 s, that of a failed one for 365 days", func(t *testing.T, s *suite) {
		good := s.imported(t, pictures("a.jpg"), naturally).ID
		bad, _ := s.fails(t, garbage)
		for id, want := range map[int]time.Duration{good: 500 * time.Second, bad: 365 * 24 * time.Hour} {
			var r struct {
				Finished time.Time `json:"finished_date"`
				Expiry   time.Time `json:"expiry_date"`
			}
			e := s.raw(t, "GET", "/api/requests/"+url.PathEscape(cvat.RequestID(id)), "")
			if err := json.Unmarshal([]byte(e.body), &r); err != nil || r.Expiry.Sub(r.Finished).Round(time.Minute) != want.Round(time.Minute) {
				t.Errorf("task %d: %v, %s", id, err, e.body)
			}
		}
	}},
	{252, "a queued import can be cancelled, and vanishes; one that has ended is 400", func(t *testing.T, s *suite) {
		id, release := s.queuedImages(t)
		path := "/api/requests/" + url.PathEscape(cvat.RequestID(id))
		s.raw(t, "POST", path+"/cancel", "").want(t, 200, "")
		s.raw(t, "GET", path, "").want(t, 404, "")
		release()
		if r := s.finishWith(t, id, `{"image_quality":70}`); r.Status != cvat.StatusFinished {
			t.Fatalf("%s %s", r.Status, r.Message)
		}
		s.raw(t, "POST", path+"/cancel", "").want(t, 400, "")
	}},
	{253, "names in a zip that do not say that they are UTF-8 are of code page 437", func(t *testing.T, s *suite) {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.CreateHeader(&zip.FileHeader{Name: "f\x81r.jpg", Method: zip.Store, NonUTF8: true})
		if err == nil {
			_, err = w.Write(picture(1))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		id := s.task(t).ID
		s.upload(t, id, "a.zip", b.Bytes())
		if r := s.finish(t, id, naturally); r.Status != cvat.StatusFinished || s.frames(t, id)[0] != "für.jpg" {
			t.Errorf("%s %s", r.Status, r.Message)
		}
	}},
	{254, "a frame number that is none is a 500", func(t *testing.T, s *suite) {
		s.raw(t, "GET", dataPath(s.imported(t, pictures("a.jpg"), naturally).ID)+"?type=frame&quality=original&number=x", "").want(t, 500, "")
	}},
	{255, "as many validation frames per job as the segment size fail the import, and a segment size of 0 is not above any", func(t *testing.T, s *suite) {
		for _, segment := range []int{0, 2} {
			id := s.task(t, func(n *cvat.NewTask) { n.SegmentSize = segment }).ID
			s.upload(t, id, "a.zip", zipped(pictures(numbered(4)...)))
			r := s.finishWith(t, id, `{"image_quality":70,"validation_params":{"mode":"gt","frame_selection_method":"random_per_job","frames_per_job_count":2}}`)
			wantMessage(t, r.Message, "Validation frame count per job cannot be greater than segment size")
		}
	}},
	{256, "OPTIONS of data makes the task's data", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.raw(t, "OPTIONS", dataPath(id)+"/", "")
		if task, err := s.Task(t.Context(), id); err != nil || !task.HasData() {
			t.Errorf("%+v, %v", task, err)
		}
	}},
	{257, "names that an import unpacked are taken, though it failed", func(t *testing.T, s *suite) {
		id, _ := s.fails(t, zipped([]file{{"a.jpg", picture(0)}, {"b.jpg", garbage}}))
		s.raw(t, "POST", dataPath(id)+"/", "", "Upload-Length", "5", "Upload-Metadata", "filename YS5qcGc=").want(t, 409, "")
	}},
	{258, "a multipart body that is nonsense is read as far as it makes sense, and is not an error", func(t *testing.T, s *suite) {
		s.raw(t, "POST", dataPath(s.task(t).ID), "nonsense", "Content-Type", "multipart/form-data; boundary=x", "Upload-Multiple", "true").want(t, 200, "")
	}},
	{281, "a skeleton is listed whole, its drawing with the ids of its points, and made again where their names stand in for these", func(t *testing.T, s *suite) {
		_, label := s.skeleton(t)
		withoutIDs := func(l cvat.Label) cvat.Label {
			l.ID, l.HasParent = 0, false
			for i := range l.Sublabels {
				p := &l.Sublabels[i]
				l.SVG = strings.ReplaceAll(l.SVG, fmt.Sprintf("data-label-id=\"%d\"", p.ID), fmt.Sprintf("data-label-name=%q", p.Name))
				p.ID, p.HasParent = 0, false
			}
			return l
		}
		want := withoutIDs(label)
		if want.SVG != drawing || len(want.Sublabels) != 2 || want.Sublabels[1].Name != "tip" || want.Sublabels[1].Color == "" {
			t.Fatalf("%+v", want)
		}
		p, err := s.CreateProject(t.Context(), s.name(), "", []cvat.Label{want})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.sweep(t, s.Client, p.ID) })
		if diff := cmp.Diff(want, withoutIDs(s.onlyLabel(t, p.ID))); diff != "" {
			t.Error(diff)
		}
	}},
}

// queuedImages starts an import of two loose images that does not begin before release; a
// CVAT's workers are given enough to do.
func (s *suite) queuedImages(t *testing.T) (task int, release func()) {
	t.Helper()
	release = func() {}
	if s.embedded != nil {
		hold := s.embedded.HoldImports(sandbox.BeforeStart)
		t.Cleanup(hold.Release)
		release = hold.Release
	} else {
		s.queued(t)
	}
	task = s.task(t).ID
	s.multiple(t, task, file{"a.jpg", picture(1)}, file{"b.jpg", picture(2)}).want(t, 200, "")
	s.raw(t, "POST", dataPath(task), `{"image_quality":70}`, "Upload-Finish", "true").want(t, 202, "")
	return task, release
}
