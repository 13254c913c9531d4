package cvat

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is sent is strict: null and absent are not alike to CVAT.
func TestBodiesAreWhatCVATReads(t *testing.T) {
	zero, one := 0, 1
	tests := map[string]struct {
		call func(context.Context, *Client) error
		want string
	}{
		"least task": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateTask(ctx, NewTask{Name: "a", ProjectID: 3})
			return err
		}, `{"name":"a","project_id":3,"segment_size":0,"overlap":null,"bug_tracker":""}`},
		"whole task": {func(ctx context.Context, c *Client) error {
			_, err := c.CreateTask(ctx, NewTask{Name: "a", ProjectID: 3, SegmentSize: 10, Overlap: &zero, Subset: "val", BugTracker: "m", AssigneeID: &one, ConsensusReplicas: 2})
			return err
		}, `{"name":"a","project_id":3,"segment_size":10,"overlap":0,"subset":"val","bug_tracker":"m","assignee_id":1,"consensus_replicas":2}`},
		"project without labels": {func(ctx context.Context, c *Client) error { _, err := c.CreateProject(ctx, "p", "", nil); return err },
			`{"name":"p","labels":[]}`},
		"labels lose their ids": {func(ctx context.Context, c *Client) error {
			return c.AddLabels(ctx, 3, []Label{{ID: 9, Name: "apple", HasParent: true, Attributes: []Attribute{{ID: 8, Name: "ripe", InputType: "text"}},
				Sublabels: []Label{{ID: 7, Name: "head"}}}})
		}, `{"labels":[{"name":"apple","attributes":[{"name":"ripe","mutable":false,"input_type":"text","values":[]}],"sublabels":[{"name":"head","attributes":[]}]}]}`},
		"marker": {func(ctx context.Context, c *Client) error { return c.SetBugTracker(ctx, 1, "") }, `{"bug_tracker":""}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got string
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				data, _ := io.ReadAll(r.Body)
				got = string(data)
				say(w, 200, `{"id":1}`)
			})
			if err := tt.call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLabelsAreNotChangedByBeingSent(t *testing.T) {
	labels := []Label{{ID: 9, Name: "apple", Attributes: []Attribute{{ID: 8}}, Sublabels: []Label{{ID: 7}}}}
	_ = writable(labels)
	want := []Label{{ID: 9, Name: "apple", Attributes: []Attribute{{ID: 8}}, Sublabels: []Label{{ID: 7}}}}
	if diff := cmp.Diff(want, labels); diff != "" {
		t.Error(diff)
	}
}

// The three states of a task, as different versions write them.
func TestStatesOfATaskAreReadFromEveryVersion(t *testing.T) {
	type state struct{ HasData, Imported bool }
	tests := map[string]struct {
		body string
		want state
	}{
		"created, 2.73":       {`{"id":1,"data":null,"mode":""}`, state{false, false}},
		"created, up to 2.58": {`{"id":1,"mode":"","dimension":"2d"}`, state{false, false}},
		"sent":                {`{"id":1,"data":5,"size":0}`, state{true, false}},
		"imported":            {`{"id":1,"data":5,"size":3,"mode":"annotation"}`, state{true, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, tt.body) })
			task, err := c.Task(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, state{task.HasData(), task.Imported()}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
