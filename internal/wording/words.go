package wording

import (
	"fmt"
	"strings"
)

// Count is a number with its noun: "1 image", "3 images".
func Count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Frames counts frames under a name that fits all of them: images, unless some are of another kind.
func Frames(n int, otherKinds bool) string {
	if otherKinds {
		return Count(n, "frame", "frames")
	}
	return Count(n, "image", "images")
}

// FirstFew are the first names of many, at most n, and a sign where there are more.
func FirstFew(names []string, n int) string {
	shown := strings.Join(names[:min(n, len(names))], ", ")
	if len(names) > n {
		shown += ", …"
	}
	return shown
}

// IsGlob reports whether a pattern is more than a plain name or path.
func IsGlob(pattern string) bool { return strings.ContainsAny(pattern, `*?[{\`) }
