package video

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"
)

// The elements of Matroska that are read (RFC 9559).
const (
	idEBML          = 0x1A45DFA3
	idSegment       = 0x18538067
	idInfo          = 0x1549A966
	idTimestampUnit = 0x2AD7B1
	idTracks        = 0x1654AE6B
	idTrackEntry    = 0xAE
	idTrackNumber   = 0xD7
	idTrackType     = 0x83
	idCodecID       = 0x86
	idCodecPrivate  = 0x63A2
	idEncodings     = 0x6D80
	idVideo         = 0xE0
	idPixelWidth    = 0xB0
	idPixelHeight   = 0xBA
	idCluster       = 0x1F43B675
	idTimestamp     = 0xE7
	idSimpleBlock   = 0xA3
	idBlockGroup    = 0xA0
	idBlock         = 0xA1
	idReference     = 0xFB
)

// matroskaCodecs are the codecs by their ids.
var matroskaCodecs = map[string]string{
	"V_MPEG4/ISO/AVC": "h264", "V_MPEGH/ISO/HEVC": "h265", "V_AV1": "av1", "V_VP8": "vp8", "V_VP9": "vp9",
	"V_MJPEG": "mjpeg", "V_MPEG4/ISO/ASP": "mpeg4", "V_PRORES": "prores", "V_FFV1": "ffv1", "V_UNCOMPRESSED": "rawvideo",
}

const (
	unknownSize = -1
	videoTrack  = 1
	maxElements = 8 * MaxFrames
)

// An element is the head of one.
type element struct {
	id   uint32
	at   int64 // of its body
	size int64 // of its body; unknownSize: up to the next one of its level
}

// element reads the head of an element.
func (in *input) element(at int64) (element, error) {
	b, err := in.head(at, 12)
	if err != nil {
		return element{}, err
	}
	e, ok := parseElement(b)
	if !ok {
		return element{}, damaged("cut short, or damaged: no element at %d of %d bytes", at, in.size)
	}
	e.at += at
	return e, nil
}

// parseElement reads the head of the element with which b begins.
func parseElement(b []byte) (e element, ok bool) {
	if len(b) < 2 || b[0] < 0x10 {
		return e, false
	}
	idLen := bits.LeadingZeros8(b[0]) + 1
	if len(b) <= idLen || b[idLen] == 0 {
		return e, false
	}
	sizeLen := bits.LeadingZeros8(b[idLen]) + 1
	if len(b) < idLen+sizeLen {
		return e, false
	}
	mask := uint64(1)<<(7*sizeLen) - 1
	e.id, e.at, e.size = uint32(number(b[:idLen])), int64(idLen+sizeLen), int64(number(b[idLen:idLen+sizeLen])&mask)
	if uint64(e.size) == mask {
		e.size = unknownSize
	}
	return e, true
}

// number is a big-endian number of up to eight bytes.
func number(b []byte) uint64 {
	var wide [8]byte
	copy(wide[8-min(len(b), 8):], b)
	return binary.BigEndian.Uint64(wide[:])
}

// A matroska is what was found of a file so far.
type matroska struct {
	in       *input
	unit     uint64 // ns of a timestamp
	video    uint64 // the number of the video track; 0: none yet
	tracks   int
	cluster  int64 // its timestamp
	elements int
	first    track // of which the first few samples are looked into
	plain    bool  // its blocks hold what the codec made, not compressed once more
	f        File
}

// readMatroska goes through all blocks; their contents are passed over.
func readMatroska(in *input) (*File, error) {
	head, err := in.element(0)
	if err != nil || head.id != idEBML || head.size < 0 {
		return nil, firstError(err, damaged("not a Matroska or WebM file"))
	}
	m := &matroska{in: in, unit: 1e6, f: File{Container: "matroska"}}
	segment, err := in.element(head.at + head.size)
	if err != nil || segment.id != idSegment {
		return nil, firstError(err, damaged("damaged: no segment after its head"))
	}
	end := in.size
	if segment.size >= 0 {
		if end = segment.at + segment.size; end > in.size {
			return nil, damaged("cut short: %d bytes of %d", in.size, end)
		}
	}
	if err := m.children(segment.at, end); err != nil {
		return nil, err
	}
	switch {
	case m.video == 0:
		return nil, noVideo(m.tracks)
	case len(m.f.Times) > 0 && !m.first.firstKey:
		return nil, uncountable("its first frame is no key frame: CVAT's decoder drops all frames before the first one, and all later frames get other numbers")
	}
	if m.plain {
		if err := m.first.checkFirst(in, math.MinInt64); err != nil {
			return nil, err
		}
		m.f.Packets = m.first.places
	}
	return &m.f, nil
}

// firstError is err, unless that is nil or the file's own fault, which other says better.
func firstError(err, other error) error {
	if _, own := err.(*Error); err == nil || own {
		return other
	}
	return err
}

// entered are the elements whose children are read: of unknown size, they end where their parents do, or
// where one begins that cannot be in them, which comes to the same when all are read in one row.
var entered = map[uint32]bool{idCluster: true, idBlockGroup: true}

// children reads all elements in a row.
func (m *matroska) children(at, end int64) error {
	group := blockGroup{}
	for at < end {
		if m.elements++; m.elements > maxElements {
			return damaged("more than %d elements", maxElements)
		}
		e, err := m.in.element(at)
		if err != nil {
			return err
		}
		if at >= group.end {
			if err := m.endGroup(&group); err != nil {
				return err
			}
		}
		if entered[e.id] {
			if e.id == idBlockGroup {
				group = blockGroup{end: e.at + max(e.size, 0)}
			}
			at = e.at
			continue
		}
		if e.size == unknownSize || e.at+e.size > end {
			return damaged("cut short, or damaged: an element at %d has %d bytes, and the file has %d", at, e.size, m.in.size)
		}
		if err := m.visit(e, &group); err != nil {
			return err
		}
		at = e.at + e.size
	}
	return m.endGroup(&group)
}

// A blockGroup is one block whose key is known from what is next to it.
type blockGroup struct {
	end     int64
	block   element
	depends bool
}

func (m *matroska) endGroup(g *blockGroup) error {
	block, key := g.block, !g.depends
	*g = blockGroup{}
	if block.id == 0 {
		return nil
	}
	return m.block(block, key)
}

func (m *matroska) visit(e element, g *blockGroup) error {
	switch e.id {
	case idInfo, idTracks:
		body, err := m.in.table("head", e.at, e.size)
		if err != nil {
			return err
		}
		if e.id == idTracks {
			return m.readTracks(body)
		}
		return elements(body, func(id uint32, body []byte) error {
			if id == idTimestampUnit && number(body) > 0 && number(body) < 1e12 {
				m.unit = number(body)
			}
			return nil
		})
	case idTimestamp:
		b, err := m.in.head(e.at, int(min(e.size, 8)))
		m.cluster = int64(number(b) & (1<<62 - 1))
		return err
	case idSimpleBlock:
		return m.block(e, false)
	case idBlock:
		g.block = e
	case idReference:
		g.depends = true
	}
	return nil
}

// elements gives the elements of a body that is in memory.
func elements(body []byte, visit func(id uint32, body []byte) error) error {
	for len(body) > 0 {
		e, ok := parseElement(body)
		if !ok || e.size < 0 || e.size > int64(len(body))-e.at {
			return damaged("damaged: an element of its head is longer than that")
		}
		if err := visit(e.id, body[e.at:e.at+e.size]); err != nil {
			return err
		}
		body = body[e.at+e.size:]
	}
	return nil
}

// readTracks keeps the first video track.
func (m *matroska) readTracks(body []byte) error {
	return elements(body, func(id uint32, body []byte) error {
		if id != idTrackEntry || m.video != 0 {
			return nil
		}
		m.tracks++
		var track, kind, width, height uint64
		var codec string
		var private []byte
		encoded := false
		err := elements(body, func(id uint32, body []byte) error {
			switch id {
			case idTrackNumber:
				track = number(body)
			case idTrackType:
				kind = number(body)
			case idCodecID:
				codec = strings.TrimRight(string(body), "\x00")
			case idCodecPrivate:
				private = body
			case idEncodings:
				encoded = true
			case idVideo:
				return elements(body, func(id uint32, body []byte) error {
					switch id {
					case idPixelWidth:
						width = number(body)
					case idPixelHeight:
						height = number(body)
					}
					return nil
				})
			}
			return nil
		})
		if err != nil || kind != videoTrack {
			return err
		}
		if m.f.Codec = matroskaCodecs[codec]; m.f.Codec == "" {
			return otherCodec(codec)
		}
		m.f.Width, m.f.Height = int(width&0xffff), int(height&0xffff)
		m.video, m.plain, m.first.codec = track, !encoded, m.f.Codec
		m.f.Config, m.first.lengths = private, unitLengths(m.f.Codec, private)
		return nil
	})
}

// block counts a block, if it is of the video track.
func (m *matroska) block(e element, key bool) error {
	b, err := m.in.head(e.at, int(min(e.size, 12)))
	if err != nil {
		return err
	}
	if len(b) < 4 || b[0] == 0 {
		return damaged("damaged: a block of %d bytes at %d", len(b), e.at)
	}
	n := bits.LeadingZeros8(b[0]) + 1
	if len(b) < n+3 {
		return damaged("damaged: a block of %d bytes at %d", len(b), e.at)
	}
	if number(b[:n])&(1<<(7*n)-1) != m.video || m.video == 0 {
		return nil
	}
	flags := b[n+2]
	size := e.size - int64(n+3)
	switch {
	case flags&0x06 != 0:
		return uncountable("several frames are laced into one block, which is not read")
	case size == 0:
		return uncountable("its frame %d holds nothing (0 bytes): CVAT's decoder passes over it, and all later frames get other numbers", len(m.f.Times))
	}
	if len(m.f.Times) == 0 {
		m.first.firstKey = key || e.id == idSimpleBlock && flags&0x80 != 0
	}
	if len(m.first.places) < m.in.keep {
		m.first.places = append(m.first.places, Packet{e.at + int64(n+3), uint32(min(size, 1<<31))})
	}
	at := m.cluster + int64(int16(binary.BigEndian.Uint16(b[n:])))
	if limit := int64(1<<62) / int64(m.unit); at > limit || at < -limit {
		return damaged("damaged: a frame at time %d", at)
	}
	return m.f.add(at * int64(m.unit))
}
