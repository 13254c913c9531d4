package manifest

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A place is a value of the tree, and how messages name it.
type place struct {
	node   *node
	name   string // the key, or key[index]
	inList bool   // the value is an item of a list, or in one
}

// A schemaViolation is a value that one keyword of the schema refuses.
type schemaViolation struct {
	place
	schema  map[string]any // the keyword's owner
	keyword string
}

// validate returns what a schema refuses of a value and of all in it. It reads the schema as it is decoded, so
// that a start of the program compiles nothing, and knows the keywords that the manifest's schema uses; a test
// compares it with a complete implementation of draft-07.
//
// Of a value of the wrong type nothing else is said. Of alternatives, of which none fits, the mistakes of the only
// one that has the value's type are returned, as that is the one that was meant.
func (s *shape) validate(at place, schema map[string]any) (found []schemaViolation) {
	if ref, ok := schema["$ref"].(string); ok {
		return s.validate(at, s.definition(ref)) // draft-07 ignores the keywords next to it
	}
	refuse := func(keyword string) { found = append(found, schemaViolation{at, schema, keyword}) }
	if types, ok := schema["type"]; ok && !at.node.is(types) {
		refuse("type")
		return found
	}
	if values, ok := schema["enum"].([]any); ok && !slices.ContainsFunc(values, at.node.equals) {
		refuse("enum")
	}
	switch v := at.node.value.(type) {
	case string:
		s.validateText(v, schema, refuse)
	case int64:
		validateNumber(float64(v), schema, refuse)
	case float64:
		validateNumber(v, schema, refuse)
	}
	switch at.node.kind {
	case mapping:
		found = append(found, s.validateFields(at, schema)...)
	case list:
		found = append(found, s.validateItems(at, schema)...)
	}
	for _, all := range schemas(schema["allOf"]) {
		found = append(found, s.validate(at, all)...)
	}
	found = append(found, s.validateAlternatives(at, schema, "anyOf")...)
	found = append(found, s.validateAlternatives(at, schema, "oneOf")...)
	if not, ok := schema["not"].(map[string]any); ok && len(s.validate(at, not)) == 0 {
		refuse("not")
	}
	if then, ok := schema["then"].(map[string]any); ok && s.applies(at, schema["if"]) {
		found = append(found, s.validate(at, then)...)
	}
	return found
}

// applies reports whether a value fits a condition: a schema, or true.
func (s *shape) applies(at place, condition any) bool {
	schema, ok := condition.(map[string]any)
	return condition == true || ok && len(s.validate(at, schema)) == 0
}

func (s *shape) validateText(v string, schema map[string]any, refuse func(keyword string)) {
	length := float64(utf8.RuneCountInString(v))
	if least, ok := schema["minLength"].(float64); ok && length < least {
		refuse("minLength")
	}
	if most, ok := schema["maxLength"].(float64); ok && length > most {
		refuse("maxLength")
	}
	if pattern, ok := schema["pattern"].(string); ok && !s.pattern(pattern).MatchString(v) {
		refuse("pattern")
	}
}

func validateNumber(v float64, schema map[string]any, refuse func(keyword string)) {
	if low, ok := schema["minimum"].(float64); ok && v < low {
		refuse("minimum")
	}
	if low, ok := schema["exclusiveMinimum"].(float64); ok && v <= low {
		refuse("exclusiveMinimum")
	}
	if high, ok := schema["maximum"].(float64); ok && v > high {
		refuse("maximum")
	}
}

func (s *shape) validateFields(at place, schema map[string]any) (found []schemaViolation) {
	lacks := func(key any) bool { return at.node.field(key.(string)) == nil }
	if required, ok := schema["required"].([]any); ok && slices.ContainsFunc(required, lacks) {
		found = append(found, schemaViolation{at, schema, "required"})
	}
	unknown := false
	for _, f := range at.node.fields {
		of := s.field(schema, f.name)
		for _, property := range of {
			found = append(found, s.validate(place{f.value, f.name, at.inList}, property)...)
		}
		unknown = unknown || len(of) == 0
	}
	if unknown && schema["additionalProperties"] == false {
		found = append(found, schemaViolation{at, schema, "additionalProperties"})
	}
	return found
}

// field returns what a mapping's schema says of one of its keys: nothing of a key that it does not know.
func (s *shape) field(schema map[string]any, name string) (of []map[string]any) {
	properties, _ := schema["properties"].(map[string]any)
	if property, ok := properties[name].(map[string]any); ok {
		of = append(of, property)
	}
	patterns, _ := schema["patternProperties"].(map[string]any)
	for pattern, property := range patterns {
		if s.pattern(pattern).MatchString(name) {
			of = append(of, property.(map[string]any))
		}
	}
	return of
}

func (s *shape) validateItems(at place, schema map[string]any) (found []schemaViolation) {
	refuse := func(keyword string) { found = append(found, schemaViolation{at, schema, keyword}) }
	count := float64(len(at.node.items))
	if least, ok := schema["minItems"].(float64); ok && count < least {
		refuse("minItems")
	}
	if most, ok := schema["maxItems"].(float64); ok && count > most {
		refuse("maxItems")
	}
	if _, second := at.node.repeated(); second > 0 && schema["uniqueItems"] == true {
		refuse("uniqueItems")
	}
	if items, ok := schema["items"].(map[string]any); ok {
		for i, item := range at.node.items {
			found = append(found, s.validate(place{item, at.name + "[" + strconv.Itoa(i) + "]", true}, items)...)
		}
	}
	return found
}

// repeated returns the indexes of the first two equal scalars of a list; 0, 0 where all differ.
func (n *node) repeated() (first, second int) {
	at := make(map[any]int, len(n.items))
	for i, item := range n.items {
		if item.kind != scalar {
			continue
		}
		if earlier, ok := at[item.value]; ok {
			return earlier, i
		}
		at[item.value] = i
	}
	return 0, 0
}

func (s *shape) validateAlternatives(at place, schema map[string]any, keyword string) []schemaViolation {
	alternatives := schemas(schema[keyword])
	fitting := 0
	var meant [][]schemaViolation // the mistakes of each alternative of the value's type
	for _, alternative := range alternatives {
		found := s.validate(at, alternative)
		if len(found) == 0 {
			fitting++
		} else if len(found) > 1 || found[0].node != at.node || found[0].keyword != "type" {
			meant = append(meant, found)
		}
	}
	switch {
	case len(alternatives) == 0 || fitting == 1 || fitting > 1 && keyword == "anyOf":
		return nil
	case fitting == 0 && len(meant) == 1:
		return meant[0]
	}
	return []schemaViolation{{at, schema, keyword}}
}

// is reports whether the value has a type of JSON Schema, or one of a list of them. 10.0 is an integer there.
func (n *node) is(types any) bool {
	if several, ok := types.([]any); ok {
		return slices.ContainsFunc(several, n.is)
	}
	switch n.kind {
	case list:
		return types == "array"
	case mapping:
		return types == "object"
	}
	switch v := n.value.(type) {
	case bool:
		return types == "boolean"
	case string:
		return types == "string"
	case int64:
		return types == "integer" || types == "number"
	case float64:
		return types == "number" || types == "integer" && v == math.Trunc(v)
	}
	return types == "null"
}

// equals compares a scalar with a value of the schema.
func (n *node) equals(v any) bool {
	if f := n.number(); f != nil {
		return *f == v
	}
	return n.kind == scalar && n.value == v
}

// schemas are the members of a list of schemas.
func schemas(list any) (out []map[string]any) {
	members, _ := list.([]any)
	for _, member := range members {
		out = append(out, member.(map[string]any))
	}
	return out
}

// definition follows a $ref, which the schema has to its own definitions alone.
func (s *shape) definition(ref string) map[string]any {
	definitions, _ := s.document["definitions"].(map[string]any)
	schema, _ := definitions[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	return schema
}

// pattern compiles a regular expression of the schema on its first use: a manifest needs few of them.
func (s *shape) pattern(text string) *regexp.Regexp {
	if compiled, ok := s.patterns.Load(text); ok {
		return compiled.(*regexp.Regexp)
	}
	compiled := regexp.MustCompile(text)
	s.patterns.Store(text, compiled)
	return compiled
}
