package cvat

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A RetryPolicy says how often a request may be sent, and how long to wait.
type RetryPolicy struct {
	Tries int           // most times that a request is sent; default 8, about a minute in all
	Base  time.Duration // the first wait, doubled each time; default 500 ms
	Cap   time.Duration // the longest wait; default 30 s
}

const (
	fewTries      = 3               // for what is often not transient at CVAT: 500, a time-out, JSON that ends early
	strangerTries = 3               // while the server has never answered: perhaps it is no server
	retryAfterCap = 2 * time.Minute // however long a server asks us to wait
)

func (p *RetryPolicy) setDefaults() {
	if p.Tries <= 0 {
		p.Tries = 8
	}
	if p.Base <= 0 {
		p.Base = 500 * time.Millisecond
	}
	if p.Cap <= 0 {
		p.Cap = 30 * time.Second
	}
}

// A Retry tells of a request that is about to be sent again.
type Retry struct {
	Method, Path string
	Try          int           // the one that failed, from 1
	Wait         time.Duration // before the next
	Err          error         // why it failed
}

// An idempotency says what may be done about a request that failed.
type idempotency int

const (
	reading  idempotency = iota // sending it twice changes nothing
	setting                     // twice is once, but the server may still be at it: see stalled
	creating                    // twice may make two
	once                        // never again: the caller must look first (deletions)
	probing                     // reading, but 500 means that it is not there: see gone
	chunk                       // the caller asks the server how far it came
)

// A failureClass is what may be known of a request that failed.
type failureClass int

const (
	permanent failureClass = iota // the same again would fail the same way
	unsent                        // no connection: the server has seen nothing
	throttled                     // 429, or 503 with Retry-After: not handled, says the server
	mangled                       // 400 from below CVAT: what arrived was no HTTP request, so nothing was handled
	lost                          // the connection broke, or 502 or 503: nobody knows
	doubtful                      // 500, or JSON that ends early
	garbled                       // an answer of success that makes no sense
	stalled                       // 504, or our own time-out: the server may still be at it
)

type decision int

const (
	fail decision = iota
	repeat
	repeatFew
	unknown // give up, and say that it may have happened
)

// decisions is the whole policy. A pair that is missing fails.
var decisions = map[idempotency]map[failureClass]decision{
	reading:  {unsent: repeat, throttled: repeat, mangled: repeatFew, lost: repeat, doubtful: repeatFew, stalled: repeatFew},
	setting:  {unsent: repeat, throttled: repeat, mangled: repeatFew, lost: repeat, doubtful: repeatFew, stalled: unknown},
	creating: {unsent: repeat, throttled: repeat, mangled: repeatFew, lost: unknown, doubtful: unknown, stalled: unknown, garbled: unknown},
	once:     {lost: unknown, doubtful: unknown, stalled: unknown},
	probing:  {unsent: repeat, throttled: repeat, mangled: repeatFew, lost: repeat, stalled: repeatFew},
	chunk:    {},
}

// decide says what to do about err, and counts it in spent.
func (c *Client) decide(ctx context.Context, q *request, err error, spent map[decision]int) decision {
	v := decisions[q.idempotency][classOf(err)]
	if v == unknown || v == fail {
		return v
	}
	if ctx.Err() != nil {
		return fail
	}
	spent[v]++
	if spent[v] >= c.tries(v) {
		return fail
	}
	return v
}

func (c *Client) tries(v decision) int {
	tries := c.options.Retry.Tries
	if v == repeatFew {
		tries = min(tries, fewTries)
	}
	if !c.reached.Load() {
		tries = min(tries, strangerTries)
	}
	return tries
}

func classOf(err error) failureClass {
	var api *APIError
	var answer *answerError
	var conn *ConnectionError
	switch {
	case errors.As(err, &api):
		return classOfStatus(api)
	case errors.Is(err, ErrStalled):
		return stalled
	case errors.As(err, &answer):
		return answer.class()
	case errors.As(err, &conn):
		return conn.class()
	}
	return permanent
}

// notHTTP is what Go's HTTP server, of which Traefik in front of CVAT is made, and the
// title of what nginx answers to a request that was cut or garbled on its way.
const notHTTP = "400 Bad Request"

func classOfStatus(e *APIError) failureClass {
	switch e.Status {
	case http.StatusTooManyRequests:
		return throttled
	case http.StatusServiceUnavailable:
		if e.retryAfter != "" {
			return throttled
		}
		return lost
	case http.StatusBadGateway, http.StatusRequestTimeout:
		return lost
	case http.StatusInternalServerError:
		return doubtful
	case http.StatusGatewayTimeout:
		return stalled
	case http.StatusBadRequest:
		if e.Detail == notHTTP {
			return mangled
		}
	}
	return permanent
}

// pause waits before the try after this one, and tells of it.
func (c *Client) pause(ctx context.Context, q *request, try int, err error) error {
	wait := c.options.Retry.backoff(try)
	var api *APIError
	if errors.As(err, &api) {
		wait = max(wait, parseRetryAfter(api.retryAfter, time.Now()))
	}
	if c.options.OnRetry != nil {
		c.options.OnRetry(Retry{Method: q.method, Path: q.path, Try: try, Wait: wait, Err: err})
	}
	return sleep(ctx, wait, err)
}

// sleep waits; if ctx ends first, the error says so and why there was a wait.
func sleep(ctx context.Context, d time.Duration, why error) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errors.Join(context.Cause(ctx), why)
	case <-timer.C:
		return nil
	}
}

// backoff is the wait after the given try, from 1: doubled each time up to the
// cap, of which a random part of up to a half is left out, so that many clients
// that were cut off together do not come back together.
func (p RetryPolicy) backoff(try int) time.Duration {
	d := p.Cap
	if shift := try - 1; shift < 30 && p.Base<<shift < p.Cap {
		d = p.Base << shift
	}
	return d - rand.N(d/2+1)
}

// parseRetryAfter reads a Retry-After header, in seconds or as a date; what it
// cannot read, or what has passed, is 0, and nothing is above retryAfterCap.
func parseRetryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseUint(header, 10, 63); err == nil {
		return time.Duration(min(seconds, uint64(retryAfterCap/time.Second))) * time.Second
	}
	at, err := http.ParseTime(header)
	if err != nil || !at.After(now) {
		return 0
	}
	return min(at.Sub(now), retryAfterCap)
}
