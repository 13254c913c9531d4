package manifest

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// A Name is the name of a task, a label or a project as names are compared: without outer
// blanks, which CVAT strips, and in Unicode's form NFC. CVAT itself compares byte by byte,
// but a name that was typed on a Mac (NFD) must not make a second task.
//
// Only [NameOf] makes one, so that a map by Name cannot be asked for a name as it was written.
type Name struct{ text string }

// NameOf is how the name, or the pattern of names, s is compared.
func NameOf(s string) Name { return Name{norm.NFC.String(strings.TrimSpace(s))} }

// String is the name in NFC.
func (n Name) String() string { return n.text }

// Spellings are the forms to ask a server for, which compares byte by byte: the name in
// NFC and, where that is another one, in NFD.
func (n Name) Spellings() []string {
	if decomposed := norm.NFD.String(n.text); decomposed != n.text {
		return []string{n.text, decomposed}
	}
	return []string{n.text}
}
