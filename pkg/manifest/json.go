package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// json reads one JSON value, as a labels file holds it; nil where a problem was reported.
func (l *loader) json(t *text) *node {
	var syntax *json.SyntaxError
	if err := json.Unmarshal(t.data, new(json.RawMessage)); errors.As(err, &syntax) {
		l.report((&cursor{file: t}).at(int(syntax.Offset)-1), diag.Hint{}, "JSON: %s", clip(syntax.Error()))
		return nil
	}
	r := &jsonReader{loader: l, cursor: cursor{file: t}, decoder: json.NewDecoder(bytes.NewReader(t.data))}
	r.decoder.UseNumber()
	n, err := r.value(0)
	if err != nil {
		if !errors.Is(err, errLimit) {
			l.report(r.at(), diag.Hint{}, "JSON: %v", err)
		}
		return nil
	}
	return n
}

// A jsonReader builds nodes from JSON, token by token, for their positions.
type jsonReader struct {
	*loader
	cursor  cursor
	values  int
	decoder *json.Decoder
}

// at is the position of the next token.
func (r *jsonReader) at() Position {
	offset := int(r.decoder.InputOffset())
	data := r.cursor.file.data
	for offset < len(data) && strings.IndexByte(" \t\r\n,:", data[offset]) >= 0 {
		offset++
	}
	return r.cursor.at(offset)
}

var errLimit = errors.New("a limit was reported")

func (r *jsonReader) value(depth int) (*node, error) {
	at := r.at()
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	if r.values++; r.values > maxValues {
		r.report(at, diag.Hint{}, "the file holds more than %d keys and values", maxValues)
		return nil, errLimit
	}
	n := &node{at: at}
	switch v := token.(type) {
	case json.Delim:
		if depth > maxDepth {
			r.report(at, diag.Hint{}, "values are nested more than %d deep", maxDepth)
			return nil, errLimit
		}
		return n, r.container(n, v, depth)
	case json.Number:
		n.text = v.String()
		r.number(n, v)
	case string:
		n.text, n.value = v, v
	case bool:
		n.text, n.value = map[bool]string{true: "true", false: "false"}[v], v
	}
	return n, nil
}

// number keeps a number that no float can hold as text: an infinity would be a
// number to Go, but to no schema.
func (r *jsonReader) number(n *node, v json.Number) {
	if i, err := v.Int64(); err == nil {
		n.value = i
		return
	}
	f, err := v.Float64()
	if err != nil {
		n.value, n.broken = n.text, true
		r.report(n.at, diag.Hint{}, "%s is not a number that can be used", clip(n.text))
		return
	}
	n.value = f
}

func (r *jsonReader) container(n *node, open json.Delim, depth int) error {
	n.kind = list
	first := map[string]bool{}
	if open == '{' {
		n.kind = mapping
	}
	for r.decoder.More() {
		if n.kind == list {
			item, err := r.value(depth + 1)
			if err != nil {
				return err
			}
			n.items = append(n.items, item)
			continue
		}
		if err := r.field(n, first, depth); err != nil {
			return err
		}
	}
	_, err := r.decoder.Token()
	return err
}

func (r *jsonReader) field(n *node, first map[string]bool, depth int) error {
	at := r.at()
	token, err := r.decoder.Token()
	if err != nil {
		return err
	}
	name, _ := token.(string)
	value, err := r.value(depth + 1)
	if err != nil {
		return err
	}
	if first[name] {
		r.report(at, diag.Hint{}, "duplicate key %q", clip(name))
		return nil
	}
	first[name] = true
	n.fields = append(n.fields, field{name, at, value})
	return nil
}

// A cursor turns growing byte offsets into lines and columns in one pass.
type cursor struct {
	file                 *text
	offset, line, column int // the latest position, counted from 0
}

func (c *cursor) at(offset int) Position {
	for c.offset < min(offset, len(c.file.data)) {
		_, size := utf8.DecodeRune(c.file.data[c.offset:])
		switch {
		case c.file.endsLine(c.offset):
			c.line, c.column = c.line+1, 0
		case c.file.data[c.offset] != '\r': // which is half of a line's end
			c.column++
		}
		c.offset += size
	}
	return Position{File: c.file.name, Line: c.line + 1, Column: c.column + 1}
}

// endsLine reports whether the byte is the last of a line's end.
func (t *text) endsLine(offset int) bool {
	switch t.data[offset] {
	case '\n':
		return true
	case '\r':
		return offset+1 == len(t.data) || t.data[offset+1] != '\n'
	}
	return false
}
