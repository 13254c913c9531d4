package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"
)

// serve returns a client of a server that answers with handler.
func serve(t *testing.T, handler http.HandlerFunc, edit ...func(*Options)) *Client {
	t.Helper()
	srv := httptest.NewServer(handler)
	t.Cleanup(srv.Close)
	o := Options{BaseURL: srv.URL, Retry: RetryPolicy{Tries: 4, Base: time.Microsecond, Cap: time.Millisecond}}
	for _, e := range edit {
		e(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// say answers with status and body, as CVAT does.
func say(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/vnd.cvat+json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func withToken(o *Options) { o.Credentials.AccessToken = NewSecret("CANARY-token") }

func TestAccessTokenGoesAsBearerAndOrganizationAsHeader(t *testing.T) {
	var got http.Header
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		say(w, 200, `{"id": 7, "name": "x"}`)
	}, withToken, func(o *Options) { o.Organization = "orchard" })
	if _, err := c.Task(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	if got.Get("Authorization") != "Bearer CANARY-token" || got.Get("X-Organization") != "orchard" {
		t.Errorf("headers %v", got)
	}
}

func TestLoginKeyGoesAsToken(t *testing.T) {
	var got []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		say(w, 200, `{"key": "0123456789"}`)
	})
	if err := c.Login(t.Context(), "alice", NewSecret("pw")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Self(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0] != "" || got[1] != "Token 0123456789" {
		t.Errorf("Authorization headers %q", got)
	}
}

func TestWrongPasswordIsNotAuthorised(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 400, `{"non_field_errors":["Unable to log in with provided credentials. CANARY"]}`)
	})
	err := c.Login(t.Context(), "alice", NewSecret("CANARY"))
	if !errors.Is(err, ErrNotAuthorised) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
}

func TestRedirectIsNamedAndNotFollowed(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("the redirect was followed, with %q", r.Header.Get("Authorization"))
	}))
	defer other.Close()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/login?next=secret", http.StatusFound)
	}, withToken)
	_, err := c.Task(t.Context(), 1)
	var redirect *redirectError
	if !errors.As(err, &redirect) || redirect.To != other.URL {
		t.Errorf("got %v", err)
	}
}

func TestServerURLIsChecked(t *testing.T) {
	tests := map[string]struct {
		url string
		ok  bool
	}{
		"https":          {"https://cvat.example.com", true},
		"prefix, slash":  {"https://example.com/cvat/", true},
		"user":           {"https://alice:CANARY@example.com", false},
		"query":          {"https://example.com?token=CANARY", false},
		"no scheme":      {"cvat.example.com", false},
		"another scheme": {"ftp://cvat.example.com", false},
		"empty":          {"", false},
		"nonsense":       {"https://CANARY:%zz", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := New(Options{BaseURL: tt.url})
			if (err == nil) != tt.ok {
				t.Errorf("New(%q): %v", tt.url, err)
			}
			if err != nil && strings.Contains(err.Error(), "CANARY") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestCredentialsTravelUnencryptedOnlyWhereTheyMay(t *testing.T) {
	tests := map[string]struct {
		url                     string
		allowed, refuse, warned bool
	}{
		"https":            {url: "https://cvat.example.com"},
		"loopback":         {url: "http://127.0.0.1:8080"},
		"loopback v6":      {url: "http://[::1]:8080"},
		"localhost":        {url: "http://localhost"},
		"private":          {url: "http://192.168.1.20:8080", warned: true},
		"private v6":       {url: "http://[fd00::1]", warned: true},
		"dotless":          {url: "http://labserver:8080", warned: true},
		"mdns":             {url: "http://cvat.local", warned: true},
		"public":           {url: "http://cvat.example.com", refuse: true},
		"public address":   {url: "http://8.8.8.8", refuse: true},
		"public, allowed":  {url: "http://cvat.example.com", allowed: true, warned: true},
		"loopback in name": {url: "http://127.0.0.1.example.com", refuse: true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var warnings []string
			o := Options{BaseURL: tt.url, InsecureHTTP: tt.allowed, OnWarning: func(s string) { warnings = append(warnings, s) }}
			anonymous, err := New(o)
			if err != nil {
				t.Fatal(err)
			}
			warnings = nil
			withToken(&o)
			_, err = New(o)
			if refused := errors.As(err, new(*insecureError)); refused != tt.refuse || (len(warnings) == 1) != tt.warned {
				t.Errorf("error %v, warnings %q", err, warnings)
			}
			if tt.refuse && !errors.As(anonymous.Login(t.Context(), "a", NewSecret("b")), new(*insecureError)) {
				t.Error("a login would send the password")
			}
		})
	}
}

func TestStalledServerIsATimeOut(t *testing.T) {
	release := make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}, func(o *Options) { o.AnswerTimeout = 20 * time.Millisecond })
	defer close(release)
	_, err := c.Task(t.Context(), 1)
	if !errors.Is(err, ErrStalled) || advice.Of(err) == "" {
		t.Errorf("got %v, hint %q", err, advice.Of(err))
	}
}

func TestCancelledRequestSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := c.Task(ctx, 1)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestSecretsStayOutOfErrorsAndDebugLines(t *testing.T) {
	var lines []string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		say(w, 403, fmt.Sprintf(`{"detail":"you sent %s"}`, r.Header.Get("Authorization")))
	}, withToken, func(o *Options) { o.Debug = func(s string) { lines = append(lines, s) } })
	_, err := c.Task(t.Context(), 1)
	text := fmt.Sprint(err, lines) + fmt.Sprintf("%#v %+v", c.auth.Load(), c.options.Credentials)
	if len(lines) == 0 || strings.Contains(text, "CANARY") {
		t.Errorf("a secret shows, or nothing does: %s", text)
	}
}
