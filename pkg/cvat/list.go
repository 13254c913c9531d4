package cvat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

const (
	pageSize     = 400       // of 800 tasks: 1.2 ms a task, against 6.4 with pages of 10 (CVAT 2.73)
	maxListed    = 1_000_000 // more is a server that lies
	maxListTries = 5

	// maxList bounds the bytes of all pages of a list: 825 a task on CVAT 2.73.
	maxList = 1 << 30
)

// A page is CVAT's envelope of a list. Its "next" is an absolute URL made from
// whatever Host the server believes in, so it is not even read.
type page[T any] struct {
	Count   int        `json:"count"`
	Results results[T] `json:"results"`
}

// results are the items of one page; nil where the answer has none.
type results[T any] struct {
	items []T
	bytes int // that they took in the answer
}

// UnmarshalJSON takes no more items than a page may have: of what fits into an answer,
// millions of empty ones would take gigabytes.
func (r *results[T]) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	start, err := dec.Token()
	if err != nil || start == nil { // null
		return err
	}
	if start != json.Delim('[') {
		return errors.New("results is not a list")
	}
	r.items, r.bytes = []T{}, len(data)
	for dec.More() {
		if len(r.items) == pageSize {
			return fmt.Errorf("more than %d items on a page", pageSize)
		}
		var item T
		if err := dec.Decode(&item); err != nil {
			return err
		}
		r.items = append(r.items, item)
	}
	return nil
}

// list reads all pages of a list, in ascending order of sort, each item once.
// Pages shift when something is created or deleted in the meantime, so a list
// whose count moved is read again, [maxListTries] times at most; then the error
// is [ErrListMoved].
func list[T any, K comparable](ctx context.Context, c *Client, path, sort string, query url.Values, key func(T) K) ([]T, error) {
	q := c.listRequest(path, sort, query)
	for try := 1; ; try++ {
		items, whole, err := listOnce(ctx, c, q, key, maxList)
		if err != nil || whole {
			return items, err
		}
		if try == maxListTries {
			return nil, fmt.Errorf("GET %s: %w, %d times", path, ErrListMoved, try)
		}
		if err := sleep(ctx, c.options.Retry.backoff(try), ErrListMoved); err != nil {
			return nil, err
		}
	}
}

func (c *Client) listRequest(path, sort string, query url.Values) *request {
	all := url.Values{"sort": {sort}, "page_size": {strconv.Itoa(pageSize)}}
	if c.options.Organization == "" && path != usersPath && path != organizationsPath {
		all.Set("org", "") // the personal workspace; without it, all workspaces together
	}
	for k, v := range query {
		all[k] = v
	}
	q := get(path, all)
	q.everywhere = path == organizationsPath
	return q
}

// listOnce reads the list once; whole is false if it moved meanwhile. A deletion
// and a creation that even out are not seen, so a caller that creates something looks
// for its name once more. It fails above limit bytes.
func listOnce[T any, K comparable](ctx context.Context, c *Client, q *request, key func(T) K, limit int) (items []T, whole bool, err error) {
	seen := map[K]bool{}
	count := 0
	for n := 1; n == 1 || (n-1)*pageSize < count; n++ {
		p, err := listPage[T](ctx, c, q, n)
		if err != nil {
			return nil, false, err
		}
		if p == nil || n > 1 && p.Count != count {
			return nil, false, nil
		}
		if limit -= p.Results.bytes; limit < 0 {
			return nil, false, &answerError{Method: q.method, Path: q.path, Reason: "a list that does not end"}
		}
		count = p.Count
		for _, item := range p.Results.items {
			if k := key(item); !seen[k] {
				seen[k] = true
				items = append(items, item)
			}
		}
	}
	return items, len(items) == count, nil
}

// listPage reads the n-th page, from 1. It is nil if the list has meanwhile become shorter.
func listPage[T any](ctx context.Context, c *Client, q *request, n int) (*page[T], error) {
	q.query.Set("page", strconv.Itoa(n))
	p, err := one[page[T]](ctx, c, q)
	switch {
	case n > 1 && errors.Is(err, ErrNotFound): // "Invalid page."
		return nil, nil
	case err != nil:
		return nil, err
	case p.Count < 0 || p.Count > maxListed:
		return nil, &answerError{Method: q.method, Path: q.path, Reason: fmt.Sprintf("a list of %d items", p.Count)}
	case p.Results.items == nil:
		return nil, &answerError{Method: q.method, Path: q.path, Reason: "a list without results", notCVAT: true}
	}
	return p, nil
}
