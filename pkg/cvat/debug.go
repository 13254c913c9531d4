package cvat

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// debugAnswer tells of one answer in one line. Headers and bodies are never part of it.
func (c *Client) debugAnswer(q *request, resp *http.Response, started time.Time) {
	if c.options.Debug == nil {
		return
	}
	received := "some"
	if resp.ContentLength >= 0 {
		received = fmt.Sprint(resp.ContentLength)
	}
	c.debug("%s: %d in %v, body of %d bytes, %s bytes back%s", c.target(q), resp.StatusCode,
		time.Since(started).Round(time.Millisecond), q.size, received, requestID(resp))
}

func (c *Client) debugFailure(q *request, started time.Time, err error) {
	if c.options.Debug == nil {
		return
	}
	c.debug("%s: failed after %v: %s", c.target(q), time.Since(started).Round(time.Millisecond), harmless(err.Error()))
}

func (c *Client) debug(format string, args ...any) {
	c.options.Debug(c.scrub(fmt.Sprintf(format, args...)))
}

func (c *Client) target(q *request) string {
	if len(q.query) == 0 {
		return q.method + " " + q.path
	}
	return q.method + " " + q.path + "?" + q.query.Encode()
}

// requestID is what the server's own log calls the request.
func requestID(resp *http.Response) string {
	if id := resp.Header.Get("X-Request-Id"); id != "" {
		return ", request id " + harmless(id)
	}
	return ""
}

// scrub takes the client's secrets out of a text, wherever it came from: a
// server may repeat what it was sent.
func (c *Client) scrub(text string) string {
	if password := c.password.Load(); password != nil {
		text = password.scrub(text)
	}
	if auth := c.auth.Load(); auth != nil {
		text = auth.Key.scrub(auth.AccessToken.scrub(text))
	}
	return text
}

// shortest is what a secret has at least: replacing every "a" would hide the message, not
// the secret.
const shortest = 4

func (s Secret) scrub(text string) string {
	if len(s.text()) < shortest {
		return text
	}
	return strings.ReplaceAll(text, s.text(), redacted)
}
