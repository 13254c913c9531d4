package rosimage_test

import (
	"encoding/binary"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

func TestAMessageCutAnywhereIsAnErrorOrTheSame(t *testing.T) {
	samples, _ := corpus()
	for _, s := range samples {
		for n := 0; n < len(s.bytes); n += 1 + n/20 {
			m, err := rosimage.Decode(s.Wire, s.kind(t), s.bytes[:n])
			if err == nil && sum(m.Data) == s.SHA256 && len(m.Data) > 0 && s.Wire != rosimage.Protobuf {
				t.Errorf("%s: whole at %d of %d bytes", s.File, n, len(s.bytes))
			}
		}
	}
}

func TestLengthsThatLieAreErrors(t *testing.T) {
	huge := "\xff\xff\xff\xff"
	tests := map[string]struct {
		wire rosimage.Wire
		kind rosimage.Kind
		msg  string
		want string
	}{
		"a frame_id":         {rosimage.ROS1, rosimage.Raw, strings.Repeat("\x00", 12) + huge, "frame_id claims 4294967295 bytes where 0 are left"},
		"a payload":          {rosimage.ROS1, rosimage.Compressed, strings.Repeat("\x00", 20) + huge + "abc", "data claims 4294967295 bytes where 3 are left"},
		"no encapsulation":   {rosimage.CDR, rosimage.Raw, "\x00\x01", "2 bytes are no CDR"},
		"a parameter list":   {rosimage.CDR, rosimage.Raw, "\x00\x03\x00\x00abcdefgh", "encoding CDR representation 0x0003 is not supported"},
		"Protobuf's data":    {rosimage.Protobuf, rosimage.FoxgloveRaw, "\x32\xff\xff\xff\xff\x0f", "field 6 claims more bytes than the message has"},
		"no Protobuf at all": {rosimage.Protobuf, rosimage.FoxgloveRaw, "\x07\x07", "Protobuf"},
		"JSON cut":           {rosimage.JSON, rosimage.FoxgloveRaw, `{"data": "`, "unexpected end of JSON input"},
		"JSON's base64":      {rosimage.JSON, rosimage.FoxgloveRaw, `{"data": "?"}`, "illegal base64"},
		"JSON of ROS":        {rosimage.JSON, rosimage.Raw, `{}`, "encoding json is not supported"},
		"another language":   {"flatbuffer", rosimage.FoxgloveRaw, "", "encoding flatbuffer is not supported"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := rosimage.Decode(tt.wire, tt.kind, []byte(tt.msg))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

func TestPicturesThatDoNotFitTheirBytesAreErrors(t *testing.T) {
	const big = math.MaxInt32
	step := func(m *rosimage.Message, n int) *rosimage.Message { m.Step = n; return m }
	tests := map[string]struct {
		m    *rosimage.Message
		want string
	}{
		"no width":           {raw("mono8", 0, 4, make([]byte, 16)), "0 x 4 pixels"},
		"no height":          {raw("mono8", 4, 0, make([]byte, 16)), "4 x 0 pixels"},
		"one byte short":     {raw("mono8", 4, 4, make([]byte, 15)), "does not fit in 15 bytes"},
		"a huge width":       {raw("rgb16", big, 1, make([]byte, 16)), "does not fit in 16 bytes"},
		"a huge height":      {raw("rgb16", 1, big, make([]byte, 16)), "does not fit in 16 bytes"},
		"a huge both":        {raw("rgb16", big, big, make([]byte, 16)), "does not fit in 16 bytes"},
		"a huge step":        {step(raw("mono8", 4, 4, make([]byte, 16)), big), "does not fit in 16 bytes"},
		"a step too small":   {step(raw("rgb8", 4, 1, make([]byte, 16)), 4), "step 4 is less than the 12 bytes of a row of rgb8"},
		"half a colour":      {raw("uyvy", 3, 1, make([]byte, 16)), "even width, not 3"},
		"no pattern":         {raw("bayer_rggb8", 2, 4, make([]byte, 16)), "too small for its colours"},
		"no encoding's name": {raw("", 1, 1, make([]byte, 16)), "names no encoding"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			for _, f := range []rosimage.Format{rosimage.PNG, rosimage.JPEG} {
				_, err := rosimage.Encode(io.Discard, tt.m, rosimage.Options{Format: f})
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want …%s…", err, tt.want)
				}
			}
		})
	}
}

func TestAPictureTooWideForAJPEGSaysSo(t *testing.T) {
	m := raw("mono8", 70_000, 1, make([]byte, 70_000))
	_, err := rosimage.Encode(io.Discard, m, rosimage.Options{Format: rosimage.JPEG})
	if err == nil || !strings.Contains(err.Error(), "encode them as png") {
		t.Errorf("got %v", err)
	}
}

// compressedDepth is a message of millimetres with that file in it.
func compressedDepth(format, file string) *rosimage.Message {
	return &rosimage.Message{Kind: rosimage.Compressed, Format: format, Data: []byte(strings.Repeat("\x00", 12) + file)}
}

func TestDamagedCompressedDepthIsAnErrorInBoundedMemory(t *testing.T) {
	size := func(w, h uint32) string {
		return string(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, w), h))
	}
	good := string(message(t, "ros1/comp/depth_png/compressedDepth").Data[12:])
	pngSize := func(w, h uint32) string {
		b := []byte(good)
		binary.BigEndian.PutUint32(b[16:], w)
		binary.BigEndian.PutUint32(b[20:], h)
		return string(b)
	}
	const rvl, png = "16UC1; compressedDepth rvl", "16UC1; compressedDepth png"
	tests := map[string]struct{ format, file, want string }{
		"RVL without a size":     {rvl, "abc", "0 x 0 pixels"},
		"RVL of a huge size":     {rvl, size(1<<31, 1<<31), "at most 16777216"},
		"RVL without data":       {rvl, size(64, 48), "ends at pixel 0 of 3072"},
		"RVL beyond its picture": {rvl, size(2, 2) + "\x00\x00\x00\xf7", "ends at pixel 0 of 4"},
		"RVL that never ends":    {rvl, size(2, 2) + "\xff\xff\xff\xff\xff\xff\xff\xff", "ends at pixel 0 of 4"},
		"a PNG of a huge size":   {png, pngSize(1<<31-1, 1<<31-1), "at most"},
		"a PNG larger than deflate could": {
			png, pngSize(4000, 4000), "at most",
		},
		"a PNG of another size": {png, pngSize(65, 48), "invalid checksum"},
		"a PNG cut short":       {png, good[:100], "not enough pixel data"},
		"no PNG":                {png, "abcdefghijklmnopqrstuvwxyz", "is not an image"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			before := allocated()
			o := rosimage.Options{Depth: &rosimage.Range{Max: 4}} // without one, PNGs pass unread
			m := compressedDepth(tt.format, tt.file)
			_, err := rosimage.Encode(io.Discard, m, o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
			if m.Check(o) == nil {
				t.Error("it passes the check")
			}
			if n := allocated() - before; n > 1<<20 {
				t.Errorf("%d bytes were allocated", n)
			}
		})
	}
}

func allocated() uint64 {
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.TotalAlloc
}

func TestAPartialMessageIsNotEncoded(t *testing.T) {
	samples, _ := corpus()
	s := samples[0]
	m, err := rosimage.Peek(s.Wire, s.kind(t), s.bytes[:500])
	if err != nil || !m.Partial {
		t.Fatal(m, err)
	}
	if _, err := rosimage.Encode(io.Discard, m, rosimage.Options{}); err == nil {
		t.Error("half a picture was written")
	}
}

func TestEncodingIsSafeFromManyGoroutines(t *testing.T) {
	files := []string{"ros1/enc/rgb8", "ros1/enc/32FC1", "ros1/enc/bayer_rggb16", "ros1/comp/depth_rvl/compressedDepth"}
	want := map[string]string{}
	for _, f := range files {
		b, _ := encode(t, message(t, f), rosimage.Options{})
		want[f] = string(b)
	}
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			f := files[i%len(files)]
			if b, _ := encode(t, message(t, f), rosimage.Options{}); string(b) != want[f] {
				t.Errorf("%s differs", f)
			}
		})
	}
	wg.Wait()
}
