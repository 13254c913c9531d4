package survey

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A Drafted manifest is a first one, and what comes of it.
type Drafted struct {
	Text     []byte
	Bags     int
	Cameras  int
	Tasks    int
	Images   int
	Counted  string            // Images as what they are: "90 frames"
	Problems []diag.Diagnostic // that its first plan will show
}

// Draft writes a first manifest of what lies at the paths, to stand in the file of that name: it plans
// as it is, on the given server, or, where that is empty, on the embedded one. Its globs match what was
// given and nothing else that is there now. Problems say what was left out, even where the error says that all of it was.
func Draft(ctx context.Context, file, server string, paths ...string) (Drafted, error) {
	guess, err := guessEither(ctx, paths)
	if err != nil {
		return Drafted{Problems: guess.Skipped}, err
	}
	root, err := rootFrom(file, guess.Root)
	if err != nil {
		return Drafted{}, err
	}
	d := draft{Guess: guess, server: server, root: root, project: projectName(guess.Root), task: taskName(guess)}
	drafted, err := d.try(ctx, file)
	for _, bag := range []string{"{parent}_{bag}", "{rel}"} {
		if err != nil || !slices.ContainsFunc(drafted.Problems, sameName) {
			break
		}
		d.task = strings.Replace(taskName(guess), "{bag}", bag, 1)
		drafted, err = d.try(ctx, file)
	}
	drafted.Problems = slices.Concat(guess.Skipped, guess.LeftOut(), drafted.Problems)
	return drafted, err
}

// guessEither guesses at images and, where there are none, at point clouds: a project takes one or the other. It looks at
// absolute paths, since their parents have names.
func guessEither(ctx context.Context, paths []string) (Guess, error) {
	absolute := make([]string, len(paths))
	for i, p := range paths {
		if store.IsRemote(p) || store.OnServer(p) {
			return Guess{}, remoteError(p)
		}
		var err error
		if absolute[i], err = filepath.Abs(p); err != nil {
			return Guess{}, err
		}
	}
	guess, err := GuessAt(ctx, absolute...)
	var nothing *nothingError
	if errors.As(err, &nothing) && nothing.clouds {
		return guessOf(ctx, manifest.KindPointCloud, absolute)
	}
	return guess, err
}

// A remoteError is an address in place of a directory of this machine.
type remoteError string

func (e remoteError) Error() string {
	return string(e) + ": a first manifest is made of directories and files of this machine"
}

// Hint says what to write instead.
func (e remoteError) Hint() diag.Hint { return diag.Do(diag.HintGiveLocalBags, string(e)) }

func sameName(p diag.Diagnostic) bool { return p.Code == diag.CodeSameTaskName }

// rootFrom is the root as a manifest in that file writes it.
func rootFrom(file, root string) (string, error) {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return "", err
	}
	rel, err := filepath.Rel(dir, root)
	if err != nil { // another volume
		rel = root
	}
	if !utf8.ValidString(rel) || strings.ContainsFunc(rel, unicode.IsControl) {
		return "", fmt.Errorf("%q is not UTF-8 without control characters, and cannot be written in a manifest", rel)
	}
	return filepath.ToSlash(rel), nil
}

// emptyWords are what people call the directory of a data set's data.
var emptyWords = []string{"data", "dataset", "bags", "recordings", "images", "raw", "frames"}

// projectName is the root's name, or that of the directory above if it says nothing.
func projectName(root string) string {
	name := filepath.Base(root)
	if up := filepath.Base(filepath.Dir(root)); slices.Contains(emptyWords, strings.ToLower(name)) && len(up) > 1 {
		name = up
	}
	if name = strings.TrimSpace(name); len(name) < 2 {
		return "My project"
	}
	return name
}

func taskName(g Guess) string {
	if len(g.Cameras) == 0 && g.Kind == manifest.KindImages || g.Named {
		return "{bag}"
	}
	return "{camera}_{bag}"
}

// A draftError is what is wrong with a draft, whose lines nobody has seen.
type draftError struct{ problem diag.Diagnostic }

func (e draftError) Error() string   { return "the manifest would not be valid: " + e.problem.Text }
func (e draftError) Hint() diag.Hint { return e.problem.Hint }

// try writes the manifest and reads it as plan will.
func (d draft) try(ctx context.Context, file string) (Drafted, error) {
	out := Drafted{Text: d.text(), Cameras: len(d.Cameras)}
	for _, b := range d.Bags {
		out.Bags += b.Count
	}
	m, err := manifest.Parse(file, out.Text)
	var mistakes *manifest.Error
	if errors.As(err, &mistakes) {
		return out, draftError{mistakes.Problems[0]}
	}
	if err != nil {
		return out, err
	}
	tasks, problems := source.Scan(ctx, m, source.Options{})
	out.Tasks, out.Problems = len(tasks), problems
	for _, t := range tasks {
		out.Images += len(t.Frames())
		out.Problems = append(out.Problems, t.Problems...)
		var unusable diag.Diagnostic // empty files, and pointers in place of images
		if _, err := source.Bytes(ctx, t); errors.As(err, &unusable) {
			out.Problems = append(out.Problems, unusable)
		}
	}
	out.Counted = d.count(out.Images)
	return out, ctx.Err()
}
