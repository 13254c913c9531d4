package remux_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/remux"
)

// check looks at packets as a file holds them.
func check(c remux.Codec, config []byte, list [][]byte) (*remux.Fault, remux.Gaps, int) {
	k := remux.NewCheck(c, config)
	for _, data := range list {
		if !k.Add(data) {
			break
		}
	}
	return k.Faults()
}

func payloads(list []packet) (all [][]byte) {
	for _, p := range list {
		all = append(all, p.data)
	}
	return all
}

// What FFmpeg's decoder makes of each, PyAV was asked for.
func TestACheckTellsWhereADecoderGivesAnotherNumberOfFrames(t *testing.T) {
	without := func(gone ...int) func([][]byte) [][]byte {
		return func(list [][]byte) (kept [][]byte) {
			for i, data := range list {
				if !slices.Contains(gone, i) {
					kept = append(kept, data)
				}
			}
			return kept
		}
	}
	type want struct {
		fault   string
		at      int
		gaps    remux.Gaps
		leading int
	}
	cut := func(n int) func([][]byte) [][]byte { return func(list [][]byte) [][]byte { return list[n:] } }
	twice := func(n int) func([][]byte) [][]byte {
		return func(list [][]byte) [][]byte { return slices.Insert(list, n, list[n]) }
	}
	damaged := func(n int, data ...byte) func([][]byte) [][]byte {
		return func(list [][]byte) [][]byte { list[n] = data; return list }
	}
	for name, c := range map[string]struct {
		kind string
		of   func([][]byte) [][]byte
		want want
	}{
		"a lost P frame of H.264 is made up":            {"h264", without(5), want{gaps: remux.Gaps{Count: 1, First: 5}}},
		"two losses":                                    {"h264_b", without(2, 14), want{gaps: remux.Gaps{Count: 2, First: 2}}},
		"a lost key frame of H.264":                     {"h264", without(12), want{fault: "takes it for an earlier one", at: 12}},
		"a lost key frame of H.264 with B-frames":       {"h264_b", without(12), want{fault: "takes it for an earlier one", at: 12}},
		"a lost key frame of H.264, B-frames behind it": {"h264_b", without(24, 25), want{fault: "takes it for an earlier one", at: 24}},
		"H.264 that begins within a group of frames":    {"h264", cut(5), want{fault: "no key frame"}},
		"H.264 that begins with an open group":          {"h264_open", cut(9), want{leading: 3}},
		"a lost packet of H.265":                        {"h265", without(5), want{fault: "packets are missing", at: 5}},
		"a lost key frame of H.265":                     {"h265", without(12), want{fault: "packets are missing", at: 12}},
		"H.265 that begins with an open group":          {"h265_b", cut(9), want{leading: 3}},
		"a packet of H.265 that comes twice":            {"h265", twice(5), want{fault: "the number of a frame that came before", at: 6}},
		"a lost packet of AV1":                          {"av1", without(5), want{fault: "packets are missing", at: 5}},
		"a lost key frame of AV1":                       {"av1", without(12), want{fault: "packets are missing", at: 12}},
		"AV1 that begins within a group of frames":      {"av1", cut(5), want{fault: "no key frame"}},
		"a packet that is no stream":                    {"h264", damaged(7, 1, 2, 3, 4, 5), want{fault: "it is damaged: no start code", at: 7}},
		"a packet of H.264 without a picture":           {"h264", damaged(7, 0, 0, 0, 1, 9, 16), want{fault: "it holds no picture", at: 7}},
		"a packet of AV1 that ends within its contents": {"av1", damaged(7, 0x32, 100, 0), want{fault: "it is damaged: an OBU of 100 bytes", at: 7}},
		"what cannot be judged is left":                 {"h264", damaged(5, 0, 0, 0, 1, 0x41, 0x60, 0x40, 0x10), want{}},
	} {
		t.Run(name, func(t *testing.T) {
			fault, gaps, leading := check(codecOf(c.kind), nil, c.of(payloads(packets(t, c.kind))))
			switch {
			case gaps != c.want.gaps || leading != c.want.leading:
				t.Errorf("gaps %v, %d leading; want %+v", gaps, leading, c.want)
			case (fault != nil) != (c.want.fault != ""):
				t.Errorf("fault %+v; want %+v", fault, c.want)
			case fault != nil && (!strings.Contains(fault.Text, c.want.fault) || fault.Packet != c.want.at):
				t.Errorf("fault %+v; want %+v", fault, c.want)
			}
		})
	}
}

func TestACheckFindsNothingInWholeVideos(t *testing.T) {
	for _, kind := range kinds {
		list := payloads(packets(t, kind))
		if fault, gaps, leading := check(codecOf(kind), nil, list); fault != nil || gaps.Count > 0 || leading > 0 {
			t.Errorf("%s: %+v %v %d", kind, fault, gaps, leading)
		}
	}
}

// MP4 and Matroska hold NAL units behind lengths, of 1, 2 or 4 bytes, and the parameter sets apart.
func TestACheckReadsUnitsBehindLengths(t *testing.T) {
	for _, size := range []int{1, 2, 4} {
		list := payloads(packets(t, "h264"))
		var sps, pps []byte
		for i, data := range list {
			var packet []byte
			for _, nal := range bytes.Split(data, []byte{0, 0, 1}) {
				nal = bytes.TrimRight(nal, "\x00")
				switch {
				case len(nal) == 0 || size == 1 && len(nal) > 255:
				case nal[0]&31 == 7:
					sps = nal
				case nal[0]&31 == 8:
					pps = nal
				default:
					length := binary.BigEndian.AppendUint32(nil, uint32(len(nal)))
					packet = append(append(packet, length[4-size:]...), nal...)
				}
			}
			list[i] = packet
		}
		config := append([]byte{1, sps[1], sps[2], sps[3], 0xfc | byte(size-1), 0xe1, 0, byte(len(sps))}, sps...)
		config = append(append(config, 1, 0, byte(len(pps))), pps...)
		if size == 1 { // the first key frame is longer than its length can say
			continue
		}
		if fault, gaps, _ := check(remux.H264, config, list); fault != nil || gaps.Count > 0 {
			t.Errorf("lengths of %d bytes: %+v %v", size, fault, gaps)
		}
		if fault, _, _ := check(remux.H264, config, slices.Delete(list, 12, 13)); fault == nil {
			t.Errorf("lengths of %d bytes: nothing found of a lost key frame", size)
		}
	}
}

func TestACheckEndsWhateverTheBytesAre(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		for _, kind := range kinds {
			list := payloads(packets(t, kind)[:3])
			data := slices.Clone(list[random.IntN(3)])
			for range random.IntN(8) {
				data[random.IntN(len(data))] = byte(random.Uint32())
			}
			data = data[:random.IntN(len(data)+1)]
			check(codecOf(kind), data[:random.IntN(len(data)+1)], [][]byte{list[0], data, list[1], data})
			check(codecOf(kind), slices.Insert(data, 0, 1, 100, 0, 30, byte(random.Uint32()), byte(random.Uint32())), [][]byte{data, list[0]})
		}
	}
}
