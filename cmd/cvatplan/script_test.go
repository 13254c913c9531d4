package main

import (
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cvatplan/cvatplan/internal/source/choose/choosetest"
	"github.com/cvatplan/cvatplan/internal/store/storetest"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// TestMain lets scripts run the real program: `exec cvatplan …` starts this test binary again; with -short see [worker].
// Tests here mostly wait for such children, so more of them run at once than there are processors.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil { // -parallel on the command line wins
		panic(err)
	}
	testscript.Main(collecting{m}, map[string]func(){"cvatplan": canaryMain, "cvatplan-held": heldMain, "cvatplan-panicky": panickyMain, "cvatplan-worker": workerMain})
}

// collecting runs the tests with [garbage], as the programs that they start.
type collecting struct{ *testing.M }

func (m collecting) Run() int {
	percent, err := strconv.Atoi(garbage)
	if err != nil {
		panic(err)
	}
	debug.SetGCPercent(percent)
	return m.M.Run()
}

// TestScripts runs testdata/script/*.txtar: all that a user sees. Dropping a file there makes a new test.
func TestScripts(t *testing.T) {
	commands := cvattest.Commands()
	maps.Copy(commands, scriptCommands)
	commands["sandbox"] = watchingSandbox(commands["sandbox"])
	dir := filepath.Join("testdata", "script")
	if fewest() && os.Getenv("UPDATE_SCRIPTS") == "" {
		dir = inWorkers(t, dir)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Cmds:                commands,
		Setup:               prepareScript,
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
	})
}

// garbage is how Go collects it in the programs that tests start, over a thousand, most for some milliseconds: no
// collection before 16 MiB, which is a fifth of what such a start costs.
const garbage = "400"

// prepareScript gives a script the repository's examples, a home of its own and no credentials.
func prepareScript(env *testscript.Env) error {
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	env.Values[workerKey{}] = &worker{}
	env.Setenv("REPO", repo)
	env.Setenv("CVATPLAN_COLOR", "never")
	env.Setenv("GOGC", garbage)
	env.Setenv("HOME", env.WorkDir)
	env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
	return nil
}

// Commands that scripts have in addition to testscript's own and cvattest's.
var scriptCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"api":      api,
	"copytree": copyTree,
	"images":   images,
	"exit":     exitsWith,
	"cut":      cutOff,
	"hole":     hole,
	"bucket":   bucket,
	"scenes":   scenes,
	"within":   within,
}

// images copies pictures of the quickstart: images FILE… gives each file another one.
func images(ts *testscript.TestScript, _ bool, args []string) {
	pictures, err := filepath.Glob(filepath.Join(ts.Getenv("REPO"), "examples", "quickstart", "data", "*", "*.jpg"))
	ts.Check(err)
	for i, name := range args {
		content, err := os.ReadFile(pictures[i%len(pictures)])
		ts.Check(err)
		file := ts.MkAbs(name)
		ts.Check(os.MkdirAll(filepath.Dir(file), 0o755))
		ts.Check(os.WriteFile(file, content, 0o644))
	}
}

// scenes draws pictures that show something: scenes DIR FIRST a0 a3 b0 makes cam_00.png and so on, of the scenes a, a
// and b, the second of them blurred by 3, counted from FIRST.
func scenes(ts *testscript.TestScript, _ bool, args []string) {
	first, err := strconv.Atoi(args[1])
	ts.Check(err)
	ts.Check(os.MkdirAll(ts.MkAbs(args[0]), 0o755))
	for i, p := range args[2:] {
		file := filepath.Join(ts.MkAbs(args[0]), fmt.Sprintf("cam_%02d.png", first+i))
		ts.Check(os.WriteFile(file, choosetest.PNG(uint64(p[0]), int(p[1]-'0')), 0o644))
	}
}

// exitsWith runs cvatplan and compares its exit code: exit CODE ARG…
func exitsWith(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exit CODE cvatplan ARG...")
	}
	got := "0"
	if args[1] == "cvatplan" && fewest() {
		got = strconv.Itoa(inWorker(ts, args[2:]))
	} else if err := ts.Exec(args[1], args[2:]...); err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("%s: exit code %s, wanted %s", strings.Join(args[1:], " "), got, args[0])
	}
}

// copyTree copies a directory: copytree FROM TO.
func copyTree(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.CopyFS(ts.MkAbs(args[1]), os.DirFS(ts.MkAbs(args[0]))))
}

// cutOff leaves the beginning of a file: cut FILE BYTES.
func cutOff(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.Truncate(ts.MkAbs(args[0]), size))
}

// hole fills a part of a file with zeros: hole FILE AT BYTES.
func hole(ts *testscript.TestScript, _ bool, args []string) {
	at, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	size, err := strconv.Atoi(args[2])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	defer f.Close()
	_, err = f.WriteAt(make([]byte, size), at)
	ts.Check(err)
}

// bucket serves a directory as the bucket "lab" of an S3 server, and over plain HTTP: bucket DIR. It sets what AWS's
// tools read, and BUCKET_URL.
func bucket(ts *testscript.TestScript, _ bool, args []string) {
	b := &storetest.Bucket{Objects: map[string][]byte{}}
	dir := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		key, err := filepath.Rel(dir, path)
		if err == nil {
			b.Objects[filepath.ToSlash(key)], err = os.ReadFile(path)
		}
		return err
	}))
	server := httptest.NewServer(b)
	ts.Defer(server.Close)
	for name, value := range map[string]string{
		"BUCKET_URL": server.URL + "/lab", "AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret-of-s3",
		"AWS_EC2_METADATA_DISABLED": "true",
	} {
		ts.Setenv(name, value)
	}
}
