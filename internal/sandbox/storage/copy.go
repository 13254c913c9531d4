package storage

import (
	"io"
	"sync"
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 1<<20); return &b }}

// Copy copies with a large buffer; the types hide ReadFrom and WriteTo, which
// would copy with small ones.
func Copy(to io.Writer, from io.Reader) (int64, error) {
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, *buffer)
}
