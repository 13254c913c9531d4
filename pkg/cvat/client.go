package cvat

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// Options say how to reach a server. Only BaseURL is required.
type Options struct {
	BaseURL      string      // https://host[:port][/prefix], without user, query or fragment
	Organization string      // slug, sent as X-Organization; empty is the personal workspace
	Credentials  Credentials // none: anonymous, until [Client.Login]
	CAFile       string      // PEM file of authorities to trust in addition to the system's
	UserAgent    string      // default "cvatplan"

	// Transport replaces the network, for example to reach the embedded server
	// in memory. It must not follow redirects. CAFile cannot be given with it.
	Transport http.RoundTripper

	NoPages bool // the server shows people nothing, as the embedded one

	IdleTimeout   time.Duration // longest time in which less than 256 bytes a second of a body move; default 60 s
	AnswerTimeout time.Duration // longest wait for an answer once all is sent; default 2 min
	Retry         RetryPolicy

	UploadRate  int64   // bytes a second that are sent at most, by all requests together; 0: no limit
	RequestRate float64 // requests a second at most; 0: no limit

	// InsecureHTTP allows credentials over plain http to any host. Without it
	// they go to loopback, and with a warning to private addresses and to
	// dotless and .local names; see [New].
	InsecureHTTP bool

	OnWarning func(text string) // at most once, from New; may be nil
	OnRetry   func(Retry)       // before each repetition; called concurrently; may be nil
	Debug     func(line string) // one line per request, without secrets; called concurrently; may be nil
}

const (
	defaultIdleTimeout   = 60 * time.Second
	defaultAnswerTimeout = 2 * time.Minute // a deletion of 5,000 frames took 54 s on CVAT 2.73
)

// A Client talks to one CVAT server, in one workspace. It may be used by many
// goroutines at once.
type Client struct {
	base      *url.URL
	options   Options
	transport http.RoundTripper
	limit     limiter
	insecure  error // why credentials may not be sent; nil: they may

	auth        atomic.Pointer[Credentials]
	password    atomic.Pointer[Secret] // of a login: see scrub
	reached     atomic.Bool            // whether the server ever answered: see retry.go
	maxAccepted atomic.Int64           // largest chunk that was let through: see chunk.go and tus.go
	streams     atomic.Bool            // the server is known to write uploads to the disk as they come
	minRejected atomic.Int64           // smallest chunk that was refused as too large; 0: none
}

// New returns a client; it sends nothing. It fails if BaseURL is no plain http
// or https URL, if the CA file cannot be read, and if credentials would travel
// unencrypted to a host that is neither loopback nor private.
func New(o Options) (*Client, error) {
	base, err := parseBase(o.BaseURL)
	if err != nil {
		return nil, err
	}
	setDefaults(&o)
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	c := &Client{base: base, options: o, transport: transport, limit: newLimiter(o)}
	warning, insecure := plainHTTP(base, o.InsecureHTTP)
	c.insecure = insecure
	if err := c.authenticate(o.Credentials); err != nil {
		return nil, err
	}
	if warning != "" && o.OnWarning != nil {
		o.OnWarning(warning)
	}
	return c, nil
}

// Server is the URL of the server, without a trailing slash.
func (c *Client) Server() string { return c.base.String() }

// Organization is the slug of the workspace; empty is the personal one.
func (c *Client) Organization() string { return c.options.Organization }

// TaskURL is where a person looks at a task; "" under [Options].NoPages.
func (c *Client) TaskURL(id int) string { return c.page("tasks", id) }

// ProjectURL is where a person looks at a project; "" under [Options].NoPages.
func (c *Client) ProjectURL(id int) string { return c.page("projects", id) }

func (c *Client) page(kind string, id int) string {
	if c.options.NoPages {
		return ""
	}
	return fmt.Sprintf("%s/%s/%d", c.base, kind, id)
}

func setDefaults(o *Options) {
	if o.UserAgent == "" {
		o.UserAgent = "cvatplan"
	}
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = defaultIdleTimeout
	}
	if o.AnswerTimeout <= 0 {
		o.AnswerTimeout = defaultAnswerTimeout
	}
	o.Retry.setDefaults()
}

func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	switch {
	case !strings.Contains(raw, "://"):
		return nil, &schemeError{raw}
	case err != nil: // url.Error repeats the whole text, which may hold a password
		return nil, addressError("cannot be parsed")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, addressError(fmt.Sprintf("scheme %q is neither http nor https", u.Scheme))
	case u.Hostname() == "":
		return nil, addressError("no host")
	case !validPort(u.Port()):
		return nil, addressError(fmt.Sprintf("no port is %s", u.Port()))
	case u.User != nil:
		return nil, addressError("user and password do not belong there")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, addressError("query and fragment do not belong there")
	}
	return u, nil
}

// validPort reports whether digits are a port, or none.
func validPort(digits string) bool {
	n, err := strconv.ParseUint(digits, 10, 16)
	return digits == "" || err == nil && n > 0
}

// An addressError is what is wrong with the server's address.
type addressError string

func (e addressError) Error() string { return "server URL: " + string(e) }

// Hint says how an address is written.
func (e addressError) Hint() diag.Hint {
	return diag.Do(diag.HintWrite, "https://HOST or https://HOST:PORT")
}

// A schemeError is an address that lacks http:// or https://.
type schemeError struct{ address string }

func (e *schemeError) Error() string { return "server URL: it does not begin with https:// or http://" }

// Hint is the address as it may be meant, unless it may hold a password.
func (e *schemeError) Hint() Hint {
	host, _, _ := strings.Cut(e.address, "/")
	name, _, _ := strings.Cut(host, ":")
	switch {
	case name == "" || strings.ContainsAny(e.address, "@?#"):
		return Hint{}
	case name == "http" || name == "https": // http:/HOST
		return diag.Do(diag.HintWrite, name+"://"+strings.TrimLeft(e.address[len(name):], ":/"))
	case name == "localhost" || strings.HasPrefix(name, "127."):
		return diag.Do(diag.HintWrite, "http://"+e.address)
	}
	return diag.Do(diag.HintWrite, "https://"+e.address)
}

// A request is one operation; it can be sent again and again.
type request struct {
	method      string
	path        string // below the base URL, escaped
	query       url.Values
	header      http.Header
	idempotency idempotency
	body        func() io.Reader // nil: none
	size        int64            // of the body

	anonymous  bool // send no credentials
	everywhere bool // belongs to no workspace
}

// A reader takes a successful answer and closes its body.
type reader func(*http.Response) error

// do sends q, again where its idempotency allows it, and gives the successful answer
// to read, which is part of the attempt: a truncated answer is a failed attempt.
func (c *Client) do(ctx context.Context, q *request, read reader) error {
	if err := context.Cause(ctx); err != nil {
		return c.lost(q, err) // nothing was sent
	}
	spent := map[decision]int{}
	for try := 1; ; try++ {
		err := c.attempt(ctx, q, read)
		if err == nil {
			return nil
		}
		v := c.decide(ctx, q, err, spent)
		if v == fail {
			return err
		}
		if v == unknown {
			return &unknownOutcome{err}
		}
		if err := c.pause(ctx, q, try, err); err != nil {
			return err
		}
	}
}

// attempt sends q once.
func (c *Client) attempt(ctx context.Context, q *request, read reader) error {
	if err := c.limit.request(ctx); err != nil {
		return c.lost(q, err) // nothing was sent
	}
	ctx, w := watch(ctx, c.options.IdleTimeout, c.options.AnswerTimeout)
	req, err := c.build(ctx, q, w)
	if err != nil {
		w.stop()
		return err
	}
	started := time.Now()
	resp, err := c.transport.RoundTrip(req)
	if err != nil {
		err = w.explain(err)
		w.stop()
		c.debugFailure(q, started, err)
		return c.lost(q, err)
	}
	c.reached.Store(true)
	c.debugAnswer(q, resp, started)
	resp.Body = w.guard(resp.Body)
	if resp.StatusCode/100 == 2 {
		return c.readable(q, read(resp))
	}
	defer resp.Body.Close()
	return c.refusal(q, resp)
}

func (c *Client) build(ctx context.Context, q *request, w *watchdog) (*http.Request, error) {
	u := c.base.String() + q.path
	if len(q.query) > 0 {
		u += "?" + q.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, q.method, u, nil)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", q.method, q.path, err)
	}
	c.setHeaders(req, q)
	if q.body != nil {
		req.ContentLength = q.size // always known: CVAT needs it since 2.53
		req.GetBody = func() (io.ReadCloser, error) { return w.body(c.limit.body(ctx, q.body()), q.size), nil }
		req.Body, _ = req.GetBody()
	}
	return req, nil
}

func (c *Client) setHeaders(req *http.Request, q *request) {
	req.Header.Set("User-Agent", c.options.UserAgent)
	req.Header.Set("Accept", "application/vnd.cvat+json, application/json;q=0.9, */*;q=0.1")
	for name, values := range q.header {
		req.Header[name] = values
	}
	if auth := c.auth.Load(); !q.anonymous && auth != nil {
		auth.set(req.Header)
	}
	if c.options.Organization != "" && !q.everywhere {
		req.Header.Set("X-Organization", c.options.Organization)
	}
}
