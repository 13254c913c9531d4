package survey

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A Guess is what a first manifest could say of some directories and recordings.
type Guess struct {
	Root    string        // the directory that holds all of it
	Bags    []GuessBag    // entries of bags:, their paths from the root
	Cameras []GuessCamera // by name; none if the files do not tell cameras apart
	Images  int           // all that Bags hold
	Left    int           // of these, what no camera takes
	Odd     []string      // paths that no manifest can write: no bag and no camera is guessed from them
}

// A GuessBag is one entry of bags:.
type GuessBag struct {
	Path  string // a glob where it stands for several bags
	Count int    // how many bags it matches
	Bare  bool   // no camera has images there: its tasks are not to be missed
}

// A GuessCamera is one entry of cameras:.
type GuessCamera struct {
	Name   string
	Topics []string // where the name alone does not choose them
	Images int
	Bags   int // that have images of it
}

// GuessAt looks at directories and recordings, and guesses what is a bag and which
// cameras there are: by sub-directories, by what file names have before their numbers,
// and by image topics.
func GuessAt(ctx context.Context, paths ...string) (Guess, error) {
	g := guesser{cache: &recording.Cache{}}
	defer g.cache.Close()
	for _, p := range paths {
		if err := g.look(ctx, filepath.Clean(p), 0); err != nil {
			return Guess{}, err
		}
	}
	if len(g.bags) == 0 {
		return Guess{}, fmt.Errorf("%s: no images and no recordings there", strings.Join(paths, ", "))
	}
	root := commonRoot(g.bags)
	out := Guess{Root: root}
	out.Cameras, out.Images, out.Left = guessCameras(g.bags)
	out.Bags = g.entries(ctx, root)
	out.Odd = append(g.odd, oddImages(g.bags)...)
	return out, ctx.Err()
}

// A guessedBag is one bag, and what it holds.
type guessedBag struct {
	path   string
	dir    bool     // of images
	images []string // from the bag
	topics []bag.Topic
	bare   bool // no camera takes anything of it
}

type guesser struct {
	cache *recording.Cache
	bags  []guessedBag
	odd   []string // left out for their names
}

// maxLook is how far below the given directory bags are looked for.
const maxLook = 3

// look takes the path for a bag, or for a directory of bags.
func (g *guesser) look(ctx context.Context, path string, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if isRecording(ctx, path) {
		return g.recording(ctx, path)
	}
	info, err := store.At(path).Stat(ctx, ".")
	if err != nil || !info.IsDir() {
		return cmp.Or(err, fmt.Errorf("%s is neither a directory nor a recording", path))
	}
	l, err := source.LookInto(ctx, path)
	if err != nil {
		return err
	}
	if below := childDirs(l.Images); isBag(filepath.Base(path), l.Images, below) {
		g.bags = append(g.bags, guessedBag{path: path, dir: true, images: l.Images})
		return nil
	}
	return g.inside(ctx, path, depth)
}

// inside looks at each entry of a directory that is no bag.
func (g *guesser) inside(ctx context.Context, path string, depth int) error {
	entries, err := list(ctx, path)
	if err != nil || depth == maxLook {
		return err
	}
	for _, e := range entries {
		child := filepath.Join(path, e.Name())
		if e.Name()[0] == '.' || !e.IsDir() && !isRecording(ctx, child) {
			continue
		}
		if !writable(e.Name()) {
			g.odd = append(g.odd, child)
			continue
		}
		if err := g.look(ctx, child, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// recording adds a recording with image topics; others are left out.
func (g *guesser) recording(ctx context.Context, path string) error {
	in, name := store.Split(path)
	return g.cache.Use(ctx, in, name, func(r *bag.Bag) error {
		images := recording.ImageTopics(r)
		depths, err := recording.DepthsOf(ctx, r, images)
		if err != nil {
			return err
		}
		topics := slices.DeleteFunc(recording.Choose(images, depths), func(t bag.Topic) bool { return t.Count == 0 || recording.IsVideo(t) })
		if len(topics) > 0 {
			g.bags = append(g.bags, guessedBag{path: path, topics: topics})
		}
		return nil
	})
}

// childDirs groups a directory's images by the sub-directory they are in.
func childDirs(images []string) map[string][]string {
	below := make(map[string][]string)
	for _, at := range images {
		dir, rest, nested := strings.Cut(at, "/")
		if nested {
			below[dir] = append(below[dir], rest)
		}
	}
	return below
}

// commonRoot is the directory that holds all bags; a bag alone has its parent.
func commonRoot(bags []guessedBag) string {
	root := filepath.Dir(bags[0].path)
	for _, b := range bags {
		for !within(root, filepath.Dir(b.path)) && root != filepath.Dir(root) {
			root = filepath.Dir(root)
		}
	}
	return root
}

func within(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// entries writes bags of one directory and one kind as one glob.
func (g *guesser) entries(ctx context.Context, root string) []GuessBag {
	type group struct{ dir, kind string }
	members := make(map[group][]string)
	var groups []group
	bare := make(map[string]bool)
	for _, b := range g.bags {
		bare[b.path] = b.bare
		k := group{filepath.Dir(b.path), "/"}
		if !b.dir && !isDirectory(ctx, b.path) {
			k.kind = filepath.Ext(b.path)
		}
		if members[k] == nil {
			groups = append(groups, k)
		}
		members[k] = append(members[k], filepath.Base(b.path))
	}
	var all []GuessBag
	for _, k := range groups {
		rel, _ := filepath.Rel(root, k.dir)
		entries := exactly(ctx, members[k], k.dir, k.kind)
		for i, b := range entries {
			b.Bare = len(entries) == len(members[k]) && bare[filepath.Join(k.dir, members[k][i])]
			b.Path = strings.TrimPrefix(escapeGlob(filepath.ToSlash(rel))+"/"+b.Path, "./")
			all = append(all, b)
		}
	}
	return all
}

// exactly gives the entries that match these names of a directory and nothing else that
// is there now: one glob if there is one, else each name. kind is a file's extension, or
// a slash for directories.
func exactly(ctx context.Context, members []string, dir, kind string) []GuessBag {
	entries, _ := list(ctx, dir)
	var others []string
	for _, e := range entries {
		name := e.Name()
		alike := strings.HasSuffix(name, kind) || kind == "/" && isDirectory(ctx, filepath.Join(dir, name))
		if alike && name[0] != '.' && !slices.Contains(members, name) {
			others = append(others, name)
		}
	}
	if prefix, ok := ownPrefix(members, others); ok {
		return []GuessBag{{Path: escapeGlob(prefix) + "*" + kind, Count: len(members)}}
	}
	var each []GuessBag
	for _, n := range members {
		each = append(each, GuessBag{Path: escapeGlob(strings.TrimSuffix(n, kind)) + kind, Count: 1})
	}
	return each
}

// ownPrefix is what several members begin with and the others do not. It ends before a number, where that
// suffices: after the days 2026-03-04 and -05 comes 2026-03-10, which 2026-03-0 would leave out.
func ownPrefix(members, others []string) (string, bool) {
	if len(members) < 2 {
		return "", false
	}
	whole := commonPrefix(members)
	for _, prefix := range []string{"", strings.TrimRight(whole, "0123456789"), whole} {
		if !slices.ContainsFunc(others, func(n string) bool { return strings.HasPrefix(n, prefix) }) {
			return prefix, true
		}
	}
	return "", false
}

// list gives a directory's entries by name.
func list(ctx context.Context, dir string) ([]fs.DirEntry, error) {
	entries, err := store.At(dir).List(ctx, ".")
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// isRecording tells a recording's file or directory from another.
func isRecording(ctx context.Context, path string) bool {
	in, name := store.Split(path)
	return bag.Detect(ctx, in, name) != ""
}

func isDirectory(ctx context.Context, path string) bool {
	info, err := store.At(path).Stat(ctx, ".")
	return err == nil && info.IsDir()
}

// commonPrefix is what all names begin with.
func commonPrefix(names []string) string {
	prefix := names[0]
	for _, n := range names {
		for !strings.HasPrefix(n, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
	}
	return strings.ToValidUTF8(prefix, "")
}

// escapeGlob makes a pattern that matches only this name.
func escapeGlob(name string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`, `\`, `\\`).Replace(name)
}
