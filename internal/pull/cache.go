package pull

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/regular"
)

// homeDir is the directory, below that of the files, for what only spares time.
const homeDir = ".cvatplan"

// A cache keeps the server's answers about tasks, each under the key that it was asked for with, so that files of many
// tasks, and formats that are asked for later, cost no request for those that did not change.
type cache struct {
	home    string // of one project on one server
	scratch string // where answers go that must leave no trace; empty: into home
}

// openCache finds the cache of a project. With Options.Check nothing is written there.
func openCache(o Options, server string, project int) (*cache, error) {
	c := &cache{home: filepath.Join(o.Dir, homeDir, hashOf(server, project))}
	if o.Check {
		var err error
		c.scratch, err = os.MkdirTemp("", "cvatplan-pull-")
		return c, err
	}
	if err := os.MkdirAll(c.home, 0o777); err != nil {
		return nil, err
	}
	// Nothing below is for a repository: it tells dates, which move where no content does.
	ignore := filepath.Join(o.Dir, homeDir, ".gitignore")
	if _, err := os.Stat(ignore); err == nil {
		return c, nil
	}
	return c, atomicfile.Write(ignore, atomicfile.Options{}, func(w io.Writer) error {
		_, err := io.WriteString(w, "*\n")
		return err
	})
}

func (c *cache) close() {
	if c.scratch != "" {
		_ = os.RemoveAll(c.scratch) // the system's temporary directory is cleaned anyway
	}
}

func (c *cache) name(m *member) string { return fmt.Sprintf("%d-%s.json.gz", m.task.ID, m.key) }

// find is where a task's answers are; empty: nowhere.
func (c *cache) find(m *member) string {
	for _, dir := range []string{c.home, c.scratch} {
		if dir == "" {
			continue
		}
		if path := filepath.Join(dir, c.name(m)); exists(path) {
			return path
		}
	}
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// has says whether a task's answers are there. One that a power failure left empty is not.
func (c *cache) has(m *member) bool {
	info, err := os.Stat(c.find(m))
	return err == nil && info.Size() > 0
}

func (c *cache) put(m *member, a answers) error {
	dir := c.home
	if c.scratch != "" {
		dir = c.scratch
	}
	return atomicfile.Write(filepath.Join(dir, c.name(m)), atomicfile.Options{NoSync: true}, func(w io.Writer) error {
		z := gzip.NewWriter(w)
		return errors.Join(json.NewEncoder(z).Encode(a), z.Close())
	})
}

func (c *cache) get(m *member) (answers, error) {
	f, err := regular.Open(c.find(m))
	if err != nil {
		return answers{}, err
	}
	defer f.Close()
	var a answers
	z, err := gzip.NewReader(f)
	if err == nil {
		err = json.NewDecoder(z).Decode(&a)
	}
	if err != nil {
		return a, fmt.Errorf("%s: %w; remove it, and it is fetched again", f.Name(), err)
	}
	return a, nil
}

// forgetOthers removes answers that are out of date: no key leads there any more.
func (c *cache) forgetOthers(members []*member, o Options) error {
	if c.scratch != "" {
		return nil
	}
	entries, err := os.ReadDir(c.home)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	keep := map[string]bool{}
	mine := map[string]bool{}
	for _, m := range members {
		keep[c.name(m)] = true
		mine[fmt.Sprintf("%d-", m.task.ID)] = true
	}
	for _, e := range entries {
		id, _, ok := strings.Cut(e.Name(), "-")
		if ok && strings.HasSuffix(e.Name(), ".json.gz") && !keep[e.Name()] && mine[id+"-"] {
			err = errors.Join(err, os.Remove(filepath.Join(c.home, e.Name())))
		}
	}
	return err
}
