package cvat

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/advice"

	"github.com/cvatplan/cvatplan/internal/diag"
)

func TestRefusalsAreDistinguished(t *testing.T) {
	all := []error{ErrNotAuthorised, ErrNotFound, ErrBusy, ErrAlreadyImported, ErrTooLarge, ErrUnknownOutcome, ErrUploadGone}
	tests := map[string]struct {
		status int
		body   string
		want   error // nil: none of them
	}{
		"401":                  {401, `{"detail":"Invalid token."}`, ErrNotAuthorised},
		"403":                  {403, `{"detail":"You do not have permission to perform this action."}`, ErrNotAuthorised},
		"404":                  {404, `{"detail":"Not found."}`, ErrNotFound},
		"busy":                 {409, `{"detail":"This resource is currently busy with another operation. Please try again in a moment."}`, ErrBusy},
		"has data, 2.73":       {400, `["Adding more data is not supported"]`, ErrAlreadyImported},
		"has data, up to 2.72": {400, `"Adding more data is not supported"`, ErrAlreadyImported},
		"has data, detail":     {400, `{"detail":"Adding more data is not supported"}`, ErrAlreadyImported},
		"other 400":            {400, `{"name":["This field may not be blank."]}`, nil},
		"413":                  {413, `<title>413 Request Entity Too Large</title>`, ErrTooLarge},
		"500 to a creation":    {500, `<title>Server Error (500)</title>`, ErrUnknownOutcome},
		"502 to a creation":    {502, `<title>502 Bad Gateway</title>`, ErrUnknownOutcome},
		"504 to a creation":    {504, ``, ErrUnknownOutcome},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, tt.status, tt.body) })
			_, err := c.CreateTask(t.Context(), NewTask{Name: "x"})
			for _, sentinel := range all {
				if got := errors.Is(err, sentinel); got != (sentinel == tt.want) {
					t.Errorf("%v: is %q: %v", err, sentinel, got)
				}
			}
			var api *APIError
			if !errors.As(err, &api) || api.Status != tt.status || api.Method != "POST" || api.Path != "/api/tasks" {
				t.Errorf("got %#v", err)
			}
		})
	}
}

func TestErrorReadsAsOperationStatusAndDetail(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 403, `{"detail":"No."}`) })
	_, err := c.Project(t.Context(), 5)
	if want := "GET /api/projects/5: 403 Forbidden: No."; err.Error() != want {
		t.Errorf("got %q, want %q", err, want)
	}
}

func TestHintsFitTheCause(t *testing.T) {
	tests := map[string]struct {
		err  error
		want string
	}{
		"token":          {&APIError{Status: 401, token: true}, "CVAT_ACCESS_TOKEN"},
		"no credentials": {&APIError{Status: 401}, "CVAT_USERNAME"},
		"read-only":      {&APIError{Method: "POST", Status: 403, token: true}, "read-only"},
		"organization":   {&APIError{Status: 404, Detail: "nope organization does not exist."}, "slug"},
		"not found":      {&APIError{Status: 404}, ""},
		"413":            {&APIError{Status: 413}, "--upload-chunk"},
		"502":            {&APIError{Status: 502}, "not running"},
		"507":            {&APIError{Status: 507}, "disk is full"},
		"wrapped":        {&unknownOutcome{&APIError{Status: 502}}, "not running"},
		"not CVAT":       {&answerError{notCVAT: true}, "login page"},
		"redirect":       {&redirectError{}, "server.url"},
		"cut":            {&answerError{early: true}, "ended the answer early"},
		"expired":        {&ConnectionError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, "out of date"},
		"other name":     {&ConnectionError{Err: x509.HostnameError{Certificate: &x509.Certificate{}}}, "another name"},
		"proxy":          {&ConnectionError{Err: &net.OpError{Op: "proxyconnect", Err: syscall.ECONNREFUSED}}, "NO_PROXY"},
		"insecure":       {&insecureError{}, "--insecure-http"},
		"no host":        {&ConnectionError{Err: &net.DNSError{IsNotFound: true}}, "VPN"},
		"cancelled":      {&ConnectionError{Err: context.Canceled}, ""},
		"foreign":        {os.ErrNotExist, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := advice.Of(tt.err)
			if (tt.want == "") != (got == "") || !strings.Contains(got, tt.want) {
				t.Errorf("got %q, want something with %q", got, tt.want)
			}
		})
	}
}

// CVAT tells everybody its version, so who wants a login for it, or leads elsewhere, is somebody else.
func TestWhatStandsInFrontOfCVATIsNamed(t *testing.T) {
	for name, tt := range map[string]struct {
		status   int
		location string
		want     string
	}{
		"login for a password": {401, "", "cvatplan cannot log in there"},
		"forbidden":            {403, "", "cvatplan cannot log in there"},
		"login page":           {302, "/oauth2/start?rd=%2Fapi%2Fserver%2Fabout", "cvatplan cannot log in there"},
		"login page elsewhere": {302, "https://login.example.com/authorize", "cvatplan cannot log in there"},
		"moved":                {301, "https://cvat.example.com/api/server/about", "as server.url"},
		"moved with a slash":   {308, "https://cvat.example.com/api/server/about/", "as server.url"},
		"port of https":        {400, "", "write https://"},
		"nothing there":        {404, "", "that of CVAT itself?"},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if tt.location != "" {
					w.Header().Set("Location", tt.location)
				}
				say(w, tt.status, "<html></html>")
			})
			if _, err := c.About(t.Context()); err == nil || !strings.Contains(advice.Of(err), tt.want) {
				t.Errorf("%v, hint %q; want %q", err, advice.Of(err), tt.want)
			}
		})
	}
}

func TestUntrustedCertificateIsRefusedAndCAFileFixesIt(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		say(w, 200, `{"name":"CVAT","version":"2.73.0"}`)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	c, err := New(Options{BaseURL: srv.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.About(t.Context()); err == nil || !strings.Contains(advice.Of(err), "--ca-file") {
		t.Errorf("got %v, hint %q", err, advice.Of(err))
	}
	trusting, err := New(Options{BaseURL: srv.URL, CAFile: writeCA(t, srv)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := trusting.About(t.Context()); err != nil {
		t.Errorf("with the CA file: %v", err)
	}
}

func TestCAFileWithoutCertificateIsAnError(t *testing.T) {
	empty := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{empty, t.TempDir() + "/missing.pem"} {
		if _, err := New(Options{BaseURL: "https://x.example.com", CAFile: file}); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("CA file %s: %v", file, err)
		}
	}
}

func TestPlainHTTPBehindHTTPSIsNamed(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {}, func(o *Options) {
		o.BaseURL = strings.Replace(o.BaseURL, "http:", "https:", 1)
	})
	if _, err := c.About(t.Context()); err == nil || !strings.Contains(advice.Of(err), "http://") {
		t.Errorf("got %v, hint %q", err, advice.Of(err))
	}
}

func TestStrangerIsNotAskedForLong(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close() // nobody listens there now
	tries := 1
	c, err := New(Options{
		BaseURL: "http://" + listener.Addr().String(),
		Retry:   RetryPolicy{Base: time.Microsecond}, OnRetry: func(Retry) { tries++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.About(t.Context())
	if !errors.As(err, new(*ConnectionError)) || tries != strangerTries {
		t.Errorf("%d tries: %v", tries, err)
	}
}

func TestWhatIsNoCVATSaysSo(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
	}{
		"a login page":   {200, "<!DOCTYPE html><title>Sign in</title>"},
		"other JSON":     {200, `{"status":"ok"}`},
		"a JSON list":    {200, `[1,2]`},
		"a 404":          {404, "404 page not found"},
		"another number": {200, `{"version":"nightly"}`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, tt.status, tt.body) })
			if _, err := c.About(t.Context()); !errors.Is(err, ErrNotCVAT) || diag.HintOf(err) == (diag.Hint{}) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// The address of a page, as a browser shows it, is a common mistake.
func TestTheAddressOfAPageIsAnsweredWithThatOfCVAT(t *testing.T) {
	for name, answer := range map[string]struct {
		status int
		body   string
	}{"an API's 404": {404, "404 page not found"}, "the page": {200, "<!DOCTYPE html><title>CVAT</title>"}} {
		t.Run(name, func(t *testing.T) {
			host := ""
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, answer.status, answer.body) }, func(o *Options) {
				host = o.BaseURL
				o.BaseURL += "/projects/12"
			})
			_, err := c.About(t.Context())
			if want := diag.Do(diag.HintAddressWithoutPath, host); !errors.Is(err, ErrNotCVAT) || diag.HintOf(err) != want {
				t.Errorf("got %v, hint %v", err, diag.HintOf(err))
			}
		})
	}
}

func TestTLSAlertIsPermanent(t *testing.T) {
	err := &ConnectionError{Err: tls.AlertError(42)}
	if got := classOf(err); got != permanent {
		t.Errorf("class %v", got)
	}
}

func writeCA(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	file := t.TempDir() + "/ca.pem"
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	if err := os.WriteFile(file, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
