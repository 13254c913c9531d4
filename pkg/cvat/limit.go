package cvat

import (
	"context"
	"io"

	"golang.org/x/time/rate"
)

// A limiter is what one client sends at most: bytes of bodies, and requests, a second. The zero limiter limits
// nothing.
type limiter struct {
	bytes, requests *rate.Limiter // nil: no limit
}

// pieces of a body that are limited one by one: a tenth of a second's, so that uploads at the same time take turns, and
// none pauses for as long as a time-out.
const (
	piecesASecond = 10
	largestPiece  = 64 << 10
)

func newLimiter(o Options) limiter {
	var l limiter
	if o.UploadRate > 0 {
		l.bytes = rate.NewLimiter(rate.Limit(o.UploadRate), int(min(max(o.UploadRate/piecesASecond, 1), largestPiece)))
	}
	if o.RequestRate > 0 {
		l.requests = rate.NewLimiter(rate.Limit(o.RequestRate), 1)
	}
	return l
}

// request waits until one more may be sent.
func (l limiter) request(ctx context.Context) error {
	if l.requests == nil {
		return nil
	}
	return l.requests.Wait(ctx)
}

// body gives a body no faster than is allowed.
func (l limiter) body(ctx context.Context, r io.Reader) io.Reader {
	if l.bytes == nil {
		return r
	}
	return &slowReader{ctx: ctx, r: r, limit: l.bytes}
}

type slowReader struct {
	ctx   context.Context
	r     io.Reader
	limit *rate.Limiter
}

func (s *slowReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p[:min(len(p), s.limit.Burst())])
	if n > 0 && err == nil {
		err = s.limit.WaitN(s.ctx, n)
	}
	return n, err
}
