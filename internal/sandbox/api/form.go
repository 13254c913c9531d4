package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A body is a JSON object as it came: unknown fields are ignored, never refused (A4).
type body map[string]any

// maxJSON bounds what is read into memory; CVAT has no limit but nginx's.
const maxJSON = 64 << 20

// readBody reads a JSON object. No body is an empty object; what is JSON but no
// object makes CVAT crash (A5).
func readBody(r *http.Request) (body, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxJSON))
	if err != nil {
		return nil, bodyError(err)
	}
	if len(raw) == 0 {
		return body{}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, detail(http.StatusBadRequest, "JSON parse error - %v", err)
	}
	object, ok := v.(map[string]any)
	if !ok {
		return nil, crashed()
	}
	return object, nil
}

// bodyError is the answer to a body that could not be read to its end.
func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nginxPage(http.StatusRequestEntityTooLarge)
	}
	return nginxPage(http.StatusBadRequest)
}

// A form reads fields out of a body, and collects every mistake before it answers,
// as Django's serializers do.
type form struct {
	body body
	errs fieldErrors
}

// fieldErrors is {"field": ["text"]} with its fields in order.
type fieldErrors []fieldError

type fieldError struct {
	name string
	what any // []string, or nested errors
}

func (e fieldErrors) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range e {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(storage.EncodeJSON(f.name))
		b.WriteByte(':')
		b.Write(storage.EncodeJSON(f.what))
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (f *form) fail(name, format string, args ...any) {
	f.errs = append(f.errs, fieldError{name, []string{fmt.Sprintf(format, args...)}})
}

// err is nil, or the answer to a body with mistakes.
func (f *form) err() error {
	if len(f.errs) == 0 {
		return nil
	}
	return &problem{status: http.StatusBadRequest, ctype: jsonType, body: storage.EncodeJSON(f.errs)}
}

const mayNotBeNull = "This field may not be null."

// A text says what a string field may be.
type text struct {
	max             int // characters
	required, blank bool
}

// text reads a string; ok is false if the field is absent or wrong. Outer blanks go (A6).
func (f *form) text(name string, t text) (value string, ok bool) {
	v, there := f.body[name]
	switch v := v.(type) {
	case string:
		value = strings.TrimSpace(v)
	case json.Number:
		value = v.String()
	case nil:
		switch {
		case there:
			f.fail(name, mayNotBeNull)
		case t.required:
			f.fail(name, "This field is required.")
		}
		return "", false
	default:
		f.fail(name, "Not a valid string.")
		return "", false
	}
	switch {
	case strings.ContainsRune(value, 0):
		f.fail(name, "Null characters are not allowed.")
	case value == "" && !t.blank:
		f.fail(name, "This field may not be blank.")
	case t.max > 0 && utf8.RuneCountInString(value) > t.max:
		f.fail(name, "Ensure this field has no more than %d characters.", t.max)
	default:
		return value, true
	}
	return "", false
}

// A whole says what an integer field may be.
type whole struct {
	min, max int
	null     bool
}

// anyInt are PostgreSQL's limits for an integer that may not be negative.
var anyInt = whole{min: 0, max: math.MaxInt32}

// whole reads an integer; the pointer is nil for null.
func (f *form) whole(name string, w whole) (value *int, ok bool) {
	v, there := f.body[name]
	var digits string
	switch v := v.(type) {
	case nil:
		if there && !w.null {
			f.fail(name, mayNotBeNull)
		}
		return nil, there && w.null
	case json.Number:
		digits = wholeNumber(v.String())
	case string:
		digits = wholeNumber(strings.TrimSpace(v))
	}
	n, err := strconv.Atoi(digits)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		f.fail(name, "A valid integer is required.")
	case n < w.min:
		f.fail(name, "Ensure this value is greater than or equal to %d.", w.min)
	case n > w.max:
		f.fail(name, "Ensure this value is less than or equal to %d.", w.max)
	default:
		return &n, true
	}
	return nil, false
}

var zeroFraction = regexp.MustCompile(`\.0*$`)

// wholeNumber drops a fraction of zeros: 5.0 is an integer to CVAT, 1.5 is not.
func wholeNumber(s string) string { return zeroFraction.ReplaceAllString(s, "") }

// truth reads a boolean in any of the ways that Django takes.
func (f *form) truth(name string) (value, ok bool) {
	v, there := f.body[name]
	switch v := v.(type) {
	case bool:
		return v, true
	case json.Number:
		return f.truthText(name, v.String())
	case string:
		return f.truthText(name, v)
	case nil:
		if there {
			f.fail(name, mayNotBeNull)
		}
		return false, false
	}
	f.fail(name, "Must be a valid boolean.")
	return false, false
}

func (f *form) truthText(name, s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "t", "y", "yes", "on", "1":
		return true, true
	case "false", "f", "n", "no", "off", "0":
		return false, true
	}
	f.fail(name, "Must be a valid boolean.")
	return false, false
}

// choice reads one of a few strings.
func (f *form) choice(name string, of ...string) (value string, ok bool) {
	v, there := f.body[name]
	if !there {
		return "", false
	}
	if v == nil {
		f.fail(name, mayNotBeNull)
		return "", false
	}
	s := fmt.Sprint(v)
	for _, c := range of {
		if s == c {
			return s, true
		}
	}
	f.fail(name, "%q is not a valid choice.", s)
	return "", false
}

// texts reads a list of strings.
func (f *form) texts(name string) (values []string, ok bool) {
	v, there := f.body[name]
	if !there {
		return nil, false
	}
	if v == nil {
		f.fail(name, mayNotBeNull)
		return nil, false
	}
	list, isList := v.([]any)
	if !isList {
		f.fail(name, "Expected a list of items but got type %q.", pythonType(v))
		return nil, false
	}
	for _, item := range list {
		values = append(values, fmt.Sprint(item))
	}
	return values, true
}

// pythonType is the name that CVAT has for a JSON value's type.
func pythonType(v any) string {
	switch v := v.(type) {
	case string:
		return "str"
	case bool:
		return "bool"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "float"
		}
		return "int"
	case map[string]any:
		return "dict"
	case []any:
		return "list"
	}
	return "NoneType"
}
