package cvat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxAnswer bounds an answer that is read whole, after decompression. A page of
// 400 tasks is about 330 kB (CVAT 2.73), at most 4 MB with the longest names.
const maxAnswer = 16 << 20

func get(path string, query url.Values) *request {
	return &request{method: http.MethodGet, path: path, query: query, idempotency: reading}
}

// post is a creation, unless the caller says something better of its idempotency.
func post(path string, body any) *request { return send(http.MethodPost, path, body, creating) }

func patch(path string, body any) *request { return send(http.MethodPatch, path, body, setting) }

func send(method, path string, body any, i idempotency) *request {
	data, err := json.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("cvat: a request that is no JSON: %v", err)) // our own types: a bug
	}
	return &request{
		method: method, path: path, idempotency: i,
		header: http.Header{"Content-Type": {"application/json"}},
		body:   func() io.Reader { return bytes.NewReader(data) },
		size:   int64(len(data)),
	}
}

// one is an operation that answers with one object.
func one[T any](ctx context.Context, c *Client, q *request) (*T, error) {
	v := new(T)
	if err := c.do(ctx, q, into(v)); err != nil {
		return nil, err
	}
	return v, nil
}

// into decodes a whole answer. Unknown and absent fields are fine: see the
// versions in the package's page.
func into(v any) reader {
	return func(resp *http.Response) error {
		defer resp.Body.Close()
		data, err := readAll(resp.Body, maxAnswer)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(forget(resp.Request, data), v); err != nil {
			return notJSON(data, err)
		}
		return nil
	}
}

// shortestToken is below what CVAT gives out, 40 characters, and above the embedded
// server's "sandbox", which is also its user's name.
const shortestToken = 16

// forget takes the credentials of a request out of its answer: a server that repeats them,
// as the name of a task, say, must not bring them into a report.
func forget(sent *http.Request, answer []byte) []byte {
	if sent == nil {
		return answer
	}
	_, secret, _ := strings.Cut(sent.Header.Get("Authorization"), " ")
	if len(secret) < shortestToken || !bytes.Contains(answer, []byte(secret)) {
		return answer
	}
	return bytes.ReplaceAll(answer, []byte(secret), []byte(redacted))
}

// nothing is for answers whose status says all.
func nothing(resp *http.Response) error {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	return resp.Body.Close()
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if int64(len(data)) > limit {
		return nil, tooLong(limit)
	}
	return data, err
}

func tooLong(limit int64) error {
	return &answerError{Reason: fmt.Sprintf("it is longer than %d MiB", limit>>20)}
}

// notJSON tells a page of HTML and foreign JSON from JSON that was cut.
func notJSON(data []byte, err error) error {
	var syntax *json.SyntaxError
	switch {
	case looksLikeHTML(data):
		return &answerError{Reason: "HTML in place of JSON: " + harmless(title(string(data))), notCVAT: true, cause: err}
	case errors.As(err, &syntax) && strings.Contains(err.Error(), "unexpected end"):
		return &answerError{Reason: fmt.Sprintf("JSON that ends after %d bytes", len(data)), early: true, cause: err}
	}
	return &answerError{Reason: harmless(err.Error()), notCVAT: true, cause: err}
}
