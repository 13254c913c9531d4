package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

const outgoing = "canary+outgoing/4711=="

// anyCanary is one of the credentials below, however it is escaped. Their number alone may be in a time or a hash.
var anyCanary = regexp.MustCompile(`canary.{0,16}4711`)

// called is one call of the program within this process: all that it printed, and its exit code.
func called(env map[string]string, args ...string) (text string, code int) {
	var stdout, stderr bytes.Buffer
	code = run(args, strings.NewReader(""), &stdout, &stderr, func(name string) string { return env[name] })
	return stdout.String() + stderr.String(), code
}

// writeFiles makes files below a directory.
func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o777))
		must(t, os.WriteFile(path, []byte(content), 0o666))
	}
}

// Whatever a manifest of a pull request makes the program read and show, a credential that the machine
// holds does not get out: not by an excerpt, not as a name, not into a file.
func TestNoCredentialOfTheMachineGetsOut(t *testing.T) {
	srv := cvattest.Start(t)
	t.Setenv("DEPLOY_PAT", "pat-canary-4711")
	t.Setenv("LAB_PASSWORD", "ca4711x")
	t.Setenv("SIGNING_KEY", "-----BEGIN KEY-----\nline-canary-4711\n-----END KEY-----")
	home := t.TempDir()
	repo := filepath.Join(home, "repo")
	image := string(noise(t, 4, 1))
	writeFiles(t, home, map[string]string{
		"token": outgoing + "\n", "notes.txt": "a line of " + outgoing + "\n",
		".config/cvat-sdk/auth.json": `{"version":1,"profiles":{"p":{"server":"http://x","token":"profile-canary-4711"}}}`,
		".aws/credentials":           "[default]\naws_secret_access_key = aws-canary-4711\n",
		".aws/config":                "[profile x]\naws_session_token = config-canary-4711\n",
		".netrc":                     "machine h login me password netrc-canary-4711\nmachine q login me password \"two \\\" 4711\"\n",
		".git-credentials":           "https://me:git-canary-4711@h\n",
		".config/git/credentials":    "https://me:store-canary-4711@h\n",
		"repo/.git/HEAD":             "ref: refs/heads/main\n",
		"repo/data/run1/1.png":       image,
	})
	must(t, os.Symlink(filepath.Join(home, "notes.txt"), filepath.Join(repo, "data/run1/frame.png")))
	manifest := func(lines string) string {
		return "version: 1\nserver: {url: " + srv.URL + "}\nroot: data\nbags: [run1]\nproject: {name: p, create: true}\n" + lines + "\n"
	}
	writeFiles(t, repo, map[string]string{
		"labels.yaml":  strings.Replace(manifest(""), "create: true", "labels: "+filepath.ToSlash(home)+"/token", 1),
		"environ.yaml": strings.Replace(manifest(""), "create: true", "labels: /proc/self/environ", 1),
		"extends.yaml": manifest("extends: ../token"),
		"named.yaml":   manifest("task: {name: " + outgoing + "profile-canary-4711aws-canary-4711config-canary-4711netrc-canary-4711git-canary-4711store-canary-4711pat-canary-4711line-canary-4711 -two \" 4711-ca4711x-}"),
		"wrong.yaml":   manifest("x: &" + outgoing + " 1\n" + outgoing + ": 1"),
		"image.yaml":   manifest(""),
	})
	env := map[string]string{
		"CVAT_ACCESS_TOKEN": srv.Token, "CVAT_ACCESS_TOKEN_FILE": filepath.Join(home, "token"), "HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"),
		"GITHUB_STEP_SUMMARY": filepath.Join(home, "summary.md"), "HTTPS_PROXY": "http://me:proxy-canary-4711@proxy",
	}
	saved, frames := filepath.Join(home, "saved.plan"), filepath.Join(home, "frames")
	for _, args := range []string{
		"validate labels.yaml", "validate environ.yaml", "validate extends.yaml", "validate wrong.yaml", "plan labels.yaml --output json",
		"plan image.yaml --check images", "validate --files image.yaml", "inspect data/run1", "plan named.yaml", "plan named.yaml --output json",
		"plan named.yaml --output markdown --step-summary", "plan named.yaml --output html", "plan named.yaml --out " + saved, "plan labels.yaml --step-summary --output markdown",
		"frames named.yaml", "frames named.yaml --output csv", "frames named.yaml --out " + frames, "apply named.yaml --auto-approve --output json",
		"plan profile-canary-4711.yaml", "plan --server http://me:url-canary-4711@h named.yaml", "status named.yaml --output json",
	} {
		t.Run(args, func(t *testing.T) {
			in := strings.Fields(args)
			for i, a := range in {
				if strings.HasSuffix(a, ".yaml") || strings.HasPrefix(a, "data/") {
					in[i] = filepath.Join(repo, a)
				}
			}
			text, code := called(env, in...)
			if anyCanary.MatchString(text) || code == exitCrash {
				t.Errorf("exit code %d\n%s", code, text)
			}
		})
	}
	for _, file := range []string{saved, frames, env["GITHUB_STEP_SUMMARY"]} {
		if content, err := os.ReadFile(file); err == nil && anyCanary.Match(content) {
			t.Errorf("%s\n%s", file, content)
		}
	}
	if text, _ := called(env, "plan", filepath.Join(repo, "named.yaml")); !strings.Contains(text, outlet.Redacted) {
		t.Errorf("nothing is redacted\n%s", text)
	}
}

// Bytes that a terminal obeys, or that turn text around, are shown, from wherever they come.
func TestNothingThatATerminalObeysGetsOut(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("its file names cannot hold them")
	}
	const evil = "a\x1b]0;x\x07\x1b[2J\u202e\u009b1mz"
	dir := t.TempDir()
	srv := cvattest.Start(t)
	image := string(noise(t, 4, 1))
	writeFiles(t, dir, map[string]string{
		"data/run1/" + evil + ".png": image, "data/" + evil + "/1.png": image, evil + ".yaml": "- " + evil,
		"m.yaml":                 "version: 1\nserver: {url: " + srv.URL + "}\nroot: data\nbags: ['run1', 'a*']\nproject: {name: p, create: true}\n",
		"data/run2/b\u202ex.png": image, // CVAT takes it
		"turned.yaml":            "version: 1\nserver: {url: " + srv.URL + "}\nroot: data\nbags: [run2]\nproject: {name: p, create: true}\n",
	})
	turned := filepath.Join(dir, "turned.yaml")
	env := map[string]string{"CVAT_ACCESS_TOKEN": srv.Token, "HOME": dir, "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary.md")}
	m := filepath.Join(dir, "m.yaml")
	for name, args := range map[string][]string{
		"plan": {"plan", m}, "offline": {"plan", "--offline", m}, "plan json": {"plan", m, "--output", "json"}, "markdown": {"plan", m, "--output", "markdown", "--step-summary"},
		"html": {"plan", m, "--output", "html"}, "frames": {"frames", turned}, "frames csv": {"frames", turned, "--output", "csv"}, "frames file": {"frames", turned, "--out", filepath.Join(dir, "out")},
		"validate": {"validate", "--files", m}, "inspect": {"inspect", filepath.Join(dir, "data")}, "inspect json": {"inspect", "--output", "json", filepath.Join(dir, "data")},
		"an argument": {"plan", evil}, "a manifest's name": {"plan", filepath.Join(dir, evil+".yaml")}, "a flag": {"plan", "--" + evil}, "an indented one": {"plan", "a\n  ::error::b"}, "a command": {evil},
		"ca-file": {"plan", m, "--ca-file", evil}, "server": {"plan", m, "--server", evil}, "a server's path": {"plan", m, "--server", "http://" + evil}, "root": {"plan", m, "--root", evil},
		"target": {"plan", m, "--target", evil}, "saved plan": {"show", evil}, "draft": {"init", "--output", "-", filepath.Join(dir, "data")},
		"apply": {"apply", turned, "--auto-approve"}, "apply json": {"apply", m, "--auto-approve", "--output", "json"}, "status": {"status", m}, "paths": {"plan", m, "--output", "paths"},
	} {
		t.Run(name, func(t *testing.T) {
			text, code := called(env, args...)
			if strings.ContainsAny(text, "\x1b\x07\u202e\u009b") || code == exitCrash {
				t.Errorf("exit code %d\n%q", code, text)
			}
			if strings.HasSuffix(name, "json") {
				for line := range strings.Lines(text) {
					if strings.HasPrefix(line, "{\"") && !json.Valid([]byte(line)) {
						t.Errorf("no JSON: %s", line)
					}
				}
			}
		})
	}
	if text, _ := called(env, "frames", turned); !strings.Contains(text, `b\u202ex.png`) {
		t.Errorf("%q", text)
	}
	for _, file := range []string{filepath.Join(dir, "out"), env["GITHUB_STEP_SUMMARY"]} {
		content, err := os.ReadFile(file)
		if err != nil || bytes.ContainsAny(content, "\x1b\x07\u202e\u009b") {
			t.Errorf("%s: %v\n%q", file, err, content)
		}
	}
}

// A name that holds a line's end begins no line of its own, which CI would take for a command to itself.
func TestNoArgumentBeginsALine(t *testing.T) {
	t.Parallel()
	const evil = "a\n::error::b"
	for name, args := range map[string][]string{
		"a command": {evil}, "a flag": {"plan", "--" + evil}, "an indented one": {"plan", "a\n  ::error::b"}, "a manifest": {"plan", evil}, "a saved plan": {"show", evil}, "a directory": {"init", evil},
		"a server": {"doctor", "--server", evil}, "an earlier status": {"status", "--since", evil}, "a schema": {"schema", evil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text, code := called(map[string]string{"HOME": t.TempDir()}, args...); code == exitOK || regexp.MustCompile(`\n *::`).MatchString(text) {
				t.Errorf("exit code %d\n%s", code, text)
			}
		})
	}
}

// Where bags are may be an address that opens a door: its password and its signature are in no output, whoever wrote
// them, and neither is what the server sends a request on to.
func TestAnAddressOfBagsGivesNoSecretAway(t *testing.T) {
	t.Parallel()
	const password, signed, onward = "password-canary-4711", "signature-canary-4711", "onward-canary-4711"
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "moved") {
			http.Redirect(w, r, "http://127.0.0.1:1/x?X-Amz-Signature="+onward, http.StatusFound)
			return
		}
		http.Error(w, r.URL.String(), http.StatusForbidden)
	}))
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	home := t.TempDir()
	for name, root := range map[string]string{
		"password": "http://bob:" + password + "@" + host + "/d", "signature": srv.URL + "/d?X-Amz-Signature=" + signed,
		"both": "http://bob:" + password + "@" + host + "/d?sv=1&sig=" + signed, "moved": srv.URL + "/moved",
		"not an address": "http://bob:" + password + "@" + host + ":port/d?sig=" + signed,
	} {
		manifest := filepath.Join(home, name+".yaml")
		text := "version: 1\nserver: {url: 'sandbox:" + filepath.ToSlash(home) + "/s'}\nproject: {name: p}\nbags: [run.mcap]\n"
		writeFiles(t, home, map[string]string{
			name + ".yaml":       text + "root: '" + root + "'\n",
			name + "-plain.yaml": text,
			name + "-wrong.yaml": text + "root: '" + root + "' : x\n",
		})
		plain, env := filepath.Join(home, name+"-plain.yaml"), map[string]string{"HOME": home}
		calls := [][]string{
			{"plan", "--debug", "--offline", manifest}, {"plan", "--output", "json", manifest}, {"validate", "--files", manifest},
			{"apply", "--auto-approve", "--debug", manifest}, {"frames", manifest}, {"validate", filepath.Join(home, name+"-wrong.yaml")},
			{"plan", "--offline", "--root", root, plain}, {"inspect", root + "/run.mcap"}, {"init", root},
		}
		if name == "moved" { // which is tried again, and waits between
			calls = calls[:1]
		}
		for _, args := range calls {
			text, _ := called(env, args...)
			for _, secret := range []string{password, signed, onward} {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %v: %s", name, args, text)
				}
			}
		}
		env["CVATPLAN_ROOT"] = root
		if name == "moved" {
			continue
		}
		if text, _ := called(env, "plan", "--offline", plain); strings.Contains(text, "canary") {
			t.Errorf("%s: CVATPLAN_ROOT: %s", name, text)
		}
	}
}

// A signed address of a directory works, whatever its server calls the signature, and nothing that is printed or written has it.
func TestASignedRootIsReadAndNeverShown(t *testing.T) {
	const signed = "signed-canary-4711"
	files := http.StripPrefix("/d/", http.FileServer(http.Dir(filepath.Join("..", "..", "examples", "bags", "data"))))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.RawQuery, signed) {
			http.Error(w, r.URL.String(), http.StatusForbidden)
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	for i, query := range []string{"sig=a/" + signed, "md5=" + signed, signed} {
		if i > 0 && testing.Short() {
			break
		}
		home := t.TempDir()
		env := map[string]string{"HOME": home, "GITHUB_STEP_SUMMARY": filepath.Join(home, "summary.md")}
		root := srv.URL + "/d/?" + query
		writeFiles(t, home, map[string]string{"m.yaml": "version: 1\nserver: {url: 'sandbox:" + filepath.ToSlash(home) + "/s'}\nroot: '" + root +
			"'\nproject: {name: p, create: true, labels: [a]}\nbags: [{path: row7_2026-03-05.mcap, index: index.jsonl}]\n"})
		m, saved := filepath.Join(home, "m.yaml"), filepath.Join(home, "saved.plan")
		calls := [][]string{{"plan", m}, {"frames", "--renew", m}, {"plan", "--out", saved, m}, {"apply", "--auto-approve", "--debug", m}}
		if i == 0 { // the ways of output differ in nothing that depends on the query
			calls = append(calls, [][]string{
				{"plan", "-v", "--debug", m}, {"plan", "--output", "json", m}, {"plan", "--output", "html", m},
				{"plan", "--output", "markdown", "--step-summary", m}, {"show", "--output", "json", saved}, {"frames", m}, {"validate", "--files", m},
				{"inspect", srv.URL + "/d/row7_2026-03-05.mcap?" + query}, {"plan", "--root", root, m}, {"status", "--output", "json", m},
			}...)
		}
		for _, args := range calls {
			if text, code := called(env, args...); code != 0 || strings.Contains(text, "4711") {
				t.Errorf("%s: %v: exit code %d: %s", query, args, code, text)
			}
		}
		for _, file := range []string{saved, filepath.Join(home, "index.jsonl"), env["GITHUB_STEP_SUMMARY"]} {
			if content, err := os.ReadFile(file); bytes.Contains(content, []byte("4711")) || err != nil && i == 0 {
				t.Errorf("%s: %v\n%s", file, err, content)
			}
		}
	}
}

// An address is no file, but a person may write one wherever a file is named.
func TestAnAddressInPlaceOfAFileGivesNoSecretAway(t *testing.T) {
	const address = "'http://bob:pw4711x@127.0.0.1:1/d?md5=md-canary-4711'"
	for key, manifest := range map[string]string{
		"extends": "extends: " + address + "\nbags: [run1]", "labels": "bags: [run1]\nproject: {name: p, labels: " + address + "}",
		"guide": "bags: [run1]\nproject: {name: p, guide: " + address + "}", "index": "bags: [{path: run1, index: " + address + "}]\nproject: {name: p}",
		"file": "bags: [run1]\nproject: {name: p}\ntask: {annotations: {file: " + address + "}}", "server": "bags: [run1]\nproject: {name: p}\nserver: {url: " + address + "}",
		"unknown": "bags: [run1]\nproject: {name: p}\nurl: " + address,
	} {
		home := t.TempDir()
		writeFiles(t, home, map[string]string{"m.yaml": "version: 1\n" + manifest + "\n", "run1/1.png": string(noise(t, 4, 1))})
		for _, output := range []string{"text", "json"} {
			text, code := called(map[string]string{"HOME": home}, "plan", "--offline", "--output", output, filepath.Join(home, "m.yaml"))
			if strings.Contains(text, "4711") || code == exitCrash {
				t.Errorf("%s: exit code %d: %s", key, code, text)
			}
		}
	}
}

// What a manifest extends is read by the manifest's own reader alone, so that is where its addresses are learned.
func TestAnAddressInWhatAManifestExtendsGivesNoSecretAway(t *testing.T) {
	home := t.TempDir()
	base := "version: 1\nserver: {url: 'sandbox:" + filepath.ToSlash(home) + "/s'}\nproject: {name: p, create: true, labels: [a]}\nbags: [run1]\nupdate: [bug_tracker]\n"
	writeFiles(t, home, map[string]string{
		"plain.yaml": base, "base.yaml": base + "task: {bug_tracker: 'https://127.0.0.1:1/d?md5=canary-4711'}\n", "m.yaml": "extends: base.yaml\n", "run1/1.png": string(noise(t, 4, 1)),
	})
	env := map[string]string{"HOME": home}
	if text, code := called(env, "apply", "--auto-approve", filepath.Join(home, "plain.yaml")); code != 0 {
		t.Fatal(text)
	}
	text, _ := called(env, "plan", filepath.Join(home, "m.yaml"))
	if !strings.Contains(text, "bug_tracker: none → https://127.0.0.1:1/d?"+outlet.Redacted) {
		t.Error(text)
	}
}
