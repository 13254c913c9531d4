package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
)

// TestOffsetsThatGoOverFramesAgainAreDamage is of a table whose counts wrap around: 64 MiB of it would go over two
// million frames four million times.
func TestOffsetsThatGoOverFramesAgainAreDamage(t *testing.T) {
	words := func(n ...uint32) (b []byte) {
		for _, v := range n {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return b
	}
	box := func(name string, body ...[]byte) []byte {
		all := bytes.Join(body, nil)
		return append(append(words(uint32(8+len(all))), name...), all...)
	}
	const frames = 4
	movie := func(offsets ...uint32) []byte {
		table := box("stbl",
			box("stsd", words(0, 1), box("mjpa", make([]byte, 78))),
			box("stts", words(0, 1, frames, 1)),
			box("stsz", words(0, 1, frames)),
			box("ctts", words(0, uint32(len(offsets)/2)), words(offsets...)))
		return append(box("moov", box("trak",
			box("tkhd", words(0, 0, 0, 1, 0, frames), make([]byte, 60)),
			box("mdia",
				box("mdhd", words(0, 0, 0, 1000, frames, 0)),
				box("hdlr", words(0, 0), []byte("vide"), make([]byte, 13)),
				box("minf", table)))), box("mdat", make([]byte, frames))...)
	}
	read := func(file []byte) (*File, error) {
		return Read(t.Context(), bytes.NewReader(file), int64(len(file)), "a.mov")
	}
	if _, err := read(movie(frames, 1)); err != nil {
		t.Fatalf("a sound table: %v", err)
	}
	_, err := read(movie(frames, 1, math.MaxUint32-frames+1, 0, frames, 1))
	if own := (*Error)(nil); !errors.As(err, &own) || !strings.Contains(own.Text, "ctts") {
		t.Errorf("got %v, not an error of the table", err)
	}
}
