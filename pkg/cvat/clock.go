package cvat

import (
	"context"
	"net/http"
	"time"
)

// Clock is the server's time, to the second, from the Date header of an answer. It is the zero time
// where the server says none.
//
//cvat:operation GET /api/server/about
func (c *Client) Clock(ctx context.Context) (server time.Time, err error) {
	q := get("/api/server/about", nil)
	q.anonymous, q.everywhere = true, true
	err = c.do(ctx, q, func(resp *http.Response) error {
		server, _ = http.ParseTime(resp.Header.Get("Date"))
		return nothing(resp)
	})
	return server, err
}
