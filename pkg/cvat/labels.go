package cvat

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
)

// A Label is a label of a project; in requests its IDs are left out.
type Label struct {
	ID         int         `json:"id,omitempty"`
	Name       string      `json:"name"`
	Color      string      `json:"color,omitempty"`
	Type       string      `json:"type,omitempty"` // "any" by default
	Attributes []Attribute `json:"attributes"`
	Sublabels  []Label     `json:"sublabels,omitempty"` // of a skeleton
	SVG        string      `json:"svg,omitempty"`       // of a skeleton
	HasParent  bool        `json:"has_parent,omitempty"`
}

// An Attribute is an attribute of a label.
type Attribute struct {
	ID           int      `json:"id,omitempty"`
	Name         string   `json:"name"`
	Mutable      bool     `json:"mutable"`
	InputType    string   `json:"input_type"`
	DefaultValue string   `json:"default_value,omitempty"`
	Values       []string `json:"values"`
}

// Labels returns the labels of a project, without the sublabels of skeletons on
// their own. Ask for the project first: for a project that is missing, CVAT
// answers 500.
//
//cvat:operation GET /api/labels
func (c *Client) Labels(ctx context.Context, projectID int) ([]Label, error) {
	query := url.Values{"project_id": {strconv.Itoa(projectID)}}
	all, err := list(ctx, c, "/api/labels", "id", query, func(l Label) int { return l.ID })
	return only(all, func(l Label) bool { return !l.HasParent }), err
}

// AddLabels adds labels to a project; those that it has stay as they are. A
// label of the same name is an error of the server's (400), so that a lost
// answer, [ErrUnknownOutcome], calls for a look at [Client.Labels].
//
//cvat:operation PATCH /api/projects/{id}
func (c *Client) AddLabels(ctx context.Context, projectID int, labels []Label) error {
	body := struct {
		Labels []Label `json:"labels"`
	}{writable(labels)}
	q := patch(fmt.Sprintf("/api/projects/%d", projectID), body)
	q.idempotency = creating
	return c.do(ctx, q, nothing)
}

// A LabelUpdate is what is to change in a label that a project has. What is empty stays as it is, but for the
// colour, which is to be the present one at least: CVAT gives a label that is changed without one the colour that it
// derives from the name.
type LabelUpdate struct {
	ID         int           `json:"id"`
	Name       string        `json:"name"`
	Color      string        `json:"color"`
	Type       string        `json:"type,omitempty"`
	Attributes []Attribute   `json:"attributes,omitempty"` // to be added, or changed: they are known by their names
	Sublabels  []LabelUpdate `json:"sublabels,omitempty"`  // of a skeleton, those that change
	Deleted    bool          `json:"deleted,omitempty"`    // with all that was drawn with it
}

// UpdateLabels changes labels of a project, all or none; their ids and shapes stay. Each change moves the dates of
// the project and of all its tasks and jobs. A name that another label has, and what CVAT does not change in place, is an error of the server's (400).
//
//cvat:operation PATCH /api/projects/{id}
func (c *Client) UpdateLabels(ctx context.Context, projectID int, labels []LabelUpdate) error {
	body := struct {
		Labels []LabelUpdate `json:"labels"`
	}{writableUpdates(labels)}
	return c.do(ctx, patch(fmt.Sprintf("/api/projects/%d", projectID), body), nothing)
}

func writableUpdates(labels []LabelUpdate) []LabelUpdate {
	out := make([]LabelUpdate, len(labels))
	for i, l := range labels {
		l.Attributes = writableAttributes(l.Attributes)
		l.Sublabels = writableUpdates(l.Sublabels)
		out[i] = l
	}
	return out
}

// writable copies labels as CVAT takes them for new ones: without ids, and with
// lists where null would be refused.
func writable(labels []Label) []Label {
	out := make([]Label, len(labels))
	for i, l := range labels {
		l.ID, l.HasParent = 0, false
		l.Attributes = writableAttributes(l.Attributes)
		if l.Sublabels != nil {
			l.Sublabels = writable(l.Sublabels)
		}
		out[i] = l
	}
	return out
}

func writableAttributes(attributes []Attribute) []Attribute {
	out := make([]Attribute, len(attributes))
	for i, a := range attributes {
		a.ID = 0
		if a.Values == nil {
			a.Values = []string{}
		}
		out[i] = a
	}
	return out
}
