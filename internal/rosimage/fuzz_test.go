package rosimage_test

import (
	"encoding/binary"
	"io"
	"testing"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

var wires = []rosimage.Wire{rosimage.ROS1, rosimage.CDR, rosimage.Protobuf, rosimage.JSON}

// FuzzMessage feeds whole messages through all that a frame goes through.
func FuzzMessage(f *testing.F) {
	samples, _ := corpus()
	for _, s := range samples {
		for w, wire := range wires {
			if wire == s.Wire {
				f.Add(uint8(w), uint8(s.kind(f)), uint8(len(s.bytes)%4), s.bytes)
			}
		}
	}
	for _, damaged := range damagedMessages() {
		f.Add(uint8(0), uint8(damaged.kind), uint8(0), damaged.bytes)
	}
	f.Fuzz(func(t *testing.T, w, k, o uint8, msg []byte) {
		wire, kind := wires[int(w)%len(wires)], rosimage.Kind(k%8)
		options := fuzzOptions(o)
		whole, wholeErr := rosimage.Decode(wire, kind, msg)
		head, headErr := rosimage.Peek(wire, kind, msg[:min(len(msg), rosimage.HeadSize)])
		if headErr == nil {
			_, _ = head.Ext(options)
			head.Info(options)
		}
		if wholeErr != nil {
			return
		}
		if headErr == nil && head.StampNS != whole.StampNS && wire != rosimage.Protobuf && wire != rosimage.JSON {
			t.Errorf("the head's stamp is %d, the message's %d", head.StampNS, whole.StampNS)
		}
		encodeWithin(t, whole, options)
	})
}

// damagedMessages are ROS 1 messages of the kinds of damage that recordings have: of no pixels, too short, without an
// encoding or with one of damaged letters, of an empty or a garbage payload.
func damagedMessages() (list []struct {
	kind  rosimage.Kind
	bytes []byte
}) {
	le := binary.LittleEndian
	header := make([]byte, 16)
	text := func(b []byte, s string) []byte { return append(le.AppendUint32(b, uint32(len(s))), s...) }
	add := func(kind rosimage.Kind, b []byte) {
		list = append(list, struct {
			kind  rosimage.Kind
			bytes []byte
		}{kind, b})
	}
	image := func(width, height uint32, encoding, data string) {
		b := text(le.AppendUint32(le.AppendUint32(header[:16:16], height), width), encoding)
		add(rosimage.Raw, text(le.AppendUint32(append(b, 0), width*3), data))
	}
	image(0, 0, "", "")
	image(0, 0, "bgr8", "")
	image(8, 6, "bgr8", "short")
	image(8, 6, "\xff\x00r8", "some pixels")
	image(2, 2, "YUYV", "12345678")
	image(2, 2, "MJPEG", "no JPEG")
	for _, format := range []string{"jpeg", "png", "16UC1; compressedDepth", "16UC1; compressedDepth rvl", "\xff"} {
		for _, data := range []string{"", "hello world, hello world", "\xff\xd8\xff", "\x89PNG\r\n\x1a\n"} {
			add(rosimage.Compressed, text(text(header[:16:16], format), data))
		}
	}
	add(rosimage.Raw, header[:10])
	return list
}

// FuzzPixels feeds every encoding pictures whose size, step and bytes need not fit.
func FuzzPixels(f *testing.F) {
	for i := range rosimage.Encodings() {
		f.Add(uint8(i), uint8(0), int32(4), int32(4), int32(0), false, make([]byte, 64))
		f.Add(uint8(i), uint8(3), int32(4), int32(3), int32(24), true, make([]byte, 72))
	}
	f.Fuzz(func(t *testing.T, e, o uint8, width, height, step int32, big bool, data []byte) {
		names := rosimage.Encodings()
		m := raw(names[int(e)%len(names)], int(width), int(height), data)
		m.Step, m.BigEndian = int(max(step, 0)), big
		encodeWithin(t, m, fuzzOptions(o))
	})
}

// FuzzCompressedDepth feeds the RVL and PNG readers.
func FuzzCompressedDepth(f *testing.F) {
	for _, file := range []string{"depth_png", "depth32_png", "depth_rvl"} {
		m := message(f, "ros1/comp/"+file+"/compressedDepth")
		f.Add(m.Format, uint8(0), m.Data)
		f.Add(m.Format, uint8(3), m.Data)
	}
	f.Fuzz(func(t *testing.T, format string, o uint8, data []byte) {
		m := &rosimage.Message{Kind: rosimage.Compressed, Format: format, Data: data}
		encodeWithin(t, m, fuzzOptions(o))
	})
}

func fuzzOptions(o uint8) (opts rosimage.Options) {
	if o&1 != 0 {
		opts.Format = rosimage.JPEG
	}
	if o&2 != 0 {
		opts.Depth = &rosimage.Range{Min: 0.5, Max: 4}
	}
	return opts
}

// encodeWithin encodes, and holds Encode to what Ext said.
func encodeWithin(t *testing.T, m *rosimage.Message, o rosimage.Options) {
	want, extErr := m.Ext(o)
	if i := m.Info(o); i.Width > 1<<16 || i.Width*i.Height > 1<<16 {
		return // a run of zeros is a large picture, and a slow one
	}
	ext, err := rosimage.Encode(io.Discard, m, o)
	if err == nil && (ext != want || extErr != nil) {
		t.Errorf("a %s was written; Ext says %q, %v", ext, want, extErr)
	}
}
