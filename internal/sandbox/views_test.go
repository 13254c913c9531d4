package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/api"
)

func TestFramesChunksAndPreviews(t *testing.T) { // A62, A63
	c := start(t, Options{})
	id := c.newTask(`{"name":"v","segment_size":2}`)
	c.multiple(id, file{"a.jpg", picture(1)}, file{"b.png", encoded(t, "png", 300, 100)}, file{"c.tiff", encoded(t, "tiff", 4, 4)})
	if got := c.imported(id, `{"image_quality":70,"chunk_size":2}`); got != "finished " {
		t.Fatal(got)
	}
	at := fmt.Sprintf("/api/tasks/%d/data", id)
	r := c.get(at+"?type=frame&number=1&quality=original").want(t, 200, string(encoded(t, "png", 300, 100)))
	if got := r.header.Get("Content-Type"); got != "image/png" {
		t.Error(got)
	}
	if r := c.get(at + "?type=frame&number=1"); r.status != 200 || r.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("compressed: %d %v", r.status, r.header)
	}
	c.get(at+"?type=frame&number=3").want(t, 400, `"Invalid frame '3'. The frame number should be in the [0, 3] range"`)
	c.get(at+"?type=chunk&number=2").want(t, 400, `"Invalid chunk number '2'. The chunk number should be in the [0, 1] range"`)
	r = c.get(at+"?type=chunk&number=0&quality=original").want(t, 200, "")
	z, err := zip.NewReader(strings.NewReader(r.body), int64(len(r.body)))
	if err != nil || len(z.File) != 2 || z.File[1].Name != "000001.png" || r.header.Get("X-Checksum") == "" {
		t.Errorf("%v, %v", err, r.header)
	}
	if r := c.get(fmt.Sprintf("/api/tasks/%d/preview", id)); r.status != 200 || !strings.HasPrefix(r.body, "\xff\xd8") {
		t.Errorf("preview: %d", r.status)
	}
	job := c.lastJob(id)
	c.get(fmt.Sprintf("/api/jobs/%d/data?type=frame&number=0", job)).want(t, 400, `"Incorrect requested frame number: 0"`)
	c.get(fmt.Sprintf("/api/jobs/%d/data?type=frame&number=2&quality=original", job)).want(t, 200, string(encoded(t, "tiff", 4, 4)))
	c.get(fmt.Sprintf("/api/jobs/%d/data/meta", job)).want(t, 200, `"size":1`)
}

func (c *client) lastJob(task int) int {
	c.t.Helper()
	var page struct{ Results []struct{ ID int } }
	if err := json.Unmarshal([]byte(c.get(fmt.Sprintf("/api/jobs?task_id=%d", task)).body), &page); err != nil || len(page.Results) == 0 {
		c.t.Fatal(err)
	}
	return page.Results[0].ID
}

func TestContextImagesBelongToTheirFrame(t *testing.T) { // A59
	c := start(t, Options{})
	id := c.newTask(`{"name":"v"}`)
	c.tus(id, "a.zip", archiveOf(t, file{"d/1.jpg", picture(1)}, file{"d/related_images/1_jpg/x.jpg", picture(2)}, file{"d/related_images/1_jpg/y.jpg", picture(3)}, file{"related_images/none_jpg/z.jpg", picture(4)}))
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data/meta", id)).want(t, 200, `"name":"d/1.jpg","related_files":2`)
	r := c.get(fmt.Sprintf("/api/tasks/%d/data?type=context_image&number=0", id))
	z, err := zip.NewReader(bytes.NewReader([]byte(r.body)), int64(len(r.body)))
	if err != nil || len(z.File) != 2 {
		t.Errorf("%v %v", z, err)
	}
}

func TestJobsMoveTheTaskOn(t *testing.T) {
	c := start(t, Options{})
	id := c.ready("j")
	c.imported(id, quality)
	job := fmt.Sprintf("/api/jobs/%d", c.lastJob(id))
	c.json("PATCH", job, `{"stage":"acceptance","state":"completed","assignee":1}`).want(t, 200, `"username":"sandbox"`)
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"jobs":{"count":1,"completed":1,"validation":0`).want(t, 200, `"status":"completed"`)
	c.json("PATCH", job, `{"stage":"validation"}`).want(t, 200, `"state":"new"`)
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"status":"validation"`)
	c.json("PATCH", job, `{"state":"zzz"}`).want(t, 400, `{"state":["\"zzz\" is not a valid choice."]}`)
	c.json("PATCH", job, `{"assignee":999}`).want(t, 403, "")
}

func TestTokensAndLogins(t *testing.T) { // A8, A10, A11
	c := start(t, Options{})
	now := c.json("POST", "/api/auth/login", `{"username":"sandbox","password":"sandbox"}`).want(t, 200, `"key":"`)
	key := now.decode(t)["key"].(string)
	if again := c.json("POST", "/api/auth/login", `{"username":"sandbox","password":"sandbox"}`).decode(t)["key"]; again != key {
		t.Errorf("another key: %v", again)
	}
	c.json("POST", "/api/auth/login", `{"username":"sandbox","password":"no"}`).want(t, 400, `{"non_field_errors":["Unable to log in with provided credentials."]}`)
	c.json("POST", "/api/auth/login", `{}`).want(t, 400, `["Must include either \"username\" or \"email\" and \"password\"."]`)
	for auth, want := range map[string]int{"Token " + key: 200, "Bearer " + key: 401, "Token " + api.AccessToken: 401, "Basic c2FuZGJveDpzYW5kYm94": 200, "Basic eDp5": 401, "": 401, "Digest x": 401} {
		as := *c
		as.auth = auth
		if r := as.get("/api/users/self"); r.status != want {
			t.Errorf("%q: %d, want %d", auth, r.status, want)
		}
	}
	byKey := *c
	byKey.auth = "Token " + key
	made := byKey.json("POST", "/api/auth/access_tokens", `{"name":"ro"}`).want(t, 201, `"read_only":true`).decode(t)
	readOnly := *c
	readOnly.auth = "Bearer " + made["value"].(string)
	readOnly.get("/api/tasks").want(t, 200, "")
	readOnly.json("POST", "/api/tasks", `{"name":"x"}`).want(t, 403, "You do not have permission")
	readOnly.get("/api/auth/access_tokens/self").want(t, 200, `"name":"ro"`)
	byKey.send("DELETE", fmt.Sprintf("/api/auth/access_tokens/%v", made["id"]), nil).want(t, 204, "")
	readOnly.get("/api/tasks").want(t, 401, "Invalid token.")
	byKey.json("POST", "/api/auth/logout", `{}`).want(t, 200, "Successfully logged out.")
	byKey.get("/api/users/self").want(t, 401, "")
}

func TestAnAccessTokenExpires(t *testing.T) {
	c := start(t, Options{Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }})
	c.auth = "Basic c2FuZGJveDpzYW5kYm94"
	for expiry, want := range map[string]int{"2026-12-31T23:59:59Z": 401, "2027-01-02": 200} {
		made := c.json("POST", "/api/auth/access_tokens", fmt.Sprintf(`{"name":"x","expiry_date":%q}`, expiry)).want(t, 201, "").decode(t)
		as := *c
		as.auth = "Bearer " + made["value"].(string)
		if r := as.get("/api/users/self"); r.status != want {
			t.Errorf("%s: %d, want %d", expiry, r.status, want)
		}
	}
}

func TestAWorkerSeesWhatIsAssignedAndCreatesNothing(t *testing.T) { // A9, A26
	ctx := context.Background()
	c := start(t, Options{})
	c.json("POST", "/api/organizations", `{"slug":"orchard"}`).want(t, 201, "")
	bob, err := c.s.AddUser(ctx, "bob", "pw")
	if err != nil {
		t.Fatal(err)
	}
	c.json("POST", "/api/tasks", fmt.Sprintf(`{"name":"x","assignee_id":%d}`, bob)).want(t, 403, "")
	worker := *c
	worker.auth = "Basic Ym9iOnB3"
	worker.get("/api/tasks?org=orchard").want(t, 403, "")
	if err := c.s.AddMember(ctx, "orchard", "bob", "worker"); err != nil {
		t.Fatal(err)
	}
	worker.json("POST", "/api/tasks?org=orchard", `{"name":"x"}`).want(t, 403, "")
	c.json("POST", "/api/tasks?org=orchard", `{"name":"unassigned"}`).want(t, 201, "")
	c.json("POST", "/api/tasks?org=orchard", fmt.Sprintf(`{"name":"bob's","assignee_id":%d}`, bob)).want(t, 201, `"username":"bob"`)
	worker.get("/api/tasks?org=orchard").want(t, 200, `"count":1`).want(t, 200, "bob's")
	worker.get("/api/users").want(t, 200, `"count":1`)
	worker.get("/api/users?org=orchard").want(t, 200, `"count":2`)
	worker.get("/api/users?org=").want(t, 200, `"count":0`)
	worker.send("DELETE", "/api/tasks/2?org=orchard", nil).want(t, 403, "")
	c.json("POST", "/api/tasks?org=orchard", `{"name":"x","assignee_id":999}`).want(t, 500, "")
	if err := c.s.AddMember(ctx, "nowhere", "bob", "worker"); err == nil {
		t.Error("a member of no organization")
	}
}

func TestWhatIsNotDoneSaysSo(t *testing.T) {
	c := start(t, Options{})
	for _, path := range []string{"/api/tasks/1/backup", "/api/cloudstorages/1/preview", "/api/issues", "/api/schema/", "/api/server/plugins"} {
		c.get(path).want(t, 501, "The sandbox has no GET "+path)
	}
}

func TestAManifestNextToAZipGivesItsOrder(t *testing.T) { // A54, A58
	c := start(t, Options{})
	id := c.newTask(`{"name":"o"}`)
	c.tus(id, "a.zip", archiveOf(t, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)}))
	c.tus(id, "cvatplan-x.jsonl", []byte("{\"version\":\"1.1\"}\n{\"type\":\"images\"}\n"+`{"name":"2","extension":".jpg","width":16,"height":12,"meta":{"related_images":[]}}
{"name":"1","extension":".jpg","width":16,"height":12,"meta":{"related_images":[]}}
`))
	if got := c.imported(id, `{"image_quality":70,"sorting_method":"predefined"}`); got != "finished " || fmt.Sprint(c.names(id)) != "[2.jpg 1.jpg]" {
		t.Error(got, c.names(id))
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=0&quality=original", id)).want(t, 200, string(picture(2)))
}
