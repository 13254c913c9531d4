package manifest

import (
	"encoding/json"
	"maps"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/schema"
)

// A shape is the manifest's JSON Schema as [violations] reads it: out of the document itself, since compiling it with a
// library, its metaschemas before it, took a third of the time of a short command.
type shape struct {
	document map[string]any
	whole    map[string]any    // the document, asking for all that a manifest needs
	keys     map[string]string // every key of the schema → where it belongs, in words
}

// theShape panics on a schema that is no JSON: it is part of this program.
var theShape = sync.OnceValue(func() *shape {
	s := &shape{keys: map[string]string{}}
	if err := json.Unmarshal(schema.JSON, &s.document); err != nil {
		panic(err)
	}
	// By the time it is checked, a manifest is laid over the one that it extends, of which an editor sees nothing.
	s.whole = maps.Clone(s.document)
	s.whole["if"] = true
	s.index()
	return s
})

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

// definition is what a $ref of the schema refers to.
func (s *shape) definition(ref string) map[string]any {
	definitions, _ := s.document["definitions"].(map[string]any)
	definition, _ := definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	return definition
}

// shape reports where the tree does not fit the schema.
func (l *loader) shape(root *node) {
	at := place{node: root, name: "the manifest", top: true}
	for _, v := range violations(at, theShape().whole) {
		if l.full() {
			return
		}
		l.explain(v)
	}
}
