// Package rosmsg decodes ROS messages of any type by the definition that their recording carries, so that what reads
// them need not know each version of a type. It is for small messages: images have a reader of their own (rosimage).
package rosmsg

import (
	"fmt"
	"strconv"
	"strings"
)

// A Message is the fields of a message by name. A value is a bool, an int64, a float64, a string, a [Time], a Message, a
// []any of one of these, or nil for an array of bytes, which is passed over.
type Message map[string]any

// A Time is a ROS time, in nanoseconds.
type Time int64

// A Type is a message's definition.
type Type struct {
	name  string
	types map[string][]field // by full name: package/Name
}

// A field of a definition.
type field struct {
	name  string
	kind  string // a primitive, or the full name of a type
	array bool
	fixed int // the length of an array that says none on the wire; 0: it does
}

// Parse reads a definition as recordings have it: the type's own, and behind lines of "=", each with its "MSG: name", those
// that it uses.
func Parse(name, definition string) (*Type, error) {
	t := &Type{name: fullName(name), types: map[string][]field{}}
	of := t.name
	raw := map[string][]field{}
	for _, line := range strings.Split(definition, "\n") {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		switch named, isName := strings.CutPrefix(line, "MSG:"); {
		case isName:
			of = fullName(strings.TrimSpace(named))
			raw[of] = nil
			continue
		case line == "" || strings.HasPrefix(line, "="):
			continue
		}
		f, is, err := parseField(line)
		if err != nil {
			return nil, fmt.Errorf("definition of %s: %w", of, err)
		}
		if is {
			raw[of] = append(raw[of], f)
		}
	}
	for of, fields := range raw {
		for i := range fields {
			if !primitive(fields[i].kind) {
				fields[i].kind = resolve(fields[i].kind, of, raw)
			}
		}
		t.types[of] = fields
	}
	return t, t.check(t.name, nil)
}

// fullName is package/Name: ROS 2 puts msg between them.
func fullName(name string) string { return strings.Replace(name, "/msg/", "/", 1) }

// parseField reads a line; false where it is a constant.
func parseField(line string) (f field, is bool, err error) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return f, false, fmt.Errorf("%.60q is not a field", line)
	}
	kind, name := words[0], words[1]
	if strings.Contains(name, "=") || len(words) > 2 && strings.HasPrefix(words[2], "=") {
		return f, false, nil
	}
	f.name = name
	if open := strings.IndexByte(kind, '['); open >= 0 {
		length := strings.TrimSuffix(kind[open+1:], "]")
		kind, f.array = kind[:open], true
		if length != "" && !strings.HasPrefix(length, "<=") {
			if f.fixed, err = strconv.Atoi(length); err != nil || f.fixed < 0 || f.fixed > maxFixed {
				return f, false, fmt.Errorf("%.60q is not a field", line)
			}
		}
	}
	kind, _, _ = strings.Cut(kind, "<=") // a string's longest
	f.kind = fullName(kind)
	return f, true, nil
}

const maxFixed = 1 << 20

var sizes = map[string]int{
	"bool": 1, "byte": 1, "char": 1, "int8": 1, "uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "uint32": 4, "int64": 8, "uint64": 8,
	"float32": 4, "float64": 8, "string": 0, "time": 0, "duration": 0,
}

func primitive(kind string) bool { _, is := sizes[kind]; return is }

// resolve finds the type that a definition names shortly: Header is std_msgs' own, others are of the same package.
func resolve(kind, within string, types map[string][]field) string {
	if strings.Contains(kind, "/") {
		return kind
	}
	pkg, _, _ := strings.Cut(within, "/")
	if _, there := types[pkg+"/"+kind]; !there && kind == "Header" {
		return "std_msgs/Header"
	}
	return pkg + "/" + kind
}

// maxDepth is how deep types may be within each other.
const maxDepth = 32

// check is an error where a type is not defined, or holds itself.
func (t *Type) check(name string, above []string) error {
	if isTime(name) {
		return nil
	}
	fields, there := t.types[name]
	if !there || len(above) > maxDepth {
		return fmt.Errorf("definition of %s: type %s is not defined in it", t.name, name)
	}
	for _, f := range fields {
		if primitive(f.kind) {
			continue
		}
		if err := t.check(f.kind, append(above, name)); err != nil {
			return err
		}
	}
	return nil
}

func isTime(name string) bool {
	return name == "builtin_interfaces/Time" || name == "builtin_interfaces/Duration"
}
