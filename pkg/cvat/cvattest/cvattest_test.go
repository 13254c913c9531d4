package cvattest

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// ask sends a request as the sandbox's user.
func ask(t testing.TB, s *Server, method, path, body string, header ...string) (int, http.Header, string) {
	t.Helper()
	status, h, b, err := tryTo(context.Background(), s, method, path, body, header...)
	if err != nil {
		t.Fatal(err)
	}
	return status, h, b
}

func tryTo(ctx context.Context, s *Server, method, path, body string, header ...string) (int, http.Header, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.Token)
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

func newTask(t testing.TB, s *Server) {
	t.Helper()
	if status, _, body := ask(t, s, "POST", "/api/tasks", `{"name":"x"}`); status != 201 {
		t.Fatal(status, body)
	}
}

func TestARequestIsHeldBeforeItIsHandled(t *testing.T) {
	s := Start(t)
	hold := s.Hold(Rule{Method: "POST", Path: "/api/tasks", Nth: 2}, BeforeHandling)
	newTask(t, s)
	done := make(chan struct{})
	go func() { defer close(done); newTask(t, s) }()
	hold.Wait(t)
	if _, _, body := ask(t, s, "GET", "/api/tasks", ""); !strings.Contains(body, `"count":1,`) {
		t.Error(body)
	}
	hold.Release()
	<-done
	if _, _, body := ask(t, s, "GET", "/api/tasks", ""); !strings.Contains(body, `"count":2,`) {
		t.Error(body)
	}
}

func TestARequestIsHeldAfterItWasHandled(t *testing.T) {
	s := Start(t)
	hold := s.Hold(Rule{Writes: true, Nth: 1}, AfterHandling)
	ctx, cancel := context.WithCancel(context.Background())
	lost := make(chan error, 1)
	go func() {
		_, _, _, err := tryTo(ctx, s, "POST", "/api/tasks", `{"name":"x"}`)
		lost <- err
	}()
	hold.Wait(t)
	cancel()
	if err := <-lost; err == nil {
		t.Error("the answer came")
	}
	if _, _, body := ask(t, s, "GET", "/api/tasks", ""); !strings.Contains(body, `"count":1,`) {
		t.Error(body)
	}
}

func TestALateRequestIsHandledThoughItsClientIsGone(t *testing.T) {
	s := Start(t)
	hold := s.Hold(Rule{Method: "POST", Nth: 1}, Late)
	ctx, cancel := context.WithCancel(context.Background())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _, _, _ = tryTo(ctx, s, "POST", "/api/tasks", `{"name":"late"}`)
	}()
	hold.Wait(t)
	cancel()
	<-gone
	handled := s.Hold(Rule{Method: "GET", Nth: 1}, BeforeHandling) // a second place to meet
	handled.Release()
	hold.Release()
	for range 1000 {
		if _, _, body := ask(t, s, "GET", "/api/tasks", ""); strings.Contains(body, `"late"`) {
			return
		}
	}
	t.Error("it was never handled")
}

func TestACreationIsHeldBetweenItsIDAndItsVisibility(t *testing.T) {
	s := Start(t)
	hold := s.HoldCreation()
	done := make(chan struct{})
	go func() { defer close(done); newTask(t, s) }()
	hold.Wait(t)
	newTask(t, s)
	if _, _, body := ask(t, s, "GET", "/api/tasks?sort=id", ""); !strings.Contains(body, `"count":1,`) || !strings.Contains(body, `"id":2,`) {
		t.Error(body)
	}
	hold.Release()
	<-done
}

func TestFaultsAreAnsweredInTheServersStead(t *testing.T) {
	s := Start(t)
	s.Fail(Rule{Method: "POST", Nth: 1}, Answer{Status: 503, Header: http.Header{"Retry-After": {"7"}}, Body: "no"})
	if status, h, body := ask(t, s, "POST", "/api/tasks", `{"name":"x"}`); status != 503 || h.Get("Retry-After") != "7" || body != "no" {
		t.Error(status, h, body)
	}
	newTask(t, s)
	s.Fail(Rule{Method: "PATCH"}, Answer{Status: 502, After: true})
	if status, _, _ := ask(t, s, "PATCH", "/api/tasks/1", `{"name":"changed"}`); status != 502 {
		t.Error(status)
	}
	s.Fail(Rule{Method: "DELETE"}, Answer{Drop: true})
	if _, _, _, err := tryTo(context.Background(), s, "DELETE", "/api/tasks/1", ""); err == nil {
		t.Error("an answer came")
	}
	s.Clear()
	if _, _, body := ask(t, s, "GET", "/api/tasks/1", ""); !strings.Contains(body, `"changed"`) {
		t.Error(body)
	}
}

func TestRequestsAreCountedByMethod(t *testing.T) {
	s := Start(t)
	newTask(t, s)
	ask(t, s, "GET", "/api/tasks?x=1", "")
	ask(t, s, "GET", "/api/users/self", "")
	if s.Count(Rule{Method: "GET"}) != 2 || s.Count(Rule{Writes: true}) != 1 || s.Count(Rule{Path: "/api/users/*"}) != 1 {
		t.Errorf("%v", s.Seen())
	}
	if got := s.Seen()[1].String(); got != "GET /api/tasks?x=1 200" {
		t.Error(got)
	}
	s.Forget()
	if s.Count(Rule{}) != 0 {
		t.Error("not forgotten")
	}
}

func announce(t testing.TB, s *Server, path, origin string, size int) (int, string, string) {
	t.Helper()
	header := []string{"Upload-Length", fmt.Sprint(size), "Upload-Metadata", "filename " + base64.StdEncoding.EncodeToString([]byte("a.jpg")), "Authorization", "Basic c2FuZGJveDpzYW5kYm94"}
	if origin != "" {
		header = append(header, "Origin", origin)
	}
	status, h, body := ask(t, s, "POST", path, "", header...)
	return status, h.Get("Location"), body
}

const basic = "Basic c2FuZGJveDpzYW5kYm94"

func TestOldVersionsAnswerAsTheyDid(t *testing.T) {
	for version, old := range map[string]struct{ tokens, pieceGone int }{"2.42.0": {401, 500}, "2.54.1": {200, 500}, "2.58.0": {200, 404}, "2.73.0": {200, 404}} {
		t.Run(version, func(t *testing.T) {
			s := Start(t, Version(version))
			now := version == sandbox.Version
			if status, _, _ := ask(t, s, "GET", "/api/users/self", ""); status != old.tokens {
				t.Errorf("an access token: %d", status)
			}
			if _, _, body := ask(t, s, "GET", "/api/server/about", ""); !strings.Contains(body, version) {
				t.Error(body)
			}
			_, _, body := ask(t, s, "POST", "/api/tasks", `{"name":"x"}`, "Authorization", basic)
			if strings.Contains(body, `"data":null`) != now {
				t.Errorf("data: %s", body)
			}
			if status, _, _ := announce(t, s, "/api/tasks/1/data/", "", 5); (status == 201) != (now || version == "2.58.0") {
				t.Errorf("a creation without Origin: %d", status)
			}
			_, at, _ := announce(t, s, "/api/tasks/1/data/", s.URL, 5)
			if !strings.HasPrefix(at, s.URL+"/api/tasks/1/data/1_") {
				t.Errorf("Location %s", at)
			}
			if _, lost, _ := announce(t, s, "/api/tasks/1/data", s.URL, 5); strings.Contains(lost, "/data/") != now {
				t.Errorf("Location of a URL without a slash: %s", lost)
			}
			if status, _, _ := ask(t, s, "HEAD", "/api/tasks/1/data/1_00000000-0000-0000-0000-000000000000", "", "Authorization", basic); status != old.pieceGone {
				t.Errorf("HEAD of an unknown upload: %d", status)
			}
			status, _, body := ask(t, s, "POST", "/api/tasks/1/data/", `{}`, "Upload-Finish", "", "Authorization", basic)
			if (status == 400 && strings.Contains(body, "This field is required")) == now {
				t.Errorf("no image_quality: %d %s", status, body)
			}
		})
	}
}

func TestAnUnknownVersionIsRefused(t *testing.T) {
	for _, v := range []string{"", "3.0", "2.38.0"} {
		if _, err := parseVersion(v); err == nil {
			t.Errorf("%q is taken", v)
		}
	}
}

func TestScriptsHaveSandboxesOfTheirOwn(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Cmds: withAsk(Commands())})
}

// withAsk adds a command that sends one request in the background: ask METHOD PATH [BODY].
func withAsk(cmds map[string]func(*testscript.TestScript, bool, []string)) map[string]func(*testscript.TestScript, bool, []string) {
	cmds["ask"] = func(ts *testscript.TestScript, _ bool, args []string) {
		req, err := http.NewRequest(args[0], ts.Getenv("CVATPLAN_SERVER")+args[1], strings.NewReader(strings.Join(args[2:], " ")))
		ts.Check(err)
		req.Header.Set("Authorization", "Bearer "+ts.Getenv("CVAT_ACCESS_TOKEN"))
		req.Header.Set("Content-Type", "application/json")
		go func() {
			if resp, err := http.DefaultClient.Do(req); err == nil {
				_ = resp.Body.Close()
			}
		}()
	}
	return cmds
}
