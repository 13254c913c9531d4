package manifest

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// A node is a value of a YAML or JSON file that knows where it is. Aliases and
// merge keys are resolved; keys are strings and unique.
type node struct {
	at     Position
	kind   kind
	value  any    // of a scalar: nil, bool, int64, float64 or string
	text   string // of a scalar: as written, without quotes
	items  []*node
	fields []field
	broken bool // reported already: the schema need not
}

type kind int

const (
	scalar kind = iota
	list
	mapping
)

// A field is one key of a mapping and its value.
type field struct {
	name  string
	at    Position // of the key
	value *node
}

// get returns the value of a key, or nil.
func (n *node) get(name string) *node {
	if f := n.field(name); f != nil {
		return f.value
	}
	return nil
}

func (n *node) field(name string) *field {
	if n == nil {
		return nil
	}
	for i := range n.fields {
		if n.fields[i].name == name {
			return &n.fields[i]
		}
	}
	return nil
}

// without returns the mapping without one of its keys.
func (n *node) without(drop func(name string) bool) *node {
	out := *n
	out.fields = nil
	for _, f := range n.fields {
		if !drop(f.name) {
			out.fields = append(out.fields, f)
		}
	}
	return &out
}

// with returns the mapping with another value for a key that it has.
func (n *node) with(name string, value *node) *node {
	out := *n
	out.fields = append([]field(nil), n.fields...)
	out.field(name).value = value
	return &out
}

// plain returns the value as encoding/json would decode it.
func (n *node) plain() any {
	switch n.kind {
	case list:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.plain()
		}
		return out
	case mapping:
		out := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			out[f.name] = f.value.plain()
		}
		return out
	default:
		return n.value
	}
}

// The readers below take what fits and nothing else: the schema has reported the rest.

func (n *node) str() string {
	if n == nil {
		return ""
	}
	s, _ := n.value.(string)
	return s
}

// written returns a scalar as it was written, whatever its type.
func (n *node) written() string {
	if n == nil || n.value == nil {
		return ""
	}
	return n.text
}

func (n *node) integer() int {
	if i := n.intPtr(); i != nil {
		return *i
	}
	return 0
}

func (n *node) strPtr() *string {
	if n == nil {
		return nil
	}
	if s, ok := n.value.(string); ok {
		return &s
	}
	return nil
}

func (n *node) intPtr() *int {
	if n == nil {
		return nil
	}
	switch v := n.value.(type) {
	case int64:
		i := int(v)
		return &i
	case float64: // 10.0 is a whole number for a schema
		if i := int(v); float64(i) == v {
			return &i
		}
	}
	return nil
}

func (n *node) number() *float64 {
	if n == nil {
		return nil
	}
	switch v := n.value.(type) {
	case int64:
		f := float64(v)
		return &f
	case float64:
		return &v
	}
	return nil
}

func (n *node) boolPtr() *bool {
	if n == nil {
		return nil
	}
	if b, ok := n.value.(bool); ok {
		return &b
	}
	return nil
}

// strings returns a list's strings; nil where there is not a list.
func (n *node) strings() []string {
	if n == nil || n.kind != list {
		return nil
	}
	out := make([]string, 0, len(n.items))
	for _, item := range n.items {
		if s := item.strPtr(); s != nil {
			out = append(out, *s)
		}
	}
	return out
}

// what names the value in a message.
func (n *node) what() string {
	switch v := n.value.(type) {
	case string:
		return fmt.Sprintf("the text %q", clip(v))
	case bool:
		return fmt.Sprintf("the yes-or-no value %t", v)
	case int64:
		return fmt.Sprintf("the number %d", v)
	case float64:
		return "the number " + clip(n.text)
	}
	switch n.kind {
	case list:
		return "a list"
	case mapping:
		return "a mapping"
	}
	return "empty"
}

// clip makes what a message repeats short, and harmless to a terminal.
func clip(s string) string { return wording.Clip(wording.Safe(s), 60) }
