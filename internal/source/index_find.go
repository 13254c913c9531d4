package source

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// findIndexed finds the bags that entries' indexes know of and that are not here: they are planned
// without their images.
func (f *finder) findIndexed(ctx context.Context, entries []*manifest.Bag) {
	for _, e := range entries {
		if e.Index == "" {
			continue
		}
		pattern, dirs := cleanPattern(e.Path)
		for _, rel := range f.load(e.Index).Bags() {
			_, err := f.store.Stat(ctx, rel)
			if err != nil && f.fits(e, pattern, dirs, rel) && filepath.IsLocal(filepath.FromSlash(rel)) {
				f.onlyIndexed = append(f.onlyIndexed, rel)
			}
		}
	}
	slices.Sort(f.onlyIndexed)
	f.onlyIndexed = slices.Compact(f.onlyIndexed)
}

// addIndexed adds those that an entry matches, with an index of its own or not.
func (f *finder) addIndexed(e *manifest.Bag, pattern string, dirs bool) (found int) {
	for _, rel := range f.onlyIndexed {
		if f.fits(e, pattern, dirs, rel) {
			found++
			f.add(rel, isBagFile(rel), e)
			f.byRel[rel].onlyIndexed = true
		}
	}
	return found
}

// fits tells whether an entry matches a bag, by names alone.
func (f *finder) fits(e *manifest.Bag, pattern string, dirs bool, rel string) bool {
	return fitsBag(pattern, rel) && !(dirs && isBagFile(rel)) && !excludes(e.Exclude, rel)
}

// attachIndexes gives each bag the last index that an entry names for it; one that has the bag, if
// there is one.
func (f *finder) attachIndexes() {
	for _, b := range f.bags {
		for _, e := range b.entries {
			if e.Index == "" {
				continue
			}
			b.index = e.Index
			if c := f.load(e.Index); c.Err == nil && (b.indexed == nil || c.Has(b.rel)) {
				b.indexed = c
			}
		}
	}
}

func fitsBag(pattern, rel string) bool {
	return pattern == rel || doublestar.MatchUnvalidated(pattern, rel)
}

func (f *finder) load(file string) *index.Index {
	if f.indexes == nil {
		f.indexes = make(map[string]*index.Index)
	}
	if f.indexes[file] == nil {
		f.indexes[file] = index.Load(file)
	}
	return f.indexes[file]
}

// checkIndex says what is wrong with an entry's index: without the bag it is an error, with the
// bag a warning, and a note where it is yet to be written.
func (f *finder) checkIndex(e *manifest.Bag, here, found int) {
	l := f.indexes[e.Index]
	p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeBadIndex, Pos: e.Pos, Hint: diag.Do(diag.HintRenewIndex, e.Pos.File)}
	switch {
	case l.Missing() && here > 0:
		p.Severity, p.Code, p.Text = diag.Note, diag.CodeNoIndex, fmt.Sprintf("index %s is yet to be written", wording.Safe(l.File))
	case l.Missing():
		p.Text = fmt.Sprintf("%q matches nothing in %s, and its index %s is not there either", e.Path, f.root, wording.Safe(l.File))
	case l.Err != nil:
		p.Code, p.Text = diag.CodeOr(p.Code, l.Err), fmt.Sprintf("index %s: %s", wording.Safe(l.File), reason(l.Err))
	case found == 0 && here == 0:
		p.Text = fmt.Sprintf("%q matches nothing in %s, nor in its index %s, which lists %s", e.Path, f.root, wording.Safe(l.File), firstNames(l.Bags()))
	default:
		return
	}
	if here == 0 {
		p.Severity = diag.Error
		p.Hint = diag.Do(diag.HintRenewIndexThere, e.Pos.File)
	}
	if here > 0 || !e.Optional {
		f.problems = append(f.problems, p)
	}
}

// firstNames are the first few of an index's bags.
func firstNames(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return wording.Safe(wording.FirstFew(names, 3))
}

// someIndexed reports whether entries may do without their root: some bags have an index.
func someIndexed(entries []*manifest.Bag) bool {
	return slices.ContainsFunc(entries, func(b *manifest.Bag) bool { return b.Index != "" })
}

// unfetched is the first sign that a bag is here in name only: pointers that version control left in
// place of its contents. One frame of each task is looked at.
func unfetched(ctx context.Context, o outcome) *diag.Diagnostic {
	for _, t := range o.tasks {
		problems := t.Problems
		if len(t.frames.names) > 0 {
			if size, err := t.frames.source.Size(ctx, 0); err == nil && 0 <= size && size < content.MaxPointer {
				problems = append(problems[:len(problems):len(problems)], t.checkPointer(ctx, 0))
			}
		}
		for _, p := range problems {
			if slices.Contains(pointerCodes, p.Code) {
				return &p
			}
		}
	}
	return nil
}

var pointerCodes = []diag.Code{diag.CodeLFSPointer, diag.CodeAnnexMissing, diag.CodeDVCMissing}
