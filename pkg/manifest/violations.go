package manifest

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"sync"
	"unicode/utf8"
)

// A place is a value of the tree, with what the words about it need.
type place struct {
	node   *node
	name   string // its key, or key[index]
	top    bool   // it is the whole manifest
	inList bool   // it is an item of a list, or within one
}

func (p place) field(f field) place {
	return place{node: f.value, name: f.name, inList: p.inList}
}

func (p place) item(i int) place {
	return place{node: p.node.items[i], name: fmt.Sprintf("%s[%d]", p.name, i), inList: true}
}

// A schemaViolation is a value that one keyword of the schema refuses.
type schemaViolation struct {
	place
	schema  map[string]any // the keyword's owner
	keyword string
}

// violations are all that a schema has against a value: draft 7, of which it knows the keywords that ours has. Where none
// of several alternatives fits, but one has the value's type, it is what that one has against it.
func violations(at place, of any) []schemaViolation {
	s, ok := of.(map[string]any)
	if !ok { // true, which has nothing against anything
		return nil
	}
	if ref, ok := s["$ref"].(string); ok {
		return violations(at, theShape().definition(ref))
	}
	j := judge{at: at, schema: s}
	if types, ok := s["type"]; ok && !at.node.isOf(types) {
		j.refuse("type")
		return j.found
	}
	switch at.node.kind {
	case mapping:
		j.mapping()
	case list:
		j.list()
	default:
		j.scalar()
	}
	j.combined()
	return j.found
}

// A judge holds one value against one schema.
type judge struct {
	at     place
	schema map[string]any
	found  []schemaViolation
}

func (j *judge) refuse(keyword string) {
	j.found = append(j.found, schemaViolation{place: j.at, schema: j.schema, keyword: keyword})
}

// refuseIf refuses where the schema has the keyword, a number, and wrong says so of it.
func (j *judge) refuseIf(keyword string, wrong func(limit float64) bool) {
	if limit, ok := j.schema[keyword].(float64); ok && wrong(limit) {
		j.refuse(keyword)
	}
}

func (j *judge) mapping() {
	if required, ok := j.schema["required"].([]any); ok {
		if slices.ContainsFunc(required, func(key any) bool { return j.at.node.field(key.(string)) == nil }) {
			j.refuse("required")
		}
	}
	properties, _ := j.schema["properties"].(map[string]any)
	patterns, _ := j.schema["patternProperties"].(map[string]any)
	unknown := false
	for _, f := range j.at.node.fields {
		property, known := properties[f.name]
		j.found = append(j.found, violations(j.at.field(f), property)...)
		for pattern, property := range patterns {
			if compiled(pattern).MatchString(f.name) {
				j.found = append(j.found, violations(j.at.field(f), property)...)
				known = true
			}
		}
		if !known {
			unknown = true
			j.found = append(j.found, violations(j.at.field(f), j.schema["additionalProperties"])...)
		}
	}
	if unknown && j.schema["additionalProperties"] == false {
		j.refuse("additionalProperties")
	}
}

func (j *judge) list() {
	items := j.at.node.items
	j.refuseIf("minItems", func(least float64) bool { return float64(len(items)) < least })
	j.refuseIf("maxItems", func(most float64) bool { return float64(len(items)) > most })
	if a, _ := twice(items); j.schema["uniqueItems"] == true && a >= 0 {
		j.refuse("uniqueItems")
	}
	for i := range items {
		j.found = append(j.found, violations(j.at.item(i), j.schema["items"])...)
	}
}

// twice are the places of two items of equal values, the first of them in the list; -1 where there are none. Lists and
// mappings are equal to nothing: the schema asks it of texts alone.
func twice(items []*node) (int, int) {
	seen := map[any]int{}
	for i, item := range items {
		if item.kind != scalar {
			continue
		}
		if first, again := seen[item.value]; again {
			return first, i
		}
		seen[item.value] = i
	}
	return -1, -1
}

func (j *judge) scalar() {
	if listed, ok := j.schema["enum"].([]any); ok && !slices.ContainsFunc(listed, j.at.node.equals) {
		j.refuse("enum")
	}
	if text, ok := j.at.node.value.(string); ok {
		length := float64(utf8.RuneCountInString(text))
		j.refuseIf("minLength", func(least float64) bool { return length < least })
		j.refuseIf("maxLength", func(most float64) bool { return length > most })
		if pattern, ok := j.schema["pattern"].(string); ok && !compiled(pattern).MatchString(text) {
			j.refuse("pattern")
		}
	}
	if n := j.at.node.number(); n != nil {
		j.refuseIf("minimum", func(least float64) bool { return *n < least })
		j.refuseIf("exclusiveMinimum", func(limit float64) bool { return *n <= limit })
		j.refuseIf("maximum", func(most float64) bool { return *n > most })
	}
}

// combined are the keywords that hold other schemas for the same value.
func (j *judge) combined() {
	all, _ := j.schema["allOf"].([]any)
	for _, s := range all {
		j.found = append(j.found, violations(j.at, s)...)
	}
	if s, ok := j.schema["not"]; ok && len(violations(j.at, s)) == 0 {
		j.refuse("not")
	}
	j.alternatives("anyOf", func(fitting int) bool { return fitting > 0 })
	j.alternatives("oneOf", func(fitting int) bool { return fitting == 1 })
	if condition, ok := j.schema["if"]; ok && len(violations(j.at, condition)) == 0 {
		j.found = append(j.found, violations(j.at, j.schema["then"])...)
	}
}

// alternatives counts how many of a keyword's schemas fit. Where that is wrong, what is wrong in the only one that is of the
// value's type is what the writer wants to know.
func (j *judge) alternatives(keyword string, right func(fitting int) bool) {
	schemas, ok := j.schema[keyword].([]any)
	if !ok {
		return
	}
	fitting := 0
	var close [][]schemaViolation
	for _, s := range schemas {
		found := violations(j.at, s)
		switch {
		case len(found) == 0:
			fitting++
		case len(found) == 1 && found[0].keyword == "type" && found[0].node == j.at.node:
		default:
			close = append(close, found)
		}
	}
	switch {
	case right(fitting):
	case fitting == 0 && len(close) == 1:
		j.found = append(j.found, close[0]...)
	default:
		j.refuse(keyword)
	}
}

// isOf says whether the value is of a type of JSON Schema, or of one of several.
func (n *node) isOf(types any) bool {
	if several, ok := types.([]any); ok {
		return slices.ContainsFunc(several, n.isOf)
	}
	switch types {
	case "object":
		return n.kind == mapping
	case "array":
		return n.kind == list
	}
	if n.kind != scalar {
		return false
	}
	switch n.value.(type) {
	case nil:
		return types == "null"
	case bool:
		return types == "boolean"
	case string:
		return types == "string"
	}
	return types == "number" || types == "integer" && n.isWhole()
}

// isWhole says whether a number is one of the integers, as 10.0 is.
func (n *node) isWhole() bool {
	f, fraction := n.value.(float64)
	return !fraction || f == math.Trunc(f)
}

// equals compares with a value of the schema, which is text, a number, true, false or null.
func (n *node) equals(v any) bool {
	if f, ok := v.(float64); ok {
		number := n.number()
		return number != nil && *number == f
	}
	return n.kind == scalar && n.value == v
}

// compiled compiles a pattern of the schema once.
func compiled(pattern string) *regexp.Regexp {
	if p, ok := patterns.Load(pattern); ok {
		return p.(*regexp.Regexp)
	}
	p, _ := patterns.LoadOrStore(pattern, regexp.MustCompile(pattern))
	return p.(*regexp.Regexp)
}

var patterns sync.Map
