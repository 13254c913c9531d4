package survey

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A Guess is what a first manifest could say of some directories and recordings.
type Guess struct {
	Kind    manifest.Kind     // of all cameras
	Root    string            // the directory that holds all of it
	Bags    []GuessBag        // entries of bags:, their paths from the root
	Cameras []GuessCamera     // by name; none if the files do not tell cameras apart
	Images  int               // all that Bags hold
	Left    int               // of these, what no camera takes
	Videos  bool              // all bags are video files: images are their frames
	Named   bool              // the bags' names have those of their cameras
	Skipped []diag.Diagnostic // what is left out, and why
	Odd     []string          // paths that no manifest can write: no bag and no camera is guessed from them
}

// A GuessBag is one entry of bags:.
type GuessBag struct {
	Path    string   // a glob where it matches several bags
	Exclude []string // globs of recordings in it, which are bags of their own
	Count   int      // how many bags it matches
	Cameras []string // whose it is, where names do not tell
	Bare    bool     // no camera has images there, so that the entry is optional
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
// and by image topics. What it leaves out is in Skipped, with the reason; it is an error
// only where nothing is left to guess at.
func GuessAt(ctx context.Context, paths ...string) (Guess, error) {
	return guessOf(ctx, manifest.KindImages, paths)
}

// guessOf guesses at images, or at point clouds alone.
func guessOf(ctx context.Context, kind manifest.Kind, paths []string) (Guess, error) {
	g := guesser{kind: kind, cache: &recording.Cache{}, seen: make(map[string]bool)}
	defer g.cache.Close()
	for _, p := range paths {
		g.look(ctx, filepath.Clean(p), 0)
	}
	out := Guess{Kind: kind, Skipped: fewAlike(g.skipped)}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	if len(g.bags) == 0 {
		return out, &nothingError{paths, g.sawClouds}
	}
	out.Root = commonRoot(g.bags)
	out.Cameras, out.Images, out.Left = guessCameras(out.Root, g.bags)
	out.Videos = !slices.ContainsFunc(g.bags, func(b guessedBag) bool { return b.frames == 0 })
	out.Named = out.Videos && namedByCamera(out.Cameras, g.bags)
	out.Bags = g.entries(ctx, out.Root, out.Cameras)
	out.Odd = append(g.odd, oddImages(g.bags)...)
	return out, ctx.Err()
}

// A guessedBag is one bag, and what it holds.
type guessedBag struct {
	path    string
	dir     bool     // of images
	images  []string // from the bag
	topics  []bag.Topic
	frames  int      // of a video file
	clips   bool     // a video of no other camera
	exclude []string // globs of recordings in it, which are bags of their own
	bare    bool     // no camera takes anything of it
}

// A nothingError says that no bag was found.
type nothingError struct {
	paths  []string
	clouds bool // there are point clouds, of which a guess could be made
}

func (e *nothingError) Error() string {
	return strings.Join(e.paths, ", ") + ": no images, recordings and videos there that can be used"
}

// Hint says what init looks for, and how deep.
func (e *nothingError) Hint() diag.Hint { return diag.Do(diag.HintGiveBags, strconv.Itoa(maxLook)) }

type guesser struct {
	kind      manifest.Kind // of what is looked for: images or point clouds
	sawClouds bool          // while images were looked for
	cache     *recording.Cache
	bags      []guessedBag
	odd       []string // left out for their names
	skipped   []diag.Diagnostic
	seen      map[string]bool // directories that were looked at, without links
}

// maxLook is how far below the given directory bags are looked for.
const maxLook = 3

// look takes the path for a bag, or for a directory of bags.
func (g *guesser) look(ctx context.Context, path string, depth int) {
	in, name := store.Split(path)
	info, err := in.Stat(ctx, name)
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, fs.ErrNotExist) && g.brokenLink(ctx, in, name):
	case errors.Is(err, fs.ErrNotExist):
		g.skip(diag.CodeNoImages, diag.Hint{}, "%s: there is no such file or directory", path)
	case err != nil:
		g.skip(diag.CodeUnreadableDirectory, diag.Hint{}, "%v", err)
	case !info.IsDir() && g.takesVideo(path) && info.Size() > content.MaxPointer:
		g.video(ctx, path)
	case !info.IsDir() && !isRecording(ctx, path):
		g.notRecording(ctx, path, info.Size())
	case !info.IsDir():
		g.recording(ctx, path)
	default:
		g.directory(ctx, path, depth)
	}
}

// directory is a bag of images, a rosbag2, or holds others.
func (g *guesser) directory(ctx context.Context, path string, depth int) {
	end := path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		end = real
	}
	if g.seen[end] {
		return
	}
	g.seen[end] = true
	l, err := source.LookInto(ctx, path)
	if err != nil {
		return // ctx has ended
	}
	if depth == 0 { // with all directories below, so that each is reported once
		for _, p := range l.Problems {
			g.skip(diag.CodeUnreadableDirectory, diag.Hint{}, "%s: %s", path, p)
		}
	}
	if n := len(l.Clouds); g.kind == manifest.KindPointCloud {
		l.Images = l.Clouds
	} else if n > 0 && depth == 0 {
		g.clouds(diag.CodeUnclaimedImages, "%s: no camera of a first manifest takes %s, such as %s", path, wording.Count(n, "point cloud", "point clouds"), l.Clouds[0])
	}
	nested := func(at string) bool { return strings.Contains(at, "/") }
	whole := isRecording(ctx, path) && (l.Metadata || !slices.ContainsFunc(l.Recordings, nested))
	switch below := childDirs(l.Images); {
	case whole && len(l.Images) == 0 && g.several(ctx, path):
		g.inside(ctx, path, depth)
	case whole && len(l.Images) == 0, whole && l.Metadata && g.holdsImages(ctx, path):
		g.recording(ctx, path)
		for _, at := range l.Videos {
			g.look(ctx, filepath.Join(path, filepath.FromSlash(at)), depth+1)
		}
	case isBag(filepath.Base(path), l.Images, below):
		g.bags = append(g.bags, guessedBag{path: path, dir: true, images: l.Images, exclude: g.recordingsAmong(ctx, path, l)})
		g.videosWithImages(path, l.Videos)
	default:
		g.inside(ctx, path, depth)
		if len(l.Images) == 0 && len(l.Unsupported) > 0 {
			g.skip(diag.CodeUnsupportedImages, diag.Do(diag.HintConvertTheImages), "%s: CVAT takes no such images as %s", path, l.Unsupported[0])
		}
	}
}

// recordingsAmong takes the recordings that lie in a bag of images and hold images themselves for bags of their own,
// and gives the globs that leave them out of that one. Those that cannot be read are left out, too; telemetry
// is not: a plan counts it.
func (g *guesser) recordingsAmong(ctx context.Context, dir string, l source.Directory) (exclude []string) {
	byDir := make(map[string][]string)
	for _, at := range l.Recordings {
		byDir[path.Dir(at)] = append(byDir[path.Dir(at)], path.Base(at))
	}
	for _, at := range slices.Sorted(maps.Keys(byDir)) {
		full := filepath.Join(dir, filepath.FromSlash(at))
		looks := []string{full} // all of it may be one recording
		if at == "." || slices.ContainsFunc(l.Images, func(image string) bool { return strings.HasPrefix(image, at+"/") }) {
			looks = nil
			for _, name := range g.withoutTwins(ctx, full, byDir[at]) {
				looks = append(looks, filepath.Join(full, name))
			}
		}
		for _, p := range looks {
			if g.holdsBag(ctx, p) {
				for _, name := range byDir[at] {
					exclude = append(exclude, "*"+EscapeGlob(filepath.Ext(name)))
				}
			}
		}
	}
	slices.Sort(exclude)
	return slices.Compact(exclude)
}

// holdsBag reports whether what lies there makes a bag of its own, or cannot be read, so that the bag of images excludes it.
func (g *guesser) holdsBag(ctx context.Context, path string) bool {
	bags, skipped := len(g.bags), len(g.skipped)
	g.look(ctx, path, maxLook)
	warned := slices.ContainsFunc(g.skipped[skipped:], func(d diag.Diagnostic) bool { return d.Severity > diag.Note })
	if len(g.bags) == bags && !warned {
		g.skipped = g.skipped[:skipped]
		return false
	}
	return true
}

// withoutTwins takes out the files and directories in a directory that hold the same recording as another one.
func (g *guesser) withoutTwins(ctx context.Context, dir string, names []string) []string {
	kept, twins := bag.WithoutTwins(ctx, store.At(dir), ".", names)
	for _, t := range twins {
		g.note(diag.CodeSameRecording, "%v", bag.Twin{Name: filepath.Join(dir, t.Name), Of: t.Of, Lost: t.Lost})
	}
	return kept
}

// inside looks at each entry of a directory that is no bag.
func (g *guesser) inside(ctx context.Context, path string, depth int) {
	entries, err := list(ctx, path)
	if err != nil && !errors.Is(err, fs.ErrPermission) { // which directory has reported
		g.skip(diag.CodeUnreadableDirectory, diag.Hint{}, "%v", err)
	}
	dirs, kept := make(map[string]bool), make(map[string]bool)
	var names []string
	for _, e := range entries {
		name := e.Name()
		dirs[name] = e.IsDir() || e.Type()&fs.ModeSymlink != 0 && isDirectory(ctx, filepath.Join(path, name))
		if !source.Ignored(name) && (dirs[name] || bag.Named(name) || g.takesVideo(name)) {
			names = append(names, name)
		}
	}
	g.stubs(path, entries)
	for _, name := range g.withoutTwins(ctx, path, names) {
		kept[name] = true
	}
	for _, name := range names {
		child := filepath.Join(path, name)
		switch {
		case !kept[name]:
		case !writable(name):
			g.odd = append(g.odd, child)
		case dirs[name] && depth == maxLook:
			g.note(diag.CodeTooDeep, "%s is not looked into: bags are looked for %d directories deep", child, maxLook)
		default:
			g.look(ctx, child, depth+1)
		}
	}
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
func (g *guesser) entries(ctx context.Context, root string, cameras []GuessCamera) []GuessBag {
	type group struct{ dir, kind string }
	members := make(map[group][]string)
	var groups []group
	bags := make(map[string]guessedBag)
	for _, b := range g.bags {
		bags[b.path] = b
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
			alone := len(entries) == len(members[k])
			b.Bare = alone && bags[filepath.Join(k.dir, members[k][i])].bare
			for m, name := range members[k] {
				if !alone || m == i {
					b.Exclude = append(b.Exclude, bags[filepath.Join(k.dir, name)].exclude...)
				}
			}
			slices.Sort(b.Exclude)
			b.Exclude = slices.Compact(b.Exclude)
			b.Path = strings.TrimPrefix(EscapeGlob(filepath.ToSlash(rel))+"/"+b.Path, "./")
			b.Cameras = whose(bags[filepath.Join(k.dir, members[k][i])], cameras)
			all = append(all, b)
		}
	}
	return g.byDay(ctx, root, all)
}

// exactly gives the entries that match these names of a directory and nothing else that
// is there now: one glob if there is one, else each name. kind is a file's extension, or
// a slash for directories.
func exactly(ctx context.Context, members []string, dir, kind string) []GuessBag {
	entries, _ := list(ctx, dir)
	twins := make(map[string]bool)
	for _, t := range bag.Twins(ctx, store.At(dir), ".", namesOf(entries)) {
		twins[t.Name] = true // which a plan leaves out, too
	}
	var others []string
	for _, e := range entries {
		name := e.Name()
		alike := strings.HasSuffix(name, kind) || kind == "/" && isDirectory(ctx, filepath.Join(dir, name))
		if alike && name[0] != '.' && !twins[name] && !slices.Contains(members, name) {
			others = append(others, name)
		}
	}
	if prefix, ok := ownPrefix(members, others); ok {
		return []GuessBag{{Path: EscapeGlob(prefix) + "*" + kind, Count: len(members)}}
	}
	var each []GuessBag
	for _, n := range members {
		each = append(each, GuessBag{Path: EscapeGlob(strings.TrimSuffix(n, kind)) + kind, Count: 1})
	}
	return each
}

func namesOf(entries []fs.DirEntry) []string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names
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

// EscapeGlob makes a pattern that matches only this name.
func EscapeGlob(name string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`, `}`, `\}`, `\`, `\\`).Replace(name)
}

// topicGlob is EscapeGlob, with a ? for each sign that a manifest cannot write.
func topicGlob(topic string) string {
	var b strings.Builder
	for _, r := range topic {
		if r == utf8.RuneError || wording.Safe(string(r)) != string(r) {
			b.WriteByte('?')
			continue
		}
		b.WriteString(EscapeGlob(string(r)))
	}
	return b.String()
}
