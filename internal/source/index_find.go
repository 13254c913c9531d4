package source

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// lookAway finds the bags that entries' listings know of and that are not here: they are planned
// without their images.
func (f *finder) lookAway(ctx context.Context, m *manifest.Manifest) {
	for i := range m.Bags {
		e := &m.Bags[i]
		if e.Index == "" {
			continue
		}
		pattern, dirs := cleanPattern(e.Path)
		for _, rel := range f.catalog(e.Index).names() {
			_, err := f.store.Stat(ctx, rel)
			if err != nil && f.fits(e, pattern, dirs, rel) && filepath.IsLocal(filepath.FromSlash(rel)) {
				f.away = append(f.away, rel)
			}
		}
	}
	slices.Sort(f.away)
	f.away = slices.Compact(f.away)
}

// addAway adds those that an entry matches, with a listing of its own or not.
func (f *finder) addAway(e *manifest.Bag, pattern string, dirs bool) (found int) {
	for _, rel := range f.away {
		if f.fits(e, pattern, dirs, rel) {
			found++
			f.add(rel, bag.Named(rel), e)
			f.byRel[rel].absent = true
		}
	}
	return found
}

// fits tells whether an entry matches a bag, by names alone.
func (f *finder) fits(e *manifest.Bag, pattern string, dirs bool, rel string) bool {
	return fitsBag(pattern, rel) && !(dirs && bag.Named(rel)) && !excludes(e.Exclude, rel)
}

// attachCatalogs gives each bag the last listing that an entry names for it; one that has the bag, if
// there is one.
func (f *finder) attachCatalogs() {
	for _, b := range f.bags {
		for _, e := range b.entries {
			if e.Index == "" {
				continue
			}
			b.index = e.Index
			if c := f.catalog(e.Index); c.err == nil && (b.catalog == nil || c.bags[b.rel] != nil) {
				b.catalog = c
			}
		}
	}
}

func fitsBag(pattern, rel string) bool {
	return pattern == rel || doublestar.MatchUnvalidated(pattern, rel)
}

func (f *finder) catalog(file string) *catalog {
	if f.catalogs == nil {
		f.catalogs = make(map[string]*catalog)
	}
	if f.catalogs[file] == nil {
		f.catalogs[file] = readCatalog(file)
	}
	return f.catalogs[file]
}

// checkCatalog says what is wrong with an entry's listing: without the bag it is an error, beside the
// bag a warning, and a note where it is yet to be written.
func (f *finder) checkCatalog(e *manifest.Bag, here, found int) {
	l := f.catalogs[e.Index]
	p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeBadIndex, Pos: e.Pos, Hint: diag.Do(diag.HintRenewIndex, e.Pos.File)}
	switch {
	case l.missing() && here > 0:
		p.Severity, p.Code, p.Text = diag.Note, diag.CodeNoIndex, fmt.Sprintf("index %s is yet to be written", wording.Safe(l.file))
	case l.missing():
		p.Text = fmt.Sprintf("%q matches nothing in %s, and its index %s is not there either", e.Path, f.root, wording.Safe(l.file))
	case l.err != nil:
		p.Text = fmt.Sprintf("index %s: %s", wording.Safe(l.file), reason(l.err))
	case found == 0 && here == 0:
		p.Text = fmt.Sprintf("%q matches nothing in %s, nor in its index %s, which lists %s", e.Path, f.root, wording.Safe(l.file), firstNames(l.names()))
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

// someListed reports whether a manifest may do without its root: some bags have a listing.
func someListed(m *manifest.Manifest) bool {
	return slices.ContainsFunc(m.Bags, func(b manifest.Bag) bool { return b.Index != "" })
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
