package rosimage

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// A rosCloud is a sensor_msgs/PointCloud2 to be written as ROS 1.
type rosCloud struct {
	height, width      uint32
	fields             []rosField
	big                bool
	pointStep, rowStep uint32
	data               []byte
	claimed            uint32 // the data's length where it is a lie
	fieldsClaimed      uint32
	frame              string
}

type rosField struct {
	name   string
	offset uint32
	kind   byte
	count  uint32
}

func (c rosCloud) bytes() []byte {
	le := binary.LittleEndian
	var b []byte
	u32 := func(v ...uint32) {
		for _, n := range v {
			b = le.AppendUint32(b, n)
		}
	}
	text := func(s string) { u32(uint32(len(s))); b = append(b, s...) }
	u32(7, 100, 5)
	text(c.frame)
	u32(c.height, c.width, max(uint32(len(c.fields)), c.fieldsClaimed))
	for _, f := range c.fields {
		text(f.name)
		u32(f.offset)
		b = append(b, f.kind)
		u32(f.count)
	}
	b = append(b, map[bool]byte{true: 1}[c.big])
	u32(c.pointStep, c.rowStep, max(uint32(len(c.data)), c.claimed))
	return append(append(b, c.data...), 0)
}

// xyz are fields of floats, which points begin with.
var xyz = []rosField{{"x", 0, 7, 1}, {"y", 4, 7, 1}, {"z", 8, 7, 1}}

// floats are numbers one behind the other.
func floats(order binary.AppendByteOrder, v ...float32) (b []byte) {
	for _, f := range v {
		b = order.AppendUint32(b, math.Float32bits(f))
	}
	return b
}

func encodeCloud(t *testing.T, msg []byte, o Options) (string, error) {
	t.Helper()
	m, err := Decode(ROS1, PointCloud2, msg)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	_, err = Encode(&b, m, o)
	if err == nil && int64(b.Len()) > m.MaxFile(o) {
		t.Errorf("%d bytes, at most %d were announced", b.Len(), m.MaxFile(o))
	}
	return b.String(), err
}

func TestACloudIsWrittenWithoutThePaddingBetweenItsPoints(t *testing.T) {
	nan := float32(math.NaN())
	rows := append(append(floats(binary.LittleEndian, 1, 2, 3, 9, 4, 5, 6, 9), "pad"...), floats(binary.LittleEndian, nan, 0, 0, 9, 7, 8, 9, 9)...)
	got, err := encodeCloud(t, rosCloud{height: 2, width: 2, fields: xyz, pointStep: 16, rowStep: 35, data: rows, frame: "lidar"}.bytes(), Options{})
	want := "VERSION 0.7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 3\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 3\nDATA binary\n" +
		string(floats(binary.LittleEndian, 1, 2, 3, 4, 5, 6, 7, 8, 9))
	if err != nil || got != want {
		t.Errorf("%q, %v", got, err)
	}
	big := floats(binary.BigEndian, 1, 2, 3)
	got, err = encodeCloud(t, rosCloud{height: 1, width: 1, fields: xyz, big: true, pointStep: 12, data: big}.bytes(), Options{Fields: []string{"z", "x", "y"}})
	if err != nil || !strings.HasSuffix(got, "DATA binary\n"+string(floats(binary.LittleEndian, 3, 1, 2))) || !strings.Contains(got, "FIELDS z x y\n") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestACloudThatLiesIsRefusedBeforeAnythingIsAllocated(t *testing.T) {
	points := floats(binary.LittleEndian, 1, 2, 3, 4, 5, 6)
	good := rosCloud{height: 1, width: 2, fields: xyz, pointStep: 12, rowStep: 24, data: points}
	tests := map[string]struct {
		edit func(c *rosCloud)
		want string
	}{
		"good":                     {func(*rosCloud) {}, ""},
		"no row step":              {func(c *rosCloud) { c.rowStep = 0 }, ""},
		"more data than points":    {func(c *rosCloud) { c.width = 1 }, ""},
		"more points than data":    {func(c *rosCloud) { c.width = 3 }, "3 × 1 points of 12 bytes are 36 bytes, and 24 are there"},
		"hostile sizes":            {func(c *rosCloud) { c.width, c.height, c.rowStep = 1<<31, 1<<31, 1<<31 }, "bytes"},
		"hostile rows":             {func(c *rosCloud) { c.height, c.rowStep = 1<<31, 1<<31 }, "and 24 are there"},
		"rows that overlap":        {func(c *rosCloud) { c.height, c.width, c.rowStep = 2, 2, 12 }, "its rows have 12 bytes"},
		"hostile data":             {func(c *rosCloud) { c.claimed = 1<<32 - 1 }, "data claims"},
		"hostile number of fields": {func(c *rosCloud) { c.fieldsClaimed = 1 << 30 }, ""},
		"a step of 0":              {func(c *rosCloud) { c.pointStep = 0 }, "does not fit into a point of 0 bytes"},
		"a step of 1":              {func(c *rosCloud) { c.pointStep = 1 }, "does not fit into a point of 1 bytes"},
		"a field outside":          {func(c *rosCloud) { c.fields = []rosField{xyz[0], xyz[1], {"z", 9, 7, 1}} }, `field "z" does not fit`},
		"a hostile offset":         {func(c *rosCloud) { c.fields = []rosField{xyz[0], xyz[1], {"z", 1<<32 - 1, 7, 1}} }, `field "z" does not fit`},
		"a hostile count":          {func(c *rosCloud) { c.fields = []rosField{xyz[0], xyz[1], {"z", 8, 7, 1 << 30}} }, `field "z" does not fit`},
		"an unknown type":          {func(c *rosCloud) { c.fields = []rosField{xyz[0], xyz[1], {"z", 8, 9, 1}} }, "of an unknown type"},
		"fields that overlap":      {func(c *rosCloud) { c.fields = []rosField{{"x", 0, 8, 1}, {"y", 4, 8, 1}, {"z", 4, 8, 1}} }, "its fields overlap"},
		"no z":                     {func(c *rosCloud) { c.fields = xyz[:2] }, `has no field "z"; it has x y`},
		"no points":                {func(c *rosCloud) { c.width, c.data = 0, nil }, "has no points"},
		"no point with a place":    {func(c *rosCloud) { c.width, c.data = 1, floats(binary.LittleEndian, 1, float32(math.Inf(1)), 3) }, "has no points"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			tt.edit(&c)
			_, err := encodeCloud(t, c.bytes(), Options{})
			if name == "hostile number of fields" {
				if err == nil {
					t.Error("no error")
				}
				return
			}
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// Foxglove's clouds say no number of points: a part of one is what is left of more.
func TestAFoxgloveCloudHoldsWholePoints(t *testing.T) {
	whole := floats(binary.LittleEndian, 1, 2, 3, 4, 5, 6)
	for n, want := range map[int]string{24: "", 23: "its data has 23 bytes, which is not a whole number of points of 12 bytes", 13: "not a whole number of points", 5: "not a whole number of points", 0: "has no points"} {
		message, err := json.Marshal(map[string]any{
			"point_stride": 12, "data": whole[:n],
			"fields": []map[string]any{{"name": "x", "offset": 0, "type": 7}, {"name": "y", "offset": 4, "type": 7}, {"name": "z", "offset": 8, "type": 7}},
		})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(JSON, FoxgloveCloud, message)
		if err == nil {
			_, err = Encode(io.Discard, m, Options{})
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v, want %q", n, err, want)
		}
	}
}

func TestTheFirstBytesOfACloudTellItsStampOrAskForMore(t *testing.T) {
	msg := rosCloud{height: 1, width: 100, fields: xyz, pointStep: 12, data: make([]byte, 1200), frame: "lidar"}.bytes()
	for n := range len(msg) {
		m, err := Peek(ROS1, PointCloud2, msg[:n])
		if err != nil {
			if !errors.Is(err, ErrShort) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			continue
		}
		if ext, err := m.Ext(Options{}); err != nil || ext != "pcd" || m.StampNS != 100*1e9+5 || m.Seq != 7 || m.FrameID != "lidar" || m.DataSize != 1200 {
			t.Fatalf("%d bytes: %q, %v, %+v", n, ext, err, m)
		}
	}
}

func TestAPoseTurnsAndMovesPoints(t *testing.T) {
	data := floats(binary.LittleEndian, 1, 2, 3)
	message, err := json.Marshal(map[string]any{
		"timestamp": map[string]int{"sec": 3}, "frame_id": "map", "point_stride": 12, "data": data,
		"pose":   map[string]any{"position": map[string]float64{"x": 10}, "orientation": map[string]float64{"z": 3, "w": 3}}, // not of length 1
		"fields": []map[string]any{{"name": "x", "offset": 0, "type": 7}, {"name": "y", "offset": 4, "type": "FLOAT32"}, {"name": "z", "offset": 8, "type": 7}},
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(JSON, FoxgloveCloud, message)
	if err != nil || m.StampNS != 3e9 || m.FrameID != "map" {
		t.Fatal(m, err)
	}
	var b bytes.Buffer
	if _, err := Encode(&b, m, Options{}); err != nil || !bytes.HasSuffix(b.Bytes(), floats(binary.LittleEndian, 8, 1, 3)) {
		t.Errorf("%q, %v", b.Bytes(), err)
	}
}

func FuzzCloudsNeverPanic(f *testing.F) {
	f.Add(byte(0), rosCloud{height: 1, width: 2, fields: xyz, pointStep: 12, data: make([]byte, 24)}.bytes())
	f.Add(byte(1), append([]byte{0, 1, 0, 0}, make([]byte, 80)...))
	f.Add(byte(2), []byte("\x0a\x02\x08\x01\x25\x0c\x00\x00\x00\x2a\x08\x0a\x01x\x15\x00\x00\x00\x00\x32\x0cabcdefghijkl"))
	f.Add(byte(3), []byte(`{"point_stride":12,"fields":[{"name":"x","type":7}],"data":"AAAAAAAA"}`))
	f.Fuzz(func(t *testing.T, wire byte, msg []byte) {
		w, k := []Wire{ROS1, CDR, Protobuf, JSON}[wire%4], []Kind{PointCloud2, FoxgloveCloud}[wire%4/2]
		if m, err := Peek(w, k, msg[:min(len(msg), HeadSize)]); err == nil {
			_, _ = m.Ext(Options{})
		}
		m, err := Decode(w, k, msg)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if _, err := Encode(&b, m, Options{}); err == nil && int64(b.Len()) > m.MaxFile(Options{}) {
			t.Errorf("%d bytes of %d", b.Len(), m.MaxFile(Options{}))
		}
	})
}
