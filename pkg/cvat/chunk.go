package cvat

import "time"

const (
	firstChunk = 16 << 20  // bytes of an upload's first PATCH
	maxChunk   = 95 << 20  // many proxies refuse 100 MB, and CVAT that keeps a PATCH in memory refuses 100 MiB
	mostChunk  = 256 << 20 // where neither is so
	minChunk   = 256 << 10 // below it a proxy's limit is not worth working around
	slowLeast  = 1 << 20   // and below it a chunk is not made smaller for a slow line: requests cost, too
)

// streaming is the first version that writes a PATCH to the disk while it comes.
var streaming = Version{2, 55, 0}

// A PATCH that breaks is lost whole, and each costs CVAT some 70 ms of its own, however small it is: 2 GiB take twice as long
// in 128 PATCHes of 16 MiB as in 22 of 95 MiB (2.73, loopback). So a chunk is to take some seconds.
const quickChunk = 5 * time.Second

// chunks are the sizes of an upload's PATCHes. Where nobody says how large they are to be, they grow while the server
// and the way to it are quick, and shrink where they are slow; a size that was asked for stays. Nothing grows beyond
// what has broken once.
type chunks struct {
	size        int64 // bytes of the next PATCH
	first, most int64
	quick       time.Duration // one that takes less makes the next larger, four times as long smaller; 0: neither
}

// chunks of an upload, or of a request that carries all: wanted is as in [UploadOptions].
func (c *Client) chunks(wanted int64) chunks {
	if wanted == 0 {
		n := c.below(firstChunk)
		most := int64(maxChunk)
		if c.streams.Load() {
			most = mostChunk
		}
		return chunks{size: n, first: n, most: most, quick: quickChunk}
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
	case k.quick == 0:
	case took <= k.quick/4:
		k.size = max(k.size, below(min(4*n, k.most)))
	case took <= k.quick:
		k.size = max(k.size, below(min(2*n, k.most)))
	case took > 4*k.quick:
		k.size = min(k.size, max(n/2, slowLeast))
	}
}

// grown: a PATCH of n bytes is larger than what an upload begins with, so its size may be what broke it.
func (k *chunks) grown(n int64) bool { return k.quick > 0 && n > k.first }

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
