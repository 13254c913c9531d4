package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// maxDepth bounds directories in directories; symbolic links can make any number.
const maxDepth = 64

// The contents are what a bag's directory holds, from its entries' names and types alone.
type contents struct {
	images   []string // paths from the bag, with slashes, in byte order
	clouds   []string // point clouds, in byte order
	pictures []string // images that CVAT does not take
	others   int      // files that are not images
	videos   []string // those of them that are videos, in byte order
	leftOut  []string // folders of operating systems and NAS, and hidden images
	lists    []string // lists of images, as CVAT's tools write them next to the images
	related  []string // images below folders of the name related_images, as paths from the bag
	problems []finding

	recordings []string // files with a recording's name, as paths from the bag
	metadata   bool     // a rosbag2's metadata.yaml lies directly in the bag
}

// A finding is a problem at a path of the bag, before it is known whose it is.
type finding struct {
	path string // from the bag; empty: the whole bag
	diag.Diagnostic
}

// A walker lists one bag. Each directory is listed once, however many links lead to it: those that lie
// in the bag by themselves first, then what links lead to, in the order of the links' paths.
type walker struct {
	store store.Store
	root  string // the bag, in the store
	links []string
	ends  map[string]bool   // directories that were listed, as [store.Store.Link] calls them; by their paths in the bag before links are followed
	held  map[string]string // by path in the bag, of a store that tells of no links: what the directory holds
	loop  bool              // such a store's links lead back: nothing more is listed
	contents
}

// list walks the directory; ctx ends it early.
func list(ctx context.Context, s store.Store, dir string) (contents, error) {
	w := walker{store: s, root: dir, ends: make(map[string]bool)}
	if _, served := s.(*store.Served); served {
		w.held = make(map[string]string)
	}
	w.dir(ctx, "", "", 0)
	if len(w.links) > 0 { // to follow them, it takes more than paths in the bag
		_, root, _ := s.Link(ctx, dir)
		ends := make(map[string]bool, len(w.ends))
		for rel := range w.ends {
			ends[filepath.Join(root, rel)] = true
		}
		w.ends = ends
	}
	for len(w.links) > 0 {
		links := w.links
		w.links = nil
		slices.Sort(links)
		for _, at := range links {
			w.linkedDir(ctx, at)
		}
	}
	slices.Sort(w.images)
	slices.Sort(w.clouds)
	slices.Sort(w.recordings)
	slices.Sort(w.related)
	slices.Sort(w.videos)
	slices.SortFunc(w.problems, func(a, b finding) int { return strings.Compare(a.path, b.path) })
	return w.contents, ctx.Err()
}

// dir lists a directory that is end, with those in it.
func (w *walker) dir(ctx context.Context, rel, end string, depth int) {
	if ctx.Err() != nil || w.loop {
		return
	}
	if depth > maxDepth {
		w.found(rel, diag.Error, diag.CodeTooDeep, "directories deeper than %d are not read", maxDepth)
		return
	}
	w.ends[end] = true
	entries := w.list(ctx, rel)
	if w.repeats(rel, entries) {
		w.loop = true
		w.found(rel, diag.Error, diag.CodeLinkLoop, "the same directories lie in each other again and again: a symbolic link there leads back to a directory that holds it")
		return
	}
	w.images = slices.Grow(w.images, len(entries)) // which most are
	for _, e := range entries {
		w.entry(ctx, e, rel, end, depth)
	}
	w.dvc(ctx, entries, rel)
}

// repeats reports whether a path of a server that tells of no links goes round: X, X/P and X/P/P hold the same names. Without an
// end to it, three links back to one directory would be 3^64 paths. Directories that hold one name each end at maxDepth, and may be
// what they seem to be.
func (w *walker) repeats(rel string, entries []fs.DirEntry) bool {
	if w.held == nil || len(entries) < 2 {
		return false
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name() + "\x00" + e.Type().String()
	}
	slices.Sort(names)
	w.held[rel] = strings.Join(names, "\x00")
	parts := strings.Split(rel, "/")
	for n := 1; rel != "" && 2*n <= len(parts); n++ {
		once, from := parts[:len(parts)-n], parts[:len(parts)-2*n]
		same := slices.Equal(parts[len(parts)-n:], once[len(from):])
		if same && w.held[rel] == w.held[path.Join(once...)] && w.held[rel] == w.held[path.Join(from...)] {
			return true
		}
	}
	return false
}

func (w *walker) entry(ctx context.Context, e fs.DirEntry, rel, end string, depth int) {
	name := e.Name()
	at := name
	if rel != "" {
		at = rel + "/" + name
	}
	if name == relatedDir && e.Type() == fs.ModeDir {
		w.relatedFolder(ctx, at, depth+1)
		return
	}
	if Ignored(name) {
		if isLeftOut(e) {
			w.leftOut = append(w.leftOut, at)
		}
		return
	}
	switch e.Type() {
	case 0:
		w.file(at, name)
	case fs.ModeDir:
		if end = filepath.Join(end, name); !w.ends[end] {
			w.dir(ctx, at, end, depth+1)
		}
	case fs.ModeSymlink:
		w.link(ctx, at, name)
	default:
		w.special(at, name, e.Type())
	}
}

// list gives the entries of a directory, and reports what it lacks.
func (w *walker) list(ctx context.Context, rel string) []fs.DirEntry {
	entries, skipped, err := store.Listing(ctx, w.store, w.name(rel))
	if err != nil {
		w.found(rel, diag.Error, diag.CodeOr(diag.CodeUnreadableDirectory, err), "%s", reason(err))
	}
	if skipped != "" {
		w.found(rel, diag.Warning, diag.CodeUnreadableDirectory, "left out: files such as %s, since a part of their path is empty, \".\" or \"..\"", wording.Safe(skipped))
	}
	return entries
}

// relatedFolder finds the images below a folder of context images. None of them is a frame, wherever it lies.
func (w *walker) relatedFolder(ctx context.Context, rel string, depth int) {
	if ctx.Err() != nil || depth > maxDepth {
		return
	}
	entries := w.list(ctx, rel)
	for _, e := range entries {
		at := path.Join(rel, e.Name())
		switch {
		case Ignored(e.Name()):
		case e.IsDir():
			w.relatedFolder(ctx, at, depth+1)
		case imageheader.Accepted(e.Name()):
			w.related = append(w.related, at)
		}
	}
}

// linkedDir lists what a link to a directory leads to, unless it was.
func (w *walker) linkedDir(ctx context.Context, at string) {
	_, end, err := w.store.Link(ctx, w.name(at))
	switch {
	case err != nil:
		w.found(at, diag.Error, diag.CodeBrokenLink, "%s", reason(err))
	case w.ends[end] && w.loops(ctx, at, end):
		w.found(at, diag.Warning, diag.CodeLinkLoop, "the link leads back to a directory that holds it, and is not followed")
	case w.ends[end]:
		w.found(at, diag.Note, diag.CodeLinkLoop, "the link leads to a directory whose images are taken already, and is not followed")
	default:
		w.dir(ctx, at, end, strings.Count(at, "/")+1)
	}
}

func (w *walker) file(at, name string) {
	switch {
	case imageheader.Accepted(name):
		w.images = append(w.images, at)
	case pcd.Named(name):
		w.clouds = append(w.clouds, at)
	case imageheader.Unsupported(name):
		w.pictures = append(w.pictures, at)
	default:
		w.others++
		if name == listName {
			w.lists = append(w.lists, at)
		}
		w.note(at, name)
	}
}

// note keeps what says that a directory is a recording, or holds some.
func (w *walker) note(at, name string) {
	w.metadata = w.metadata || at == "metadata.yaml"
	if bag.Named(name) {
		w.recordings = append(w.recordings, at)
	}
	if video.Named(name) {
		w.videos = append(w.videos, at)
	}
}

// link follows a symbolic link to a file, which keeps the link's name; directories come later.
func (w *walker) link(ctx context.Context, at, name string) {
	info, err := w.store.Stat(ctx, w.name(at))
	switch {
	case err != nil && bag.Named(name):
		w.recordings = append(w.recordings, at)
	case err != nil && !framed(name):
	case errors.Is(err, fs.ErrNotExist):
		w.broken(ctx, at)
	case err != nil:
		w.found(at, diag.Error, diag.CodeOr(diag.CodeBrokenLink, err), "%s", reason(err))
	case info.IsDir():
		w.links = append(w.links, at)
	case info.Mode().IsRegular():
		w.file(at, name)
	default:
		w.special(at, name, info.Mode().Type())
	}
}

// loops reports whether a link leads to a directory on its own path.
func (w *walker) loops(ctx context.Context, at, target string) bool {
	for up := path.Dir(at); ; up = path.Dir(up) {
		if _, end, err := w.store.Link(ctx, w.name(up)); err == nil && end == target {
			return true
		}
		if up == "." {
			return false
		}
	}
}

func (w *walker) broken(ctx context.Context, at string) {
	p, _ := BrokenLink(ctx, w.store, w.name(at))
	w.problems = append(w.problems, finding{at, p})
}

// BrokenLink says where a link leads that leads nowhere, and how to fetch what git-annex has elsewhere; false where
// there is no link.
func BrokenLink(ctx context.Context, s store.Store, name string) (diag.Diagnostic, bool) {
	target, _, _ := s.Link(ctx, name)
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeBrokenLink, Text: "broken symbolic link to " + target}
	if strings.Contains(filepath.ToSlash(target), ".git/annex/objects") {
		p.Code, p.Text = diag.CodeAnnexMissing, "its content is not here: a git-annex link"
		p.Hint = diag.Do(diag.HintFetchAnnex, s.Path(name))
	}
	return p, target != ""
}

func (w *walker) special(at, name string, mode fs.FileMode) {
	if framed(name) {
		w.found(at, diag.Error, diag.CodeSpecialFile, "%s, not a file", kind(mode))
	}
}

func kind(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe (FIFO)"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// name is a path of the bag in the store; full is it as a person types it.
func (w *walker) name(rel string) string { return path.Join(w.root, rel) }

func (w *walker) full(rel string) string { return w.store.Path(w.name(rel)) }

func (w *walker) found(at string, s diag.Severity, code diag.Code, format string, args ...any) {
	w.problems = append(w.problems, finding{at, diag.Diagnostic{Severity: s, Code: code, Text: fmt.Sprintf(format, args...)}})
}

// reason is an error without the operation and the path, which come before it.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return err.Error()
}
