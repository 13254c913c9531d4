package cvat

import "time"

const (
	firstChunk = 16 << 20  // bytes of an upload's first PATCH
	maxChunk   = 95 << 20  // CVAT up to 2.54 keeps a PATCH in memory and refuses 100 MiB, many proxies refuse 100 MB
	minChunk   = 256 << 10 // below it a proxy's limit is not worth working around
	slowLeast  = 1 << 20   // and below it a chunk is not made smaller for a slow line: requests cost, too
)

// A PATCH that breaks is lost whole, and each costs CVAT some 50 ms of its own, however small it is: 128 of 16 MiB take
// twice as long as 22 of 95 MiB, and above that nothing is gained (2.73, loopback). So a chunk is to take some seconds.
const (
	quickChunk = 5 * time.Second
	slowChunk  = 20 * time.Second
)

// chunks are the sizes of an upload's PATCHes. Where nobody says how large they are to be, they grow while the server
// and the way to it are quick, and shrink where they are slow; a size that was asked for stays. Nothing grows beyond
// what has broken once.
type chunks struct {
	size        int64 // bytes of the next PATCH
	first, most int64
	timed       bool // grows and shrinks
}

// chunks of an upload, or of a request that carries all: wanted is as in [UploadOptions].
func (c *Client) chunks(wanted int64) chunks {
	if wanted == 0 {
		n := c.below(firstChunk)
		return chunks{size: n, first: n, most: maxChunk, timed: true}
	}
	n := c.below(min(max(wanted, minChunk), maxChunk))
	return chunks{size: n, first: n, most: n}
}

// below is n, or less if a proxy has refused as much before, to whichever upload.
func (c *Client) below(n int64) int64 {
	if minRejected := c.minRejected.Load(); minRejected > 0 && n >= minRejected {
		return max(minRejected/2, minChunk)
	}
	return n
}

// passed notes how long a PATCH of n bytes took; below tells what proxies take.
func (k *chunks) passed(n int64, took time.Duration, below func(int64) int64) {
	switch {
	case !k.timed:
	case took <= quickChunk:
		k.size = max(k.size, below(min(2*n, k.most)))
	case took > slowChunk:
		k.size = min(k.size, max(n/2, slowLeast))
	}
}

// grown: a PATCH of n bytes is larger than what an upload begins with, so its size may be what broke it.
func (k *chunks) grown(n int64) bool { return k.timed && n > k.first }

// halve makes the chunks smaller for good, after one of n bytes, and says whether it could.
func (k *chunks) halve(n int64) bool {
	if k.size = min(k.size, n); k.size <= minChunk {
		k.size = minChunk
		return false
	}
	k.size = max(k.size/2, minChunk)
	k.most = k.size
	return true
}
