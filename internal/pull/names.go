package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

const maxFileName = 180 // bytes, which leaves room for what a format appends; file systems end at 255

// FileName is a name of CVAT's as the name of a file on every system. A name that had to be changed gets a part of its
// hash, so that no two become one.
func FileName(name string) string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), strings.ContainsRune(" ._-+=@,()", r):
			return r
		}
		return '_'
	}, name)
	safe = strings.TrimRight(safe, " .")
	if strings.HasPrefix(safe, ".") || strings.HasPrefix(safe, " ") || reserved(safe) {
		safe = "_" + strings.TrimLeft(safe, ". ")
	}
	for cut := len(safe) > maxFileName; cut && len(safe) > maxFileName-9; {
		_, size := utf8.DecodeLastRuneInString(safe)
		safe = safe[:len(safe)-size]
	}
	if safe == name {
		return safe
	}
	return safe + "-" + shortHash(name)
}

func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// reserved are the names that Windows keeps for devices, whatever their extension.
func reserved(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem {
	case "", "CON", "PRN", "AUX", "NUL":
		return true
	}
	return len(stem) == 4 && (strings.HasPrefix(stem, "COM") || strings.HasPrefix(stem, "LPT")) && stem[3] >= '0' && stem[3] <= '9'
}

// A namer gives each thing a file name of its own. Names that differ in case alone are distinguished too.
type namer struct{ taken map[string]bool }

// name is a file name for a thing of that name; distinct tells it from others of the same name.
func (n *namer) name(name, distinct string) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	fold := cases.Fold()
	safe := FileName(name)
	if n.taken[fold.String(safe)] {
		safe += "-" + shortHash(name+"\x00"+distinct)
	}
	n.taken[fold.String(safe)] = true
	return safe
}

// framePath is a frame's name as a path below a directory, without what would lead out of it.
func framePath(name string) string {
	parts := strings.Split(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"), "/")
	for i, p := range parts {
		parts[i] = FileName(p)
	}
	return strings.Join(parts, "/")
}
