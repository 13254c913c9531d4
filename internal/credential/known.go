// Package credential knows what credentials a machine holds: cvat-cli's for a server, and all that no output may repeat.
package credential

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/internal/regular"
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

// query is what an address asks with: all of it, since a server may call a signature what it likes.
var query = regexp.MustCompile(`https?://[^\s?"'<>]*\?([^\s"'<>]+)`)

// Known are the credentials that a machine and a command line hold, so that no output repeats one.
type Known struct {
	Secrets *outlet.Secrets
	Getenv  func(string) string
}

// Machine learns all credentials of the environment, whose variables environ lists as [os.Environ] does, and of the
// files and profiles of other programs.
func (k Known) Machine(environ []string) {
	for _, name := range ours {
		k.variable(name, k.Getenv(name))
	}
	k.Address(k.Getenv("CVATPLAN_ROOT"))
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		k.variable(name, value)
	}
	k.Secrets.Add(string(smallFile(k.Getenv("CVAT_ACCESS_TOKEN_FILE"))))
	k.profiles()
	k.stores()
	k.homes()
}

// Address learns the passwords and signatures in a text, and all that an address in it asks with.
func (k Known) Address(text string) {
	k.variable("", text)
	for _, m := range query.FindAllStringSubmatch(text, -1) {
		k.Secrets.Add(m[1])
	}
}

// variable takes a credential out of a variable: all of it, or a URL's password or signature. A name of a file is none.
func (k Known) variable(name, value string) {
	certain := certainName.MatchString(name) || len(strings.TrimSpace(value)) >= outlet.Long
	if credentialName.MatchString(name) && certain && !strings.HasSuffix(name, "_FILE") && !filepath.IsAbs(value) {
		k.Secrets.Add(value)
		if strings.Contains(strings.TrimSpace(value), "\n") { // a private key: an excerpt shows one line of it
			k.Secrets.Add(strings.Split(value, "\n")...)
		}
	}
	for _, m := range userinfo.FindAllStringSubmatch(value, -1) {
		k.addPassword(m[1], m[2])
	}
	for _, in := range []*regexp.Regexp{userAlone, signature} {
		for _, m := range in.FindAllStringSubmatch(value, -1) {
			k.Secrets.Add(m[1], unescaped(m[1]))
		}
	}
}

// addPassword makes a URL's password known, and the header in which it is sent.
func (k Known) addPassword(user, password string) {
	k.Secrets.Add(password, unescaped(password), base64.StdEncoding.EncodeToString([]byte(unescaped(user)+":"+unescaped(password))))
}

// unescaped is what a part of a URL stands for.
func unescaped(part string) string {
	if plain, err := url.PathUnescape(part); err == nil {
		return plain
	}
	return part
}

// profiles reads the tokens of all of cvat-cli's profiles, whichever is used, and whoever can read them.
func (k Known) profiles() {
	var p Profiles
	_ = json.Unmarshal(smallFile(ProfilePath(k.Getenv)), &p) // of any version: what is no token hurts nobody
	for _, entry := range p.Profiles {
		k.Secrets.Add(entry.Token)
	}
}

// stores reads the keys by which bags in S3 are read.
func (k Known) stores() {
	for _, path := range []string{
		cmp.Or(k.Getenv("AWS_SHARED_CREDENTIALS_FILE"), joinIf(k.Getenv("HOME"), ".aws", "credentials")),
		cmp.Or(k.Getenv("AWS_CONFIG_FILE"), joinIf(k.Getenv("HOME"), ".aws", "config")), // a profile's keys may be in either
	} {
		for line := range strings.Lines(string(smallFile(path))) {
			key, value, _ := strings.Cut(line, "=")
			if key = strings.TrimSpace(key); key == "aws_secret_access_key" || key == "aws_session_token" {
				k.Secrets.Add(value)
			}
		}
	}
}

// netrc is a password in the file of that name, where curl also reads quotes.
var netrc = regexp.MustCompile(`(?:^|\s)password\s+("(?:[^"\\]|\\.)*"|\S+)`)

// netrcEscapes are those that curl knows within quotes.
var netrcEscapes = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\\`, `\`, `\"`, `"`)

// homes reads what other programs keep at home: curl's passwords, and git's.
func (k Known) homes() {
	for _, m := range netrc.FindAllStringSubmatch(string(smallFile(cmp.Or(k.Getenv("NETRC"), joinIf(k.Getenv("HOME"), ".netrc")))), -1) {
		k.Secrets.Add(m[1])
		if quoted, ok := strings.CutPrefix(m[1], `"`); ok {
			k.Secrets.Add(netrcEscapes.Replace(strings.TrimSuffix(quoted, `"`)))
		}
	}
	for _, path := range []string{
		joinIf(k.Getenv("HOME"), ".git-credentials"),
		cmp.Or(joinIf(k.Getenv("XDG_CONFIG_HOME"), "git", "credentials"), joinIf(k.Getenv("HOME"), ".config", "git", "credentials")),
	} {
		k.variable("", string(smallFile(path)))
	}
}

// smallFile is the content of a small regular file; nothing of any other.
func smallFile(path string) []byte {
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
