package manifest

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// complete is the schema in an implementation of all of draft-07.
func complete(t *testing.T, document map[string]any) *jsonschema.Schema {
	t.Helper()
	text, err := json.Marshal(document)
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

func TestTheSchemaIsReadAsACompleteImplementationReadsIt(t *testing.T) {
	var files []string
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/errors/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no manifests: %v", pattern, err)
		}
		files = append(files, found...)
	}
	s, take := theShape(), 1
	if testing.Short() {
		take = 17 // every 17th replacement; a prime, so that all values and all files have their turn
	}
	for name, document := range map[string]map[string]any{"as an editor sees it": s.document, "as a whole": s.whole} {
		t.Run(name, func(t *testing.T) {
			want, count := complete(t, document), 0
			for _, file := range files {
				data, err := readFile(file)
				if err != nil {
					t.Fatal(err)
				}
				root := (&loader{}).read(file, data)
				if root == nil {
					continue // no YAML
				}
				replaced(root, func() {
					if count++; count%take != 0 {
						return
					}
					got := s.validate(place{node: root}, document)
					if err := want.Validate(root.plain()); (err == nil) != (len(got) == 0) {
						text, _ := json.Marshal(root.plain())
						t.Fatalf("%s: %v, wanted %v, of %s", file, got, err, text)
					}
				})
			}
		})
	}
}

// replaced calls visit for a tree as it is, and with each of its values replaced by several others and left out.
func replaced(root *node, visit func()) {
	others := []*node{
		{}, {value: true}, {value: int64(0)}, {value: int64(-1)}, {value: int64(1) << 40}, {value: 1.0}, {value: 0.5}, {value: ""}, {value: "x"},
		{value: " x"}, {value: strings.Repeat("é", 200)}, {kind: list}, {kind: list, items: []*node{{value: "x"}, {value: "x"}, {value: "y"}}},
		{kind: mapping}, {kind: mapping, fields: []field{{name: "", value: &node{value: "x"}}}}, {kind: mapping, fields: []field{{name: "x-y", value: &node{}}}},
	}
	visit()
	var walk func(n *node)
	walk = func(n *node) {
		for _, item := range n.items {
			walk(item)
		}
		for _, f := range n.fields {
			walk(f.value)
		}
		was := *n
		for _, other := range others {
			n.kind, n.value, n.items, n.fields = other.kind, other.value, other.items, other.fields
			visit()
		}
		*n = was
		for i := range was.fields {
			n.fields = slices.Delete(slices.Clone(was.fields), i, i+1)
			visit()
		}
		*n = was
	}
	walk(root)
}

// A keyword that validate does not know would be read over.
func TestEveryKeywordOfTheSchemaIsKnown(t *testing.T) {
	known := strings.Fields(`$ref type enum minLength maxLength pattern minimum exclusiveMinimum maximum required properties patternProperties
		additionalProperties minItems maxItems uniqueItems items allOf anyOf oneOf not if then
		$schema $id title description default examples definitions errorMessage patternErrorMessage`)
	var walk func(schema map[string]any)
	walk = func(schema map[string]any) {
		for keyword, value := range schema {
			if !slices.Contains(known, keyword) {
				t.Errorf("%s is not known", keyword)
			}
			switch keyword {
			case "definitions", "properties", "patternProperties":
				for _, member := range value.(map[string]any) {
					walk(member.(map[string]any))
				}
			case "items", "not", "if", "then":
				walk(value.(map[string]any))
			case "allOf", "anyOf", "oneOf":
				for _, member := range schemas(value) {
					walk(member)
				}
			case "additionalProperties":
				if value != false {
					t.Errorf("additionalProperties is %v, which validate does not read", value)
				}
			}
		}
	}
	walk(theShape().document)
}
