package openapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sort"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// A judge is a transport that holds what passes against the document.
type judge struct {
	router routers.Router
	next   http.RoundTripper

	mu       sync.Mutex
	judged   map[string]bool // operations, as METHOD /path of the document
	findings map[string]bool // "METHOD /path: request|answer: what is wrong"
}

func newJudge(router routers.Router) *judge {
	return &judge{router: router, next: http.DefaultTransport, judged: map[string]bool{}, findings: map[string]bool{}}
}

// RoundTrip judges the request, passes it on, and judges the answer.
func (j *judge) RoundTrip(r *http.Request) (*http.Response, error) {
	sent, err := reread(&r.Body)
	if err != nil {
		return nil, err
	}
	resp, err := j.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	received, err := reread(&resp.Body)
	if err != nil {
		return nil, err
	}
	j.judge(r, sent, resp, received)
	return resp, nil
}

// reread reads a body and puts the same in its place.
func reread(body *io.ReadCloser) ([]byte, error) {
	if *body == nil {
		return nil, nil
	}
	data, err := io.ReadAll(*body)
	(*body).Close()
	*body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

func (j *judge) judge(r *http.Request, sent []byte, resp *http.Response, received []byte) {
	route, params, err := j.router.FindRoute(r)
	if err != nil {
		j.find(r.Method+" "+anonymous(r.URL.Path), "request", err)
		return
	}
	operation := r.Method + " " + route.Path
	j.mu.Lock()
	j.judged[operation] = true
	j.mu.Unlock()
	in := requestOf(r, sent, route, params)
	j.find(operation, "request", openapi3filter.ValidateRequest(context.Background(), in))
	j.find(operation, "request", unknownQuery(r, route))
	if resp.StatusCode/100 == 2 && route.Operation.Responses.Status(resp.StatusCode) == nil {
		j.find(operation, "answer", fmt.Errorf("status %d is not in the document", resp.StatusCode))
	}
	j.find(operation, "answer", openapi3filter.ValidateResponse(context.Background(), answerOf(in, resp, received)))
}

func requestOf(r *http.Request, sent []byte, route *routers.Route, params map[string]string) *openapi3filter.RequestValidationInput {
	copied := r.Clone(context.Background())
	copied.Body = io.NopCloser(bytes.NewReader(sent))
	return &openapi3filter.RequestValidationInput{
		Request: copied, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, MultiError: true},
	}
}

func answerOf(in *openapi3filter.RequestValidationInput, resp *http.Response, received []byte) *openapi3filter.ResponseValidationInput {
	options := *in.Options
	options.ExcludeResponseBody = resp.StatusCode/100 != 2 // the document knows no errors
	return &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: resp.StatusCode, Header: resp.Header, Options: &options,
		Body: io.NopCloser(bytes.NewReader(received)),
	}
}

// unknownQuery: CVAT ignores a query parameter that it does not know, and so a filter that is misspelt.
func unknownQuery(r *http.Request, route *routers.Route) error {
	var unknown []string
	for name := range r.URL.Query() {
		if route.Operation.Parameters.GetByInAndName("query", name) == nil {
			unknown = append(unknown, name)
		}
	}
	if unknown == nil {
		return nil
	}
	sort.Strings(unknown)
	return fmt.Errorf("query parameters that the document does not know: %s", strings.Join(unknown, ", "))
}

func (j *judge) find(operation, where string, err error) {
	if err == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.SplitSeq(err.Error(), " | ") {
		text, _, _ := strings.Cut(strings.TrimSpace(line), "\n")
		j.findings[fmt.Sprintf("%s: %s: %s", operation, where, anonymous(text))] = true
	}
}

var (
	numbers = regexp.MustCompile(`/\d+(_[0-9a-f-]+)?`)
)

// anonymous takes ids out of a path or a text, so that findings are the same each time.
func anonymous(text string) string { return numbers.ReplaceAllString(text, "/N") }
