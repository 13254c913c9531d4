package wording

import (
	"cmp"

	"github.com/maruel/natural"
)

// Compare is the order that people expect (run_2 before run_10), and total.
func Compare(a, b string) int {
	switch {
	case a == b:
		return 0
	case natural.Less(a, b):
		return -1
	case natural.Less(b, a):
		return 1
	}
	return cmp.Compare(a, b)
}
