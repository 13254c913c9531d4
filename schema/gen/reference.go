package main

import (
	"bytes"
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cvatplan/cvatplan/schema"
)

// A section of the page is one mapping of the manifest, under the heading that
// links lead to.
type section struct{ definition, heading, place string }

var sections = []section{
	{"server", "server", ""},
	{"project", "project", ""},
	{"label", "label", "An entry of `project.labels`, or of a label's `sublabels`."},
	{"attribute", "attribute", "An entry of a label's `attributes`."},
	{"camera", "camera", "An entry of `cameras`."},
	{"context", "context", "An entry of a camera's `context`."},
	{"bag", "bag", "An entry of `bags`."},
	{"task", "task", "At the top, in a camera and in a bag."},
	{"validation", "validation", "Under `task`."},
	{"storage", "storage", "Under `task.source_storage` and `task.target_storage`."},
	{"annotations", "annotations", "Under `task`."},
	{"frames", "frames", "In a camera and in a bag."},
	{"skip", "skip", "An entry of `skip`."},
	{"pull", "pull", "At the top."},
}

const intro = `# The manifest

<!-- Generated from schema/cvatplan.schema.json by go generate ./schema. Do not edit. -->

%s

` + "`cvatplan validate` checks a manifest offline and reports every mistake at once, with its line and column; " +
	"`cvatplan schema` prints the JSON Schema. An editor with a YAML language server completes and checks a manifest " +
	"whose first line names that schema, as the example's does." + `

## All keys

%s
## An example

` + "```yaml\n%s```\n"

// A page is the reference as it is written, and the schema's root.
type page struct {
	bytes.Buffer
	root *yaml.Node
}

// reference renders the whole page around an example manifest.
func reference(example []byte) ([]byte, error) {
	var doc yaml.Node // JSON is YAML, and a node keeps the order of its keys
	if err := yaml.Unmarshal(schema.JSON, &doc); err != nil {
		return nil, err
	}
	p := &page{root: doc.Content[0]}
	keys, err := p.table()
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(p, intro, text(p.root, "description"), keys, example)
	p.heading("Top level", "")
	p.keys(p.root, get(get(get(p.root, "definitions"), "whole"), "required"))
	for _, s := range sections {
		definition := get(get(p.root, "definitions"), s.definition)
		if definition == nil {
			return nil, fmt.Errorf("the schema has no definition %s", s.definition)
		}
		p.heading(s.heading, s.place)
		fmt.Fprintf(p, "%s\n\n", text(definition, "description"))
		p.keys(definition, get(definition, "required"))
	}
	return p.Bytes(), nil
}

// table names every key once, by where it is.
func (p *page) table() (string, error) {
	var b strings.Builder
	b.WriteString("| where | keys |\n| :-- | :-- |\n")
	row := func(where, heading string, mapping *yaml.Node) {
		var names []string
		properties := get(mapping, "properties")
		for i := 0; i+1 < len(properties.Content); i += 2 {
			names = append(names, "`"+properties.Content[i].Value+"`")
		}
		fmt.Fprintf(&b, "| [%s](#%s) | %s |\n", where, heading, strings.Join(names, " "))
	}
	row("at the top", "top-level", p.root)
	for _, s := range sections {
		definition := get(get(p.root, "definitions"), s.definition)
		if definition == nil {
			return "", fmt.Errorf("the schema has no definition %s", s.definition)
		}
		row(s.heading, s.heading, definition)
	}
	return b.String(), nil
}

func (p *page) heading(title, place string) {
	fmt.Fprintf(p, "\n## %s\n\n", title)
	if place != "" {
		fmt.Fprintf(p, "%s ", place)
	}
}

// keys lists the properties of a mapping, and which of them it needs.
func (p *page) keys(mapping, needed *yaml.Node) {
	required := values(needed)
	properties := get(mapping, "properties")
	for i := 0; i+1 < len(properties.Content); i += 2 {
		name, property := properties.Content[i].Value, properties.Content[i+1]
		facts := []string{p.kind(property)}
		if contains(required, name) {
			facts = append(facts, "**required**")
		}
		facts = append(facts, limits(property)...)
		line := strings.Join(facts, ", ") + ". " + text(property, "description") + examples(property)
		fmt.Fprintf(p, "- **`%s`**: %s\n", name, strings.TrimRight(line, " "))
		if nested := get(property, "properties"); nested != nil {
			p.nested(property)
		}
	}
}

// nested lists the keys of a mapping that has no section of its own.
func (p *page) nested(property *yaml.Node) {
	inner := &page{root: p.root}
	inner.keys(property, get(property, "required"))
	for _, line := range strings.Split(strings.TrimSuffix(inner.String(), "\n"), "\n") {
		fmt.Fprintf(p, "  %s\n", line)
	}
}

// referred is the name of the section that a property refers to, or "".
func referred(property *yaml.Node) string {
	if all := get(property, "allOf"); all != nil {
		property = all.Content[0]
	}
	return strings.TrimPrefix(text(property, "$ref"), "#/definitions/")
}
