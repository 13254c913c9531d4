package planfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
	"github.com/cvatplan/cvatplan/schema"
)

// fill gives every field of v a value of its own, so that a field which is not saved shows.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n) / 7)
	case reflect.String:
		v.SetString(fmt.Sprintf("%d \x1b[2J\u202e<&>\"\u2028", *n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		if depth := strings.Count(v.Type().String(), "Label"); depth > 0 && *n > 200 {
			return // labels hold labels
		}
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("anna").Convert(v.Type().Key()), reflect.ValueOf(*n))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), n)
		}
	default:
		panic(v.Kind())
	}
}

// full is a project all of whose fields say something.
func full() Project {
	p := project([]string{"run1", "run2"}, dataset{"run1": pictures("run1", 3), "run2": pictures("run2", 2)})
	n := 0
	fill(reflect.ValueOf(&p.Have).Elem(), &n)
	p.Have.ReadOnly = false // not saved: who applies the plan has another token
	fill(reflect.ValueOf(&p.Options).Elem(), &n)
	fill(reflect.ValueOf(&p.Want[0].Settings).Elem(), &n)
	p.Want[1].Problems = []diag.Diagnostic{{Severity: diag.Error, Code: diag.CodeCorruptImage, Text: "run2/0000.jpg is cut off", Hint: diag.Do(diag.HintVerbatim, "copy it again")}}
	p.Have.Tasks[1].Name, p.Have.Tasks[1].Frames = "run2", p.Want[1].Frames
	p.Want[0].Context = []plan.Context{{Name: "left", Frames: 2, Images: 2, Worst: 5}}
	p.Want[0].Related, p.Want[0].ContextFiles = []int{1, 0, 1}, []string{"related_images/0000_jpg/left.png"}
	p.Options.Target = []string{"run*"}
	p.Options.Shard = plan.Shard{Number: 1, Of: 1} // both bags
	p.Options.Offline = false                      // such a plan is not saved
	return p
}

// withoutPlaces drops where a manifest says it, which decides nothing and is printed of tasks alone.
var withoutPlaces = cmp.Options{
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".Pos" }, cmp.Ignore()),
	cmpopts.IgnoreFields(manifest.Guide{}, "Images", "Dir"), // read again where it is carried out
}

func TestWhatIsReadIsWhatWasWritten(t *testing.T) {
	want := file(full(), project([]string{"run9"}, dataset{"run9": pictures("run9", 1)}))
	want.Server = "https://other.example.com"
	got, err := Read(bytes.NewReader(written(t, want)))
	must(t, err)
	if diff := cmp.Diff(want, got, withoutPlaces); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want.Plans(), got.Plans(), withoutPlaces); diff != "" {
		t.Error(diff)
	}
	if got.Projects[0].Have.Tasks[0].Frames == nil {
		t.Error("nothing was filled")
	}
}

func TestTheSamePlanGivesTheSameBytes(t *testing.T) {
	first := written(t, file(full()))
	if again := written(t, file(full())); !bytes.Equal(first, again) {
		t.Error("they differ")
	}
	read, err := Read(bytes.NewReader(first))
	must(t, err)
	if again := written(t, read); !bytes.Equal(first, again) {
		t.Errorf("written, read and written: %s", cmp.Diff(string(first), string(again)))
	}
}

// What is not targeted is only known by its name: it is not unmanaged.
func TestTasksThatAreNotTargetedLeaveTheirNames(t *testing.T) {
	p := project([]string{"run1", "run2"}, dataset{"run1": pictures("run1", 3), "run2": pictures("run2", 2)}, on(7, "run2", 2))
	p.Options.Target = []string{"run1"}
	got, err := Read(bytes.NewReader(written(t, file(p))))
	must(t, err)
	if diff := cmp.Diff(p.Plan(), got.Projects[0].Plan(), withoutPlaces); diff != "" {
		t.Error(diff)
	}
	if got.Projects[0].Want[1].Frames != nil {
		t.Error("it has their frames")
	}
}

func TestFramesThatTheServerHoldsAreWrittenOnce(t *testing.T) {
	images := pictures("run1", 3)
	p := project([]string{"run1"}, dataset{"run1": images}, holding(on(7, "run1", 3), images))
	p.Options.CheckFrames = true
	text := written(t, file(p))
	if n := bytes.Count(text, []byte(images[0].name)); n != 1 {
		t.Errorf("%d times", n)
	}
	got, err := Read(bytes.NewReader(text))
	must(t, err)
	if diff := cmp.Diff(p.Have.Tasks, got.Projects[0].Have.Tasks); diff != "" {
		t.Error(diff)
	}
}

// strict is the schema without room for keys that it does not describe.
func strict(t *testing.T) *jsonschema.Schema {
	t.Helper()
	var doc any
	must(t, json.Unmarshal(schema.Planfile, &doc))
	closeObjects(doc)
	closed, err := json.Marshal(doc)
	must(t, err)
	return jsonschema.MustCompileString("strict.json", string(closed))
}

func closeObjects(v any) {
	switch v := v.(type) {
	case map[string]any:
		if _, described := v["properties"].(map[string]any); described {
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

func TestEveryLineIsWhatTheSchemaSays(t *testing.T) {
	s := strict(t)
	for name, f := range map[string]File{"full": file(full()), "nothing": {}, "plain": file(project(nil, nil))} {
		t.Run(name, func(t *testing.T) {
			for line := range bytes.Lines(written(t, f)) {
				var v any
				must(t, json.Unmarshal(line, &v))
				if err := s.Validate(v); err != nil {
					t.Errorf("%s%#v", line, err)
				}
			}
		})
	}
}

func TestAPlanIsKnownByItsContent(t *testing.T) {
	dir := t.TempDir()
	saved := written(t, file(full()))
	for name, c := range map[string]struct {
		content []byte
		want    bool
	}{
		"whole.yaml":    {saved, true},
		"cut off":       {saved[:len(saved)/2], true},
		"manifest":      {[]byte("version: 1\n"), false},
		"manifest.json": {[]byte(`{"version":1}`), false},
		"events":        {[]byte(`{"type":"version","format_version":"1.0"}` + "\n"), false},
		"empty":         {nil, false},
	} {
		path := filepath.Join(dir, name)
		must(t, os.WriteFile(path, c.content, 0o600))
		if got := IsFile(path); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if IsFile(dir) || IsFile(filepath.Join(dir, "absent")) {
		t.Error("a directory, or nothing, is a saved plan")
	}
}
