package prediction

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A visit is called for each element of a list, with its text, until the next one, and that text's place in bytes.
type visit func(at int64, text []byte) error

// eachCOCO visits the elements of those lists of a data set that have a visit, one after the other: a list of a million is not
// in memory. All that is read goes to sum.
func eachCOCO(text *io.SectionReader, sum io.Writer, lists map[string]visit) error {
	l := lister{text: text, tokens: json.NewDecoder(io.TeeReader(io.NewSectionReader(text, 0, text.Size()), sum))}
	switch first, err := l.tokens.Token(); {
	case err != nil:
		return l.notJSON(err)
	case first == json.Delim('['):
		return errors.New("a list of results; what is read is COCO with images, whose names find the frames, and categories")
	case first != json.Delim('{'):
		return l.notJSON(nil)
	}
	for l.tokens.More() {
		key, err := l.tokens.Token()
		if err != nil {
			return l.notJSON(err)
		}
		name := strings.ToLower(key.(string))
		if each, known := lists[name]; known {
			err = l.list(name, each)
		} else {
			err = l.skip()
		}
		if err != nil {
			return err
		}
	}
	if _, err := l.tokens.Token(); err != nil { // the end of it
		return l.notJSON(err)
	}
	if _, err := l.tokens.Token(); err != io.EOF {
		return l.notJSON(err)
	}
	return nil
}

// A lister goes through a JSON text and holds no more of it than one element.
type lister struct {
	text    *io.SectionReader
	tokens  *json.Decoder
	element json.RawMessage
}

func (l *lister) list(name string, each visit) error {
	switch first, err := l.tokens.Token(); {
	case err != nil:
		return l.notJSON(err)
	case first == nil: // null is an empty one
		return nil
	case first != json.Delim('['):
		return fmt.Errorf("line %d: %s is not what it should be", l.line(l.tokens.InputOffset()), name)
	}
	for l.tokens.More() {
		if err := l.tokens.Decode(&l.element); err != nil {
			return l.notJSON(err)
		}
		at := l.tokens.InputOffset() - int64(len(l.element))
		err := each(at, l.element)
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return fmt.Errorf("line %d: %s is not what it should be", l.line(at+kind.Offset), strings.TrimSuffix(name+"."+kind.Field, "."))
		}
		if err != nil {
			return err
		}
	}
	if _, err := l.tokens.Token(); err != nil {
		return l.notJSON(err)
	}
	return nil
}

// skip passes over a value.
func (l *lister) skip() error {
	for depth := 0; ; {
		token, err := l.tokens.Token()
		if err != nil {
			return l.notJSON(err)
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// notJSON says where the text is wrong, and repeats nothing of it: it may be any file. An error of reading it stays one.
func (l *lister) notJSON(err error) error {
	var syntax *json.SyntaxError
	at := l.tokens.InputOffset()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		at = l.text.Size()
	case err == nil:
	case errors.As(err, &syntax):
		at = l.wrongAt(at)
	default:
		return err
	}
	return fmt.Errorf("line %d is not JSON", l.line(at))
}

// wrongAt is where the text is wrong behind a place at which it was right: a decoder tells that of the first value alone.
func (l *lister) wrongAt(at int64) int64 {
	rest := bufio.NewReader(io.NewSectionReader(l.text, at, l.text.Size()-at))
	for next, err := rest.Peek(1); err == nil && bytes.ContainsAny(next, " \t\r\n,:"); next, err = rest.Peek(1) {
		_, _ = rest.Discard(1) // it was peeked
		at++
	}
	var syntax *json.SyntaxError
	if err := json.NewDecoder(rest).Decode(&l.element); errors.As(err, &syntax) {
		at += max(syntax.Offset-1, 0)
	}
	return at
}

// line is that of a place, from 1.
func (l *lister) line(at int64) int {
	lines := newlines(1)
	_, _ = io.Copy(&lines, io.NewSectionReader(l.text, 0, at)) // as far as it can be read
	return int(lines)
}

type newlines int

func (n *newlines) Write(p []byte) (int, error) {
	*n += newlines(bytes.Count(p, []byte("\n")))
	return len(p), nil
}
