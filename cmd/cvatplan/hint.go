package main

import (
	"fmt"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/report"
)

// A hinted error carries advice apart from the error: the command or the change that mends it.
type hinted struct {
	error
	hint diag.Hint
}

func (h hinted) Unwrap() error   { return h.error }
func (h hinted) Hint() diag.Hint { return h.hint }

// withHint adds advice to an error.
func withHint(err error, hint diag.Hint) error {
	return hinted{err, hint}
}

// A coded error is one that docs/errors.md explains.
type coded struct {
	error
	code diag.Code
}

func (c coded) Unwrap() error   { return c.error }
func (c coded) Code() diag.Code { return c.code }

// withCode says which section of docs/errors.md explains an error.
func withCode(code diag.Code, err error) error { return coded{err, code} }

// hint prints advice to stderr; after the first of each code, where more is to be read.
func (a *app) hint(h diag.Hint, code diag.Code) {
	if text := advice.Words(h); text != "" {
		fmt.Fprintf(a.stderr, "cvatplan: hint: %s\n", report.Safe(text))
	}
	if url := report.HelpURL(code); url != "" && !a.linked[url] {
		if a.linked == nil {
			a.linked = map[string]bool{}
		}
		a.linked[url] = true
		fmt.Fprintf(a.stderr, "cvatplan: hint: see %s\n", url)
	}
}
