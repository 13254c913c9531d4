package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An exchange is one request as the client would never send it, and its answer.
type exchange struct {
	status int
	header http.Header
	body   string // less the blanks around it
	whole  string
}

// raw sends a request with the suite's token, unless headers say otherwise
// (name, value, name, value, …; an empty value removes the header).
func (s *suite) raw(t *testing.T, method, path, body string, headers ...string) exchange {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.rawToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		}
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		t.Fatal(err)
	}
	return exchange{resp.StatusCode, resp.Header, strings.TrimSpace(string(data)), string(data)}
}

// inTheEnd deletes what the suite made outside its project; the embedded server
// is thrown away as a whole.
func (s *suite) inTheEnd(t *testing.T, path string, headers ...string) {
	t.Helper()
	if s.embedded != nil {
		return
	}
	t.Cleanup(func() { s.raw(t, "DELETE", path, "", headers...).want(t, 204, "") })
}

// want checks the status, and that the body is this JSON; "" is any body.
func (e exchange) want(t *testing.T, status int, body string) {
	t.Helper()
	if e.status != status {
		t.Errorf("status %d, want %d: %.300s", e.status, status, e.body)
		return
	}
	if body == "" {
		return
	}
	if diff := cmp.Diff(decoded(body), decoded(e.body)); diff != "" {
		t.Error(diff)
	}
}

// decoded is text as JSON, or as it is.
func decoded(text string) any {
	var v any
	if json.NewDecoder(bytes.NewReader([]byte(text))).Decode(&v) != nil {
		return text
	}
	return v
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}
