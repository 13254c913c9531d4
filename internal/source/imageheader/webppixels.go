package imageheader

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"
)

// A webpPixels is where the picture of a WebP lies that Pillow decodes first.
type webpPixels struct {
	picture, alpha webpChunk // alpha has no name if there is none
	at, alphaAt    int64
	size           webpPicture
}

// maxWebPMemory bounds the bytes of all pictures that are decoded at once. A larger one, of 33 megapixels or, where it is lossless or
// transparent, 8, is not decoded.
const maxWebPMemory = 64 << 20

var webpMemory = semaphore.NewWeighted(maxWebPMemory)

// decode says whether the pixels are some: of one that libwebp does not decode, CVAT 2.73 fails the import of the whole task.
// What Go's decoder takes, libwebp does, and the other way round (800 damaged files).
func (p webpPixels) decode(r io.ReaderAt) error {
	each := int64(2) // bytes of a pixel
	if p.picture.name == "VP8L" || p.alpha.name != "" {
		each = 8
	}
	need := each * int64(p.size.width) * int64(p.size.height)
	if p.picture.name == "" || need > maxWebPMemory {
		return nil
	}
	if err := webpMemory.Acquire(context.Background(), need); err != nil {
		return err
	}
	defer webpMemory.Release(need)
	if _, err := webp.Decode(p.file(r)); err != nil {
		return errors.New("its pixels cannot be decoded")
	}
	return nil
}

// file is a WebP of this picture alone.
func (p webpPixels) file(r io.ReaderAt) io.Reader {
	le := binary.LittleEndian
	head := []byte("RIFF\x00\x00\x00\x00WEBP")
	parts := []io.Reader{nil}
	total := 4 + 8 + p.picture.bytes
	if p.alpha.name != "" {
		w, h := uint32(p.size.width-1), uint32(p.size.height-1)
		head = append(head, "VP8X\x0a\x00\x00\x00\x10\x00\x00\x00"...)
		head = append(head, byte(w), byte(w>>8), byte(w>>16), byte(h), byte(h>>8), byte(h>>16))
		head = le.AppendUint32(append(head, "ALPH"...), uint32(p.alpha.size))
		total += 18 + 8 + p.alpha.bytes
		parts = append(parts, io.NewSectionReader(r, p.alphaAt, p.alpha.bytes))
	}
	le.PutUint32(head[4:], uint32(total))
	name := le.AppendUint32([]byte(p.picture.name), uint32(p.picture.size))
	if len(parts) == 1 {
		head, name = append(head, name...), nil
	}
	parts[0] = bytes.NewReader(head)
	return io.MultiReader(append(parts, bytes.NewReader(name), io.NewSectionReader(r, p.at, p.picture.bytes))...)
}
