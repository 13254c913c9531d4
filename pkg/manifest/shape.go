package manifest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/schema"
)

// A shape is the JSON Schema, compiled to validate and parsed to explain.
type shape struct {
	compiled *jsonschema.Schema
	document map[string]any
	keys     map[string]string // every key of the schema → where it belongs, in words
}

// theShape panics on a schema that does not compile: it is part of this program.
var theShape = sync.OnceValue(func() *shape {
	s := &shape{keys: map[string]string{}}
	if err := json.Unmarshal(schema.JSON, &s.document); err != nil {
		panic(err)
	}
	s.compiled = s.compile()
	s.index()
	return s
})

// compile makes the schema ask for all that a manifest needs: by now it is laid over the
// one that it extends, of which an editor sees nothing.
func (s *shape) compile() *jsonschema.Schema {
	const name = "cvatplan.schema.json"
	whole := rules(s.document).(map[string]any)
	whole["if"] = true
	text, err := json.Marshal(whole)
	if err != nil {
		panic(err)
	}
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	if err := c.AddResource(name, bytes.NewReader(text)); err != nil {
		panic(err)
	}
	return c.MustCompile(name)
}

// spoken are keywords that say nothing of what is valid.
var spoken = []string{"title", "description", "default", "examples", "errorMessage", "patternErrorMessage"}

// rules are a schema without its words: the library holds every keyword against its metaschema, which takes half the time of
// compiling.
func rules(schema any) any {
	switch s := schema.(type) {
	case map[string]any:
		kept := make(map[string]any, len(s))
		for keyword, value := range s {
			switch {
			case slices.Contains(spoken, keyword):
			case keyword == "properties" || keyword == "patternProperties" || keyword == "definitions": // of names
				named := value.(map[string]any)
				schemas := make(map[string]any, len(named))
				for name, schema := range named {
					schemas[name] = rules(schema)
				}
				kept[keyword] = schemas
			default:
				kept[keyword] = rules(value)
			}
		}
		return kept
	case []any:
		kept := make([]any, len(s))
		for i, schema := range s {
			kept[i] = rules(schema)
		}
		return kept
	}
	return schema
}

// index notes to which mapping each key belongs, for those that stand elsewhere.
func (s *shape) index() {
	definitions, _ := s.document["definitions"].(map[string]any)
	for _, home := range homes {
		definition, _ := definitions[home.definition].(map[string]any)
		properties, _ := definition["properties"].(map[string]any)
		for key := range properties {
			s.keys[key] = home.words
		}
	}
	properties, _ := s.document["properties"].(map[string]any)
	for key := range properties {
		s.keys[key] = "at the top of the manifest"
	}
}

// homes say where each definition's keys stand; of two homes of a key the later is meant.
var homes = []struct{ definition, words string }{
	{"skip", "in an entry of skip:"},
	{"pull", "under pull:"},
	{"frames", "under frames:"},
	{"annotations", "under annotations:"},
	{"validation", "under validation:"},
	{"bag", "in an entry of bags:"},
	{"camera", "in an entry of cameras:"},
	{"task", "under task:"},
	{"project", "under project:"},
	{"server", "under server:"},
}

// at returns the schema that a keyword's absolute location belongs to, and the keyword.
func (s *shape) at(location string) (map[string]any, string) {
	_, pointer, _ := strings.Cut(location, "#")
	steps := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	var here any = s.document
	for _, step := range steps[:len(steps)-1] {
		switch v := here.(type) {
		case map[string]any:
			here = v[unescape(step)]
		case []any:
			i, _ := strconv.Atoi(step)
			here = v[i]
		}
	}
	owner, _ := here.(map[string]any)
	return owner, steps[len(steps)-1]
}

// unescape decodes one step of a JSON pointer in a URL fragment.
func unescape(step string) string {
	return strings.NewReplacer("~1", "/", "~0", "~", "%25", "%").Replace(step)
}

// shape reports where the tree does not fit the schema.
func (l *loader) shape(root *node) {
	err := theShape().compiled.Validate(root.plain())
	if err == nil {
		return
	}
	invalid, ok := err.(*jsonschema.ValidationError)
	if !ok { // the tree holds JSON types only, so this is unreachable
		l.report(root.at, diag.Hint{}, "%v", err)
		return
	}
	for _, leaf := range leaves(invalid) {
		if l.full() {
			return
		}
		l.explain(root, leaf)
	}
}

// leaves returns the errors that say something: those without causes, and the
// choices (anyOf, oneOf) that no branch of fits.
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

// branch follows the one alternative whose type fits the value, if there is one:
// what is wrong in it is what the writer wants to know.
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
