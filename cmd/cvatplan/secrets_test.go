package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

const (
	canaryUser     = "bob"
	canaryPassword = "canary-correct-horse-battery"
	refusedToken   = "canary-refused-4711"
	wrongPassword  = "canary-wrong-4711"
)

// Every command that talks to a server runs with canaries for credentials and writes all
// that it can write. [canaryMain] and [newSite] look through all of it.
func TestSecretsAreInNothingThatIsWritten(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	_, err := srv.Sandbox.AddUser(context.Background(), canaryUser, canaryPassword)
	must(t, err)
	key := login(t, srv.URL)
	file := filepath.Join(t.TempDir(), "token")
	must(t, os.WriteFile(file, []byte(srv.Token+"\n"), 0o600))
	d := newDataset(t, shape{tasks: 2, frames: 2})
	for i, c := range []struct {
		name string
		env  []string
	}{
		{"token", nil},
		{"token file", []string{"CVAT_ACCESS_TOKEN=", "CVAT_ACCESS_TOKEN_FILE=" + file, "CANARY=" + srv.Token}},
		{"password", []string{"CVAT_ACCESS_TOKEN=", "CVAT_USERNAME=" + canaryUser, "CVAT_PASSWORD=" + canaryPassword, "CANARY=" + key}},
		{"refused token", []string{"CVAT_ACCESS_TOKEN=" + refusedToken}},
		{"wrong password", []string{"CVAT_ACCESS_TOKEN=", "CVAT_USERNAME=" + canaryUser, "CVAT_PASSWORD=" + wrongPassword}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, d, srv.URL, srv.Token).with("cvatplan", c.env...)
			saved := filepath.Join(s.home, "saved.plan")
			for k, command := range []string{
				"doctor", "plan --debug -v", "plan --output json", "plan --output html", "plan --output markdown", "plan --out " + saved,
				"apply --debug --output json", "apply --debug", "status --debug", "show " + saved, "plan --debug --check frames",
			} {
				if skipped(i+k, 5) { // each command is left, with one of the credentials
					continue
				}
				p := s.run(t, 0, strings.Fields(command)...)
				if p.code() == exitLeak || p.code() == exitCrash {
					t.Errorf("%s: exit code %d\n%s", command, p.code(), &p.err)
				}
			}
			must(t, leaks(s.home, srv.Token, key, canaryPassword, refusedToken, wrongPassword))
		})
	}
}

// login is what the server gives for the password, a secret of its own.
func login(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Post(url+"/api/auth/login", "application/json", strings.NewReader(fmt.Sprintf(`{"username": %q, "password": %q}`, canaryUser, canaryPassword)))
	must(t, err)
	defer resp.Body.Close()
	var answer struct{ Key string }
	must(t, json.NewDecoder(resp.Body).Decode(&answer))
	if len(answer.Key) < 20 {
		t.Fatalf("a key of %d characters", len(answer.Key))
	}
	return answer.Key
}

// A server that repeats what it was sent, in each place that is shown.
func TestAServerThatRepeatsSecretsIsNotQuoted(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	answers := map[string]func(w http.ResponseWriter, sent string){
		"in an error": func(w http.ResponseWriter, sent string) {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"detail": %q}`, "what is "+sent+"?")
		},
		"in a redirect": func(w http.ResponseWriter, sent string) {
			w.Header().Set("Location", "https://"+strings.ToLower(sent)+".example.com/?token="+sent)
			w.WriteHeader(http.StatusFound)
		},
		"as its version":    func(w http.ResponseWriter, sent string) { fmt.Fprintf(w, `{"version": %q}`, sent) },
		"as JSON that ends": func(w http.ResponseWriter, sent string) { fmt.Fprintf(w, `{"version": %q`, sent) },
		"in a page": func(w http.ResponseWriter, sent string) {
			fmt.Fprintf(w, "<html><head><title>%s</title></head></html>", sent)
		},
		"as a name": func(w http.ResponseWriter, sent string) {
			fmt.Fprintf(w, `{"count": 1, "username": %q, "results": [{"id": 1, "name": %q, "slug": %q}]}`, sent, sent, sent)
		},
		"in a header": func(w http.ResponseWriter, sent string) { w.Header().Set("X-Request-Id", sent); w.WriteHeader(404) },
	}
	for i, name := range slices.Sorted(maps.Keys(answers)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			mirror := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				sent := r.Header.Get("Authorization")
				if body, _ := io.ReadAll(r.Body); len(body) > 0 {
					sent += string(body)
				}
				if sent == "" { // the question for the version, which is asked by nobody in particular
					srv.Gate.ServeHTTP(w, r)
					return
				}
				answers[name](w, strings.TrimPrefix(sent, "Bearer "))
			})
			url := serveHTTP(t, mirror)
			for j, env := range [][]string{nil, {"CVAT_ACCESS_TOKEN=", "CVAT_USERNAME=" + canaryUser, "CVAT_PASSWORD=" + canaryPassword}} {
				s := newSite(t, d, url, srv.Token).with("cvatplan", env...)
				for k, command := range []string{"plan", "doctor"} {
					if skipped(i+2*j+k, 4) {
						continue
					}
					if p := s.run(t, 0, command, "--debug"); p.code() == exitLeak || p.code() == exitCrash {
						t.Errorf("%s: %d\n%s%s", command, p.code(), &p.out, &p.err)
					}
				}
			}
		})
	}
}

// What a server sends unasked behind an answer, a request's own header for one, net/http writes to the standard logger.
func TestTheStandardLoggerWritesNothingPastTheOutlet(t *testing.T) {
	if called(nil, "version"); log.Writer() != io.Discard {
		t.Errorf("the standard logger writes to %v", log.Writer())
	}
}
