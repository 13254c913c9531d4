package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

// exitLeak is the exit code of a program that has shown a secret; no test wants it.
const exitLeak = 99

// canaryMain is the program as every test here runs it: its own credentials, which hold
// canaries, are looked for in all that it writes and was called with.
func canaryMain() {
	collectLater(os.Getenv)
	w := &leakWatch{secrets: secretsIn(os.Getenv)}
	w.search(strings.Join(os.Args, " "))
	os.Exit(run(os.Args[1:], os.Stdin, w.over(os.Stdout), w.over(os.Stderr), os.Getenv))
}

// secretsIn are the secrets that the environment gives; short words are no canaries.
func secretsIn(getenv func(string) string) (secrets []string) {
	for _, name := range []string{"CVAT_ACCESS_TOKEN", "CVAT_PASSWORD", "CANARY"} {
		if s := getenv(name); len(s) > 8 {
			secrets = append(secrets, s)
		}
	}
	return secrets
}

type leakWatch struct{ secrets []string }

func (w *leakWatch) search(text string) {
	for _, s := range w.secrets {
		if strings.Contains(text, s) {
			fmt.Fprintf(os.Stderr, "\nA SECRET IS SHOWN in %.2000q\n", text)
			os.Exit(exitLeak)
		}
	}
}

// over watches a stream, but for a terminal, which the program wants to see itself.
func (w *leakWatch) over(f *os.File) io.Writer {
	if isTerminal(f) || len(w.secrets) == 0 {
		return f
	}
	return &watched{Writer: f, w: w}
}

type watched struct {
	io.Writer
	w    *leakWatch
	last []byte // a secret may be written in two pieces
}

func (s *watched) Write(p []byte) (int, error) {
	s.last = append(s.last, p...)
	s.w.search(string(s.last))
	s.last = bytes.Clone(s.last[max(0, len(s.last)-200):])
	return s.Writer.Write(p)
}

// leaks is an error if a file below dir holds one of the secrets. Images, the embedded
// server's own database and cvat-cli's own store are left out.
func leaks(dir string, secrets ...string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		own := filepath.Ext(path) == ".png" || strings.HasPrefix(d.Name(), "sandbox.db") || filepath.Base(filepath.Dir(path)) == "cvat-sdk"
		if err != nil || !d.Type().IsRegular() || own {
			return err
		}
		text, err := os.ReadFile(path)
		for _, s := range secrets {
			if bytes.Contains(text, []byte(s)) {
				return fmt.Errorf("%s holds a secret", path)
			}
		}
		return err
	})
}

// watchingSandbox is the script command sandbox, whose token must then be in none of the
// script's files.
func watchingSandbox(sandbox scriptCommand) scriptCommand {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		ts.Defer(func() { ts.Check(leaks(ts.MkAbs("."), secretsIn(ts.Getenv)...)) })
		sandbox(ts, neg, args)
	}
}

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// No flag takes a secret: what is on a command line is in histories and process lists.
func TestNoFlagTakesASecret(t *testing.T) {
	for _, flag := range allFlags(t) {
		for _, word := range []string{"token", "password", "secret", "credential", "key", "auth"} {
			if strings.Contains(flag, word) && flag != "auto-approve" {
				t.Errorf("--%s", flag)
			}
		}
	}
}

func allFlags(t *testing.T) (names []string) {
	t.Helper()
	var c cli
	parser, err := kong.New(&c, (&app{getenv: os.Getenv}).kongOptions()...)
	must(t, err)
	for _, command := range parser.Model.Leaves(false) {
		for _, group := range command.AllFlags(false) {
			for _, flag := range group {
				names = append(names, flag.Name)
			}
		}
	}
	if len(names) < 50 {
		t.Fatalf("only %d flags", len(names))
	}
	return names
}
