package cvattest

import (
	"flag"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// Commands are testscript's commands over servers that run in the test's own process:
//
//	sandbox [-dir DIR] [-version V] [-hold-before N | -hold-after N | -hold-late N] [-hold-imports start|save] [&NAME&]
//	held [NAME]        waits until a request, or an import, is held
//	release [NAME]     lets it go on
//	requests [NAME]    writes the requests so far to standard output: METHOD PATH STATUS
//
// N counts the writing requests, from 1. sandbox sets CVATPLAN_SERVER and
// CVAT_ACCESS_TOKEN, or NAME_URL if it has a NAME other than the first. Make one Commands
// value per test function.
func Commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	s := &scripts{servers: map[*testscript.TestScript]map[string]*scripted{}}
	return map[string]func(*testscript.TestScript, bool, []string){
		"sandbox": s.sandbox, "held": s.held, "release": s.release, "requests": s.requests,
	}
}

type scripts struct {
	mu      sync.Mutex // scripts run in parallel
	servers map[*testscript.TestScript]map[string]*scripted
}

// A scripted server has at most one hold.
type scripted struct {
	*Server
	hold *Hold
}

const firstName = "srv"

func (s *scripts) sandbox(ts *testscript.TestScript, neg bool, args []string) {
	name := firstName
	if n := len(args); n > 0 && strings.HasPrefix(args[n-1], "&") {
		name, args = strings.Trim(args[n-1], "&"), args[:n-1]
	}
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", name+".sandbox", "")
	version := flags.String("version", sandbox.Version, "")
	before := flags.Int("hold-before", 0, "")
	after := flags.Int("hold-after", 0, "")
	late := flags.Int("hold-late", 0, "")
	imports := flags.String("hold-imports", "", "")
	if err := flags.Parse(args); err != nil || neg {
		ts.Fatalf("usage: sandbox [flags] [&NAME&]: %v", err)
	}
	srv, err := start(settings{version: *version, sandbox: sandbox.Options{Dir: ts.MkAbs(*dir)}})
	ts.Check(err)
	ts.Defer(func() { ts.Check(srv.Close()) })
	run := &scripted{Server: srv}
	for at, nth := range map[Point]int{BeforeHandling: *before, AfterHandling: *after, Late: *late} {
		if nth > 0 {
			run.hold = srv.Hold(Rule{Writes: true, Nth: nth}, at)
		}
	}
	if *imports != "" {
		run.hold = srv.HoldImports(sandbox.ImportStep(*imports))
	}
	s.keep(ts, name, run)
}

func (s *scripts) keep(ts *testscript.TestScript, name string, run *scripted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.servers[ts] == nil {
		s.servers[ts] = map[string]*scripted{}
		ts.Setenv("CVATPLAN_SERVER", run.URL)
		ts.Setenv("CVAT_ACCESS_TOKEN", run.Token)
	}
	ts.Setenv(strings.ToUpper(name)+"_URL", run.URL)
	s.servers[ts][name] = run
}

func (s *scripts) find(ts *testscript.TestScript, args []string) *scripted {
	name := firstName
	if len(args) > 0 {
		name = args[0]
	}
	s.mu.Lock()
	run := s.servers[ts][name]
	s.mu.Unlock()
	if run == nil {
		ts.Fatalf("no sandbox is named %s", name)
	}
	return run
}

func (s *scripts) held(ts *testscript.TestScript, _ bool, args []string) {
	run := s.find(ts, args)
	if run.hold == nil {
		ts.Fatalf("sandbox holds nothing: give it a -hold flag")
	}
	ts.Check(run.hold.arrive())
}

func (s *scripts) release(ts *testscript.TestScript, _ bool, args []string) {
	if run := s.find(ts, args); run.hold != nil {
		run.hold.Release()
	}
}

func (s *scripts) requests(ts *testscript.TestScript, _ bool, args []string) {
	var b strings.Builder
	for _, r := range s.find(ts, args).Seen() {
		fmt.Fprintln(&b, r)
	}
	_, err := io.WriteString(ts.Stdout(), b.String())
	ts.Check(err)
}
