package main

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A credential is known by the name of its variable, or key in a file: those of CVAT, of the stores of
// bags, and of whatever else a CI job holds.
var credentialName = regexp.MustCompile(`(?i)(token|secret|passw(or)?d|passphrase|api_?key|access_?key|private_?key|credential)|(^|_)(pat|jwt|pwd|pass|key|auth|sas)(_|$)`)

// certainName is one of a credential and of nothing else (a cache's key and the kind of an authentication have such names): a
// value of less than [outlet.Long] bytes is then a credential, too.
var certainName = regexp.MustCompile(`(?i)(token|secret|passw(or)?d|passphrase|(api|access|private|secret)_?key|(^|_)(pat|jwt|pwd|pass))$`)

// ours are asked for by name, too, since a test's environment cannot be listed.
var ours = []string{
	"CVAT_ACCESS_TOKEN", "CVAT_PASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
	"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "CVATPLAN_SERVER", "CVATPLAN_ROOT",
}

// userinfo is the user and the password in a URL.
var userinfo = regexp.MustCompile(`://([^\s/@:]*):([^\s/@]+)@`)

// userAlone is a URL's user without a password, which may be a token.
var userAlone = regexp.MustCompile(`://([^\s/@:]{16,})@`)

// signature is what a URL's query grants access by.
var signature = regexp.MustCompile(`(?i)[?&;][a-z0-9_.%-]*(?:token|secret|passw(?:or)?d|key|credential|sig|signature|auth)=([^\s&;#"'<>]+)`)

// guardOutput makes all output go through the outlet, which takes out every credential that is found in
// the environment, in files and in profiles. The returned function writes what is left.
func (a *app) guardOutput(args []string) (flush func() error) {
	a.secrets.Encodings = []func(string) string{report.MarkdownText}
	for _, name := range ours {
		a.learn(name, a.getenv(name))
	}
	a.learnAddress(a.getenv("CVATPLAN_ROOT"))
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		a.learn(name, value)
	}
	for _, arg := range args {
		a.learnAddress(arg)
	}
	a.secrets.Add(string(fileOfSecrets(a.getenv("CVAT_ACCESS_TOKEN_FILE"))))
	a.learnProfiles()
	a.learnStores()
	a.learnOthers()
	stdout, stderr := a.secrets.Writer(a.stdout), a.secrets.Writer(a.stderr)
	a.stdout, a.stderr = stdout, stderr
	log.SetOutput(io.Discard) // where net/http writes what a server sent unasked
	return func() error {
		_ = stderr.Flush() // its failure has no place left to be written to
		return stdout.Flush()
	}
}

// learn takes a credential out of a variable: all of it, or a URL's password or signature. A name of a file is none.
func (a *app) learn(name, value string) {
	certain := certainName.MatchString(name) || len(strings.TrimSpace(value)) >= outlet.Long
	if credentialName.MatchString(name) && certain && !strings.HasSuffix(name, "_FILE") && !filepath.IsAbs(value) {
		a.secrets.Add(value)
		if strings.Contains(strings.TrimSpace(value), "\n") { // a private key: an excerpt shows one line of it
			a.secrets.Add(strings.Split(value, "\n")...)
		}
	}
	for _, m := range userinfo.FindAllStringSubmatch(value, -1) {
		a.addPassword(m[1], m[2])
	}
	for _, in := range []*regexp.Regexp{userAlone, signature} {
		for _, m := range in.FindAllStringSubmatch(value, -1) {
			a.secrets.Add(m[1], unescaped(m[1]))
		}
	}
}

// addPassword makes a URL's password known, and the header in which it is sent.
func (a *app) addPassword(user, password string) {
	a.secrets.Add(password, unescaped(password), base64.StdEncoding.EncodeToString([]byte(unescaped(user)+":"+unescaped(password))))
}

// unescaped is what a part of a URL stands for.
func unescaped(part string) string {
	if plain, err := url.PathUnescape(part); err == nil {
		return plain
	}
	return part
}

// learnRoots takes the passwords and signatures out of where manifests, and those that they extend, say that bags are.
func (a *app) learnRoots(m *manifest.Manifest) {
	a.learnAddress(m.Root)
	for _, b := range m.Bags {
		a.learnAddress(b.Root)
		a.learnAddress(b.Path)
	}
}

// query is what an address asks with: all of it, since a server may call a signature what it likes.
var query = regexp.MustCompile(`https?://[^\s?"'<>]*\?([^\s"'<>]+)`)

// learnAddress takes out of an argument, or where bags are, what [app.learn] does, and the query of an address.
func (a *app) learnAddress(text string) {
	a.learn("", text)
	for _, m := range query.FindAllStringSubmatch(text, -1) {
		a.secrets.Add(m[1])
	}
}

// learnProfiles reads the tokens of all of cvat-cli's profiles, whichever is used.
func (a *app) learnProfiles() {
	var p profiles
	_ = json.Unmarshal(fileOfSecrets(a.profilePath()), &p) // another cvat-cli's store has none that we know
	for _, entry := range p.Profiles {
		a.secrets.Add(entry.Token)
	}
}

// learnStores reads the keys by which bags in S3 are read.
func (a *app) learnStores() {
	for _, path := range []string{
		cmp.Or(a.getenv("AWS_SHARED_CREDENTIALS_FILE"), joinIf(a.getenv("HOME"), ".aws", "credentials")),
		cmp.Or(a.getenv("AWS_CONFIG_FILE"), joinIf(a.getenv("HOME"), ".aws", "config")), // a profile's keys may be in either
	} {
		for line := range strings.Lines(string(fileOfSecrets(path))) {
			key, value, _ := strings.Cut(line, "=")
			if key = strings.TrimSpace(key); key == "aws_secret_access_key" || key == "aws_session_token" {
				a.secrets.Add(value)
			}
		}
	}
}

// netrc is a password in the file of that name, where curl also reads quotes.
var netrc = regexp.MustCompile(`(?:^|\s)password\s+("(?:[^"\\]|\\.)*"|\S+)`)

// netrcEscapes are those that curl knows within quotes.
var netrcEscapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\\`, `\`, `\"`, `"`)

// learnOthers reads what other programs keep at home: curl's passwords, and git's.
func (a *app) learnOthers() {
	for _, m := range netrc.FindAllStringSubmatch(string(fileOfSecrets(cmp.Or(a.getenv("NETRC"), joinIf(a.getenv("HOME"), ".netrc")))), -1) {
		a.secrets.Add(m[1])
		if quoted, ok := strings.CutPrefix(m[1], `"`); ok {
			a.secrets.Add(netrcEscapes.Replace(strings.TrimSuffix(quoted, `"`)))
		}
	}
	for _, path := range []string{
		joinIf(a.getenv("HOME"), ".git-credentials"),
		cmp.Or(joinIf(a.getenv("XDG_CONFIG_HOME"), "git", "credentials"), joinIf(a.getenv("HOME"), ".config", "git", "credentials")),
	} {
		a.learn("", string(fileOfSecrets(path)))
	}
}

// fileOfSecrets is the content of a small regular file; nothing of any other.
func fileOfSecrets(path string) []byte {
	const most = 1 << 20
	f, err := regular.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil || len(content) > most {
		return nil
	}
	return content
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
