package source

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// sentinel represents a path where a template is tried; no path holds a NUL.
const sentinel = "\x00"

// prefixOf is what a frame_name template puts before every path, where that is all it
// does ("{bag}/{path}", "{path}"): names then need no template, and no memory in addition to
// their paths.
func prefixOf(t *manifest.Template, v manifest.Vars) (string, bool) {
	for _, own := range []string{"topic", "stamp_ns", "stamp_s", "log_ns", "seq", "index", "ext", "name"} {
		if t.Uses(own) {
			return "", false
		}
	}
	v.Path = sentinel
	name, err := t.Execute(v)
	prefix, ends := strings.CutSuffix(name, sentinel)
	return norm.NFC.String(prefix), err == nil && ends && !strings.Contains(prefix, sentinel)
}

// join gives prefix+path for each, all in one string.
func join(prefix string, paths []string) []string {
	total := 0
	for _, p := range paths {
		total += len(prefix) + len(p)
	}
	var b strings.Builder
	b.Grow(total)
	for _, p := range paths {
		b.WriteString(prefix)
		b.WriteString(p)
	}
	all := b.String()
	names := make([]string, len(paths))
	for i, p := range paths {
		n := len(prefix) + len(p)
		names[i], all = all[:n], all[n:]
	}
	return names
}

// fileVars are the variables of one file.
func fileVars(v manifest.Vars, at string, index int) manifest.Vars {
	v.Path = norm.NFC.String(at)
	v.Ext = strings.TrimPrefix(path.Ext(v.Path), ".")
	v.Name = trimExtension(path.Base(v.Path))
	v.Index = index
	if stamp, ok := stampOf(at); ok {
		v.Stamp = &stamp
	}
	return v
}

// checkNames reports names that CVAT would not keep.
func checkNames(kind manifest.Kind, names []string, where func(int) string) []diag.Diagnostic {
	var list problemList
	for i, name := range names {
		if err := frameFault(kind, name); err != nil {
			list.add(diag.Diagnostic{
				Severity: diag.Error, Code: diag.CodeBadFrameName, Text: fmt.Sprintf("%s: %v", wording.Safe(where(i)), err),
				Hint: diag.Do(diag.HintRenameFrame),
			})
		}
	}
	return list.problems()
}

// increasing reports whether each name is greater than the one before it, as they nearly always are.
func increasing(names []string) bool {
	for i := range names {
		if i > 0 && names[i-1] >= names[i] {
			return false
		}
	}
	return true
}

// checkUnique reports equal names with both origins.
func checkUnique(names []string, where func(int) string) []diag.Diagnostic {
	if increasing(names) {
		return nil
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	if len(slices.Compact(sorted)) == len(names) {
		return nil
	}
	var list problemList
	first := make(map[string]int)
	for i, name := range names {
		k, twice := first[name]
		if !twice {
			first[name] = i
			continue
		}
		a, b := plan.TellApart(wording.Safe(where(k)), wording.Safe(where(i)))
		p := diag.Diagnostic{
			Severity: diag.Error, Code: diag.CodeSameFrameName,
			Text: fmt.Sprintf("%s and %s would both be frame %s", a, b, wording.Safe(name)),
			Hint: diag.Do(diag.HintExtendFrameName, "{bag}/{path}"),
		}
		if a != wording.Safe(where(k)) {
			p.Hint = diag.Do(diag.HintRenameFileUnicode)
		}
		list.add(p)
	}
	return list.problems()
}

// sameStem says which names differ in their extension only; empty if none do. Most tasks have one
// extension, which costs no memory.
func sameStem(names []string) string {
	if !slices.ContainsFunc(names, func(n string) bool { return path.Ext(n) != path.Ext(names[0]) }) {
		return ""
	}
	first := make(map[string]string, len(names))
	pairs, example := 0, ""
	for _, name := range names {
		stem := trimExtension(name)
		other, again := first[stem]
		if !again {
			first[stem] = name
			continue
		}
		if pairs++; pairs == 1 {
			example = wording.Safe(other) + " and " + wording.Safe(name)
		}
	}
	switch pairs {
	case 0:
		return ""
	case 1:
		return example + " differ in their extension only"
	}
	return fmt.Sprintf("%s differ in their extension only (and %d more)", example, pairs-1)
}
