package sandbox

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A page of another site may know the sandbox's password. It reaches a port of this machine by
// a name of its own that its DNS server says is 127.0.0.1, or by a form that it posts here.
func TestAPortAnswersToThisMachineAlone(t *testing.T) {
	c := start(t, Options{NoAuth: true})
	addr, err := c.s.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.http = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr.String())
	}}}
	for host, want := range map[string]int{
		addr.String(): 200, "localhost": 200, "LOCALHOST:8080": 200, "127.0.0.2": 200, "[::1]:8080": 200, "sandbox.localhost": 200, "localhost.": 200,
		"evil.example": 421, "evil.example:8080": 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "192.168.1.1": 421, "0.0.0.0": 421, "sandbox": 421,
	} {
		c.host = host
		if r := c.get("/api/tasks"); r.status != want {
			t.Errorf("Host %s: %d, want %d", host, r.status, want)
		}
	}
	c.host = "localhost"
	for origin, want := range map[string]int{
		"http://localhost": 201, "http://127.0.0.1:8080": 201, "http://[::1]": 201,
		"http://evil.example": 403, "https://localhost.evil.example": 403, "null": 403, "": 403, "://": 403,
	} {
		if r := c.json("POST", "/api/tasks", `{"name":"x"}`, "Origin", origin); r.status != want {
			t.Errorf("Origin %q: %d, want %d", origin, r.status, want)
		}
	}
}

// Inside the process nobody else can be, and the server has any name.
func TestInsideTheProcessAnyNameWillDo(t *testing.T) {
	c := start(t, Options{})
	c.host = "cvat.example.com"
	c.get("/api/tasks").want(t, 200, "")
}

// Go's client makes a second connection now and then, while it waits for the first, and does not use it.
func TestAConnectionThatNobodyUsesDoesNotHoldUpAClose(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.DialContext(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		synctest.Wait()
		began := time.Now()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if waited := time.Since(began); waited >= time.Second {
			t.Errorf("it waited for %s", waited)
		}
	})
}
