package adopt

import (
	"context"
	"errors"
	"hash/fnv"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// images are what lies below the root.
type images struct {
	dirs       []dir
	byBase     map[string][]int // directories by their own name
	byNames    map[names][]int  // by the names of all images below them
	recordings map[string][]dir // by the name of the bag, without its extension
	videos     map[string][]dir // by the name of the file
}

// A dir may be a bag: a directory with all images below it, or a recording.
type dir struct {
	rel  string // from the root, with slashes
	file bool   // a recording or a video in one file
	kids int    // directories and recordings next to it, itself included
}

// names tell sets of file names apart; that two differ and are taken for one is found out by planning them.
type names struct {
	count int
	sum   uint64
}

func (n *names) add(name string) {
	h := fnv.New64a()
	h.Write([]byte(name))
	n.count++
	n.sum += h.Sum64()
}

// findImages lists the root, and says of each task where its images may be.
func (a *adoption) findImages(ctx context.Context) error {
	if a.o.Root == "" {
		return nil
	}
	in := store.At(a.o.Root)
	if err := a.images.list(ctx, in, a.kind); err != nil {
		return err
	}
	for _, t := range a.tasks {
		if t.video != nil {
			t.images = a.images.findVideo(ctx, in, t)
			continue
		}
		t.images = a.images.of(t)
	}
	return nil
}

// A listing is what a walk through the root counts.
type listing struct {
	dirs   []string          // in their order, without the root
	below  map[string]*names // of the images below each directory
	kids   map[string]int    // directories and recordings in each
	videos map[string]int    // in a directory, by it and their ending
}

func (m *images) list(ctx context.Context, in store.Store, kind manifest.Kind) error {
	m.byBase, m.byNames, m.recordings, m.videos = map[string][]int{}, map[names][]int{}, map[string][]dir{}, map[string][]dir{}
	l := listing{below: map[string]*names{}, kids: map[string]int{}, videos: map[string]int{}}
	err := m.walk(ctx, in, kind, &l)
	m.addDirs(l)
	for _, list := range m.recordings {
		for i := range list {
			list[i].kids = l.kids[path.Dir(list[i].rel)]
		}
	}
	for _, list := range m.videos {
		for i, d := range list {
			list[i].kids = l.videos[path.Dir(d.rel)+path.Ext(d.rel)]
		}
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path
	}
	return err
}

// walk notes recordings and videos, and counts the rest. Hidden directories, and those that cannot be read, hold no bags.
func (m *images) walk(ctx context.Context, in store.Store, kind manifest.Kind, l *listing) error {
	return fs.WalkDir(store.FS(ctx, in), ".", func(name string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil || name != "." && strings.HasPrefix(e.Name(), "."):
			if e != nil && e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir():
			l.below[name] = &names{}
			if name != "." {
				l.dirs = append(l.dirs, name)
				l.kids[path.Dir(name)]++
			}
		case bag.Named(name):
			l.kids[path.Dir(name)]++
			stem := strings.TrimSuffix(path.Base(name), path.Ext(name))
			m.recordings[stem] = append(m.recordings[stem], dir{rel: name, file: true})
		case video.Named(name):
			l.videos[path.Dir(name)+path.Ext(name)]++
			m.videos[path.Base(name)] = append(m.videos[path.Base(name)], dir{rel: name, file: true})
		case framed(kind, name):
			for at := path.Dir(name); ; at = path.Dir(at) {
				l.below[at].add(pcd.FileName(path.Base(name)))
				if at == "." {
					break
				}
			}
		}
		return ctx.Err()
	})
}

// addDirs makes the directories known by their names and by those of their images.
func (m *images) addDirs(l listing) {
	for _, name := range l.dirs {
		i := len(m.dirs)
		m.dirs = append(m.dirs, dir{rel: name, kids: l.kids[path.Dir(name)]})
		m.byBase[path.Base(name)] = append(m.byBase[path.Base(name)], i)
		if images := *l.below[name]; images.count > 0 {
			m.byNames[images] = append(m.byNames[images], i)
		}
	}
}

// framed reports whether a file may be a frame of that kind.
func framed(kind manifest.Kind, name string) bool {
	if kind == manifest.KindPointCloud {
		return pcd.Named(name)
	}
	return imageheader.Accepted(name)
}

// of are the places where all images of a task may be, the likeliest first.
func (m *images) of(t *task) []dir {
	if at, nested := topOf(t.Frames); nested {
		found := m.pick(m.byBase[at])
		return append(found, m.recordings[at]...)
	}
	var plain, numbered names
	for i, name := range t.Frames {
		plain.add(name)
		if stem, ok := unnumbered(name, i); ok {
			numbered.add(stem)
		}
	}
	found := append(m.pick(m.byNames[plain]), m.pick(m.byNames[numbered])...)
	slices.SortStableFunc(found, func(x, y dir) int { return likeness(t.Name, y.rel) - likeness(t.Name, x.rel) })
	if len(found) > 1 && likeness(t.Name, found[0].rel) == likeness(t.Name, found[1].rel) && path.Dir(found[0].rel) == path.Dir(found[1].rel) {
		return nil // of several that are alike none is it for sure
	}
	return found
}

func (m *images) pick(at []int) []dir {
	var found []dir
	for _, i := range at {
		found = append(found, m.dirs[i])
	}
	return found
}

// likeness is how much of a task's name tells of a directory: the length of the directory's own name, if that
// is in it.
func likeness(task, rel string) int {
	if own := path.Base(rel); strings.Contains(task, own) {
		return len(own)
	}
	return 0
}

// topOf is the directory that all frame names begin with.
func topOf(frames []string) (top string, nested bool) {
	for i, name := range frames {
		first, rest, ok := strings.Cut(name, "/")
		if !ok || rest == "" || i > 0 && first != top {
			return "", false
		}
		top = first
	}
	return top, top != ""
}

var numbered = regexp.MustCompile(`^(\d{6})_(.+)$`)

// unnumbered takes off the number that FiftyOne puts before a file's name: its place in the task.
func unnumbered(name string, place int) (string, bool) {
	m := numbered.FindStringSubmatch(name)
	if m == nil || m[1] != sixDigits(place) {
		return "", false
	}
	return m[2], true
}
