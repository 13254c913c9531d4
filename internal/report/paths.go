package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// Paths writes local paths one a line, sorted, each once, and as they are, since
// programs read them (`rsync --files-from`, `dvc pull`). A path that holds a line
// break would be read as two, and one with characters that are not shown would be
// altered on its way out; either is an error, and nothing is written.
func Paths(w io.Writer, paths []string) error {
	sorted := slices.Compact(slices.Sorted(slices.Values(paths)))
	if i := slices.IndexFunc(sorted, func(p string) bool { return !wording.IsSafe(p) }); i >= 0 {
		return fmt.Errorf("path %q holds a line break or a character that is not shown, so it cannot be listed", sorted[i])
	}
	b := bufio.NewWriter(w)
	for _, p := range sorted {
		fmt.Fprintln(b, p)
	}
	return b.Flush()
}
