package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// each calls visit for every schema of the document, with its JSON pointer.
func each(t *testing.T, visit func(pointer string, s map[string]any)) {
	t.Helper()
	var document any
	if err := json.Unmarshal(JSON, &document); err != nil {
		t.Fatal(err)
	}
	var walk func(pointer string, v any)
	walk = func(pointer string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if isSchema(pointer) {
				visit(pointer, v)
			}
			for key, value := range v {
				if key != "examples" && key != "default" && key != "enum" {
					walk(pointer+"/"+key, value)
				}
			}
		case []any:
			for i, item := range v {
				walk(fmt.Sprintf("%s/%d", pointer, i), item)
			}
		}
	}
	walk("#", document)
}

// isSchema tells a schema from a map of them, by the pointer's last step but one.
func isSchema(pointer string) bool {
	steps := strings.Split(pointer, "/")
	last := steps[len(steps)-1]
	if len(steps) > 1 {
		switch steps[len(steps)-2] {
		case "properties", "patternProperties", "definitions", "anyOf", "oneOf", "allOf":
			return true
		}
	}
	return last == "#" || last == "items"
}

func compile(t *testing.T, pointer string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.Draft = jsonschema.Draft7
	if err := c.AddResource("cvatplan.schema.json", bytes.NewReader(JSON)); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("cvatplan.schema.json" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTheSchemaIsDraft7(t *testing.T) {
	if !bytes.Contains(JSON, []byte(`"$schema": "http://json-schema.org/draft-07/schema#"`)) {
		t.Error("$schema names another draft")
	}
	compile(t, "")
}

func TestEveryPropertyIsDescribed(t *testing.T) {
	each(t, func(pointer string, s map[string]any) {
		if s["$ref"] != nil || s["required"] != nil && s["type"] == nil || strings.Contains(pointer, "/allOf/") {
			return
		}
		if description, _ := s["description"].(string); !strings.HasSuffix(description, ".") {
			t.Errorf("%s has no description of whole sentences", pointer)
		}
	})
}

// An editor's message must help as ours does.
func TestEveryPatternSaysWhatItWants(t *testing.T) {
	each(t, func(pointer string, s map[string]any) {
		if s["pattern"] != nil && s["patternErrorMessage"] == nil {
			t.Errorf("%s has a pattern without a message", pointer)
		}
	})
}

func TestEveryMappingIsClosed(t *testing.T) {
	each(t, func(pointer string, s map[string]any) {
		if s["type"] == "object" && s["additionalProperties"] != false {
			t.Errorf("%s takes unknown keys", pointer)
		}
	})
}

// What is optional and has no default says so in an example.
func TestEveryPropertyHasAnExampleOrADefault(t *testing.T) {
	each(t, func(pointer string, s map[string]any) {
		steps := strings.Split(pointer, "/")
		if len(steps) < 2 || steps[len(steps)-2] != "properties" || s["$ref"] != nil || s["enum"] != nil {
			return
		}
		ignored := strings.HasPrefix(fmt.Sprint(s["description"]), "Ignored") || steps[len(steps)-1] == "svg"
		if s["examples"] == nil && s["default"] == nil && !ignored {
			t.Errorf("%s has neither", pointer)
		}
	})
}

func TestExamplesAndDefaultsFitTheirOwnSchema(t *testing.T) {
	each(t, func(pointer string, s map[string]any) {
		samples, _ := s["examples"].([]any)
		if fallback, ok := s["default"]; ok {
			samples = append(samples, fallback)
		}
		if len(samples) == 0 || pointer == "#" {
			return
		}
		compiled := compile(t, pointer)
		for _, sample := range samples {
			if err := compiled.Validate(sample); err != nil {
				t.Errorf("%s: %v: %v", pointer, sample, err)
			}
		}
	})
}
