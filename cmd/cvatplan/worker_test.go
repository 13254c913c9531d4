package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// With -short each script has one process, a worker, in which the program runs again and again: half of what most starts cost is
// what the libraries prepare. Without it each run is a process of its own.

// A call is one run of the program in a worker, as it is sent to it.
type call struct {
	Dir  string
	Env  map[string]string
	Args []string
}

// An outcome is what the worker answers.
type outcome struct {
	Stdout, Stderr []byte
	Code           int
}

// workerMain runs what its standard input asks for until that ends.
func workerMain() {
	calls, outcomes := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var c call
		if err := calls.Decode(&c); err != nil {
			os.Exit(0) // the script is over
		}
		if err := outcomes.Encode(c.run()); err != nil {
			os.Exit(1)
		}
	}
}

func (c call) run() outcome {
	os.Clearenv()
	for name, value := range c.Env {
		if err := os.Setenv(name, value); err != nil {
			return outcome{Stderr: []byte(err.Error()), Code: -1}
		}
	}
	if err := os.Chdir(c.Dir); err != nil {
		return outcome{Stderr: []byte(err.Error()), Code: -1}
	}
	var stdout, stderr bytes.Buffer
	w := &leakWatch{secrets: secretsIn(os.Getenv)}
	w.search(strings.Join(c.Args, " "))
	code := run(c.Args, strings.NewReader(""), &watched{Writer: &stdout, w: w}, &watched{Writer: &stderr, w: w}, os.Getenv)
	return outcome{stdout.Bytes(), stderr.Bytes(), code}
}

// A worker is the process of one script.
type worker struct {
	start    sync.Once
	calls    *json.Encoder
	outcomes *json.Decoder
}

// workerKey is where a script keeps its worker.
type workerKey struct{}

// inWorker runs the program in the script's worker, and gives its exit code. What it prints is the script's stdout and stderr.
func inWorker(ts *testscript.TestScript, args []string) (code int) {
	w := ts.Value(workerKey{}).(*worker)
	w.start.Do(func() { w.begin(ts) })
	c := call{Dir: ts.MkAbs("."), Env: map[string]string{"PWD": ts.MkAbs(".")}, Args: args}
	for _, name := range scriptVariables() {
		if value := ts.Getenv(name); value != "" {
			c.Env[name] = value
		}
	}
	var o outcome
	ts.Check(w.calls.Encode(c))
	if err := w.outcomes.Decode(&o); err != nil {
		ts.Fatalf("cvatplan %s: the worker has ended: %v", strings.Join(args, " "), err)
	}
	_, _ = ts.Stdout().Write(o.Stdout)
	_, _ = ts.Stderr().Write(o.Stderr)
	return o.Code
}

func (w *worker) begin(ts *testscript.TestScript) {
	cmd := exec.Command("cvatplan-worker")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "SystemRoot=" + os.Getenv("SystemRoot"), "GOGC=" + garbage}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	ts.Check(err)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		in.Close()
		_ = cmd.Wait() // a script that failed has said so
	})
	w.calls, w.outcomes = json.NewEncoder(in), json.NewDecoder(out)
}

// scriptVariables are the names of all variables that scripts set, and those that their commands and the system do.
var scriptVariables = sync.OnceValue(func() []string {
	names := map[string]bool{"CVATPLAN_SERVER": true, "CVAT_ACCESS_TOKEN": true, "CVATPLAN_COLOR": true}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "SystemRoot", "XDG_STATE_HOME", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_EC2_METADATA_DISABLED"} {
		names[name] = true
	}
	scripts, _ := filepath.Glob(filepath.Join("testdata", "script", "*.txtar"))
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			panic(err)
		}
		for _, line := range envLine.FindAllString(string(text), -1) {
			for _, set := range strings.Fields(line) {
				if name, _, sets := strings.Cut(set, "="); sets {
					names[name] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(names))
})

var (
	envLine  = regexp.MustCompile(`(?m)^(?:\[[^\]]*\] +)*env .*$`)
	execLine = regexp.MustCompile(`(?m)^((?:\[[^\]]*\] +)*(?:! +)?)exec( cvatplan(?: .*[^&\n])?)$`)
)

// inWorkers is a directory of the scripts as they are when each has a worker: within it they run what they else exec, but for
// what runs in the background.
func inWorkers(t *testing.T, dir string) string {
	t.Helper()
	scripts, err := filepath.Glob(filepath.Join(dir, "*.txtar"))
	must(t, err)
	to := t.TempDir()
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		must(t, err)
		begin := bytes.Index(text, []byte("\n-- ")) // of its files
		if begin < 0 {
			begin = len(text)
		}
		commands := execLine.ReplaceAll(text[:begin], []byte("${1}within$2"))
		must(t, os.WriteFile(filepath.Join(to, filepath.Base(script)), slices.Concat(commands, text[begin:]), 0o644))
	}
	return to
}

// within runs the program in the script's worker, as exec does in a process of its own: within cvatplan ARG…
func within(ts *testscript.TestScript, neg bool, args []string) {
	if code := inWorker(ts, args[1:]); (code != exitOK) != neg {
		ts.Fatalf("%s: exit code %d", strings.Join(args, " "), code)
	}
}
