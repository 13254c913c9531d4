package manifest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What a person sees of a manifest's mistakes, a pull request shows too, and it may name any file of the
// machine that checks it (labels: /proc/self/environ). So nothing is repeated from a file outside the
// manifest's own tree: its repository, or its directory where it is in none. What git keeps for itself is
// outside: .git/config holds the credentials of a CI job.

// outside is what is said of a mistake in such a file.
const outside = "a mistake here; the file is outside the repository of the manifest, so nothing of it is shown"

// tree is the directory in which a manifest's files lie: the nearest one above that has a .git.
func tree(dir string) string {
	start := resolved(dir)
	for up := start; ; up = filepath.Dir(up) {
		if _, err := os.Lstat(filepath.Join(up, ".git")); err == nil {
			return up
		}
		if up == filepath.Dir(up) {
			return start
		}
	}
}

// foreign are the files that, links resolved, lie outside the tree of the manifest.
func (l *loader) foreign() map[*text]bool {
	found := make(map[*text]bool)
	root := tree(l.files[0].dir)
	for _, t := range l.files {
		found[t] = !inTree(root, resolved(t.name))
	}
	return found
}

// Shows reports whether the text of a file may be repeated where a pull request shows it: links resolved, it lies in the
// manifest's repository, or in its directory where that is in none.
func (m *Manifest) Shows(path string) bool { return inTree(tree(m.Dir), resolved(path)) }

// inTree is of a path without links.
func inTree(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && filepath.IsLocal(rel) && !ofSystem(path) && !ofGit(path)
}

// ofSystem tells files that hold what the kernel knows, such as a process's environment.
func ofSystem(path string) bool {
	return strings.HasPrefix(path, "/proc/") || strings.HasPrefix(path, "/sys/")
}

// ofGit tells files that git keeps for itself, which are in no commit; those of git-annex are the contents of what is.
func ofGit(path string) bool {
	parts := strings.Split(filepath.ToSlash(path), "/")
	i := slices.IndexFunc(parts, func(part string) bool { return strings.EqualFold(part, ".git") })
	return i >= 0 && !(len(parts) > i+2 && parts[i+1] == "annex" && parts[i+2] == "objects")
}

// resolved is an absolute path without links, as far as that can be told.
func resolved(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	return abs
}
