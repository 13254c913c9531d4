package source

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// FetchCommand is what brings the content of a pointer, asked for the whole bag: the pointer's path, and the
// directory to fetch.
func FetchCommand(code diag.Code, file, dir string) diag.Hint {
	switch code {
	case diag.CodeLFSPointer:
		top, rel := worktree(dir)
		return diag.Do(diag.HintFetchLFS, top, rel)
	case diag.CodeAnnexMissing:
		return diag.Do(diag.HintFetchAnnex, dir)
	case diag.CodeDVCMissing:
		return diag.Do(diag.HintFetchDVC, file)
	}
	return diag.Hint{}
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
