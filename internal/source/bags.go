package source

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A bagRef is one directory or recording that entries of the manifest match.
type bagRef struct {
	rel         string           // from the root, with slashes
	root        string           // as the manifest, or the flag that replaces it, writes it
	store       store.Store      // that holds it, under rel
	file        bool             // a recording in one file
	entries     []*manifest.Bag  // all that match it, in the manifest's order
	missing     *diag.Diagnostic // why it is not here, although it should be
	index       string           // the file of its committed index; empty: the manifest names none
	indexed     *index.Index     // that file; nil: there is none
	onlyIndexed bool             // it is not here, and the index replaces it

	unfetched *diag.Diagnostic // what is in its place, a pointer of Git LFS say; nil: nothing does
}

// path is where it is, for people.
func (b bagRef) path() string { return b.store.Path(b.rel) }

// pos is where the manifest last speaks of the bag.
func (b bagRef) pos() manifest.Position { return b.entries[len(b.entries)-1].Pos }

// named reports whether some entry names exactly this bag, not by a glob.
func (b bagRef) named() bool {
	return slices.ContainsFunc(b.entries, func(e *manifest.Bag) bool { return !wording.IsGlob(e.Path) && !e.Optional })
}

// A finder collects the bags of a manifest.
type finder struct {
	root        string
	store       store.Store
	fsys        *lister
	bags        []*bagRef
	byRel       map[string]*bagRef
	indexes     map[string]*index.Index
	onlyIndexed []string // bags that are not here, but in an index, sorted
	problems    []diag.Diagnostic
	hints       int             // that suggest was asked for
	system      map[string]bool // folders that globs match and that are no bags
}

// findBags gives the manifest's bags by path. A bag that several entries match is one.
func (s scanner) findBags(ctx context.Context) (bags []*bagRef, problems []diag.Diagnostic) {
	roots, entries := rootsOf(s.m, s.root)
	for _, root := range roots {
		found, wrong := s.findIn(ctx, root, entries[root])
		bags, problems = append(bags, found...), append(problems, wrong...)
	}
	slices.SortStableFunc(bags, func(a, b *bagRef) int { return strings.Compare(a.rel, b.rel) })
	for i := 1; i < len(bags); i++ {
		if a, b := bags[i-1], bags[i]; a.rel == b.rel {
			b.missing = &diag.Diagnostic{Severity: diag.Error, Code: diag.CodeSameBag, Text: fmt.Sprintf("bag %s is in %s and in %s: a bag is known by its path", wording.Safe(b.rel), a.root, b.root)}
		}
	}
	return bags, problems
}

// findIn gives the bags below one root.
func (s scanner) findIn(ctx context.Context, root string, entries []*manifest.Bag) ([]*bagRef, []diag.Diagnostic) {
	in, err := s.at(ctx, root)
	if err != nil {
		p := diag.Diagnostic{Pos: s.rootPos(root, entries), Severity: diag.Error, Code: diag.CodeNoRoot, Text: fmt.Sprintf("root %s, where bag paths begin: %s", root, reason(err)), Hint: diag.HintOf(err)}
		if coded := interface{ Code() diag.Code }(nil); errors.As(err, &coded) {
			p.Code = coded.Code()
		}
		return nil, []diag.Diagnostic{p}
	}
	if p, ok := checkRoot(ctx, root, in); !ok && !someIndexed(entries) {
		p.Pos = s.rootPos(root, entries)
		return nil, []diag.Diagnostic{p}
	}
	f := &finder{root: root, store: in, fsys: newLister(ctx, in), byRel: make(map[string]*bagRef), system: map[string]bool{}}
	f.findIndexed(ctx, entries)
	for _, e := range entries {
		f.entry(ctx, e)
	}
	f.attachIndexes()
	f.dropTwins(ctx)
	f.noteSystem()
	return f.bags, f.problems
}

// rootPos is where the manifest writes a root, for all bags or for some; zero where it is not the manifest that does.
func (s scanner) rootPos(root string, entries []*manifest.Bag) manifest.Position {
	switch {
	case len(entries) > 0 && entries[0].Root == root:
		return entries[0].Pos
	case root == s.m.Root:
		return s.m.RootPos
	}
	return manifest.Position{}
}

// noteSystem counts the folders of operating systems and network storages that globs match.
func (f *finder) noteSystem() {
	if folders := slices.Sorted(maps.Keys(f.system)); len(folders) > 0 {
		f.problems = append(f.problems, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeLeftOut, Text: fmt.Sprintf(
			"left out: %s that bags: matches, such as %s", wording.Count(len(folders), "system folder", "system folders"), wording.Safe(folders[0]))})
	}
}

func checkRoot(ctx context.Context, root string, in store.Store) (diag.Diagnostic, bool) {
	info, err := in.Stat(ctx, ".")
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeNoRoot, Hint: diag.Do(diag.HintNameRoot)}
	switch {
	case err != nil:
		p.Code, p.Text = diag.CodeOr(p.Code, err), fmt.Sprintf("root %s, where bag paths begin: %s", root, reason(err))
	case !info.IsDir():
		p.Text = fmt.Sprintf("root %s, where bag paths begin, is not a directory", root)
	default:
		return p, true
	}
	return p, false
}

// entry adds what one entry of bags: matches.
func (f *finder) entry(ctx context.Context, e *manifest.Bag) {
	pattern, dirs := cleanPattern(e.Path)
	var matched, excluded, wrong int
	used := make([]bool, len(e.Exclude))
	err := doublestar.GlobWalk(f.fsys, pattern, func(rel string, d fs.DirEntry) error {
		if folder := systemFolder(rel); pattern != rel && folder != "" {
			f.system[folder] = true
			return nil
		}
		isDir := f.isDir(ctx, rel, d)
		markUsed(used, e.Exclude, rel)
		switch {
		case !isDir && (dirs || !isBagFile(rel)):
			wrong++
		case excludes(e.Exclude, rel):
			excluded++
		default:
			matched++
			f.add(rel, !isDir, e)
			if isDir {
				f.markInside(ctx, used, e, rel)
			}
		}
		return nil
	}, globOptions(pattern)...)
	if err != nil {
		f.unmatched(e, err)
		return
	}
	indexed := f.addIndexed(e, pattern, dirs)
	if e.Index != "" {
		f.checkIndex(e, matched, indexed)
		return
	}
	matched += indexed + f.stubs(ctx, e, pattern, used)
	if matched > 0 && len(f.onlyIndexed) == 0 {
		f.idleExcludes(e, used)
	}
	if matched == 0 && !e.Optional {
		f.nothing(ctx, e, pattern, excluded, wrong)
	}
}

// unmatched says why nothing could be matched with an entry's path.
func (f *finder) unmatched(e *manifest.Bag, err error) {
	switch {
	case errors.Is(err, errSearch):
		f.report(e, diag.CodeBadGlob, diag.Do(diag.HintUseGlobs), "%q: %v", e.Path, errSearch)
	case errors.As(err, new(*fs.PathError)):
		f.report(e, diag.CodeUnreadable, diag.Hint{}, "%q: %v", e.Path, err)
	default:
		f.report(e, diag.CodeBadGlob, diag.Hint{}, "%q is not a glob: %v", e.Path, err)
	}
}

// isBagFile reports whether a file of this name is a bag by itself: a recording, or a video.
func isBagFile(name string) bool { return bag.Named(name) || video.Named(name) }

// globOptions keep ** away from links, which may lead in circles. A directory that cannot be listed is an error: what is
// in it would be missing without a word.
func globOptions(pattern string) []doublestar.GlobOption {
	options := []doublestar.GlobOption{doublestar.WithNoHidden(), doublestar.WithFailOnIOErrors()}
	if strings.Contains(pattern, "**") {
		options = append(options, doublestar.WithNoFollow())
	}
	return options
}

// cleanPattern takes off a trailing slash, which means "directories only".
func cleanPattern(pattern string) (clean string, dirsOnly bool) {
	pattern = slashes(pattern, filepath.Separator)
	clean = path.Clean(pattern)
	for strings.Contains(clean, "**/**/") { // each would be expanded on its own
		clean = strings.ReplaceAll(clean, "**/**/", "**/")
	}
	return clean, strings.HasSuffix(pattern, "/")
}

// markInside notes which globs of exclude: fit recordings and videos in a bag of images. Deeper than its own entries it looks
// for globs alone that name such files, as *.mcap does.
func (f *finder) markInside(ctx context.Context, used []bool, e *manifest.Bag, rel string) {
	if !slices.Contains(used, false) {
		return
	}
	entries, _ := f.store.List(ctx, rel)
	deeper := false
	for _, d := range entries {
		if isBagFile(d.Name()) {
			markUsed(used, e.Exclude, path.Join(rel, d.Name()))
		}
		deeper = deeper || f.isDir(ctx, path.Join(rel, d.Name()), d)
	}
	idle := false
	for i, glob := range e.Exclude {
		idle = idle || !used[i] && isBagFile(glob)
	}
	if !deeper || !idle {
		return
	}
	l, _ := list(ctx, f.store, rel) // ctx has ended, which ends the scan too
	for _, at := range slices.Concat(l.recordings, l.videos) {
		markUsed(used, e.Exclude, path.Join(rel, at))
	}
}

// dropTwins drops recordings that globs found next to another copy of the same one, with a note.
func (f *finder) dropTwins(ctx context.Context) {
	byDir := make(map[string][]string)
	for _, b := range f.bags {
		dir := path.Dir(b.rel)
		byDir[dir] = append(byDir[dir], path.Base(b.rel))
	}
	dropped := make(map[string]bag.Twin) // by path
	for dir, names := range byDir {
		for _, t := range bag.Twins(ctx, f.store, dir, names) {
			name, of := f.byRel[path.Join(dir, t.Name)], f.byRel[path.Join(dir, t.Of)]
			switch {
			case !name.named():
				dropped[name.rel] = t
			case !of.named(): // the manifest says which it is
				dropped[of.rel] = bag.Twin{Name: t.Of, Of: t.Name}
			}
		}
	}
	if len(dropped) == 0 {
		return
	}
	f.bags = slices.DeleteFunc(f.bags, func(b *bagRef) bool { return dropped[b.rel].Name != "" })
	first := slices.Min(slices.Collect(maps.Keys(dropped)))
	of, lost := dropped[first].Of, dropped[first].Lost
	if instead, also := dropped[path.Join(path.Dir(first), of)]; also {
		of, lost = instead.Of, 0
	}
	taken := wording.Safe(of) + " is taken"
	if lost > 0 {
		taken += ", which has " + wording.Count(int(lost), "message", "messages") + " more"
	}
	f.problems = append(f.problems, diag.Diagnostic{
		Severity: diag.Note, Code: diag.CodeSameRecording,
		Text: fmt.Sprintf("left out: %s of which another file is there, such as %s (%s)", wording.Count(len(dropped), "recording", "recordings"), wording.Safe(first), taken),
	})
}

func (f *finder) isDir(ctx context.Context, rel string, d fs.DirEntry) bool {
	if d.Type()&fs.ModeSymlink == 0 {
		return d.IsDir()
	}
	info, err := f.store.Stat(ctx, rel)
	return err == nil && info.IsDir()
}

func (f *finder) add(rel string, file bool, e *manifest.Bag) {
	b := f.byRel[rel]
	if b == nil {
		b = &bagRef{rel: rel, root: f.root, store: f.store, file: file}
		f.byRel[rel] = b
		f.bags = append(f.bags, b)
	}
	b.entries = append(b.entries, e)
}

// excludes tells whether a pattern fits the bag or a directory above it. Without a
// slash inside, it may fit a name at any depth, as in a .gitignore.
func excludes(patterns []string, rel string) bool {
	for _, p := range patterns {
		clean, _ := cleanPattern(p)
		if !strings.Contains(clean, "/") {
			clean = "**/" + clean
		}
		for at := rel; at != "."; at = path.Dir(at) {
			if doublestar.MatchUnvalidated(clean, at) {
				return true
			}
		}
	}
	return false
}

// stubs adds bags of which only DVC's stub is here: their tasks will be blocked.
func (f *finder) stubs(ctx context.Context, e *manifest.Bag, pattern string, used []bool) int {
	if strings.Contains(pattern, "**") || pattern == "." {
		return 0
	}
	n := 0
	doublestar.GlobWalk(f.fsys, pattern+".dvc", func(stub string, d fs.DirEntry) error {
		rel := strings.TrimSuffix(stub, ".dvc")
		markUsed(used, e.Exclude, rel)
		if store.Exists(ctx, f.store, rel) || excludes(e.Exclude, rel) {
			return nil
		}
		n++
		f.add(rel, isBagFile(rel), e)
		f.byRel[rel].missing = &diag.Diagnostic{
			Severity: diag.Error, Code: diag.CodeDVCMissing, Hint: diag.Do(diag.HintFetchDVC, f.store.Path(stub)),
			Text: fmt.Sprintf("bag %s is not here, only its DVC stub %s", wording.Safe(rel), path.Base(stub)),
		}
		return nil
	}, doublestar.WithNoHidden())
	return n
}

// nothing says why an entry has no bag.
func (f *finder) nothing(ctx context.Context, e *manifest.Bag, pattern string, excluded, wrong int) {
	if excluded > 0 {
		f.report(e, diag.CodeNoMatch, diag.Hint{}, "exclude: leaves none of the %s that %q matches", wording.Count(excluded, "bag", "bags"), e.Path)
		return
	}
	if wrong > 0 {
		f.report(e, diag.CodeNoMatch, diag.Do(diag.HintWhatIsABag),
			"%q matches nothing that is a bag, only %s", e.Path, wording.Count(wrong, "other file", "other files"))
		return
	}
	if link, ok := BrokenLink(ctx, f.store, pattern); ok && !wording.IsGlob(pattern) {
		f.report(e, link.Code, link.Hint, "bag %s: %s", wording.Safe(pattern), wording.Safe(link.Text))
		return
	}
	f.report(e, diag.CodeNoMatch, f.suggest(ctx, pattern), "%q matches nothing in %s", e.Path, f.root)
}

func (f *finder) report(e *manifest.Bag, code diag.Code, hint diag.Hint, format string, args ...any) {
	f.problems = append(f.problems, diag.Diagnostic{
		Severity: diag.Error, Code: code, Text: fmt.Sprintf(format, args...), Hint: hint, Pos: e.Pos,
	})
}
