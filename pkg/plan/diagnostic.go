package plan

import "github.com/cvatplan/cvatplan/internal/diag"

// A Diagnostic is one thing that a person should know, as data:
//
//	Severity  what it stops: 0 nothing (a note), 1 nothing yet (a warning), 2 its task
//	Code      a stable word for what it is about, such as "corrupt_image"; docs/errors.md explains each
//	Text      names the thing and what was found
//	Hint      a [Hint]
//	Pos       where the manifest writes what it is about; may be zero
//	Task      the task that it is about; may be empty
//	Excerpt   of the manifest; only [manifest.Error] has it
//
// It is an error too, whose text is Text.
type Diagnostic = diag.Diagnostic

// A Hint is what can be done, as data: an Action and its Args, which a program puts into its own
// words. Compare it with the zero Hint to learn whether there is one.
type Hint = diag.Hint
