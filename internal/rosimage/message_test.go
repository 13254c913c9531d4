package rosimage_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

func TestEveryFieldOfEverySerializationIsRead(t *testing.T) {
	samples, _ := corpus()
	for _, s := range samples {
		t.Run(s.File, func(t *testing.T) {
			m, err := rosimage.Decode(s.Wire, s.kind(t), s.bytes)
			if err != nil {
				t.Fatal(err)
			}
			want := s
			got := sample{
				File: s.File, Topic: s.Topic, Type: s.Type, Wire: s.Wire, SHA256: sum(m.Data),
				StampNS: m.StampNS, FrameID: m.FrameID, Seq: m.Seq,
				Encoding: m.Encoding, Format: m.Format,
				Width: m.Width, Height: m.Height, Step: m.Step, BigEndian: m.BigEndian,
			}
			want.bytes = nil
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(sample{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestDataIsPartOfTheMessage(t *testing.T) {
	samples, _ := corpus()
	for _, s := range samples {
		if s.Wire == rosimage.JSON {
			continue
		}
		b := append([]byte(nil), s.bytes...)
		m, err := rosimage.Decode(s.Wire, s.kind(t), b)
		if err != nil {
			t.Fatal(err)
		}
		before := sum(m.Data)
		for i := range b {
			b[i] ^= 0xff
		}
		if len(m.Data) > 0 && sum(m.Data) == before {
			t.Errorf("%s: the payload was copied", s.File)
		}
	}
}

// What Peek says of a message's start never differs from what Decode says of the
// whole, wherever the start ends.
func TestPeekAgreesWithDecodeAtEveryLength(t *testing.T) {
	samples, _ := corpus()
	for _, s := range samples {
		whole, err := rosimage.Decode(s.Wire, s.kind(t), s.bytes)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n <= min(len(s.bytes), 200); n++ {
			m, err := rosimage.Peek(s.Wire, s.kind(t), s.bytes[:n])
			if err != nil {
				if n >= 60 {
					t.Errorf("%s: %d bytes do not give a stamp: %v", s.File, n, err)
				}
				continue
			}
			checkPeek(t, s.File, n, m, whole)
		}
	}
}

func checkPeek(t *testing.T, file string, n int, m, whole *rosimage.Message) {
	t.Helper()
	if m.StampNS != whole.StampNS {
		t.Errorf("%s at %d bytes: stamp %d, want %d", file, n, m.StampNS, whole.StampNS)
	}
	if m.FrameID != "" && m.FrameID != whole.FrameID {
		t.Errorf("%s at %d bytes: frame %q, want %q", file, n, m.FrameID, whole.FrameID)
	}
	want, wantErr := whole.Ext(rosimage.Options{})
	ext, err := m.Ext(rosimage.Options{})
	if errors.Is(err, rosimage.ErrShort) {
		return
	}
	if ext != want || (err == nil) != (wantErr == nil) {
		t.Errorf("%s at %d bytes: extension %q, %v; want %q, %v", file, n, ext, err, want, wantErr)
	}
}

func TestAHeadSaysStampAndExtension(t *testing.T) {
	samples, _ := corpus()
	for _, s := range samples {
		m, err := rosimage.Peek(s.Wire, s.kind(t), s.bytes[:min(len(s.bytes), rosimage.HeadSize)])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Ext(rosimage.Options{}); errors.Is(err, rosimage.ErrShort) {
			t.Errorf("%s: %v", s.File, err)
		}
	}
}

func TestTypesAreKnownInEverySpelling(t *testing.T) {
	tests := map[string]struct {
		want rosimage.Kind
		ok   bool
	}{
		"sensor_msgs/Image":                            {rosimage.Raw, true},
		"sensor_msgs/msg/Image":                        {rosimage.Raw, true},
		"sensor_msgs/CompressedImage":                  {rosimage.Compressed, true},
		"sensor_msgs/msg/CompressedImage":              {rosimage.Compressed, true},
		"foxglove.RawImage":                            {rosimage.FoxgloveRaw, true},
		"foxglove_msgs/RawImage":                       {rosimage.FoxgloveRaw, true},
		"foxglove_msgs/msg/RawImage":                   {rosimage.FoxgloveRaw, true},
		"foxglove::CompressedImage":                    {rosimage.FoxgloveCompressed, true},
		"foxglove.CompressedVideo":                     {rosimage.FoxgloveVideo, true},
		"foxglove_msgs/msg/CompressedVideo":            {rosimage.FoxgloveVideo, true},
		"ffmpeg_image_transport_msgs/msg/FFMPEGPacket": {rosimage.FFMPEGPacket, true},
		"theora_image_transport/msg/Packet":            {rosimage.Video, true},
		"sensor_msgs/msg/CameraInfo":                   {0, false},
		"Image":                                        {0, false},
		"":                                             {0, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := rosimage.Known(name)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestFoxgloveMessagesInROSSerializations(t *testing.T) {
	want := &rosimage.Message{
		Header: rosimage.Header{StampNS: 5_000000007, FrameID: "cam"},
		Kind:   rosimage.FoxgloveRaw, Encoding: "mono8", Width: 2, Height: 1, Step: 2, Data: []byte("ab"),
	}
	tests := map[string]struct {
		wire rosimage.Wire
		msg  string
	}{
		"ROS 1": {rosimage.ROS1, "\x05\x00\x00\x00\x07\x00\x00\x00\x03\x00\x00\x00cam" +
			"\x02\x00\x00\x00\x01\x00\x00\x00\x05\x00\x00\x00mono8\x02\x00\x00\x00\x02\x00\x00\x00ab"},
		"CDR": {rosimage.CDR, "\x00\x01\x00\x00\x05\x00\x00\x00\x07\x00\x00\x00\x04\x00\x00\x00cam\x00" +
			"\x02\x00\x00\x00\x01\x00\x00\x00\x06\x00\x00\x00mono8\x00\x00\x00\x02\x00\x00\x00\x02\x00\x00\x00ab"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := rosimage.Decode(tt.wire, rosimage.FoxgloveRaw, []byte(tt.msg))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestJSONTimesInAllThreeForms(t *testing.T) {
	tests := map[string]string{
		"JSON Schema":     `{"timestamp": {"sec": 5, "nsec": 7}, "data": ""}`,
		"Protobuf fields": `{"timestamp": {"seconds": 5, "nanos": 7}, "data": ""}`,
		"RFC 3339":        `{"timestamp": "1970-01-01T00:00:05.000000007Z", "data": ""}`,
	}
	for name, msg := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := rosimage.Decode(rosimage.JSON, rosimage.FoxgloveCompressed, []byte(msg))
			if err != nil || m.StampNS != 5_000000007 {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
}

func TestATimeBefore1970StaysBefore(t *testing.T) {
	msg := "\x00\x01\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	m, err := rosimage.Decode(rosimage.CDR, rosimage.Compressed, []byte(msg))
	if err != nil || m.StampNS != -1e9 {
		t.Errorf("got %+v, %v", m, err)
	}
}

// The fields stand in another order than those of foxglove.CompressedImage in Protobuf, and in the same elsewhere.
func TestAPacketOfAVideoIsRead(t *testing.T) {
	le := binary.LittleEndian
	text := func(b []byte, s string) []byte { return append(le.AppendUint32(b, uint32(len(s))), s...) }
	ros1 := text(text(text(le.AppendUint32(le.AppendUint32(nil, 7), 8), "cam"), "\x00\x00\x01\x65"), "h264")
	cdr := append([]byte{0, 1, 0, 0}, le.AppendUint32(le.AppendUint32(nil, 7), 8)...)
	cdr = append(text(cdr, "cam\x00"), text(nil, "\x00\x00\x01\x65")...)
	cdr = text(cdr, "h264\x00")
	tests := map[string]struct {
		wire rosimage.Wire
		kind rosimage.Kind
		b    string
	}{
		"ROS 1":    {rosimage.ROS1, rosimage.FoxgloveVideo, string(ros1)},
		"CDR":      {rosimage.CDR, rosimage.FoxgloveVideo, string(cdr)},
		"Protobuf": {rosimage.Protobuf, rosimage.FoxgloveVideo, "\x0a\x04\x08\x07\x10\x08\x12\x03cam\x1a\x04\x00\x00\x01\x65\x22\x04h264"},
		"JSON":     {rosimage.JSON, rosimage.FoxgloveVideo, `{"timestamp":{"sec":7,"nsec":8},"frame_id":"cam","data":"AAABZQ==","format":"h264"}`},
		"an image": {rosimage.Protobuf, rosimage.FoxgloveCompressed, "\x0a\x04\x08\x07\x10\x08\x12\x04\x00\x00\x01\x65\x1a\x04h264\x22\x03cam"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m, err := rosimage.Decode(tt.wire, tt.kind, []byte(tt.b))
			if err != nil {
				t.Fatal(err)
			}
			data, ok := m.Packet()
			if !ok || string(data) != "\x00\x00\x01\x65" || m.Format != "h264" || m.FrameID != "cam" || m.StampNS != 7_000_000_008 {
				t.Errorf("%q, %v of %+v", data, ok, m)
			}
			var u *rosimage.UnsupportedError
			if _, err := m.Ext(rosimage.Options{}); !errors.As(err, &u) {
				t.Errorf("as an image: %v", err)
			}
			head, err := rosimage.Peek(tt.wire, tt.kind, []byte(tt.b[:len(tt.b)-3]))
			if err != nil || head.StampNS != m.StampNS {
				t.Errorf("its begin: %v", err)
			}
		})
	}
	jpeg := &rosimage.Message{Kind: rosimage.Compressed, Format: "h264", Data: []byte("\xff\xd8\xff\xe0")}
	if _, ok := jpeg.Packet(); ok {
		t.Error("an image file is no packet, whatever its format says")
	}
}
