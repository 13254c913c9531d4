package store

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cvatplan/cvatplan/internal/store/storetest"
)

// askedAs is what a server sees of who asks, for what: the host and path, the key and region that a request is signed with, and
// the headers that go with it.
func askedAs(r *http.Request) string {
	scope, _, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential="), ",")
	key, region := "nobody", ""
	if parts := strings.Split(scope, "/"); len(parts) == 5 {
		key, region = parts[0], " "+parts[2]
	}
	said := fmt.Sprintf("%s %s %s%s", r.Method, r.Host+r.URL.Path, key, region)
	for _, h := range []string{"X-Amz-Security-Token", "X-Amz-Request-Payer"} {
		if v := r.Header.Get(h); v != "" {
			said += " " + v
		}
		if signed := strings.Contains(r.Header.Get("Authorization"), strings.ToLower(h)); signed != (r.Header.Get(h) != "") && key != "nobody" {
			said += " (not signed)"
		}
	}
	return said
}

// alone is an environment in which nothing of AWS is set but what is named.
func alone(t *testing.T, env map[string]string) {
	t.Helper()
	for _, set := range os.Environ() {
		if name, _, _ := strings.Cut(set, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name) // Setenv puts it back
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none} {
		t.Setenv(name, value)
	}
	for name, value := range env {
		t.Setenv(name, value)
	}
}

// Tools of AWS take who asks, where and how from the same places: so does this one.
func TestWhoAsksAndWhereIsFoundAsToolsOfAWSFindIt(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	must(t, os.WriteFile(config, []byte("[default]\nregion = ap-south-1\naws_access_key_id = dflt\naws_secret_access_key = s\n"+
		"[profile robots]\nregion = eu-central-1\naws_access_key_id = robot\naws_secret_access_key = s\naws_session_token = robottoken\n"+
		"[profile cheap]\nregion = eu-west-3\nendpoint_url = http://cheap.test\naws_access_key_id = cheap\naws_secret_access_key = s\n"), 0o600))
	keys := map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}
	for name, tt := range map[string]struct {
		env  map[string]string
		not  string // an answer of the server: the code that it refuses what goes by path, or to another region, with
		want []string
	}{
		"AWS, without a region": {keys, "", []string{"HEAD lab.s3.us-east-1.amazonaws.com/ key us-east-1", "GET lab.s3.us-east-1.amazonaws.com/d/a key us-east-1"}},
		"AWS, in another region than the bucket": {with(keys, "AWS_REGION", "eu-north-1"), "eu-west-1",
			[]string{"HEAD lab.s3.eu-north-1.amazonaws.com/ key eu-north-1", "GET lab.s3.eu-west-1.amazonaws.com/d/a key eu-west-1"}},
		"AWS, by a profile":       {map[string]string{"AWS_CONFIG_FILE": config, "AWS_PROFILE": "robots"}, "", []string{"GET lab.s3.eu-central-1.amazonaws.com/d/a robot eu-central-1 robottoken"}},
		"AWS, by the default one": {map[string]string{"AWS_CONFIG_FILE": config}, "", []string{"GET lab.s3.ap-south-1.amazonaws.com/d/a dflt ap-south-1"}},
		"a profile's endpoint":    {map[string]string{"AWS_CONFIG_FILE": config, "AWS_PROFILE": "cheap"}, "", []string{"GET cheap.test/lab/d/a cheap eu-west-3"}},
		"keys before a profile":   {with(keys, "AWS_CONFIG_FILE", config, "AWS_PROFILE", "robots"), "", []string{"GET lab.s3.eu-central-1.amazonaws.com/d/a key eu-central-1"}},
		"a session token":         {with(keys, "AWS_SESSION_TOKEN", "token"), "", []string{"GET lab.s3.us-east-1.amazonaws.com/d/a key us-east-1 token"}},
		"who asks pays":           {with(keys, "AWS_REQUEST_PAYER", "requester"), "", []string{"HEAD lab.s3.us-east-1.amazonaws.com/ key us-east-1 requester", "GET lab.s3.us-east-1.amazonaws.com/d/a key us-east-1 requester"}},
		"another server":          {with(keys, "AWS_ENDPOINT_URL", "http://s3.test"), "", []string{"GET s3.test/lab key us-east-1", "GET s3.test/lab/d/a key us-east-1"}},
		"S3's own endpoint":       {with(keys, "AWS_ENDPOINT_URL", "http://other.test", "AWS_ENDPOINT_URL_S3", "http://s3.test"), "", []string{"GET s3.test/lab/d/a key us-east-1"}},
		"endpoints are ignored":   {with(keys, "AWS_ENDPOINT_URL", "http://s3.test", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"), "", []string{"GET lab.s3.us-east-1.amazonaws.com/d/a key us-east-1"}},
		"a server that takes buckets in host names alone": {with(keys, "AWS_ENDPOINT_URL", "http://oss.test"), "SecondLevelDomainForbidden",
			[]string{"GET oss.test/lab key us-east-1", "GET lab.oss.test/d/a key us-east-1"}},
		"another one":              {with(keys, "AWS_ENDPOINT_URL", "http://cos.test", "AWS_REGION", "ap-beijing"), "PathStyleDomainForbidden", []string{"GET lab.cos.test/d/a key ap-beijing"}},
		"and another one":          {with(keys, "AWS_ENDPOINT_URL", "http://obs.test"), "VirtualHostDomainRequired", []string{"GET lab.obs.test/d/a key us-east-1"}},
		"a server's region":        {with(keys, "AWS_ENDPOINT_URL", "http://s3.test"), "AuthorizationHeaderMalformed", []string{"GET s3.test/lab/d/a key garage-1"}},
		"a key without its secret": {map[string]string{"AWS_ACCESS_KEY_ID": "key"}, "", []string{"GET lab.s3.us-east-1.amazonaws.com/d/a nobody"}},
		"an empty key": {map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_ENDPOINT_URL": "http://s3.test"}, "",
			[]string{"GET s3.test/lab nobody", "GET s3.test/lab/d/a nobody"}},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, tt.env)
			var mu sync.Mutex
			var asked []string
			answer := func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				asked = append(asked, askedAs(r))
				mu.Unlock()
				if code, message := refusal(tt.not, r); code != "" {
					w.WriteHeader(http.StatusForbidden)
					fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>%s</Message></Error>`, code, message)
					return
				}
				if tt.not == "eu-west-1" && !strings.Contains(r.Host, tt.not) {
					w.Header().Set("X-Amz-Bucket-Region", tt.not)
					w.WriteHeader(http.StatusMovedPermanently)
					return
				}
				_, _ = w.Write([]byte("a"))
			}
			s := NewS3("s3://lab/d")
			s.transport = to(t, http.HandlerFunc(answer))
			if got, err := Head(t.Context(), s, "a", 1); err != nil || string(got) != "a" {
				t.Errorf("got %q, %v", got, err)
			}
			for _, want := range tt.want {
				if !slices.Contains(asked, want) {
					t.Errorf("asked\n%s\nwithout\n%s", strings.Join(asked, "\n"), want)
				}
			}
		})
	}
}

// refusal is how a server refuses a request by its path, or one that was signed for another region than garage-1.
func refusal(not string, r *http.Request) (code, message string) {
	switch {
	case strings.HasSuffix(not, "Malformed") && !strings.Contains(r.Header.Get("Authorization"), "/garage-1/"):
		if strings.Contains(r.Header.Get("Authorization"), "/eu-west-1/") {
			return not, `The authorization header is malformed; the region &#34;eu-west-1&#34; is wrong; expecting &#34;garage-1&#34;` // as versitygw does
		}
		return not, "The authorization header is malformed; the region is wrong; expecting 'garage-1'."
	case strings.Contains(not, "Domain") && strings.HasPrefix(r.URL.Path, "/lab"):
		return not, "Please use virtual hosted style to access."
	}
	return "", ""
}

func with(env map[string]string, more ...string) map[string]string {
	all := map[string]string{}
	for name, value := range env {
		all[name] = value
	}
	for i := 0; i < len(more); i += 2 {
		all[more[i]] = more[i+1]
	}
	return all
}

// to leads all connections to a server of this test, whatever their address is.
func to(t *testing.T, answer http.Handler) func(*http.Transport) {
	t.Helper()
	plain, encrypted := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	t.Cleanup(plain.Close)
	t.Cleanup(encrypted.Close)
	return func(tr *http.Transport) {
		tr.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // it is AWS by name alone
		tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			at := plain
			if strings.HasSuffix(address, ":443") {
				at = encrypted
			}
			return new(net.Dialer).DialContext(ctx, network, at.Listener.Addr().String())
		}
	}
}

// A server whose certificate is of a company's own authority is verified by the bundle that AWS_CA_BUNDLE names.
func TestACompanysOwnAuthorityIsTrustedWhereItIsNamed(t *testing.T) {
	srv := httptest.NewTLSServer(&storetest.Bucket{Objects: map[string][]byte{"d/a": []byte("a")}})
	t.Cleanup(srv.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600))
	alone(t, map[string]string{"AWS_ENDPOINT_URL": srv.URL, "AWS_CA_BUNDLE": bundle})
	if got, err := Head(t.Context(), At("s3://lab/d"), "a", 1); err != nil || string(got) != "a" {
		t.Errorf("got %q, %v", got, err)
	}
	t.Setenv("AWS_CA_BUNDLE", filepath.Join(t.TempDir(), "none"))
	if _, err := Head(t.Context(), At("s3://lab/d"), "a", 1); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a bundle that is not there: %v", err)
	}
}

// Who is refused because nobody signed must learn that, and not look for a right that is missing.
func TestARefusalSaysThatNobodySigned(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	must(t, os.WriteFile(config, []byte("[profile sso]\nsso_start_url = https://x.test\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = r\n"), 0o600))
	for name, tt := range map[string]struct {
		env  map[string]string
		want string
	}{
		"none":                 {nil, "no credentials were found"},
		"half of them":         {map[string]string{"AWS_ACCESS_KEY_ID": "key"}, "no credentials were found"},
		"an expired login":     {map[string]string{"AWS_CONFIG_FILE": config, "AWS_PROFILE": "sso", "HOME": t.TempDir(), "USERPROFILE": t.TempDir()}, "error with the credentials"},
		"an unknown profile":   {map[string]string{"AWS_CONFIG_FILE": config, "AWS_PROFILE": "robot"}, "robot"},
		"those that are wrong": {map[string]string{"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret"}, "403"},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }))
			t.Cleanup(srv.Close)
			alone(t, with(tt.env, "AWS_ENDPOINT_URL", srv.URL))
			_, err := At("s3://lab/d").Stat(t.Context(), "a")
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want …%s…", err, tt.want)
			}
			if wrong := tt.want == "403"; wrong && strings.Contains(err.Error(), "signed") {
				t.Errorf("it was signed: %v", err)
			}
		})
	}
}

// A server may overlook If-Match, or a range: what it sends then is not taken for the object.
func TestAPartOfAnotherObjectIsNotTaken(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(w http.ResponseWriter, r *http.Request)
		want   error
	}{
		"another ETag":       {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("ETag", `"other"`) }, ErrChanged},
		"no ETag":            {func(w http.ResponseWriter, _ *http.Request) { w.Header().Del("ETag") }, nil},
		"another length":     {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Range", "bytes 5-999/2000") }, ErrChanged},
		"another part":       {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Range", "bytes 4-998/1000") }, fs.ErrInvalid},
		"the whole of it":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, errNoRanges},
		"nothing is changed": {func(http.ResponseWriter, *http.Request) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("ETag", `"one"`)
				if r.Method == http.MethodHead {
					w.Header().Set("Content-Length", "1000")
					return
				}
				if r.URL.Query().Has("list-type") {
					return
				}
				body, status := noise(1000)[5:], http.StatusPartialContent
				tt.change(w, r)
				if name == "the whole of it" {
					body, status = noise(1000), http.StatusOK
				} else if w.Header().Get("Content-Range") == "" {
					w.Header().Set("Content-Range", "bytes 5-999/1000")
				}
				w.Header().Set("Content-Length", fmt.Sprint(len(body)))
				if status != http.StatusOK {
					w.WriteHeader(status)
				}
				_, _ = w.Write(body)
			}))
			t.Cleanup(srv.Close)
			alone(t, map[string]string{"AWS_ENDPOINT_URL": srv.URL})
			f, err := At("s3://lab").Open(t.Context(), "big")
			must(t, err)
			_, err = f.ReadAt(make([]byte, 10), 5)
			if !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}

// A server that takes a request and is silent, or sends a byte a second, holds nobody for ever.
func TestASilentOrCrawlingServerIsAnError(t *testing.T) {
	t.Run("silent", func(t *testing.T) {
		alone(t, map[string]string{"AWS_ENDPOINT_URL": "http://s3.test"})
		synctest.Test(t, func(t *testing.T) {
			s := NewS3("s3://lab/d")
			var mu sync.Mutex
			var servers []net.Conn
			s.transport = func(tr *http.Transport) {
				tr.DialContext = func(context.Context, string, string) (net.Conn, error) {
					client, server := net.Pipe()
					go func() { _, _ = io.Copy(io.Discard, server) }()
					mu.Lock()
					defer mu.Unlock()
					servers = append(servers, server)
					return client, nil
				}
			}
			for what, ask := range map[string]func() error{
				"list": func() error { _, err := s.List(t.Context(), "x"); return err },
				"stat": func() error { _, err := s.Stat(t.Context(), "x"); return err },
				"open": func() error { _, err := s.Open(t.Context(), "x"); return err },
			} {
				if err := ask(); !errors.Is(err, errSilent) {
					t.Errorf("%s: %v", what, err)
				}
			}
			for _, server := range servers {
				server.Close()
			}
		})
	})
	for name, tt := range map[string]struct {
		each int // bytes a second
		ok   bool
	}{"a byte a second": {1, false}, "a slow line": {4 << 10, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				content := noise(1 << 20)
				f := &remoteFile{size: int64(len(content)), path: "big", get: func(ctx context.Context, off, n int64) (io.ReadCloser, error) {
					return io.NopCloser(&crawling{ctx, content[off : off+n], tt.each}), nil
				}}
				got := make([]byte, len(content))
				_, err := f.ReadAt(got, 0)
				if (err == nil) != tt.ok || tt.ok && !bytes.Equal(got, content) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// crawling gives some bytes a second.
type crawling struct {
	ctx  context.Context
	rest []byte
	each int
}

func (c *crawling) Read(b []byte) (int, error) {
	select {
	case <-c.ctx.Done():
		return 0, c.ctx.Err()
	case <-time.After(time.Second):
	}
	n := copy(b, c.rest[:min(c.each, len(c.rest))])
	c.rest = c.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A server that refuses connections, or ends them, is an error that says so: there is no status to go by.
func TestWithoutAnAnswerTheErrorSaysWhy(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for name, tt := range map[string]struct{ url, want string }{
		"refused":  {gone.URL, "refused"},
		"cut away": {cutting(t), "EOF"},
	} {
		if testing.Short() && name != "refused" {
			continue // each waits a second or two before it gives up
		}
		t.Run(name, func(t *testing.T) {
			alone(t, map[string]string{"AWS_ENDPOINT_URL": tt.url, "AWS_MAX_ATTEMPTS": "1"})
			var errList, errStat error
			var both sync.WaitGroup // since each waits before it asks again
			both.Go(func() { _, errList = At("s3://lab/d").List(t.Context(), "x") })
			both.Go(func() { _, errStat = At("s3://lab/d").Stat(t.Context(), ".") })
			both.Wait()
			for _, err := range []error{errList, errStat} {
				var of *fs.PathError
				if !errors.As(err, &of) || of.Err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want …%s…", of, tt.want)
				}
			}
		})
	}
}

// cutting is a server that ends each connection without an answer.
func cutting(t *testing.T) (url string) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(srv.Close)
	return srv.URL
}
