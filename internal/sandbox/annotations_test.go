package sandbox

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
)

const oneBox = `{"shapes":[{"type":"rectangle","frame":0,"label_id":1,"points":[1,2,3,4]}]}`

// drawable makes a task with two frames and the label 1.
func (c *client) drawable() (path string) {
	c.t.Helper()
	id := c.newTask(`{"name":"drawn","labels":[{"name":"car"}]}`)
	c.multiple(id, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)}).want(c.t, 200, "")
	if got := c.imported(id, quality); got != "finished " {
		c.t.Fatal(got)
	}
	return fmt.Sprintf("/api/tasks/%d/annotations", id)
}

func TestTwoPUTsAtOnceLeaveBothSets(t *testing.T) { // A76
	reached, open := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	c := start(t, Options{Hooks: Hooks{Annotating: func(context.Context, int) {
		if first.CompareAndSwap(false, true) {
			close(reached)
			<-open
		}
	}}})
	path := c.drawable()
	slow := make(chan result)
	go func() { slow <- c.json("PUT", path, oneBox) }()
	<-reached
	c.json("PUT", path, oneBox).want(t, 200, "")
	close(open)
	if r := <-slow; r.status != 200 {
		t.Error(r)
	}
	if n := strings.Count(c.get(path).body, `"rectangle"`); n != 2 {
		t.Errorf("%d shapes", n)
	}
	c.json("PUT", path, oneBox).want(t, 200, "")
	if n := strings.Count(c.get(path).body, `"rectangle"`); n != 1 {
		t.Errorf("after one alone: %d shapes", n)
	}
}

func TestAnnotationsOutliveTheServer(t *testing.T) {
	dir := t.TempDir()
	c := start(t, Options{Dir: dir})
	path := c.drawable()
	c.json("PUT", path, oneBox).want(t, 200, "")
	before := c.get(path).body
	if err := c.s.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Dir: dir})
	if got := again.get(path).body; got != before {
		t.Errorf("%s\nwant %s", got, before)
	}
}
