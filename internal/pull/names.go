package pull

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"github.com/cvatplan/cvatplan/internal/dataset"
)

const maxFileName = 180 // bytes, which leaves room for what a format appends; file systems end at 255

// fileName is a name of CVAT's as the name of a file on every system. A name that had to be changed gets a part of its
// hash, so that no two become one.
func fileName(name string) string { return safeName(name, plain) }

// plain are the characters that need no quoting in a shell, and letters of all scripts.
func plain(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || strings.ContainsRune(" ._-+=@,()", r)
}

// everywhere are the characters that the file names of every system may have.
func everywhere(r rune) bool { return unicode.IsPrint(r) && !strings.ContainsRune(`<>:"|?*\/`, r) }

// onlyIf replaces all other characters.
func onlyIf(takes func(rune) bool) func(rune) rune {
	return func(r rune) rune {
		if takes(r) {
			return r
		}
		return '_'
	}
}

func safeName(name string, takes func(rune) bool) string {
	safe := strings.Map(onlyIf(takes), name)
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
	safe := fileName(name)
	if n.taken[fold.String(safe)] {
		safe += "-" + shortHash(name+"\x00"+distinct)
	}
	n.taken[fold.String(safe)] = true
	return safe
}

// imagePath is where the image of a frame of that name is below its task's directory in a data set of Ultralytics: its
// own path, without what would lead out of the directory and what some systems have no file names for.
func imagePath(name string) string {
	parts := strings.Split(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(dataset.ImageName(name), `\`, "/")), "/"), "/")
	file := len(parts) - 1
	for i, dir := range parts[:file] {
		parts[i] = imageDir(dir)
	}
	ext := path.Ext(parts[file])
	safe := safeName(strings.TrimSuffix(parts[file], ext), everywhere)
	if changed := strings.Map(onlyIf(everywhere), ext); changed != ext {
		safe, ext = safe+"-"+shortHash(parts[file]), changed
	}
	parts[file] = safe + ext
	return strings.Join(parts, "/")
}

// imageDir is the name of a directory that images are in. Ultralytics looks for an image's labels where the last images of
// its path is labels, so no other directory may have that name.
func imageDir(name string) string {
	if name == "images" {
		return name + "-" + shortHash(name)
	}
	return safeName(name, everywhere)
}
