package manifest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// Limits on what a file may hold once its aliases are unfolded: ten thousand bags,
// each with settings of its own, are far below them.
const (
	maxDepth  = 64              // of mappings and lists in each other
	maxValues = 250_000         // of any kind
	maxText   = 2 * maxFileSize // bytes of keys and values
)

// yaml reads one YAML document; nil where it is empty or a problem was reported.
func (l *loader) yaml(t *text) *node {
	doc, err := decodeYAML(bytes.NewReader(t.data))
	switch {
	case errors.Is(err, io.EOF):
		l.report(Position{File: t.name, Line: 1, Column: 1}, diag.Do(diag.HintInitManifest), "the file is empty")
		return nil
	case errors.Is(err, errSecond):
		l.report(l.secondDocument(t), diag.Do(diag.HintSplitDocuments), "a second document begins here; a manifest is one document")
		return nil
	case err != nil:
		l.syntax(t, err)
		return nil
	}
	y := &yamlReader{loader: l, name: t.name, open: map[*yaml.Node]bool{}}
	root := y.node(doc.Content[0], 0)
	if y.gaveUp { // the tree is cut off, and what is missing from it is no mistake
		return nil
	}
	return root
}

var errSecond = errors.New("second document")

// decodeYAML parses one document. yaml.v3 has panicked on bad input before, so a
// panic is an error like any other.
func decodeYAML(r io.Reader) (doc *yaml.Node, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("yaml: %v", p)
		}
	}()
	decoder := yaml.NewDecoder(r)
	doc = &yaml.Node{}
	if err := decoder.Decode(doc); err != nil {
		return nil, err
	}
	if len(doc.Content) == 0 {
		return nil, io.EOF
	}
	switch err := decoder.Decode(&yaml.Node{}); {
	case err == nil:
		return nil, errSecond
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return doc, nil
}

// secondDocument finds the --- that begins the second document.
func (l *loader) secondDocument(t *text) Position {
	seen := false // content before it
	for i, line := range t.lines {
		if seen && (line == "---" || strings.HasPrefix(line, "--- ")) {
			return Position{File: t.name, Line: i + 1, Column: 1}
		}
		trimmed := strings.TrimSpace(line)
		seen = seen || trimmed != "" && trimmed[0] != '#' && trimmed[0] != '%'
	}
	return Position{File: t.name, Line: len(t.lines), Column: 1}
}

// A yamlReader turns yaml.v3's nodes into ours and refuses what they let through:
// duplicate keys, aliases that grow or contain themselves, keys that are no text.
type yamlReader struct {
	*loader
	name   string              // of the file
	open   map[*yaml.Node]bool // anchors that are being unfolded
	outer  Position            // of the alias in the text that is being unfolded
	values int                 // as unfolded, up to maxValues
	text   int                 // as unfolded, up to maxText
	gaveUp bool                // a limit was reported
}

func (y *yamlReader) node(n *yaml.Node, depth int) *node {
	at := Position{File: y.name, Line: n.Line, Column: n.Column}
	if y.exceeded(n, depth) {
		return &node{at: at, broken: true}
	}
	switch n.Kind {
	case yaml.AliasNode:
		return y.alias(n, depth)
	case yaml.MappingNode:
		y.tag(n, at, "!!map")
		return y.mapping(n, depth)
	case yaml.SequenceNode:
		y.tag(n, at, "!!seq")
		out := &node{at: at, kind: list}
		for _, item := range n.Content {
			out.items = append(out.items, y.node(item, depth+1))
		}
		return out
	default:
		return y.scalar(n, at)
	}
}

// tag reports a tag (!name) other than the one that the value has anyway.
func (y *yamlReader) tag(n *yaml.Node, at Position, own string) {
	if n.ShortTag() != own {
		y.report(at, diag.Hint{}, "tag %s has no meaning here", clip(n.Tag))
	}
}

func (y *yamlReader) exceeded(n *yaml.Node, depth int) bool {
	y.values++
	y.text += len(n.Value)
	at := Position{File: y.name, Line: n.Line, Column: n.Column}
	tooMuch := y.values > maxValues || y.text > maxText
	switch {
	case y.gaveUp:
		return true
	case depth > maxDepth:
		y.report(at, diag.Hint{}, "values are nested more than %d deep", maxDepth)
	case tooMuch && len(y.open) > 0:
		y.report(y.outer, diag.Do(diag.HintWriteOut), "aliases unfold to more than %d values or %d MiB", maxValues, maxText>>20)
	case tooMuch:
		y.report(at, diag.Do(diag.HintUseGlobs), "the file holds more than %d keys and values", maxValues)
	default:
		return false
	}
	y.gaveUp = true
	return true
}

func (y *yamlReader) alias(n *yaml.Node, depth int) *node {
	at := Position{File: y.name, Line: n.Line, Column: n.Column}
	if y.open[n.Alias] {
		y.report(at, diag.Hint{}, "alias *%s contains itself", clip(n.Value))
		return &node{at: at, broken: true}
	}
	if len(y.open) == 0 {
		y.outer = at
	}
	y.open[n.Alias] = true
	defer delete(y.open, n.Alias)
	return y.node(n.Alias, depth)
}

func (y *yamlReader) mapping(n *yaml.Node, depth int) *node {
	out := &node{at: Position{File: y.name, Line: n.Line, Column: n.Column}, kind: mapping}
	first := map[string]Position{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := Position{File: y.name, Line: key.Line, Column: key.Column}
		if key.ShortTag() == "!!merge" {
			merges = append(merges, value)
			continue
		}
		name, ok := y.key(key, at)
		if !ok {
			continue
		}
		if before, double := first[name]; double {
			y.report(at, diag.Do(diag.HintAlreadyInLine, strconv.Itoa(before.Line)), "duplicate key %q", clip(name))
			continue
		}
		first[name] = at
		out.fields = append(out.fields, field{name, at, y.node(value, depth+1)})
	}
	y.merge(out, first, merges, depth)
	return out
}

// key returns a key's text. Numbers and dates are keys as they are written.
func (y *yamlReader) key(n *yaml.Node, at Position) (string, bool) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if y.exceeded(n, 0) {
		return "", false
	}
	if n.Kind != yaml.ScalarNode || n.Value == "" {
		y.report(at, diag.Hint{}, "a key must be text")
		return "", false
	}
	return n.Value, true
}

// merge adds what merge keys (`<<: *base`, or a list of bases) bring: earlier
// bases win over later ones, and the mapping's own keys over all.
func (y *yamlReader) merge(out *node, have map[string]Position, merges []*yaml.Node, depth int) {
	var bases []*node
	for _, m := range merges {
		base := y.node(m, depth+1)
		if base.kind == list {
			bases = append(bases, base.items...)
			continue
		}
		bases = append(bases, base)
	}
	for _, base := range bases {
		if base.kind != mapping {
			y.report(base.at, diag.Do(diag.HintWrite, "<<: *name, where &name marks a mapping"), "a merge key takes a mapping or a list of mappings")
		}
		for _, f := range base.fields {
			if _, ok := have[f.name]; !ok {
				have[f.name] = f.at
				out.fields = append(out.fields, f)
			}
		}
	}
}

func (y *yamlReader) scalar(n *yaml.Node, at Position) *node {
	out := &node{at: at, text: n.Value, value: n.Value}
	var err error
	switch n.ShortTag() {
	case "!!null":
		out.value = nil
	case "!!bool":
		out.value, err = decodeAs[bool](n)
	case "!!int":
		out.value, err = y.integer(n, at)
	case "!!float":
		out.value, err = finite(n)
	case "!!str", "!!timestamp": // a date is text here: bags are often named after one
	default:
		out.broken = true
		y.report(at, diag.Hint{}, "tag %s has no meaning here", clip(n.Tag))
	}
	if err != nil {
		out.value = n.Value
		out.broken = true
		y.report(at, diag.Hint{}, "%s is not a number that can be used", clip(n.Value))
	}
	return out
}

var octal = regexp.MustCompile(`^[-+]?0[0-9_]+$`)

// integer refuses 010, which YAML takes for 8.
func (y *yamlReader) integer(n *yaml.Node, at Position) (any, error) {
	if octal.MatchString(n.Value) {
		y.report(at, diag.Do(diag.HintQuoteOctal, n.Value), "%s begins with 0, which YAML takes for an octal number", clip(n.Value))
	}
	return decodeAs[int64](n)
}

func decodeAs[T any](n *yaml.Node) (any, error) {
	var v T
	err := n.Decode(&v)
	return v, err
}

var errInfinite = errors.New("not finite")

func finite(n *yaml.Node) (any, error) {
	v, err := decodeAs[float64](n)
	if f, ok := v.(float64); err == nil && ok && (math.IsInf(f, 0) || math.IsNaN(f)) {
		return nil, errInfinite
	}
	return v, err
}
