package source

import (
	"os"
	"path/filepath"
)

// Paths are the local files that the task's frames are read from, whether they are there or not: its
// images, or the files of its recording.
func (t Task) Paths() []string {
	switch r := t.frames.reel.(type) {
	case files:
		return wheres(len(r.names), r.where)
	case *messages:
		return filesOf(r.path)
	case absent:
		if r.paths == nil {
			return []string{r.bag.path}
		}
		return wheres(len(r.names), r.where)
	}
	return nil
}

func wheres(n int, where func(int) string) []string {
	paths := make([]string, n)
	for i := range paths {
		paths[i] = where(i)
	}
	return paths
}

// filesOf are the files that a recording consists of.
func filesOf(path string) []string {
	entries, err := os.ReadDir(path)
	if err != nil {
		return []string{path}
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && e.Name()[0] != '.' {
			files = append(files, filepath.Join(path, e.Name()))
		}
	}
	return files
}
