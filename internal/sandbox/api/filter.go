package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
)

// logic turns a JSON Logic rule (jsonlogic.com) into SQL, as far as CVAT knows it:
// and, or, !, !!, var, ==, <, >, <=, >= and both kinds of in.
//
// The parent is the operation that the rule is an argument of, for messages.
func (l *listing) logic(rule any, parent string) (string, []any, error) {
	object, ok := rule.(map[string]any)
	if !ok || len(object) == 0 {
		return "", nil, emptyArgument(parent, "dict", rule)
	}
	for op, args := range object {
		return l.operation(op, args, parent) // a rule has one operation
	}
	return "", nil, nil
}

func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case bool:
		return !v
	case string:
		return v == ""
	case json.Number:
		return v == "0"
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func emptyArgument(op, want string, got any) error {
	if op == "" {
		return fmt.Errorf("expected a non-empty %s value, got '%s' of type '%s'", want, shown(got), pythonType(got))
	}
	return fmt.Errorf("operation '%s' requires a non-empty %s argument, got '%s' of type '%s'", op, want, shown(got), pythonType(got))
}

func unsupported(op string, args any) error {
	return fmt.Errorf("operation '%s' with arguments '%s' is not supported", op, python(args))
}

func (l *listing) operation(op string, arg any, parent string) (string, []any, error) {
	args, _ := arg.([]any)
	switch op {
	case "and", "or":
		if len(args) == 0 {
			return "", nil, emptyArgument(parent, "list", arg)
		}
		return l.combine(op, args)
	case "!", "!!":
		sql, values, err := l.logic(arg, op)
		if op == "!" {
			sql = "NOT (" + sql + ")"
		}
		return sql, values, err
	case "var":
		t, err := l.term(map[string]any{"var": arg})
		return t.column + " IS NOT NULL", nil, err
	case "in":
		if len(args) != 2 {
			return "", nil, unsupported(op, arg)
		}
		return l.membership(args)
	case "==", "<", ">", "<=", ">=":
		return l.comparison(op, args)
	}
	return "", nil, unsupported(op, arg)
}

func (l *listing) combine(op string, rules []any) (string, []any, error) {
	var parts []string
	var all []any
	for _, rule := range rules {
		sql, args, err := l.logic(rule, op)
		if err != nil {
			return "", nil, err
		}
		parts, all = append(parts, "("+sql+")"), append(all, args...)
	}
	return strings.Join(parts, " "+strings.ToUpper(op)+" "), all, nil
}

func (l *listing) comparison(op string, args []any) (string, []any, error) {
	if op == "<=" && len(args) == 3 { // low <= var <= high
		t, err := l.term(args[1])
		return t.column + " BETWEEN ? AND ?", []any{t.value(args[0]), t.value(args[2])}, err
	}
	if len(args) != 2 {
		return "", nil, unsupported(op, args)
	}
	t, err := l.term(args[0])
	return t.column + " " + strings.Replace(op, "==", "=", 1) + " ?", []any{t.value(args[1])}, err
}

// membership is either var in [values] or "part" in var.
func (l *listing) membership(args []any) (string, []any, error) {
	if _, ok := args[0].(map[string]any); !ok {
		t, err := l.term(args[1])
		return "instr(" + t.column + ", ?) > 0", []any{t.value(args[0])}, err
	}
	t, err := l.term(args[0])
	if err != nil {
		return "", nil, err
	}
	list, _ := args[1].([]any)
	var values []any
	for _, v := range list {
		values = append(values, t.value(v))
	}
	marks := strings.TrimSuffix(strings.Repeat("?,", len(values)), ",")
	return t.column + " IN (" + marks + ")", values, nil
}

// shown is a JSON value as Python prints it.
func shown(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return python(v)
}

// python is a JSON value as Python writes it in its own language.
func python(v any) string {
	switch v := v.(type) {
	case string:
		return importer.PythonString(v)
	case bool:
		return map[bool]string{true: "True", false: "False"}[v]
	case []any:
		var items []string
		for _, item := range v {
			items = append(items, python(item))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case map[string]any:
		var items []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			items = append(items, importer.PythonString(k)+": "+python(v[k]))
		}
		return "{" + strings.Join(items, ", ") + "}"
	case nil:
		return "None"
	}
	return fmt.Sprint(v)
}

// term is the term that {"var": name} names.
func (l *listing) term(v any) (term, error) {
	object, _ := v.(map[string]any)
	name, _ := object["var"].(string)
	t, ok := l.terms[name]
	if !ok {
		return term{}, fmt.Errorf("term '%s' is not supported", name)
	}
	return t, nil
}

// value is a JSON value as the term's column has it.
func (t term) value(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case string:
		if at, err := time.Parse(time.RFC3339, v); err == nil && t.kind == timeTerm {
			return at.UnixMicro()
		}
	case []any, map[string]any:
		return fmt.Sprint(v)
	}
	return v
}
