package sandbox

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATaskIsMadeFromOneZipThroughTUS(t *testing.T) {
	c := start(t, Options{})
	p := int(c.json("POST", "/api/projects", `{"name":"Orchard","labels":[{"name":"apple"}]}`).want(t, 201, `"Orchard"`).decode(t)["id"].(float64))
	id := c.newTask(fmt.Sprintf(`{"name":"run 1","project_id":%d,"segment_size":2,"bug_tracker":"m"}`, p))
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"data":null`)
	if got := c.tus(id, "a.zip", archiveOf(t, file{"cam/2.jpg", picture(2)}, file{"cam/10.jpg", picture(10)}, file{"cam/1.jpg", picture(1)}, file{"notes.txt", nil})); got != 201 {
		t.Fatalf("creation: %d", got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"size":0`)
	if got := c.imported(id, `{"image_quality":70,"sorting_method":"natural"}`); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"cam/1.jpg", "cam/2.jpg", "cam/10.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
	if r := c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=2&quality=original", id)); r.body != string(picture(10)) {
		t.Errorf("frame 2 is not what was sent: %d, %d bytes", r.status, len(r.body))
	}
	c.get(fmt.Sprintf("/api/tasks/%d", id)).want(t, 200, `"size":3`)
	c.get(fmt.Sprintf("/api/tasks?project_id=%d&tracker_link=m", p)).want(t, 200, `"count":1`)
	c.get(fmt.Sprintf("/api/jobs?task_id=%d&sort=id", id)).want(t, 200, `"count":2`)
}
