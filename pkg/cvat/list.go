package cvat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

const (
	pageSize     = 400       // of 800 tasks: 1.2 ms a task, against 6.4 with pages of 10 (CVAT 2.73)
	maxListed    = 1_000_000 // more is a server that lies
	maxListTries = 5
)

// A page is CVAT's envelope of a list. Its "next" is an absolute URL made from
// whatever Host the server believes in, so it is not even read.
type page[T any] struct {
	Count   int `json:"count"`
	Results []T `json:"results"`
}

// list reads all pages of a list, in ascending order of sort, each item once.
// Pages shift when something is created or deleted in the meantime, so a list
// whose count moved is read again, [maxListTries] times at most; then the error
// is [ErrListMoved].
func list[T any, K comparable](ctx context.Context, c *Client, path, sort string, query url.Values, key func(T) K) ([]T, error) {
	q := c.listRequest(path, sort, query)
	for try := 1; ; try++ {
		items, whole, err := listOnce(ctx, c, q, key)
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
// and a creation that even out are not seen, so whoever creates something looks
// for its name once more.
func listOnce[T any, K comparable](ctx context.Context, c *Client, q *request, key func(T) K) (items []T, whole bool, err error) {
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
		count = p.Count
		for _, item := range p.Results {
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
		return nil, &AnswerError{Method: q.method, Path: q.path, Reason: fmt.Sprintf("a list of %d items", p.Count)}
	case len(p.Results) > pageSize:
		return nil, &AnswerError{Method: q.method, Path: q.path, Reason: fmt.Sprintf("%d items on a page of %d", len(p.Results), pageSize)}
	case p.Results == nil:
		return nil, &AnswerError{Method: q.method, Path: q.path, Reason: "a list without results", notCVAT: true}
	}
	return p, nil
}
