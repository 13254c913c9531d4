package source

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// fetchCommand is what brings the content of a pointer, asked for the whole bag.
func fetchCommand(code diag.Code, file, dir string) string {
	switch code {
	case diag.CodeLFSPointer:
		top, rel := worktree(dir)
		return fmt.Sprintf("git -C %s lfs pull --include=%s", quote(top), quote(rel))
	case diag.CodeAnnexMissing:
		return "git annex get " + quote(dir)
	case diag.CodeDVCMissing:
		return "dvc pull " + quote(file)
	}
	return ""
}

// worktree finds the repository that holds a bag, and the bag's path in it, as
// git lfs matches it.
func worktree(dir string) (top, pattern string) {
	abs := absolute(dir)
	for up := abs; ; up = filepath.Dir(up) {
		if _, err := os.Lstat(filepath.Join(up, ".git")); err == nil {
			rel, _ := filepath.Rel(up, abs)
			return relative(up), strings.TrimPrefix(filepath.ToSlash(rel)+"/**", "./")
		}
		if up == filepath.Dir(up) {
			return ".", filepath.ToSlash(dir) + "/**"
		}
	}
}

// relative is a path as one would type it here.
func relative(abs string) string {
	wd, err := os.Getwd()
	if err != nil {
		return abs
	}
	rel, err := filepath.Rel(wd, abs)
	if err != nil || len(rel) > len(abs) {
		return abs
	}
	return rel
}
