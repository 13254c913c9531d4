package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

const defaultManifest = "cvatplan.yaml"

// load reads the manifests of a command line, without any the one in the current directory, and
// reports the mistakes of all of them at once.
func (a *app) load(files []string) ([]*manifest.Manifest, error) {
	if len(files) == 0 {
		files = []string{defaultManifest}
	}
	var all []*manifest.Manifest
	var problems []diag.Diagnostic
	for _, file := range files {
		if planfile.IsFile(file) {
			return nil, usageError{fmt.Errorf("%s is a saved plan, which only apply and show take", file)}
		}
		m, err := manifest.Load(file)
		var mistakes *manifest.Error
		switch {
		case errors.As(err, &mistakes):
			problems = append(problems, mistakes.Problems...)
		case errors.Is(err, fs.ErrNotExist):
			problems = append(problems, diag.Diagnostic{
				Pos: manifest.Position{File: file}, Text: "there is no such file", Hint: diag.Do(diag.HintInitManifest),
			})
		case err != nil:
			problems = append(problems, diag.Diagnostic{Pos: manifest.Position{File: file}, Text: err.Error()})
		default:
			all = append(all, m)
		}
	}
	if len(problems) > 0 {
		return nil, &manifest.Error{Problems: problems}
	}
	return all, nil
}
