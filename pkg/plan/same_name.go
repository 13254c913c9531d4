package plan

import (
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// SameName says of this and another wanted task of the same name where each comes from, and what would
// give them names of their own. A bag that two manifests name has both places with it.
func (d Desired) SameName(other Desired) (text string, hint Hint) {
	a, b := origins(d, other)
	return fmt.Sprintf("%s and %s would both be task %s", a, b, d.Task), sameNameHint(d, other)
}

// TellApart gives two different names as people can tell them apart: in signs that are
// not ASCII's escaped, where they differ in their Unicode form only.
func TellApart(a, b string) (string, string) {
	if a != b && NameOf(a) == NameOf(b) {
		return strconv.QuoteToASCII(a), strconv.QuoteToASCII(b)
	}
	return a, b
}

func origins(one, other Desired) (a, b string) {
	a, b = TellApart(bagOf(one), bagOf(other))
	a, b = "bag "+a, "bag "+b
	if one.Camera != "" || other.Camera != "" {
		a, b = a+" (camera "+one.Camera+")", b+" (camera "+other.Camera+")"
	}
	if one.Origin.File != other.Origin.File || a == b {
		a, b = a+" in "+one.Origin.String(), b+" in "+other.Origin.String()
	}
	return a, b
}

func bagOf(d Desired) string { return orElse(d.Bag, d.Task) }

// sameNameHint names what differs, as a template would.
func sameNameHint(one, other Desired) Hint {
	camera := ""
	if one.Camera != "" && other.Camera != "" {
		camera = "{camera}_"
	}
	more := "{rel}"
	switch {
	case one.Bag == other.Bag && one.Camera == other.Camera && one.Origin == other.Origin:
		return diag.Do(diag.HintNameManifestOnce, one.Origin.File)
	case one.Bag == other.Bag && one.Camera == other.Camera && one.Origin.File != other.Origin.File:
		return diag.Do(diag.HintLeaveBagOut)
	case one.Bag != other.Bag && NameOf(one.Bag) == NameOf(other.Bag):
		return diag.Do(diag.HintRenameBagUnicode)
	case bagName(one) != bagName(other) || one.Bag == other.Bag:
		more = "{bag}"
	case parent(one) != parent(other):
		more = "{parent}_{bag}"
	}
	return diag.Do(diag.HintExtendTaskName, camera+more)
}

// bagName is about what {bag} is, without the extensions of a recording.
func bagName(d Desired) string {
	name := path.Base(NameOf(d.Bag).String())
	for _, second := range []string{".active", ".zstd"} {
		name = strings.TrimSuffix(name, second)
	}
	return strings.TrimSuffix(name, path.Ext(name))
}

func parent(d Desired) string { return path.Base(path.Dir(NameOf(d.Bag).String())) }
