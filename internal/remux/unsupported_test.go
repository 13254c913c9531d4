package remux_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/remux"
)

// bits are those of a header, written as a text of 0 and 1; blanks are nothing.
func bits(text string) (data []byte) {
	text = strings.ReplaceAll(text, " ", "")
	for ; len(text)%8 > 0; text += "0" {
	}
	for i := 0; i < len(text); i += 8 {
		var b byte
		for _, c := range text[i : i+8] {
			b = b<<1 | byte(c-'0')
		}
		data = append(data, b)
	}
	return data
}

// fields is a stream of which each picture is two fields: 128x96 of profile Main.
func fields() []byte {
	start := []byte{0, 0, 0, 1}
	sps := bits("01100111 01001101 00000000 00011110" + // SPS, profile 77, level 30
		"1 1 011 010 0" + // its number, 4 bits of frame_num, order type 2, 1 reference, no gaps
		"0001000 011 0 0 1 0 0 1") // 8 macroblocks wide, 3 pairs high, fields, not adaptive
	pps := bits("01101000 1 1 0 0 1 1 1 0 00 1 1 1 0 0 0 1")
	slice := bits("01100101 1 0001000 1 0000 1 0 1 1111") // IDR: first macroblock, I, PPS 0, frame_num, a top field
	return slices.Concat(start, sps, start, pps, start, slice)
}

// lengthDelimited are AV1's packets in the format of its Annex B: a temporal unit, a frame unit and each OBU behind its length.
func lengthDelimited(list []packet) (out []packet) {
	size := func(data []byte) []byte {
		return append([]byte{byte(len(data)&127 | 128), byte(len(data) >> 7)}, data...)
	}
	for _, p := range list {
		out = append(out, packet{p.number, size(size(size(p.data)))})
	}
	return out
}

func TestWhatCannotBeRemuxedSaysWhy(t *testing.T) {
	for name, c := range map[string]struct {
		codec remux.Codec
		list  []packet
		want  string
	}{
		"fields":                     {remux.H264, []packet{{0, fields()}, {1, fields()}}, "interlaced fields are not read"},
		"AV1 in the other format":    {remux.AV1, lengthDelimited(packets(t, "av1")), "no frame can be shown: 36 packets damaged (not AV1 in the low-overhead format"},
		"a codec that nobody reads":  {"vp9", packets(t, "av1"), `codec "vp9" is not read`},
		"no video at all":            {remux.H265, []packet{{0, []byte("a picture")}}, "no start code"},
		"nothing":                    {remux.H264, nil, "there is no frame"},
		"only sets, and no pictures": {remux.H264, []packet{{0, []byte{0, 0, 0, 1, 9, 16}}}, "no frame can be shown: 1 message without a picture"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := scan(c.codec, c.list)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
