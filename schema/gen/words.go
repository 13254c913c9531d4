package main

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// get returns the value of a key of a mapping, or nil.
func get(mapping *yaml.Node, key string) *yaml.Node {
	if mapping == nil || mapping.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

func text(mapping *yaml.Node, key string) string {
	if n := get(mapping, key); n != nil {
		return n.Value
	}
	return ""
}

func values(list *yaml.Node) []string {
	var out []string
	if list != nil {
		for _, n := range list.Content {
			out = append(out, n.Value)
		}
	}
	return out
}

var kinds = map[string]string{
	"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false",
	"array": "list", "object": "mapping", "null": "nothing",
}

// kind says what a value may be, in words, with links to sections.
func (p *page) kind(property *yaml.Node) string {
	if section := referred(property); section != "" {
		return fmt.Sprintf("[%s](#%s)", section, section)
	}
	if any := get(property, "anyOf"); any != nil {
		var words []string
		separator := " or "
		for _, branch := range any.Content {
			words = append(words, p.kind(branch))
			if strings.Contains(words[len(words)-1], " or ") {
				separator = ", or "
			}
		}
		return strings.Join(words, separator)
	}
	kind := get(property, "type")
	if kind.Kind == yaml.SequenceNode {
		var words []string
		for _, name := range values(kind) {
			words = append(words, kinds[name])
		}
		return strings.Join(words, " or ")
	}
	if items := get(property, "items"); items != nil {
		return "list of " + p.kind(items)
	}
	return kinds[kind.Value]
}

// limits are the property's enum, range and default.
func limits(property *yaml.Node) []string {
	var out []string
	if enum := values(get(property, "enum")); len(enum) > 1 {
		out = append(out, "one of `"+strings.Join(enum, "`, `")+"`")
	}
	for _, bound := range []struct{ keyword, words string }{
		{"minimum", "at least %s"}, {"exclusiveMinimum", "above %s"}, {"maximum", "at most %s"},
		{"maxLength", "at most %s characters"},
	} {
		if v := text(property, bound.keyword); v != "" && v != "2147483647" {
			out = append(out, fmt.Sprintf(bound.words, v))
		}
	}
	if n := get(property, "default"); n != nil {
		out = append(out, "default `"+flow(n)+"`")
	}
	return out
}

// examples are shown as one would write them.
func examples(property *yaml.Node) string {
	list := get(property, "examples")
	if list == nil {
		return ""
	}
	var out []string
	for _, n := range list.Content {
		out = append(out, "`"+flow(n)+"`")
	}
	return " For example " + strings.Join(out, ", ") + "."
}

// flow writes a value as YAML on one line.
func flow(n *yaml.Node) string {
	switch n.Kind {
	case yaml.SequenceNode:
		var items []string
		for _, item := range n.Content {
			items = append(items, flow(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case yaml.MappingNode:
		var fields []string
		for i := 0; i+1 < len(n.Content); i += 2 {
			fields = append(fields, n.Content[i].Value+": "+flow(n.Content[i+1]))
		}
		return "{" + strings.Join(fields, ", ") + "}"
	}
	if n.Tag == "!!str" && needsQuotes(n.Value) {
		return `"` + n.Value + `"`
	}
	return n.Value
}

// needsQuotes reports text that YAML would read as something else, or that does
// not look like text to a person.
func needsQuotes(s string) bool {
	var v any
	err := yaml.Unmarshal([]byte("["+s+"]"), &v)
	list, ok := v.([]any)
	return err != nil || !ok || len(list) != 1 || list[0] != s || strings.ContainsAny(s[:1], "{[*&#\"'")
}
