package remux

import (
	"errors"
	"fmt"
	"slices"
)

// Types of H.264's NAL units (ITU-T H.264, table 7-1).
const (
	h264Slice     = 1
	h264Partition = 2 // to 4
	h264IDR       = 5
	h264SEI       = 6
	h264SPS       = 7
	h264PPS       = 8
)

// h264 reads the headers of an H.264 stream.
type h264 struct {
	sets sets
	sps  [32]*h264SPSet
	pps  [256]*h264PPSet

	state, next h264State
}

// h264State is what a decoder knows of the pictures that it was given.
type h264State struct {
	started        bool
	frameNum       uint32 // of the last reference picture
	lastFrameNum   uint32 // of the last picture
	offset         int64  // of frame numbers that wrapped
	pocMsb, pocLsb int64  // of the last reference picture
	lastPOC        int64
	highest        int64 // order of presentation so far, since it counts
	startPOC       int64 // of a key frame that is no IDR, at which decoding started
	startsOpen     bool
	gapped         bool // pictures were lost since the last key frame that is an IDR

	depth   int     // pictures that wait to be shown while later ones are decoded
	learned bool    // depth was seen over a whole group of pictures
	recent  []int64 // order of the last pictures
	display display
}

// late reports whether a picture comes when one that belongs behind it was shown. Before a whole group of pictures was seen,
// only a picture that is no B tells: it belongs behind all that came before it.
func (s *h264State) late(of h264Header, poc int64) bool {
	if s.learned {
		return s.display.any && poc < s.display.shown
	}
	return !of.between && poc < s.highest
}

// show notes that a picture waits to be shown, and those that are shown meanwhile.
func (s *h264State) show(poc int64) {
	const most = 16 // pictures that a decoder keeps
	if !s.gapped {
		later := 0
		for _, other := range s.recent {
			if other > poc {
				later++
			}
		}
		s.depth = max(s.depth, later)
	}
	s.recent = append(slices.Clone(s.recent[max(0, len(s.recent)-most+1):]), poc)
	s.display.add(poc, s.depth)
}

func h264Type(nal []byte) byte { return nal[0] & 31 }

func (h *h264) split(payload []byte) ([]unit, error) {
	nals, err := splitNALs(payload)
	if err != nil {
		return nil, err
	}
	var units accessUnits
	for _, nal := range nals {
		switch t := h264Type(nal); {
		case nal[0]&0x80 != 0:
			return nil, errors.New("a NAL unit with its forbidden bit set")
		case t >= h264Slice && t <= h264IDR:
			units.slice(readNAL(nal[:min(len(nal), 16)], 1).ue() == 0)
		case t == h264SEI || t == h264SPS || t == h264PPS:
			units.endPicture()
		default: // delimiters, ends, filler; extensions, of which base decoders know nothing
			continue
		}
		units.now.pieces = append(units.now.pieces, nal)
	}
	return units.all(), nil
}

// h264Slice is the header of a picture's first slice.
type h264Header struct {
	sps         *h264SPSet
	idr         bool
	reference   bool
	frameNum    uint32
	pocLsb      int64
	bottomDelta int64
	delta       [2]int64
	intra       bool
	between     bool // shown before a picture that was decoded before it (B)
}

func (h *h264) header(nal []byte) (h264Header, error) {
	r := readNAL(nal[:min(len(nal), 64)], 1)
	of := h264Header{idr: h264Type(nal) == h264IDR, reference: nal[0]&0x60 != 0}
	r.ue() // first_mb_in_slice
	kind := r.most(9)
	of.intra, of.between = kind%5 == 2 || kind%5 == 4, kind%5 == 1
	number := r.most(255)
	if r.short {
		return of, errors.New("a slice without its header")
	}
	pps := h.pps[number]
	if pps == nil || h.sps[pps.sps] == nil {
		return of, fmt.Errorf("no parameter sets came before it: PPS %d and its SPS", number)
	}
	of.sps = h.sps[pps.sps]
	if of.sps.planes {
		r.bits(2)
	}
	of.frameNum = r.bits(of.sps.frameBits)
	if !of.sps.framesOnly && r.flag() {
		return of, &UnsupportedError{Text: "interlaced fields are not read"}
	}
	if of.idr {
		r.ue()
	}
	switch {
	case of.sps.pocType == 0:
		of.pocLsb = int64(r.bits(of.sps.pocBits))
		if pps.bottomOrder {
			of.bottomDelta = r.se()
		}
	case of.sps.pocType == 1 && !of.sps.pocZero:
		of.delta[0] = r.se()
		if pps.bottomOrder {
			of.delta[1] = r.se()
		}
	}
	if r.short {
		return of, errors.New("a slice header that ends too early")
	}
	return of, nil
}

func (h *h264) look(u unit, starting bool) (picture, error) {
	var first h264Header
	intra, recovery, seen := true, false, false
	for _, nal := range u.pieces {
		t := h264Type(nal)
		switch {
		case t == h264SEI:
			recovery = recovery || recoversAtOnce(nal)
		case t >= h264Partition && t < h264IDR:
			return picture{}, &UnsupportedError{Text: "data partitioning is not read"}
		case t == h264Slice || t == h264IDR:
			of, err := h.header(nal)
			if err != nil {
				return picture{}, err
			}
			if !seen {
				first, seen = of, true
			}
			intra = intra && of.intra
		}
	}
	p := picture{width: first.sps.width, height: first.sps.height, key: first.idr || recovery && intra}
	h.next = h.state
	if first.idr {
		h.next = h264State{depth: h.state.depth, learned: h.state.learned || h.state.started && !h.state.gapped}
	}
	gap := !starting && !first.idr && !first.sps.gaps && first.frameNum != (h.state.frameNum+1)&(1<<first.sps.frameBits-1)
	if gap { // FFmpeg fills it, which brings the numbers up to this picture's, but counts no wrap of them
		h.next.gapped, h.next.lastFrameNum = true, min(h.next.lastFrameNum, first.frameNum)
		h.next.frameNum = (first.frameNum - 1) & (1<<first.sps.frameBits - 1)
	}
	poc := h.next.poc(first)
	p.order, p.starts = int32(poc), first.idr || !h.state.started
	p.closed = p.starts
	if !starting && !first.idr {
		p.repeated = first.frameNum == h.state.lastFrameNum && poc == h.state.lastPOC
		p.lost = gap && !p.repeated
		p.concealed = p.lost
		p.back = h.next.gapped && !p.repeated && h.state.late(first, poc)
		p.leading = h.state.startsOpen && poc < h.state.startPOC
	}
	if starting && !first.idr && h.state.started && poc <= h.state.highest {
		p.key = false // its place among those before is not known
	}
	h.next.taken(first, poc, starting)
	return p, nil
}

// taken notes what a decoder remembers of a picture.
func (s *h264State) taken(of h264Header, poc int64, starting bool) {
	if starting {
		s.startsOpen, s.startPOC = !of.idr, poc
	}
	if !s.started || poc > s.highest {
		s.highest = poc
	}
	s.show(poc)
	s.started, s.lastFrameNum, s.lastPOC = true, of.frameNum, poc
	if of.reference {
		s.frameNum = of.frameNum
		s.pocLsb = of.pocLsb
	}
}

// poc is the picture order count (ITU-T H.264, 8.2.1).
func (s *h264State) poc(of h264Header) int64 {
	sps := of.sps
	if sps.pocType == 0 {
		msb := s.pocMsb + wrapped(s.pocLsb, of.pocLsb, 1<<sps.pocBits)
		if of.reference {
			s.pocMsb = msb
		}
		return msb + of.pocLsb + min(0, of.bottomDelta)
	}
	if s.started && s.lastFrameNum > of.frameNum {
		s.offset += 1 << sps.frameBits
	}
	number := s.offset + int64(of.frameNum)
	if sps.pocType == 2 {
		if of.reference {
			return 2 * number
		}
		return 2*number - 1
	}
	return number1(sps, of, number)
}

// number1 is the order where it follows from the frame's number (8.2.1.2).
func number1(sps *h264SPSet, of h264Header, number int64) int64 {
	if len(sps.cycle) == 0 {
		number = 0
	}
	if !of.reference && number > 0 {
		number--
	}
	var poc, whole int64
	for _, offset := range sps.cycle {
		whole += offset
	}
	if number > 0 {
		n := int64(len(sps.cycle))
		poc = (number - 1) / n * whole
		for _, offset := range sps.cycle[:(number-1)%n+1] {
			poc += offset
		}
	}
	if !of.reference {
		poc += sps.nonRefOffset
	}
	top := poc + of.delta[0]
	return min(top, top+sps.bottomOffset+of.delta[1])
}

// recoversAtOnce tells whether a SEI says that decoding can start with its picture.
func recoversAtOnce(nal []byte) bool {
	const recoveryPoint = 6
	r := readNAL(nal, 1)
	for !r.short && r.at+16 <= 8*len(r.data) {
		kind, size := seiNumber(r), seiNumber(r)
		if kind == recoveryPoint {
			return r.ue() == 0 && !r.short
		}
		r.skip(8 * size)
	}
	return false
}

// seiNumber reads a type or a size: bytes that are added up to the first that is not 255.
func seiNumber(r *bitReader) int {
	n := 0
	for {
		b := int(r.bits(8))
		if n += b; b != 255 || r.short {
			return n
		}
	}
}

func (h *h264) accept()                   { h.state = h.next }
func (h *h264) all() sets                 { return h.sets }
func (h *h264) length(nal []byte) []byte  { return nalLength(nal) }
func (h *h264) spliced(nal []byte) []byte { return nal }
