// Package archive packs the frames of one task into one stored zip that is never
// written to disk: a [Zip] is an [io.ReaderAt] that makes any range of the file
// when it is asked for.
//
// CVAT keeps sub-directories and the originals' bytes only for a zip, and a zip
// sent in ranges is the one upload that can be continued. For that the same
// frames must be the same file, to the byte, on every machine and every day:
//
//   - entries stand in the order given, are stored without compression, and have
//     one fixed time (1980-01-01), so no time of a file enters;
//   - sizes and CRCs are known beforehand and stand in the local headers, so there
//     are no data descriptors, and [Zip.Size] is known before a byte is read;
//   - Zip64 records appear only where a size, an offset or the count needs them.
//
// The name is made of the content ([Zip.Name]): CVAT answers 409 to an upload of a
// name that it holds whole, so another process, or another checkout of the same
// files, continues the same upload.
//
// Every read is checked against what was measured. A file that shrank, grew or has
// other bytes ends in a [*ChangedError], at the latest where its last byte is read,
// hence before the zip's end can have been sent.
package archive

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"iter"
	"sync"
)

// An Entry is one frame, or a context image of one: what was measured of it, and how to read it again.
type Entry struct {
	Name          string // path in the zip, slashes, UTF-8, below 64 KiB; CVAT's frame name
	Size          int64  // bytes
	CRC           uint32 // CRC-32 (IEEE)
	Sum           [32]byte
	Width, Height int // pixels as displayed; only [Zip.Order] needs them
	Open          func() (io.ReadCloser, error)

	Context bool // it is a context image of the frame before it: in the zip, but no frame
}

// A Zip is one archive. Its methods may be called concurrently.
type Zip struct {
	entries []Entry
	starts  []int64 // offset of each local header, and of the central directory
	records []int64 // offset of each central record, and of the end records
	size    int64
	hash    string

	mu     sync.Mutex
	idle   []*cursor // readers left open where the last read ended
	closed bool
	also   io.Closer // what is closed with it; may be nil
}

// New lays the archive out; it opens nothing. The entries are kept, not copied.
func New(entries []Entry) *Zip {
	z := &Zip{
		entries: entries,
		starts:  make([]int64, len(entries)+1),
		records: make([]int64, len(entries)+1),
		hash:    hashOf(entries),
	}
	var at int64
	for i, e := range entries {
		z.starts[i] = at
		at += localLen(e) + e.Size
	}
	z.starts[len(entries)] = at
	for i, e := range entries {
		z.records[i] = at
		at += centralLen(e, z.starts[i])
	}
	z.records[len(entries)] = at
	z.size = at + int64(len(z.end()))
	return z
}

// Size is the length of the whole file in bytes.
func (z *Zip) Size() int64 { return z.size }

// Hash names the content: the SHA-256, in 64 hex digits, of the layout's version
// and of each frame's name, size and SHA-256, in order.
func (z *Zip) Hash() string { return z.hash }

// Name is the file name to upload the archive under.
func (z *Zip) Name() string { return "cvatplan-" + z.hash + ".zip" }

// layout changes whenever equal entries would give other bytes, so that an upload
// begun by one release of cvatplan is never continued with another's bytes.
const layout = "cvatplan archive 1\n"

func hashOf(entries []Entry) string {
	h := newHash()
	for _, e := range entries {
		h.add(e)
	}
	return h.String()
}

// Prefixes gives the hash of the archive of the first frame, of the first two, and so on, each with the
// number of frames. Context images go with theirs.
func Prefixes(entries []Entry) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		h, frames := newHash(), 0
		for i, e := range entries {
			h.add(e)
			if !e.Context {
				frames++
			}
			if i+1 < len(entries) && entries[i+1].Context {
				continue
			}
			if !yield(frames, h.String()) {
				return
			}
		}
	}
}

// A contentHash is the hash of the entries that were added.
type contentHash struct{ hash.Hash }

func newHash() contentHash {
	h := contentHash{sha256.New()}
	io.WriteString(h, layout)
	return h
}

func (h contentHash) add(e Entry) {
	var number [16]byte
	binary.BigEndian.PutUint64(number[:8], uint64(len(e.Name)))
	binary.BigEndian.PutUint64(number[8:], uint64(e.Size))
	h.Write(number[:])
	io.WriteString(h, e.Name)
	h.Write(e.Sum[:])
}

// String is the hash so far.
func (h contentHash) String() string { return hex.EncodeToString(h.Sum(nil)) }
