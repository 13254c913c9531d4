package rosimage_test

import (
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
	f.Fuzz(func(t *testing.T, w, k, o uint8, msg []byte) {
		wire, kind := wires[int(w)%len(wires)], rosimage.Kind(k%6)
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
