package manifest

import (
	"encoding/json"
	"maps"
	"sync"

	"github.com/cvatplan/cvatplan/schema"
)

// A shape is the JSON Schema, parsed to validate and to explain.
type shape struct {
	document map[string]any
	whole    map[string]any    // document, which asks for all that a manifest needs
	keys     map[string]string // every key of the schema → where it belongs, in words
	patterns sync.Map          // see pattern
}

// theShape panics on a schema that is not JSON: it is part of this program.
var theShape = sync.OnceValue(func() *shape {
	s := &shape{keys: map[string]string{}}
	if err := json.Unmarshal(schema.JSON, &s.document); err != nil {
		panic(err)
	}
	// By now a manifest is laid over the one that it extends, of which an editor sees nothing.
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

// shape reports where the tree does not fit the schema.
func (l *loader) shape(root *node) {
	s := theShape()
	for _, v := range s.validate(place{node: root, name: "the manifest"}, s.whole) {
		if l.full() {
			return
		}
		l.explain(v)
	}
}
