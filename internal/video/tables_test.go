package video

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
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

// TestTimesThatNoVideoHasAreDamage is of files that place frames further from their start than a time of ours can tell.
func TestTimesThatNoVideoHasAreDamage(t *testing.T) {
	// past gives the bytes behind the n-th place of a name.
	past := func(data []byte, name string, n int) []byte {
		for ; n > 0; n-- {
			at := bytes.Index(data, []byte(name))
			if at < 0 {
				t.Fatalf("no %q", name)
			}
			data = data[at+len(name):]
		}
		return data
	}
	huge := bytes.Repeat([]byte{0x7f}, 8)
	for name, c := range map[string]struct {
		file   string
		change func(data []byte)
		want   string
	}{
		"a fragment begins there":            {"h264_fragments.mp4", func(d []byte) { copy(past(d, "tfdt", 2)[4:], huge) }, "a fragment begins at time"},
		"a fragment begins before the start": {"h264_fragments.mp4", func(d []byte) { copy(past(d, "tfdt", 2)[4:], []byte{0xff, 0xff}) }, "a fragment begins at time"},
		"a track's units are years": {"h264_no_edit_list.mp4", func(d []byte) {
			copy(past(d, "mdhd", 1)[12:], []byte{0, 0, 0, 1})
			copy(past(d, "stts", 1)[8:], []byte{0, 0, 0, 30, 0xff, 0xff, 0xff, 0xff})
		}, "a frame at"},
		"an AVI's frames are years": {"mjpeg.avi", func(d []byte) { copy(past(d, "vids", 1)[16:], []byte{0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0}) }, "a frame at"},
		"an AVI starts there":       {"mjpeg.avi", func(d []byte) { copy(past(d, "vids", 1)[16:], bytes.Repeat([]byte{0xff}, 16)) }, "its frame 0 is"},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", c.file))
		if err != nil {
			t.Fatal(err)
		}
		c.change(data)
		_, err = Read(t.Context(), bytes.NewReader(data), int64(len(data)), c.file)
		if own := (*Error)(nil); !errors.As(err, &own) || own.Count || !strings.Contains(own.Text, c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
}
