package remux

import (
	"bytes"
	"encoding/binary"
)

// splitNALs cuts a message into NAL units, as parts of it: a byte stream with start codes (Annex B), which is what the
// formats ask for, or units behind their lengths in four bytes, as MP4 files hold them, which some write nevertheless.
func splitNALs(data []byte) ([][]byte, error) {
	zeros := len(data) - len(bytes.TrimLeft(data, "\x00"))
	stream := zeros >= 2 && zeros < len(data) && data[zeros] == 1
	if !stream || zeros == 2 { // a unit of 256 to 511 bytes behind its length begins like a start code
		if nals := lengthPrefixed(data); nals != nil {
			return nals, nil
		}
	}
	if !stream {
		return nil, errNoStartCode
	}
	return annexB(data), nil
}

// lengthPrefixed is nil unless the lengths add up to the byte.
func lengthPrefixed(data []byte) (nals [][]byte) {
	for len(data) > 4 {
		n := int64(binary.BigEndian.Uint32(data))
		if n == 0 || n > int64(len(data)-4) {
			return nil
		}
		nals = append(nals, data[4:4+n])
		data = data[4+n:]
	}
	if len(data) > 0 {
		return nil
	}
	return nals
}

var startCode = []byte{0, 0, 1}

func annexB(data []byte) (nals [][]byte) {
	at := bytes.Index(data, startCode)
	for at >= 0 {
		data = data[at+3:]
		nal := data
		if at = bytes.Index(data, startCode); at >= 0 {
			nal = data[:at]
		}
		if nal = bytes.TrimRight(nal, "\x00"); len(nal) > 0 { // a unit ends with a bit that is set
			nals = append(nals, nal)
		}
	}
	return nals
}

// cropUnits are the pixels across and down in which a sequence parameter set cuts its picture, by its chroma_format_idc
// (H.264 table 6-1, H.265 table 6-1).
func cropUnits(chroma int) (x, y int) {
	switch chroma {
	case 1: // 4:2:0
		return 2, 2
	case 2: // 4:2:2
		return 2, 1
	}
	return 1, 1
}

// accessUnits divides the NAL units of a message into units of one picture each.
type accessUnits struct {
	ended []unit
	now   unit
}

func (a *accessUnits) end() { a.ended, a.now = append(a.ended, a.now), unit{} }

// endPicture is called before what belongs to the next picture, if there was one.
func (a *accessUnits) endPicture() {
	if a.now.picture {
		a.end()
	}
}

// slice notes a slice, which may be the first of its picture.
func (a *accessUnits) slice(first bool) {
	if first {
		a.endPicture()
	}
	if !a.now.picture {
		a.now.begins = first
	}
	a.now.picture = true
}

func (a *accessUnits) all() []unit { return append(a.ended, a.now) }

// wrapped is by how much a count has grown or shrunk beyond its lowest bits, which were before and are now: the way is the
// shorter one (ITU-T H.264, 8.2.1.1; H.265, 8.3.1). Size is the number of values that those bits have.
func wrapped(before, now, size int64) int64 {
	switch {
	case now < before && before-now >= size/2:
		return size
	case now > before && now-before > size/2:
		return -size
	}
	return 0
}
