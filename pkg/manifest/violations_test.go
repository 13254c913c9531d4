package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Whatever is made of a manifest's values, what the schema is found to have against it is what a library for JSON Schema finds.
func TestViolationsAreThoseThatALibraryFinds(t *testing.T) {
	library := compiledSchema(t)
	changed := []*node{
		{}, {value: true}, {value: int64(3)}, {value: int64(-1)}, {value: 0.5}, {value: 2.0}, {value: int64(1 << 40)}, {value: ""}, {value: "x"},
		{value: "a/b*.\n"}, {value: strings.Repeat("é", 600)}, {kind: list}, {kind: mapping}, {kind: mapping, fields: []field{{name: "x-y", value: &node{}}}},
		{kind: list, items: []*node{{value: "x"}, {value: "y"}, {value: "x"}}},
		{kind: mapping, fields: []field{{name: "name", value: &node{value: "x"}}, {name: "id", value: &node{value: int64(1)}}, {name: "bags", value: &node{}}}},
	}
	every := 1
	if testing.Short() {
		every = 11
	}
	compared, refused := 0, 0
	for _, file := range []string{"everything.yaml", "documented.yaml"} {
		text, err := os.ReadFile("testdata/good/" + file)
		if err != nil {
			t.Fatal(err)
		}
		l := &loader{}
		root := l.labelsFile(l.read("testdata/good/"+file, text))
		n := 0
		eachNode(root, func(at *node) {
			kept := *at
			variants := slices.Clone(changed)
			for i := range kept.fields {
				without := kept
				without.fields = slices.Delete(slices.Clone(kept.fields), i, i+1)
				variants = append(variants, &without)
			}
			for _, v := range variants {
				if n++; n%every != 0 {
					continue
				}
				*at = *v
				got, want := found(root), foundBy(library, root)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s: %s: (-library +ours)\n%s", file, kept.at, diff)
				}
				compared++
				refused += min(len(want), 1)
			}
			*at = kept
		})
	}
	t.Logf("%d manifests, %d of them refused", compared, refused)
	if compared < 100 || refused < compared/3 {
		t.Errorf("%d manifests, %d of them refused", compared, refused)
	}
}

// found are the violations of a tree: the value's place in memory, which the library's pointer leads to too, and the keyword.
func found(root *node) []string {
	all := []string{}
	for _, v := range violations(place{node: root, top: true}, theShape().whole) {
		all = append(all, fmt.Sprintf("%p %s", v.node, v.keyword))
	}
	slices.Sort(all)
	return all
}

func foundBy(library *jsonschema.Schema, root *node) []string {
	all := []string{}
	if err := library.Validate(root.plain()); err != nil {
		for _, e := range leaves(err.(*jsonschema.ValidationError)) {
			at := root
			for _, step := range strings.Split(e.InstanceLocation, "/")[1:] {
				if step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step); at.kind == list {
					i, _ := strconv.Atoi(step)
					at = at.items[i]
				} else {
					at = at.get(step)
				}
			}
			all = append(all, fmt.Sprintf("%p %s", at, e.AbsoluteKeywordLocation[strings.LastIndex(e.AbsoluteKeywordLocation, "/")+1:]))
		}
	}
	slices.Sort(all)
	return all
}

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(theShape().whole)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	if err := c.AddResource("cvatplan.schema.json", bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return c.MustCompile("cvatplan.schema.json")
}

// leaves are the errors that say something: those without causes, and the choices (anyOf, oneOf) that no branch of fits.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	if strings.HasSuffix(e.KeywordLocation, "/anyOf") || strings.HasSuffix(e.KeywordLocation, "/oneOf") {
		return branch(e)
	}
	var out []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		out = append(out, leaves(cause)...)
	}
	return out
}

// branch follows the one alternative whose type fits the value, if there is one.
func branch(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	var fitting [][]*jsonschema.ValidationError
	for _, cause := range e.Causes {
		found := leaves(cause)
		if len(found) == 1 && found[0].InstanceLocation == e.InstanceLocation && strings.HasSuffix(found[0].KeywordLocation, "/type") {
			continue
		}
		fitting = append(fitting, found)
	}
	if len(fitting) == 1 {
		return fitting[0]
	}
	return []*jsonschema.ValidationError{e}
}

func eachNode(n *node, visit func(*node)) {
	for _, item := range n.items {
		eachNode(item, visit)
	}
	for _, f := range n.fields {
		eachNode(f.value, visit)
	}
	visit(n)
}

// A keyword that is not read would be no rule for this program, and one for every editor.
func TestEachKeywordOfTheSchemaIsRead(t *testing.T) {
	read := strings.Fields("type enum required properties patternProperties additionalProperties items minItems maxItems uniqueItems " +
		"minLength maxLength pattern minimum maximum exclusiveMinimum allOf anyOf oneOf not if then $ref")
	words := strings.Fields("title description default examples errorMessage patternErrorMessage $id $schema definitions")
	var walk func(at string, s any)
	walk = func(at string, s any) {
		m, ok := s.(map[string]any)
		if !ok {
			if s != true && !(s == false && strings.HasSuffix(at, "/additionalProperties")) {
				t.Errorf("%s is %v", at, s)
			}
			return
		}
		if len(m) > 1 && m["$ref"] != nil {
			for key := range m {
				if key != "$ref" && !slices.Contains(words, key) {
					t.Errorf("%s: draft 7 reads no %s next to a $ref", at, key)
				}
			}
		}
		for key, value := range m {
			switch {
			case !slices.Contains(read, key) && !slices.Contains(words, key):
				t.Errorf("%s/%s is not read", at, key)
			case key == "properties" || key == "patternProperties" || key == "definitions":
				for name, s := range value.(map[string]any) {
					walk(at+"/"+key+"/"+name, s)
				}
			case key == "allOf" || key == "anyOf" || key == "oneOf":
				for i, s := range value.([]any) {
					walk(fmt.Sprint(at, "/", key, "/", i), s)
				}
			case slices.Contains([]string{"items", "not", "if", "then", "additionalProperties"}, key):
				walk(at+"/"+key, value)
			}
		}
	}
	walk("", theShape().document)
}
