package prediction

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A scanner goes through a JSON text from its start to its end and holds no more of it than one value: a file of a million
// annotations is not in memory. What it passes over need not be JSON in all; what it keeps is for [json.Unmarshal] to judge.
type scanner struct {
	in   io.Reader
	room []byte
	buf  []byte // of room, what was read and not taken yet
	at   int64  // of buf, bytes in the text
	line int    // of buf, counted from 1
	kept []byte // the last value
}

func newScanner(in io.Reader) *scanner {
	return &scanner{in: in, room: make([]byte, 64<<10), line: 1}
}

// notJSON is a text that is wrong where the scanner is.
func (s *scanner) notJSON() error { return fmt.Errorf("line %d is not JSON", s.line) }

func (s *scanner) take(n int) {
	s.line += bytes.Count(s.buf[:n], []byte("\n"))
	s.at += int64(n)
	s.buf = s.buf[n:]
}

// fill reads on once all was taken; io.EOF is the text's end.
func (s *scanner) fill() error {
	for len(s.buf) == 0 {
		n, err := s.in.Read(s.room)
		s.buf = s.room[:n]
		if n == 0 && err != nil {
			return err
		}
	}
	return nil
}

// next is the first byte of what comes next, which is not taken; io.EOF where nothing does.
func (s *scanner) next() (byte, error) {
	for {
		if err := s.fill(); err != nil {
			return 0, err
		}
		rest := bytes.TrimLeft(s.buf, " \t\r\n")
		s.take(len(s.buf) - len(rest))
		if len(rest) > 0 {
			return rest[0], nil
		}
	}
}

// expect takes one of some signs.
func (s *scanner) expect(signs string) (byte, error) {
	c, err := s.next()
	if err != nil || strings.IndexByte(signs, c) < 0 {
		return 0, s.unless(err)
	}
	s.take(1)
	return c, nil
}

// end is nil where nothing comes any more.
func (s *scanner) end() error {
	if _, err := s.next(); err != io.EOF {
		return s.unless(err)
	}
	return nil
}

// value takes one value. Where keep is set it gives the text, which is the scanner's own.
func (s *scanner) value(keep bool) ([]byte, error) {
	s.kept = s.kept[:0]
	if _, err := s.next(); err != nil {
		return nil, s.unless(err)
	}
	var m measure
	for n := 0; !m.over; n++ {
		if err := s.fill(); err != nil {
			if m.plain && err == io.EOF {
				break
			}
			return nil, s.unless(err)
		}
		i := m.measure(s.buf)
		if keep {
			s.kept = append(s.kept, s.buf[:i]...)
		}
		s.take(i)
	}
	if m.empty {
		return nil, s.notJSON()
	}
	return s.kept, nil
}

// unless is why reading failed, or that the text is not JSON where it did not fail, or ends.
func (s *scanner) unless(err error) error {
	if err == nil || err == io.EOF {
		return s.notJSON()
	}
	return err
}

// A measure finds where a value ends whose text comes in parts.
type measure struct {
	over            bool
	empty           bool // there is no value
	plain           bool // it is neither text, nor a list, nor an object: what follows ends it
	depth           int  // of lists and objects
	text, backslash bool // within a text; behind a backslash there
}

// measure gives how many bytes of the next part are the value's.
func (m *measure) measure(part []byte) int {
	for i, c := range part {
		switch {
		case m.backslash:
			m.backslash = false
		case m.text && c == '\\':
			m.backslash = true
		case m.text && c != '"':
		case m.plain:
			if strings.IndexByte(",:]}[{\" \t\r\n", c) >= 0 {
				m.over = true
				return i
			}
		case c == '"':
			m.text = !m.text
			m.over = !m.text && m.depth == 0
		case c == '[' || c == '{':
			m.depth++
		case c == ']' || c == '}':
			if m.depth--; m.depth < 0 {
				m.over, m.empty = true, true
				return i
			}
			m.over = m.depth == 0
		case m.depth == 0:
			if c == ',' || c == ':' {
				m.over, m.empty = true, true
				return i
			}
			m.plain = true
		}
		if m.over {
			return i + 1
		}
	}
	return len(part)
}

// object calls each for every key of an object; each takes the value.
func (s *scanner) object(each func(key string) error) error {
	if _, err := s.expect("{"); err != nil {
		return err
	}
	if c, err := s.next(); err == nil && c == '}' {
		s.take(1)
		return nil
	}
	for {
		if c, err := s.next(); err != nil || c != '"' {
			return s.unless(err)
		}
		text, err := s.value(true)
		if err != nil {
			return err
		}
		var key string
		if json.Unmarshal(text, &key) != nil {
			return s.notJSON()
		}
		if _, err := s.expect(":"); err != nil {
			return err
		}
		if err := each(key); err != nil {
			return err
		}
		if c, err := s.expect(",}"); err != nil || c == '}' {
			return err
		}
	}
}

// errNoList is a value that is not a list, which was not taken.
var errNoList = errors.New("not a list")

// list calls each for every element of a list, with its place in the text in bytes; null is an empty one. Where keep is not
// set, the texts are nil.
func (s *scanner) list(keep bool, each func(at int64, text []byte) error) error {
	switch c, err := s.next(); {
	case err != nil:
		return s.unless(err)
	case c == 'n':
		if text, err := s.value(true); err != nil || string(text) != "null" {
			return s.unless(err)
		}
		return nil
	case c != '[':
		return errNoList
	}
	s.take(1)
	if c, err := s.next(); err == nil && c == ']' {
		s.take(1)
		return nil
	}
	for {
		if _, err := s.next(); err != nil {
			return s.unless(err)
		}
		at := s.at
		text, err := s.value(keep)
		if err != nil {
			return err
		}
		if err := each(at, text); err != nil {
			return err
		}
		if c, err := s.expect(",]"); err != nil || c == ']' {
			return err
		}
	}
}

// pass takes a value that nobody wants, and looks whether it is JSON: of a list, element by element.
func (s *scanner) pass() error {
	check := func(_ int64, text []byte) error {
		if !json.Valid(text) {
			return s.notJSON()
		}
		return nil
	}
	c, err := s.next()
	if err == nil && c == '[' {
		return s.list(true, check)
	}
	text, err := s.value(true)
	if err != nil {
		return err
	}
	return check(0, text)
}

// lineOf is the line in which a text begins that was just taken.
func (s *scanner) lineOf(text []byte) int { return s.line - bytes.Count(text, []byte("\n")) }
