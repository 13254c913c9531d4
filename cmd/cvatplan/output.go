package main

import (
	"io"
	"log"
	"os"

	"github.com/cvatplan/cvatplan/internal/credential"
	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/internal/report"
)

// guardOutput makes all output go through the outlet, which takes out every credential that is found in
// the environment, in files and in profiles, and on the command line. The returned function writes what is left.
func (a *app) guardOutput(args []string) (flush func() error) {
	a.secrets.Encodings = []func(string) string{report.MarkdownText}
	known := a.known()
	known.Machine(os.Environ())
	for _, arg := range args {
		known.Address(arg)
	}
	stdout, stderr := a.secrets.Writer(a.stdout), a.secrets.Writer(a.stderr)
	a.stdout, a.stderr = stdout, stderr
	log.SetOutput(io.Discard) // where net/http writes what a server sent unasked
	return func() error {
		_ = stderr.Flush() // its failure has no place left to be written to
		return stdout.Flush()
	}
}

// known is what this run must not repeat.
func (a *app) known() credential.Known {
	return credential.Known{Secrets: &a.secrets, Getenv: a.getenv}
}

// guarded is a file's writer, with what [app.guardOutput] does for the streams.
func (a *app) guarded(write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		out := a.secrets.Writer(w)
		if err := write(out); err != nil {
			return err
		}
		return out.Flush()
	}
}

// allow lets the program's own escape sequences through to a stream.
func allow(stream io.Writer, style outlet.Style) {
	if w, ok := stream.(*outlet.Writer); ok {
		w.Allow(style)
	}
}

// beneath is the stream that an outlet writes to.
func beneath(stream any) any {
	if w, ok := stream.(*outlet.Writer); ok {
		return w.Unwrap()
	}
	return stream
}
