package main

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/credential"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

func serveHTTP(t *testing.T, h http.Handler) (url string) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server.URL
}

// A redirect to another host is not followed, so nobody there sees the credentials.
func TestARedirectTakesCredentialsNowhere(t *testing.T) {
	t.Parallel()
	var strangers []string
	stranger := serveHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		strangers = append(strangers, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
	}))
	srv := cvattest.Start(t)
	srv.Fail(cvattest.Rule{Path: "/api/projects"}, cvattest.Answer{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {stranger + "/api/projects"}}})
	s := newSite(t, newDataset(t, shape{tasks: 1, frames: 1}), srv.URL, srv.Token)
	p := s.run(t, 0, "plan").wants(t, exitError)
	if !strings.Contains(p.err.String(), "redirects to "+stranger+", which is not followed") || len(strangers) > 0 {
		t.Errorf("the stranger saw %q\n%s", strangers, &p.err)
	}
}

// A password is sent only to what is known for a CVAT that is served.
func TestAPasswordIsSentToACVATAlone(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	for name, about := range map[string]string{"too old": `{"version": "2.20.0"}`, "something else": `{"name": "wiki"}`, "a page": "<html>", "nothing": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked []string
			url := serveHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Method+" "+r.URL.Path)
				fmt.Fprint(w, about)
			}))
			s := newSite(t, d, url, "").with("cvatplan", "CVAT_USERNAME="+canaryUser, "CVAT_PASSWORD="+canaryPassword)
			for _, command := range []string{"plan", "doctor"} {
				s.run(t, 0, command).wants(t, exitError)
			}
			for _, request := range asked {
				if request != "GET /api/server/about" {
					t.Error(request)
				}
			}
		})
	}
}

// Credentials in the clear: where they may go, where with a warning, where not. The names
// are reached through a proxy, which the proxy variables name.
func TestPlainHTTPCarriesCredentialsOnlyWhereItMay(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	const warning = "is not encrypted: credentials and images can be read on the way"
	for host, c := range map[string]struct {
		code int
		says string
		args []string
	}{
		"10.1.2.3":         {exitChanges, warning, nil},
		"192.168.7.8:8080": {exitChanges, warning, nil},
		"cvat":             {exitChanges, warning, nil},
		"cvat.local":       {exitChanges, warning, nil},
		"cvat.example.com": {exitError, "credentials would travel unencrypted to a public host", nil},
		"8.8.8.8":          {exitError, "hint: use https, or --insecure-http", nil},
		"1.1.1.1":          {exitChanges, warning, []string{"--insecure-http"}},
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			var hosts []string
			proxy := serveHTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				hosts = append(hosts, r.URL.Host)
				srv.Gate.ServeHTTP(w, r)
			}))
			s := newSite(t, d, "http://"+host, srv.Token).with("cvatplan", "HTTP_PROXY="+proxy)
			p := s.run(t, 0, append([]string{"plan", "--detailed-exitcode"}, c.args...)...).wants(t, c.code)
			if n := strings.Count(p.err.String(), c.says); n != 1 {
				t.Errorf("%q is said %d times in\n%s", c.says, n, &p.err)
			}
			if c.code == exitError && len(hosts) > 0 || c.code != exitError && (len(hosts) == 0 || hosts[0] != host) {
				t.Errorf("the proxy was asked for %q", hosts)
			}
		})
	}
	t.Run("loopback", func(t *testing.T) {
		t.Parallel()
		srv := cvattest.Start(t)
		p := newSite(t, d, srv.URL, srv.Token).run(t, 0, "plan").wants(t, exitOK)
		if strings.Contains(p.err.String(), "warning") {
			t.Errorf("%s", &p.err)
		}
	})
}

// TLS is verified, and a file of authorities is honoured, as a flag and as a variable.
func TestTLSIsVerified(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	server := httptest.NewTLSServer(srv.Gate)
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644))
	s := newSite(t, newDataset(t, shape{tasks: 1, frames: 1}), server.URL, srv.Token)
	p := s.run(t, 0, "plan").wants(t, exitError)
	if !strings.Contains(p.err.String(), "hint: the certificate is not trusted: name the authority that signed it with --ca-file") {
		t.Errorf("%s", &p.err)
	}
	if n := len(srv.Seen()); n != 0 {
		t.Errorf("%d requests went to a server that is not trusted", n)
	}
	s.run(t, 0, "plan", "--ca-file", ca).wants(t, exitOK)
	s.with("cvatplan", "CVATPLAN_CA_FILE="+ca).apply(t, 0)
}

// cvat-cli's own profile for the host is used where nothing else is given.
func TestTheProfileOfCVATsOwnClientIsUsed(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	d := newDataset(t, shape{tasks: 1, frames: 1})
	mine := fmt.Sprintf(`{"version": 1, "profiles": {"lab": {"server": %q, "token": %q}}}`, srv.URL, srv.Token)
	for name, c := range map[string]struct {
		store string
		mode  os.FileMode
		code  int
		says  string
	}{
		"its host's":           {mine, 0o600, exitOK, ""},
		"another host's":       {strings.Replace(mine, srv.URL, "http://127.0.0.1:1", 1), 0o600, exitNotAllowed, "no credentials for"},
		"the same host's, TLS": {strings.Replace(mine, "http://", "https://", 1), 0o600, exitNotAllowed, "no credentials for"},
		"another version's":    {strings.Replace(mine, `"version": 1`, `"version": 2`, 1), 0o600, exitNotAllowed, "no credentials for"},
		"garbage":              {"{", 0o600, exitNotAllowed, "no credentials for"},
		"readable to others":   {mine, 0o644, exitError, "hint: chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, d, srv.URL, srv.Token).with("cvatplan", "CVAT_ACCESS_TOKEN=", "CANARY="+srv.Token)
			path := credential.ProfilePath(func(key string) string { return map[string]string{"HOME": s.home, "LOCALAPPDATA": s.home}[key] })
			must(t, os.MkdirAll(filepath.Dir(path), 0o700))
			must(t, os.WriteFile(path, []byte(c.store), c.mode))
			if runtime.GOOS == "windows" && c.mode != 0o600 {
				return // it has no such modes
			}
			if p := s.run(t, 0, "plan").wants(t, c.code); !strings.Contains(p.err.String(), c.says) {
				t.Errorf("no %q in\n%s", c.says, &p.err)
			}
		})
	}
}

// What a token may do, and until when, is known before the first write.
func TestATokensNatureIsKnownBeforeTheFirstWrite(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	in := func(d time.Duration) string {
		return fmt.Sprintf(`{"name": "ci", "read_only": false, "expiry_date": %q}`, time.Now().Add(d).UTC().Format(time.RFC3339))
	}
	for name, c := range map[string]struct {
		token  string
		code   int
		says   string
		writes bool
	}{
		"read-only":    {`{"name": "ci", "read_only": true}`, exitNotAllowed, "the access token is read-only", false},
		"expired":      {in(-time.Hour), exitNotAllowed, "hint: check CVAT_ACCESS_TOKEN: it may be mistyped (the token alone, without quotes and Bearer), expired or revoked", false},
		"expires soon": {in(10 * time.Minute), exitOK, "warning: the access token expires at", true},
		"lasts":        {in(1000 * time.Hour), exitOK, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			token, err := srv.MakeToken(c.token)
			must(t, err)
			s := newSite(t, d, srv.URL, token)
			p := s.run(t, 0, "apply").wants(t, c.code)
			if !strings.Contains(p.err.String(), c.says) || c.says == "" && strings.Contains(p.err.String(), "expires") {
				t.Errorf("no %q in\n%s", c.says, &p.err)
			}
			if wrote := srv.Count(cvattest.Rule{Writes: true}) > 0; wrote != c.writes {
				t.Errorf("wrote: %v\n%v", wrote, srv.Seen())
			}
		})
	}
}

// A plan that apply will refuse says so in every form; one that has nothing to write asks nothing for it.
func TestAPlanSaysThatItsTokenMayOnlyRead(t *testing.T) {
	t.Parallel()
	const asks, note = "/api/auth/access_tokens/self", "the access token is read-only"
	srv := cvattest.Start(t)
	token, err := srv.MakeToken(`{"name": "ci", "read_only": true}`)
	must(t, err)
	s := newSite(t, newDataset(t, shape{tasks: 1, frames: 1}), srv.URL, token)
	one := filepath.Join(s.checkouts[0], "cvatplan.yaml")
	two := filepath.Join(s.checkouts[0], "two.yaml")
	content, err := os.ReadFile(one)
	must(t, err)
	must(t, os.WriteFile(two, bytes.Replace(content, []byte("name: Orchard"), []byte("name: Another"), 1), 0o666))
	for _, output := range []string{"text", "json", "markdown", "html"} {
		before := srv.Count(cvattest.Rule{Path: asks})
		p := s.run(t, 0, "plan", "--detailed-exitcode", "--output", output, one, two).wants(t, exitChanges)
		if n := strings.Count(p.out.String(), note); n < 2 || srv.Count(cvattest.Rule{Path: asks}) != before+1 {
			t.Errorf("%s: said %d times for two projects, and asked %d times\n%s", output, n, srv.Count(cvattest.Rule{Path: asks})-before, &p.out)
		}
	}
	// a saved plan is applied with another token
	saved := filepath.Join(t.TempDir(), "saved.plan")
	s.run(t, 0, "plan", "--out", saved).wants(t, exitOK)
	if p := s.run(t, 0, "show", saved).wants(t, exitOK); strings.Contains(p.out.String(), note) {
		t.Errorf("a saved plan is about who saved it\n%s", &p.out)
	}

	newSite(t, s.dataset, srv.URL, srv.Token).run(t, 0, "apply").wants(t, exitOK)
	before := srv.Count(cvattest.Rule{Path: asks})
	p := s.run(t, 0, "plan", "--detailed-exitcode").wants(t, exitOK)
	if strings.Contains(p.out.String(), note) || srv.Count(cvattest.Rule{Path: asks}) != before {
		t.Errorf("nothing is to be written, and the token was asked for\n%s", &p.out)
	}
}
