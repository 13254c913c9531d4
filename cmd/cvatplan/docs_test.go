//go:build unix

package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// TestPagesDoWhatTheySay runs every command of the pages that teach: they are turned into scripts.
//
//   - Each line of a block ```sh runs in a shell; `export` and `cd` last.
//   - The block ```text after it shows what the last command printed, where … matches anything.
//   - A block after <!-- file: NAME --> is written to that file.
//   - <!-- test: COMMAND --> runs a command of testscript: what the page takes for granted.
//   - <!-- exit N --> is the exit code of the next line that runs.
func TestPagesDoWhatTheySay(t *testing.T) {
	commands := cvattest.Commands()
	maps.Copy(commands, scriptCommands)
	commands["shows"] = shows
	var scripts []string
	for _, page := range []string{"tutorial.md", "from-a-script.md", "recordings.md", "saved-plans.md", "growing-bags.md"} {
		scripts = append(scripts, scriptOf(t, filepath.Join("..", "..", "docs", page)))
	}
	testscript.Run(t, testscript.Params{Files: scripts, Cmds: commands, Setup: prepareScript, RequireExplicitExec: true})
}

// scriptOf turns a page into a script.
func scriptOf(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	p := pageScript{exit: "0"}
	for line := range strings.Lines(string(text)) {
		p.line(strings.TrimSuffix(line, "\n"))
	}
	if p.commands < 5 {
		t.Fatalf("%s: %d commands: that cannot be all of them", page, p.commands)
	}
	name := filepath.Join(t.TempDir(), strings.TrimSuffix(filepath.Base(page), ".md")+".txtar")
	if err := os.WriteFile(name, []byte(p.script.String()+p.files.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// A pageScript is what has been read of a page so far.
type pageScript struct {
	script, files strings.Builder
	block         string   // sh, text, file or another; empty: outside
	lines         []string // of the block
	file, exit    string
	commands      int
}

var comment = regexp.MustCompile(`^<!-- (test:|file:|exit) (.*) -->$`)

func (p *pageScript) line(s string) {
	switch language, fence := strings.CutPrefix(s, "```"); {
	case fence && p.block != "":
		p.end()
		p.block = ""
	case fence:
		p.block, p.lines = language, nil
		if p.file != "" {
			p.block = "file"
		}
	case p.block != "":
		p.lines = append(p.lines, s)
	default:
		p.comment(s)
	}
}

func (p *pageScript) comment(s string) {
	switch m := comment.FindStringSubmatch(s); {
	case m == nil:
	case m[1] == "test:":
		p.script.WriteString(m[2] + "\n")
	case m[1] == "file:":
		p.file = m[2]
	default:
		p.exit = m[2]
	}
}

// end is the end of a block.
func (p *pageScript) end() {
	switch p.block {
	case "sh":
		for _, s := range p.lines {
			p.command(s)
		}
	case "text":
		fmt.Fprintf(&p.script, "shows $WORK/%s\n", p.keep())
	case "file":
		fmt.Fprintf(&p.script, "cp $WORK/%s %s\n", p.keep(), p.file)
		p.file = ""
	}
}

// keep puts the block's lines into a file of the script.
func (p *pageScript) keep() string {
	name := fmt.Sprintf("block-%d", p.files.Len())
	fmt.Fprintf(&p.files, "-- %s --\n%s\n", name, strings.Join(p.lines, "\n"))
	return name
}

func (p *pageScript) command(s string) {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasPrefix(s, "#") {
		return
	}
	p.commands++
	if assignment, ok := strings.CutPrefix(s, "export "); ok {
		name, value, _ := strings.Cut(assignment, "=")
		fmt.Fprintf(&p.script, "env %s=%s\n", name, strings.Trim(value, `"`))
		return
	}
	if strings.HasPrefix(s, "cd ") {
		p.script.WriteString(s + "\n")
		return
	}
	fmt.Fprintf(&p.script, "exit %s sh -c '%s'\n", p.exit, strings.ReplaceAll(s, "'", "''"))
	p.exit = "0"
}

// shows compares what the last command printed with a block of the page: shows FILE.
func shows(ts *testscript.TestScript, _ bool, args []string) {
	got := strings.Split(ts.ReadFile("stdout"), "\n")
	for want := range strings.Lines(ts.ReadFile(args[0])) {
		want = strings.TrimRight(want, " \n")
		if want == "…" || want == "" {
			continue
		}
		parts := strings.Split(want, "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(parts[i])
		}
		line := regexp.MustCompile("^" + strings.Join(parts, ".*") + "$")
		at := 0
		for at < len(got) && !line.MatchString(strings.TrimRight(got[at], " ")) {
			at++
		}
		if at == len(got) {
			ts.Fatalf("the page shows this line, and it was not printed, or not here:\n%s", want)
		}
		got = got[at+1:]
	}
}
