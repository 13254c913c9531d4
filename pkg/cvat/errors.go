package cvat

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// What callers branch on, with errors.Is.
var (
	ErrNotAuthorised   = errors.New("not authorised")                     // 401 or 403, or a wrong password
	ErrNotFound        = errors.New("not found")                          // 404
	ErrNotCVAT         = errors.New("not a CVAT server")                  // HTML, or JSON of something else
	ErrTooOld          = errors.New("server too old")                     // see About.Check
	ErrExists          = errors.New("file with same name already exists") // a TUS creation: the file is whole on the server
	ErrAlreadyImported = errors.New("task already has data")              // any POST of data
	ErrBusy            = errors.New("task is busy")                       // 409: an import holds the task
	ErrGone            = errors.New("no record of the request")           // expired, cancelled or another user's: the task decides
	ErrUploadGone      = errors.New("upload unknown to the server")       // perhaps completed: create it again
	ErrTooLarge        = errors.New("request too large")                  // 413: send smaller chunks
	ErrUnknownOutcome  = errors.New("it may have happened or not")        // look before doing it again
	ErrListMoved       = errors.New("the list kept changing while it was read")
	ErrStalled         = errors.New("time-out")       // nothing moved for too long; the text names the limit
	ErrStopped         = errors.New("upload stopped") // it was asked to stop, and did so between chunks
)

// An APIError is an answer from CVAT that was not a success. Its text never
// holds request headers or secrets, nor a control character, so it is safe to print.
type APIError struct {
	Method, Path string // Path without host and query
	Status       int
	Detail       string // what the server said, flattened, at most 4 KiB

	rqID       string // of a 409 that names a request
	retryAfter string
	login      bool // the operation was a login
	chunk      bool // the operation was HEAD or PATCH of an upload
	token      bool // a personal access token was sent
}

// Error reads "POST /api/tasks: 403 Forbidden: what the server said".
func (e *APIError) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if e.Detail == "" {
		return text
	}
	return text + ": " + e.Detail
}

// Is makes errors.Is(err, ErrBusy) and its like true where they fit.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotAuthorised:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden ||
			e.login && e.Status == http.StatusBadRequest
	case ErrNotFound:
		return e.Status == http.StatusNotFound
	case ErrTooLarge:
		return e.Status == http.StatusRequestEntityTooLarge
	case ErrBusy:
		return e.Status == http.StatusConflict && strings.Contains(e.Detail, "currently busy")
	case ErrAlreadyImported:
		return e.Status == http.StatusBadRequest && strings.HasPrefix(e.Detail, "Adding more data is not supported")
	case ErrUploadGone:
		return e.chunk && gone(e.Status)
	}
	return false
}

// gone says whether the status of a HEAD or PATCH means that the upload is no
// longer there: 404 since CVAT 2.55, 500 before, 409 for a wrong offset, 403 for
// another user's. The other answers of 5xx come from a proxy: ask again.
func gone(status int) bool {
	switch status {
	case http.StatusNotFound, http.StatusGone, http.StatusConflict, http.StatusForbidden, http.StatusInternalServerError:
		return true
	}
	return false
}

// An answerError is an answer that claims success and cannot be understood.
type answerError struct {
	Method, Path string
	Reason       string

	early   bool // it ended early: perhaps a proxy was cut off
	notCVAT bool
	cause   error
}

func (e *answerError) class() failureClass {
	if e.early {
		return doubtful
	}
	return garbled
}

// Error reads "GET /api/tasks: cannot understand the answer: reason".
func (e *answerError) Error() string {
	return fmt.Sprintf("%s %s: cannot understand the answer: %s", e.Method, e.Path, e.Reason)
}

// Unwrap returns what the JSON decoder or the connection said, if anything.
func (e *answerError) Unwrap() error { return e.cause }

// Is makes errors.Is(err, ErrNotCVAT) true for HTML and foreign JSON.
func (e *answerError) Is(target error) bool { return target == ErrNotCVAT && e.notCVAT }

// A redirectError is a redirect. None is ever followed, since it could take
// credentials or images elsewhere.
type redirectError struct {
	Method, Path string
	To           string // scheme and host of where it leads
	elsewhere    bool   // to another path: a login page, rather than a CVAT that has moved
}

// Error names where the redirect leads.
func (e *redirectError) Error() string {
	return fmt.Sprintf("%s %s: the server redirects to %s, which is not followed", e.Method, e.Path, e.To)
}

// An insecureError refuses to send credentials unencrypted.
type insecureError struct{ Server string }

// Error names the server.
func (e *insecureError) Error() string {
	return fmt.Sprintf("%s: credentials would travel unencrypted to a public host", e.Server)
}

// A ConnectionError says that there was no answer, or no whole one.
type ConnectionError struct {
	Method, Path string
	Server       string // host[:port]
	Err          error
}

// Error names operation, server and cause.
func (e *ConnectionError) Error() string {
	return fmt.Sprintf("%s %s on %s: %v", e.Method, e.Path, e.Server, e.Err)
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Err }

func (e *ConnectionError) class() failureClass {
	var dial *net.OpError
	switch {
	case errors.Is(e.Err, context.Canceled), errors.Is(e.Err, context.DeadlineExceeded):
		return lost // with the context at its end nothing is repeated, but a creation may have happened
	case isTLS(e.Err), isNoHost(e.Err), speaksPlainHTTP(e.Err):
		return permanent
	case errors.As(e.Err, &dial) && dial.Op == "dial", errors.Is(e.Err, syscall.ECONNREFUSED):
		return unsent
	}
	return lost
}

func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var alert tls.AlertError
	return errors.As(err, &verification) || errors.As(err, &unknown) || errors.As(err, &name) || errors.As(err, &alert)
}

func isOutOfDate(err error) bool {
	var invalid x509.CertificateInvalidError
	return errors.As(err, &invalid) && invalid.Reason == x509.Expired // also: not yet valid
}

func isOtherName(err error) bool {
	var name x509.HostnameError
	return errors.As(err, &name)
}

// isProxy says that the proxy of the environment was not reached.
func isProxy(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect"
}

func isNoHost(err error) bool {
	var dns *net.DNSError
	return errors.As(err, &dns) && dns.IsNotFound
}

func speaksPlainHTTP(err error) bool {
	var header tls.RecordHeaderError
	return errors.As(err, &header) || strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}

// unknownOutcome is a write whose answer was lost.
type unknownOutcome struct{ err error }

func (e *unknownOutcome) Error() string {
	return e.err.Error() + " (" + ErrUnknownOutcome.Error() + ")"
}
func (e *unknownOutcome) Unwrap() error        { return e.err }
func (e *unknownOutcome) Is(target error) bool { return target == ErrUnknownOutcome }

// lost wraps what the transport said.
func (c *Client) lost(q *request, err error) error {
	var wrapped *url.Error // repeats method and URL
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	return &ConnectionError{Method: q.method, Path: q.path, Server: c.base.Host, Err: err}
}

// readable adds the operation's name to what went wrong with reading an answer.
func (c *Client) readable(q *request, err error) error {
	var answer *answerError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &answer):
		answer.Method, answer.Path, answer.Reason = q.method, q.path, c.scrub(answer.Reason)
		return err
	}
	return c.lost(q, err)
}

// refusal reads an answer that is no success.
func (c *Client) refusal(q *request, resp *http.Response) error {
	if resp.StatusCode/100 == 3 {
		return c.redirect(q, resp)
	}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a part of it is better than nothing
	e := &APIError{
		Method: q.method, Path: q.path, Status: resp.StatusCode,
		retryAfter: resp.Header.Get("Retry-After"),
		token:      c.UsesAccessToken() && !q.anonymous,
	}
	e.Detail, e.rqID = detail(body)
	e.Detail = c.scrub(e.Detail)
	return e
}

func (c *Client) redirect(q *request, resp *http.Response) error {
	to := "an unreadable place"
	elsewhere := false
	if u, err := resp.Location(); err == nil {
		to = c.scrub(harmless(u.Scheme + "://" + u.Host))
		elsewhere = !strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), q.path)
	}
	return &redirectError{Method: q.method, Path: q.path, To: to, elsewhere: elsewhere}
}

// asNotCVAT judges the answer of a server that was asked for its version, which CVAT tells everybody: one that answers 404,
// sends a page of HTML or wants credentials is not a CVAT.
func (c *Client) asNotCVAT(err error) error {
	var refused *APIError
	switch {
	case errors.As(err, &refused) && refused.Is(ErrNotAuthorised):
		return &notCVATError{err, diag.Do(diag.HintPassLogin)}
	case errors.As(err, &refused) && refused.Status == http.StatusBadRequest && c.base.Scheme == "http":
		return &notCVATError{err, diag.Do(diag.HintTryHTTPS)}
	case !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrNotCVAT):
		return err
	case strings.Trim(c.base.Path, "/") != "": // a page of CVAT, maybe, copied from a browser
		return &notCVATError{err, diag.Do(diag.HintAddressWithoutPath, c.scrub(c.base.Scheme+"://"+c.base.Host))}
	case errors.Is(err, ErrNotFound):
		return &notCVATError{err, diag.Do(diag.HintCheckForLoginPage)}
	}
	return err
}

// A notCVATError is the answer of a server that has no CVAT at that address.
type notCVATError struct {
	answer error
	hint   diag.Hint
}

func (e *notCVATError) Error() string {
	if errors.Is(e.answer, ErrNotCVAT) {
		return e.answer.Error()
	}
	return ErrNotCVAT.Error() + ": " + e.answer.Error()
}
func (e *notCVATError) Unwrap() error        { return e.answer }
func (e *notCVATError) Is(target error) bool { return target == ErrNotCVAT }
func (e *notCVATError) Code() diag.Code      { return diag.CodeNotCVAT }
func (e *notCVATError) Hint() diag.Hint      { return e.hint }
