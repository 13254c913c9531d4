package credential_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/cvatplan/cvatplan/internal/credential"
	"github.com/cvatplan/cvatplan/internal/outlet"
)

// environment is one of these variables alone.
func environment(variables map[string]string) func(string) string {
	return func(name string) string { return variables[name] }
}

func TestWhatAMachineHoldsIsKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		variable string
		file     string // below HOME
		content  string
		secret   string
		known    bool
	}{
		"a token":                     {variable: "REGISTRY_TOKEN=canary-4711", secret: "canary-4711", known: true},
		"one line of a private key":   {variable: "DEPLOY_KEY=-----BEGIN-----\ncanary-4711-line\n-----END-----", secret: "canary-4711-line", known: true},
		"a password in an address":    {variable: "PROXY=http://me:canary%2F4711@host", secret: "canary/4711", known: true},
		"a user that may be a token":  {variable: "ORIGIN=https://canary-4711-canary@host/x", secret: "canary-4711-canary", known: true},
		"a signature":                 {variable: "SHARE=https://host/d/?sv=1&sig=canary-4711", secret: "canary-4711", known: true},
		"a file's name":               {variable: "SOME_TOKEN_FILE=canary-4711", secret: "canary-4711"},
		"a path":                      {variable: "SSH_AUTH=/run/canary-4711", secret: "/run/canary-4711"},
		"no credential by its name":   {variable: "BRANCH=canary-4711", secret: "canary-4711"},
		"a short one, surely":         {variable: "API_TOKEN=k4n9", secret: "token=k4n9", known: true},
		"a short one of a cache":      {variable: "CACHE_KEY=k4n9", secret: "key=k4n9"},
		"git's":                       {file: ".git-credentials", content: "https://me:canary-4711@host\n", secret: "canary-4711", known: true},
		"curl's, in quotes":           {file: ".netrc", content: "machine h login me password \"canary \\\"4711\"\n", secret: `canary "4711`, known: true},
		"a store's, in either file":   {file: ".aws/config", content: "[profile x]\naws_session_token = canary-4711\n", secret: "canary-4711", known: true},
		"the identifier next to it":   {file: ".aws/credentials", content: "aws_access_key_id = canary-4711\n", secret: "canary-4711"},
		"a file that is far too long": {file: ".netrc", content: string(make([]byte, 1<<20)) + " password canary-4711", secret: "canary-4711"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			if c.file != "" {
				path := filepath.Join(home, filepath.FromSlash(c.file))
				must(t, os.MkdirAll(filepath.Dir(path), 0o700))
				must(t, os.WriteFile(path, []byte(c.content), 0o600))
			}
			var secrets outlet.Secrets
			known := credential.Known{Secrets: &secrets, Getenv: environment(map[string]string{"HOME": home})}
			known.Machine([]string{c.variable})
			if got := secrets.In([]byte(c.secret)); got != c.known {
				t.Errorf("%q is known: %t, want %t", c.secret, got, c.known)
			}
		})
	}
}

// All that an address asks with is secret, since a server may call a signature what it likes.
func TestTheQueryOfAnAddressIsSecret(t *testing.T) {
	t.Parallel()
	var secrets outlet.Secrets
	known := credential.Known{Secrets: &secrets, Getenv: environment(nil)}
	if known.Address("root: https://host/bags/?pass-me=canary-4711\n"); !secrets.In([]byte("pass-me=canary-4711")) {
		t.Error("the query is not known")
	}
	if secrets.In([]byte("https://host/bags/")) {
		t.Error("the address itself is no secret")
	}
}

func TestATokenIsForItsOwnHostAlone(t *testing.T) {
	t.Parallel()
	const two = `{"version": 1, "default_profile": "b", "profiles": {"a": {"server": "https://cvat.example.com", "token": "one"}, "b": {"server": "https://cvat.example.com/", "token": "two"}}}`
	for name, c := range map[string]struct{ store, server, token string }{
		"its host":                     {two, "https://cvat.example.com/api", "two"},
		"another scheme":               {two, "http://cvat.example.com", ""},
		"another port":                 {two, "https://cvat.example.com:8443", ""},
		"several, none is the default": {`{"version": 1, "profiles": {"a": {"server": "https://h", "token": "one"}, "b": {"server": "https://h", "token": "two"}}}`, "https://h", ""},
		"another version":              {`{"version": 2, "profiles": {"a": {"server": "https://h", "token": "one"}}}`, "https://h", ""},
		"garbage":                      {"{", "https://h", ""},
		"no store":                     {"", "https://h", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			getenv := environment(map[string]string{"HOME": home, "LOCALAPPDATA": home})
			if c.store != "" {
				path := credential.ProfilePath(getenv)
				must(t, os.MkdirAll(filepath.Dir(path), 0o700))
				must(t, os.WriteFile(path, []byte(c.store), 0o600))
			}
			p, err := credential.LoadProfiles(getenv)
			must(t, err)
			if got := p.TokenFor(c.server); got != c.token {
				t.Errorf("token %q, want %q", got, c.token)
			}
		})
	}
}

func TestAStoreThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // it has no such modes
	}
	getenv := environment(map[string]string{"HOME": t.TempDir()})
	path := credential.ProfilePath(getenv)
	must(t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, []byte(`{"version": 1}`), 0o600))
	must(t, os.Chmod(path, 0o640))
	if _, err := credential.LoadProfiles(getenv); err == nil {
		t.Error("it was read")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
