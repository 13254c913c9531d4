package cvat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A script answers the n-th request with its n-th step, and the last one for ever.
type script struct {
	steps []step
	sent  []string // method and path of each request
}

type step func(*http.Request) (*http.Response, error)

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	n := min(len(s.sent), len(s.steps)-1)
	s.sent = append(s.sent, r.Method+" "+r.URL.Path)
	return s.steps[n](r)
}

func status(code int, body string, headers ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
	}
}

func fails(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, context.Cause(r.Context())
}

func cuts(r *http.Request) (*http.Response, error) {
	resp, _ := status(200, "")(r)
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id": 1,`), iotestErr{io.ErrUnexpectedEOF}))
	return resp, nil
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }

func scripted(t *testing.T, steps ...step) (*Client, *script) {
	t.Helper()
	s := &script{steps: steps}
	c, err := New(Options{BaseURL: "http://cvat.test", Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	c.reached.Store(true)
	return c, s
}

var refused = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}

// Each class of failure, and how often each operation is sent before it gives up. 8 is
// RetryPolicy's default, 3 are the few tries of what is often not transient.
func TestRetriesFollowTheOperationsNature(t *testing.T) {
	troubles := map[string]step{
		"connection refused": fails(refused),
		"connection reset":   fails(syscall.ECONNRESET),
		"answer cut":         cuts,
		"JSON cut":           status(200, `{"id": 1,`),
		"no answer":          hangs,
		"429":                status(429, `{"detail":"Request was throttled."}`),
		"503":                status(503, `"Redis service is not available"`),
		"503, Retry-After":   status(503, "", "Retry-After", "1"),
		"502":                status(502, "<html>"),
		"504":                status(504, "<html>"),
		"500":                status(500, "<html>"),
		"HTML":               status(200, "<html>"),
		"400":                status(400, `["no"]`),
		"400 of a proxy":     status(400, "<html><head><title>400 Bad Request</title></head>"),
	}
	type outcome struct {
		Sent    int
		Unknown bool
	}
	read := func(ctx context.Context, c *Client) error { _, err := c.Task(ctx, 1); return err }
	create := func(ctx context.Context, c *Client) error { _, err := c.CreateTask(ctx, NewTask{}); return err }
	finish := func(ctx context.Context, c *Client) error { _, err := c.FinishUpload(ctx, 1, DataParams{}); return err }
	remove := func(ctx context.Context, c *Client) error { return c.DeleteTask(ctx, 1) }
	operations := map[string]struct {
		do   func(context.Context, *Client) error
		want map[string]outcome
	}{
		"GET": {read, map[string]outcome{
			"connection refused": {8, false}, "connection reset": {8, false}, "answer cut": {8, false}, "JSON cut": {3, false}, "no answer": {3, false},
			"429": {8, false}, "503": {8, false}, "503, Retry-After": {8, false}, "502": {8, false}, "504": {3, false}, "500": {3, false}, "HTML": {1, false}, "400": {1, false}, "400 of a proxy": {3, false}}},
		"creation": {create, map[string]outcome{
			"connection refused": {8, false}, "connection reset": {1, true}, "answer cut": {1, true}, "JSON cut": {1, true}, "no answer": {1, true},
			"429": {8, false}, "503": {1, true}, "503, Retry-After": {8, false}, "502": {1, true}, "504": {1, true}, "500": {1, true}, "HTML": {1, true}, "400": {1, false}, "400 of a proxy": {3, false}}},
		"Upload-Finish": {finish, map[string]outcome{
			"connection refused": {8, false}, "connection reset": {8, false}, "answer cut": {8, false}, "JSON cut": {3, false}, "no answer": {1, true},
			"429": {8, false}, "503": {8, false}, "503, Retry-After": {8, false}, "502": {8, false}, "504": {1, true}, "500": {3, false}, "HTML": {1, false}, "400": {1, false}, "400 of a proxy": {3, false}}},
		"DELETE": {remove, map[string]outcome{
			"connection refused": {1, false}, "connection reset": {1, true}, "no answer": {1, true},
			"429": {1, false}, "503": {1, true}, "503, Retry-After": {1, false}, "502": {1, true}, "504": {1, true}, "500": {1, true}, "400": {1, false}, "400 of a proxy": {1, false}}},
	}
	for operation, o := range operations {
		for name, want := range o.want {
			t.Run(operation+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c, s := scripted(t, troubles[name])
					err := o.do(t.Context(), c)
					if err == nil {
						t.Fatal("no error")
					}
					got := outcome{len(s.sent), errors.Is(err, ErrUnknownOutcome)}
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%v\n%s", err, diff)
					}
				})
			})
		}
	}
}

func TestRequestThatIsRepeatedSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := scripted(t, fails(syscall.ECONNRESET), status(502, ""), status(500, ""), cuts, hangs, status(200, `{"id": 9}`))
		task, err := c.Task(t.Context(), 9)
		if err != nil || task.ID != 9 || len(s.sent) != 6 {
			t.Errorf("task %+v, %v after %d requests", task, err, len(s.sent))
		}
	})
}

func TestWaitsGrowToTheCapAndNeverAbove(t *testing.T) {
	p := RetryPolicy{Base: time.Second, Cap: 10 * time.Second}
	for try, full := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 40: 10 * time.Second, 1000: 10 * time.Second} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := p.backoff(try)
			seen[d] = true
			if d < full/2 || d > full {
				t.Fatalf("try %d: %v is not within %v and %v", try, d, full/2, full)
			}
		}
		if len(seen) < 50 {
			t.Errorf("try %d: only %d different waits of 100", try, len(seen))
		}
	}
}

func TestServersWishToWaitIsHeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)
		c, _ := scripted(t, status(429, "", "Retry-After", "60"), status(503, "", "Retry-After", at), status(200, `{"id": 1}`))
		var waits []time.Duration
		c.options.OnRetry = func(r Retry) { waits = append(waits, r.Wait) }
		started := time.Now()
		if _, err := c.CreateTask(t.Context(), NewTask{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(started); took != 90*time.Second { // the date passes as the 60 s do
			t.Errorf("took %v, waits %v", took, waits)
		}
	})
}

func TestRetryAfterIsReadInSecondsAndAsDate(t *testing.T) {
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		header string
		want   time.Duration
	}{
		"seconds":       {"5", 5 * time.Second},
		"blanks":        {" 5 ", 5 * time.Second},
		"date":          {"Mon, 23 Nov 2026 14:00:30 GMT", 30 * time.Second},
		"old date form": {"Monday, 23-Nov-26 14:00:30 GMT", 30 * time.Second},
		"passed":        {"Mon, 23 Nov 2026 13:00:00 GMT", 0},
		"too long":      {"86400", retryAfterCap},
		"far date":      {"Mon, 23 Nov 2099 13:00:00 GMT", retryAfterCap},
		"overflow":      {"9223372036854775807", retryAfterCap},
		"more digits":   {"99999999999999999999", 0},
		"negative":      {"-1", 0},
		"fraction":      {"1.5", 0},
		"empty":         {"", 0},
		"nonsense":      {"soon", 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := parseRetryAfter(tt.header, now); got != tt.want {
				t.Errorf("parseRetryAfter(%q) = %v, want %v", tt.header, got, tt.want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"5", "Mon, 23 Nov 2026 14:00:30 GMT", "-1", "", "1e9", "18446744073709551615"} {
		f.Add(seed)
	}
	now := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, header string) {
		if d := parseRetryAfter(header, now); d < 0 || d > retryAfterCap {
			t.Errorf("parseRetryAfter(%q) = %v", header, d)
		}
	})
}

func TestCancellationEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c, s := scripted(t, status(429, `{"detail":"Request was throttled."}`, "Retry-After", "100"))
		time.AfterFunc(time.Second, cancel)
		started := time.Now()
		_, err := c.Task(ctx, 1)
		if !errors.Is(err, context.Canceled) || time.Since(started) != time.Second || len(s.sent) != 1 {
			t.Errorf("%v after %v and %d requests", err, time.Since(started), len(s.sent))
		}
	})
}

func TestNothingIsSentOnceCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c, s := scripted(t, status(201, `{"id": 1}`))
	_, err := c.CreateTask(ctx, NewTask{})
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnknownOutcome) || len(s.sent) != 0 {
		t.Errorf("%v after %d requests", err, len(s.sent))
	}
}

func TestCancelledCreationMayHaveHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		c, _ := scripted(t, hangs)
		_, err := c.CreateTask(ctx, NewTask{})
		if !errors.Is(err, ErrUnknownOutcome) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTimeOutCountsFromTheLastByte(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, func(r *http.Request) (*http.Response, error) {
			time.Sleep(100 * time.Second) // below the 2 minutes for an answer
			resp, _ := status(200, "")(r)
			resp.Body = io.NopCloser(&drip{text: `{"id": 1, "name": "slow but alive"}`, every: 50 * time.Second})
			return resp, nil
		})
		started := time.Now()
		task, err := c.Task(t.Context(), 1)
		if err != nil || task.Name != "slow but alive" || time.Since(started) < 20*time.Minute {
			t.Errorf("%+v, %v after %v", task, err, time.Since(started))
		}
	})
}

// A drip is a body of one byte at a time.
type drip struct {
	text  string
	every time.Duration
}

func (d *drip) Read(p []byte) (int, error) {
	time.Sleep(d.every)
	n := copy(p[:1], d.text)
	d.text = d.text[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func TestRetriesAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := scripted(t, status(502, ""), status(502, ""), status(200, `{"id": 1}`))
		var seen []string
		c.options.OnRetry = func(r Retry) { seen = append(seen, fmt.Sprint(r.Method, r.Path, r.Try, r.Wait > 0, r.Err)) }
		if _, err := c.Task(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		want := []string{
			"GET/api/tasks/11 true GET /api/tasks/1: 502 Bad Gateway",
			"GET/api/tasks/12 true GET /api/tasks/1: 502 Bad Gateway",
		}
		if diff := cmp.Diff(want, seen); diff != "" {
			t.Error(diff)
		}
	})
}
