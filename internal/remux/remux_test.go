package remux_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/Eyevinn/mp4ff/mp4"

	"github.com/cvatplan/cvatplan/internal/remux"
)

// A packet is what a message carries: the bytes, and the number of the frame that they show, which is in its
// picture too: interop/videos.py made them, and interop/test_video_topics.py decodes what comes of them.
type packet struct {
	number int
	data   []byte
}

func packets(t testing.TB, kind string) (list []packet) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", kind+".packets"))
	if err != nil {
		t.Fatal(err)
	}
	for len(data) > 0 {
		n := 8 + int(binary.LittleEndian.Uint32(data[4:]))
		list = append(list, packet{int(binary.LittleEndian.Uint32(data)), data[8:n]})
		data = data[n:]
	}
	return list
}

func codecOf(kind string) remux.Codec {
	name, _, _ := strings.Cut(kind, "_")
	return remux.Codec(name)
}

// scan gives the movie of packets.
func scan(c remux.Codec, list []packet) (*remux.Movie, error) {
	s := remux.NewScanner(c)
	for i, p := range list {
		s.Add(i, p.data)
	}
	return s.Movie()
}

// shown are the numbers of the frames, in the movie's order.
func shown(m *remux.Movie, list []packet) (numbers []int) {
	for _, i := range m.Frames {
		numbers = append(numbers, list[i].number)
	}
	return numbers
}

func file(t testing.TB, m *remux.Movie, list []packet) []byte {
	t.Helper()
	r := m.Reader(func(i int) ([]byte, error) { return list[i].data, nil })
	data, err := io.ReadAll(io.NewSectionReader(r, 0, m.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func span(from, to int) (list []int) {
	for i := from; i < to; i++ {
		list = append(list, i)
	}
	return list
}

var kinds = []string{"h264", "h264_b", "h264_open", "h265", "h265_b", "av1", "av1_b"}

func TestFramesStandInTheOrderOfPresentation(t *testing.T) {
	for _, kind := range kinds {
		list := packets(t, kind)
		m, err := scan(codecOf(kind), list)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if diff := cmp.Diff(span(0, 36), shown(m, list)); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		if len(m.Left) > 0 || m.Width != 128 || m.Height != 96 {
			t.Errorf("%s: %dx%d, left %v", kind, m.Width, m.Height, m.Left)
		}
	}
}

func TestTheFileIsAnMP4OfAllPackets(t *testing.T) {
	for _, kind := range kinds {
		list := packets(t, kind)
		m, err := scan(codecOf(kind), list)
		if err != nil {
			t.Fatal(err)
		}
		data := file(t, m, list)
		f, err := mp4.DecodeFile(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		stbl := f.Moov.Trak.Mdia.Minf.Stbl
		if got := stbl.Stsz.GetNrSamples(); got != 36 {
			t.Errorf("%s: %d samples", kind, got)
		}
		if keys := stbl.Stss.SampleNumber; len(keys) != 3 || keys[0] != 1 {
			t.Errorf("%s: key frames %v", kind, keys)
		}
		if from, to := stbl.Co64.ChunkOffset[0], f.Mdat.StartPos+f.Mdat.HeaderSize(); from != to {
			t.Errorf("%s: the samples begin at %d, the data at %d", kind, from, to)
		}
		if reordered := stbl.Ctts != nil; reordered != slices.Contains([]string{"h264_b", "h264_open", "h265_b"}, kind) {
			t.Errorf("%s: reordered is %v", kind, reordered)
		}
	}
}

func TestWhatCannotBeShownIsLeftOutAndCounted(t *testing.T) {
	without := func(list []packet, lost ...int) (kept []packet) {
		for i, p := range list {
			if !slices.Contains(lost, i) {
				kept = append(kept, p)
			}
		}
		return kept
	}
	twice := func(list []packet) []packet { return slices.Insert(slices.Clone(list), 20, list[19]) }
	empty := func(list []packet) []packet { return slices.Insert(slices.Clone(list), 20, packet{}) }
	tests := map[string]struct {
		kinds  []string // the codecs and ways of coding that it is the same for
		change func([]packet) []packet
		want   []int
		left   string
	}{
		"the begin is cut off": {
			[]string{"h264", "h264_b", "h265", "av1", "av1_b"}, func(list []packet) []packet { return list[5:] },
			span(12, 36), "7 packets before the first key frame",
		},
		"the begin is cut off before an open group": { // three pictures are shown before their key frame and need what is gone
			[]string{"h264_open", "h265_b"}, func(list []packet) []packet { return list[5:] },
			span(12, 36), "7 packets before the first key frame",
		},
		"a packet is lost": {
			[]string{"h264", "h265", "av1"}, func(list []packet) []packet { return without(list, 15) },
			slices.Concat(span(0, 15), span(24, 36)), "8 packets between lost packets and the next key frame",
		},
		"packets are lost twice": {
			[]string{"h264", "h265", "av1"}, func(list []packet) []packet { return without(list, 3, 4, 5, 30) },
			slices.Concat(span(0, 3), span(12, 30)), "11 packets between lost packets and the next key frame",
		},
		"a packet is lost after one that only says which picture is shown": { // which another may have replaced, that was lost too
			[]string{"av1_b"}, func(list []packet) []packet { return without(list, 15) },
			slices.Concat(span(0, 14), span(24, 36)), "9 packets between lost packets and the next key frame",
		},
		"a key frame is lost": {
			[]string{"h264", "h265", "av1", "av1_b"}, func(list []packet) []packet { return without(list, 12) },
			slices.Concat(span(0, 12), span(24, 36)), "11 packets between lost packets and the next key frame",
		},
		"packets are lost before an open group": {
			[]string{"h265_b"}, func(list []packet) []packet { return without(list, 1) },
			slices.Concat([]int{0}, span(12, 36)), "10 packets between lost packets and the next key frame",
		},
		"a message is recorded twice": {kinds, twice, span(0, 36), "1 packet recorded twice"},
		"a message is recorded again, behind others": {
			[]string{"h264", "h264_b", "h264_open", "h265", "h265_b", "av1"}, func(list []packet) []packet { return slices.Insert(slices.Clone(list), 23, list[19]) },
			span(0, 36), "1 packet recorded twice",
		},
		"a picture comes when those behind it were shown": {
			[]string{"h265_b"}, func(list []packet) []packet { return slices.Insert(without(list, 7), 10, list[7]) },
			slices.Concat(span(0, 5), []int{6, 7, 8, 10, 12}, span(24, 36)), "14 packets between lost packets and the next key frame",
		},
		"a message is empty": {kinds, empty, span(0, 36), "1 message without a picture"},
	}
	for name, test := range tests {
		for _, kind := range test.kinds {
			list := test.change(packets(t, kind))
			m, err := scan(codecOf(kind), list)
			if err != nil {
				t.Errorf("%s: %s: %v", name, kind, err)
				continue
			}
			if diff := cmp.Diff(test.want, shown(m, list)); diff != "" {
				t.Errorf("%s: %s: %s", name, kind, diff)
			}
			if got := counts(m); got != test.left {
				t.Errorf("%s: %s: left %q, want %q", name, kind, got, test.left)
			}
		}
	}
}

func counts(m *remux.Movie) string {
	var list []string
	for _, l := range m.Left {
		l.Why = ""
		list = append(list, l.String())
	}
	return strings.Join(list, ", ")
}

func TestFramesOfAnotherSizeAreLeftOut(t *testing.T) {
	list := packets(t, "h264_sizes")
	m, err := scan(remux.H264, list)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slices.Concat(span(0, 12), span(24, 36)), shown(m, list)); diff != "" {
		t.Error(diff)
	}
	if len(m.Left) != 1 || m.Left[0] != (remux.Left{Reason: remux.OtherSize, Count: 12, First: 12, Why: "64x48, not 128x96"}) {
		t.Errorf("left %+v", m.Left)
	}
}

func TestLengthPrefixedUnitsAreRead(t *testing.T) {
	for _, kind := range []string{"h264", "h265_b"} {
		list := packets(t, kind)
		stream, err := scan(codecOf(kind), list)
		if err != nil {
			t.Fatal(err)
		}
		want := file(t, stream, list)
		for i := range list {
			list[i].data = lengthPrefixed(list[i].data)
		}
		got, err := scan(codecOf(kind), list)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if !bytes.Equal(file(t, got, list), want) {
			t.Errorf("%s: the file differs from that of the byte stream", kind)
		}
	}
}

// nals cuts a byte stream in the simplest way.
func nals(stream []byte) [][]byte {
	stream = bytes.ReplaceAll(stream, []byte{0, 0, 0, 1}, []byte{0, 0, 1})
	return bytes.Split(stream, []byte{0, 0, 1})[1:]
}

func lengthPrefixed(stream []byte) (out []byte) {
	for _, nal := range nals(stream) {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(nal))), nal...)
	}
	return out
}

func TestParameterSetsMayHaveMessagesOfTheirOwn(t *testing.T) {
	list := packets(t, "h264")
	var split []packet
	for i, p := range list {
		sets, rest := []byte(nil), []byte(nil)
		for _, nal := range nals(p.data) {
			one := append([]byte{0, 0, 0, 1}, nal...)
			switch kind := nal[0] & 31; {
			case kind != 7 && kind != 8:
				rest = append(rest, one...)
			case i == 0: // once, before the first key frame
				sets = append(sets, one...)
			}
		}
		if sets != nil {
			split = append(split, packet{data: sets})
		}
		split = append(split, packet{p.number, rest})
	}
	m, err := scan(remux.H264, split)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(span(0, 36), shown(m, split)); diff != "" {
		t.Error(diff)
	}
	if got := counts(m); got != "1 message without a picture" {
		t.Error(got)
	}
}

func TestAMessageMayHoldSeveralPictures(t *testing.T) {
	for _, kind := range kinds {
		list := packets(t, kind)
		joined := make([]packet, 0, len(list))
		for i := 0; i < len(list); i += 2 {
			joined = append(joined, packet{list[i].number, slices.Concat(list[i].data, list[i+1].data)})
		}
		m, err := scan(codecOf(kind), joined)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		single, err := scan(codecOf(kind), list)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file(t, m, joined), file(t, single, list)) {
			t.Errorf("%s: the file differs from that of one picture a message", kind)
		}
	}
}

func TestSlicesInMessagesOfTheirOwnAreAnError(t *testing.T) {
	list := packets(t, "h264")
	first := nals(list[1].data)
	slice := slices.Clone(first[len(first)-1])
	slice[1] = 0x40 // first_mb_in_slice is 1
	list = slices.Insert(list, 2, packet{data: append([]byte{0, 0, 1}, slice...)})
	_, err := scan(remux.H264, list)
	var unsupported *remux.UnsupportedError
	if !errors.As(err, &unsupported) || unsupported.Message != 2 {
		t.Errorf("%v", err)
	}
}

func TestAVideoWithoutAFrameSaysWhy(t *testing.T) {
	tests := map[string]struct {
		codec remux.Codec
		list  []packet
		want  string
	}{
		"nothing":            {remux.H264, nil, "there is no frame"},
		"no key frame":       {remux.H264, packets(t, "h264")[1:12], "no frame can be shown: 11 packets before the first key frame (no parameter sets came before it: PPS 0 and its SPS)"},
		"another codec":      {remux.H264, packets(t, "av1"), "no frame can be shown: 36 packets damaged (no start code, 00 00 01, at its begin, nor lengths of NAL units that add up)"},
		"no codec":           {"vp9", packets(t, "av1"), `codec "vp9" is not read`},
		"no low overhead":    {remux.AV1, []packet{{data: []byte{0x80, 1, 2}}}, "no frame can be shown: 1 packet damaged (not AV1 in the low-overhead format: a forbidden bit is set)"},
		"no sequence header": {remux.AV1, packets(t, "av1")[1:3], "no frame can be shown: 2 packets before the first key frame (no sequence header came before it)"},
	}
	for name, test := range tests {
		_, err := scan(test.codec, test.list)
		if err == nil || err.Error() != test.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnyRangeOfTheFileIsTheSame(t *testing.T) {
	list := packets(t, "h265_b")
	m, err := scan(remux.H265, list)
	if err != nil {
		t.Fatal(err)
	}
	want := file(t, m, list)
	r := m.Reader(func(i int) ([]byte, error) { return list[i].data, nil })
	for off := int64(0); off < m.Size(); off += 37 {
		part := make([]byte, min(101, m.Size()-off))
		if _, err := r.ReadAt(part, off); err != nil || !bytes.Equal(part, want[off:off+int64(len(part))]) {
			t.Fatalf("at %d: %v", off, err)
		}
	}
}

func TestAChangedMessageEndsReading(t *testing.T) {
	list := packets(t, "h264")
	m, err := scan(remux.H264, list)
	if err != nil {
		t.Fatal(err)
	}
	list[20].data = slices.Clone(list[20].data)
	list[20].data[len(list[20].data)-1] ^= 1
	r := m.Reader(func(i int) ([]byte, error) { return list[i].data, nil })
	_, err = io.Copy(io.Discard, io.NewSectionReader(r, 0, m.Size()))
	var changed *remux.ChangedError
	if !errors.As(err, &changed) || changed.Message != 20 {
		t.Errorf("%v", err)
	}
}

func TestFormatsAreNamedInManyWays(t *testing.T) {
	for format, want := range map[string]remux.Codec{
		"h264": "h264", "H.264": "h264", "avc1": "h264", "h264; bgr8": "h264", "hevc_nvenc": "h265", "libaom-av1": "av1", "video/h264": "h264",
		"h265": "h265", "hevc": "h265", "H265": "h265", "av1": "av1", "AV01": "av1",
		"jpeg": "", "vp9": "", "": "", "bgr8; jpeg compressed bgr8": "",
	} {
		if got, ok := remux.CodecOf(format); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", format, got, ok)
		}
	}
}

// FuzzMovie feeds videos through all that becomes of them: each byte of cuts says how long a message is.
func FuzzMovie(f *testing.F) {
	for i, kind := range append(kinds, "h264_sizes") {
		var all, cuts []byte
		for _, p := range packets(f, kind)[:14] {
			for at := 0; at < len(p.data); at += 255 {
				cuts = append(cuts, byte(min(255, len(p.data)-at)))
			}
			all = append(all, p.data...)
		}
		f.Add(uint8(i), all, cuts)
		f.Add(uint8(i+1), all, cuts)
	}
	codecs := []remux.Codec{remux.H264, remux.H264, remux.H264, remux.H265, remux.H265, remux.AV1, remux.AV1}
	f.Fuzz(func(t *testing.T, c uint8, all, cuts []byte) {
		var list []packet
		open := false
		for _, n := range cuts {
			n := min(int(n), len(all))
			if !open {
				list = append(list, packet{})
			}
			last := &list[len(list)-1]
			last.data = append(last.data, all[:n]...)
			all, open = all[n:], n == 255
		}
		m, err := scan(codecs[int(c)%len(codecs)], list)
		if err != nil {
			return
		}
		if n := len(file(t, m, list)); int64(n) != m.Size() || len(m.Frames) > 8*len(list)+n {
			t.Errorf("%d bytes of %d, %d frames", n, m.Size(), len(m.Frames))
		}
	})
}

// The numbers in the headers of two groups are the same: what follows a loss of a group's length looks like the last picture.
func TestAPictureWithTheNumbersOfTheLastOneIsAnotherOne(t *testing.T) {
	list := packets(t, "h264_sizes")
	list = slices.Concat(list[:6], list[29:]) // frame 5, then the fifth behind the next key frame but one
	m, err := scan(remux.H264, list)
	if err != nil {
		t.Fatal(err)
	}
	if got := counts(m); len(m.Frames) != 6 || got != "7 packets between lost packets and the next key frame" {
		t.Errorf("%d frames, left %s", len(m.Frames), got)
	}
}
