package manifest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Template is text with variables in braces, as task.name and task.frame_name
// are: "{bag}/{camera}_{index:06}.{ext}". `{{` and `}}` are literal braces.
//
// Its variables are checked when it is parsed; that each has a value is known
// only for a bag and a frame, and checked by [Template.Execute].
type Template struct {
	text  string
	parts []part
}

// A part is literal text, or a variable where name is not empty.
type part struct {
	literal string
	name    string
	width   int // zero-padded to so many digits
}

// A templateError says what is wrong with a template, and where.
type templateError struct {
	Offset int // in runes, from 0
	Text   string
	Hint   diag.Hint
}

func (e *templateError) Error() string { return e.Text }

// templateErrors are all that is wrong with a template, from left to right.
type templateErrors []*templateError

func (e templateErrors) Error() string { return e[0].Text }

// parseTaskName parses a task.name template; errors are templateErrors.
func parseTaskName(text string) (*Template, error) { return parseTemplate(text, taskVariables) }

// parseFrameName parses a task.frame_name template; errors are templateErrors.
func parseFrameName(text string) (*Template, error) { return parseTemplate(text, frameVariables) }

// String returns the template as it was written.
func (t *Template) String() string { return t.text }

// Equal reports whether both were written alike.
func (t *Template) Equal(o *Template) bool {
	if t == nil || o == nil {
		return t == o
	}
	return t.text == o.text
}

// Uses reports whether the template has the variable, named without braces.
func (t *Template) Uses(variable string) bool { return t.count(variable) > 0 }

func (t *Template) count(variable string) (n int) {
	for _, p := range t.parts {
		if p.name == variable {
			n++
		}
	}
	return n
}

// Width is to how many digits the template pads a variable; 0: it does not.
func (t *Template) Width(variable string) int {
	for _, p := range t.parts {
		if p.name == variable {
			return p.width
		}
	}
	return 0
}

// Around executes what comes before and after a variable; it is "" and "" where the template does not have it.
func (t *Template) Around(variable string, v Vars) (before, after string, err error) {
	for i, p := range t.parts {
		if p.name != variable {
			continue
		}
		if before, err = (&Template{parts: t.parts[:i]}).Execute(v); err == nil {
			after, err = (&Template{parts: t.parts[i+1:]}).Execute(v)
		}
		return before, after, err
	}
	return "", "", nil
}

// maxTemplate is how long a template may be, in bytes: names have 256 characters at most.
const maxTemplate = 4096

func parseTemplate(text string, known []string) (*Template, error) {
	if len(text) > maxTemplate {
		return nil, templateErrors{{Text: fmt.Sprintf("a template has at most %d bytes, this one has %d", maxTemplate, len(text))}}
	}
	t := &Template{text: text}
	var literal strings.Builder
	var wrong templateErrors
	for rest := text; rest != ""; {
		offset := utf8.RuneCountInString(text[:len(text)-len(rest)])
		next, p, err := nextPart(rest, known)
		rest = rest[next:]
		if err != nil {
			err.Offset = offset
			wrong = append(wrong, err)
			continue
		}
		if p.name == "" {
			literal.WriteString(p.literal)
			continue
		}
		t.flush(&literal)
		t.parts = append(t.parts, p)
	}
	t.flush(&literal)
	if len(wrong) > 0 {
		return nil, wrong
	}
	return t, nil
}

func (t *Template) flush(literal *strings.Builder) {
	if literal.Len() > 0 {
		t.parts = append(t.parts, part{literal: literal.String()})
		literal.Reset()
	}
}

// nextPart reads one part off the front of rest and returns how many bytes it took.
func nextPart(rest string, known []string) (int, part, *templateError) {
	switch {
	case strings.HasPrefix(rest, "{{"), strings.HasPrefix(rest, "}}"):
		return 2, part{literal: rest[:1]}, nil
	case rest[0] == '}':
		return 1, part{}, &templateError{Text: "} closes no variable", Hint: diag.Do(diag.HintWriteForLiteral, "}}", "a literal brace")}
	case rest[0] != '{':
		n := strings.IndexAny(rest, "{}")
		if n < 0 {
			n = len(rest)
		}
		return n, part{literal: rest[:n]}, nil
	}
	end := strings.IndexAny(rest[1:], "{}") + 1
	if end == 0 || rest[end] != '}' {
		return 1, part{}, &templateError{Text: "{ opens a variable that is not closed", Hint: diag.Do(diag.HintWriteForLiteral, "{{", "a literal brace")}
	}
	p, err := parseVariable(rest[1:end], known)
	return end + 1, p, err
}

// parseVariable reads what is between braces: a name, or a name:0WIDTH.
func parseVariable(inner string, known []string) (part, *templateError) {
	name, format, padded := strings.Cut(inner, ":")
	if !slices.Contains(known, name) {
		return part{}, unknownVariable(name, known)
	}
	if !padded {
		return part{name: name}, nil
	}
	if !slices.Contains(paddable, name) {
		return part{}, &templateError{
			Text: fmt.Sprintf("{%s} takes no width", name),
			Hint: diag.Do(diag.HintPadOnly, "{"+strings.Join(paddable[:len(paddable)-1], "}, {")+"} and {"+paddable[len(paddable)-1]+"}"),
		}
	}
	width, ok := parseWidth(format)
	if !ok {
		return part{}, &templateError{
			Text: fmt.Sprintf("%q is not a width", format),
			Hint: diag.Do(diag.HintPadLimit, name),
		}
	}
	return part{name: name, width: width}, nil
}

// widths are 01 to 019: nineteen digits hold every number of 64 bits.
var widths = regexp.MustCompile(`^0([1-9]|1[0-9])$`)

func parseWidth(s string) (int, bool) {
	m := widths.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return n, err == nil
}

func unknownVariable(name string, known []string) *templateError {
	err := &templateError{Text: fmt.Sprintf("unknown variable {%s}", name)}
	if near := wording.Nearest(name, known); near != "" {
		err.Hint = diag.Do(diag.HintDidYouMean, "{"+near+"}")
		return err
	}
	if slices.Contains(frameVariables, name) {
		err.Hint = diag.Do(diag.HintFrameVariable, name)
		return err
	}
	err.Hint = diag.Do(diag.HintKnownVariables, "{"+strings.Join(known, "}, {")+"}")
	return err
}
