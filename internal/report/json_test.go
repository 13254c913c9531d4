package report

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/schema"
)

// strict compiles an output's schema with additionalProperties: false everywhere.
// The schema itself allows more, so that readers accept what later versions add;
// a field that we write and do not describe is a mistake of ours.
func strict(t *testing.T, text []byte) *jsonschema.Schema {
	t.Helper()
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	closeObjects(doc)
	closed, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return jsonschema.MustCompileString("strict.json", string(closed))
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		_, described := v["properties"].(map[string]any)
		if v["type"] == "object" && described {
			v["additionalProperties"] = false
		}
		for _, child := range v {
			closeObjects(child)
		}
	case []any:
		for _, child := range v {
			closeObjects(child)
		}
	}
}

func conforms(t *testing.T, s *jsonschema.Schema, doc []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("not JSON: %v", err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%#v", err)
	}
}

func TestJSONIsWhatItsSchemaSays(t *testing.T) {
	broken := []diag.Diagnostic{
		{Pos: manifest.Position{File: "b.yaml", Line: 3, Column: 7}, Text: `unknown key "projct"`, Hint: say(`did you mean "project"?`)},
		{Text: "cvat.example.com: 401 Unauthorized"},
	}
	cases := map[string]struct {
		plans []plan.Plan
		o     JSONOptions
	}{
		"offline.json": {offlinePlan(), JSONOptions{}},
		"empty.json":   {emptyPlan(), JSONOptions{Version: "1.2.3"}},
		"none.json":    {nil, JSONOptions{}},
		"one.json":     {onePlan(), JSONOptions{Version: "1.2.3"}},
		"two.json":     {twoPlans(), JSONOptions{}},
		"many.json":    {manyPlan(), JSONOptions{Version: "1.2.3"}},
		"partly.json":  {onePlan(), JSONOptions{Errors: broken}},
		"errors.json":  {nil, JSONOptions{Errors: broken}},
	}
	s := strict(t, schema.Plan)
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := render(t, func(b *bytes.Buffer) error { return JSON(b, c.plans, c.o) })
			conforms(t, s, got)
			golden(t, name, got)
		})
	}
}

func TestJSONOfTenThousandTasksHasThemAll(t *testing.T) {
	got := render(t, func(b *bytes.Buffer) error { return JSON(b, bigPlan(), JSONOptions{}) })
	var doc struct {
		Applyable bool
		Changes   []struct{ Name string } `json:"resource_changes"`
		Summary   summaryDoc
	}
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	if n := len(doc.Changes); n != 10_001 {
		t.Errorf("%d changes, want the project and 10000 tasks", n)
	}
	if doc.Summary.Create != 1000 || doc.Summary.Unchanged != 9000 || !doc.Applyable {
		t.Errorf("summary %+v, applyable %v", doc.Summary, doc.Applyable)
	}
}

func TestJSONKeepsNamesAndShowsNoneToATerminal(t *testing.T) {
	got := render(t, func(b *bytes.Buffer) error { return JSON(b, manyPlan(), JSONOptions{}) })
	for line := range bytes.Lines(got) {
		if line := string(bytes.TrimSuffix(line, []byte("\n"))); !wording.IsSafe(line) {
			t.Errorf("%q", line)
		}
	}
	var doc planDoc
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range doc.Changes {
		if c.Name == "jai_cam_"+evilName {
			return
		}
	}
	t.Errorf("the name %q did not survive", evilName)
}

func TestJSONEscapesBeyondTheBasicPlane(t *testing.T) {
	in := "tag \U000e0041 direction \u202e csi \u009b delete \x7f 🍎"
	got := render(t, func(b *bytes.Buffer) error { return writeJSON(b, in, "") })
	if want := `"tag \udb40\udc41 direction \u202e csi \u009b delete \u007f 🍎"` + "\n"; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var out string
	if err := json.Unmarshal(got, &out); err != nil || out != in {
		t.Errorf("read back %q, %v", out, err)
	}
}
