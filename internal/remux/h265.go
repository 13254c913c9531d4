package remux

import (
	"errors"
	"fmt"
	"slices"
)

// Types of H.265's NAL units (ITU-T H.265, table 7-1).
const (
	h265RADLN = 6 // and the next: shown before their key frame, and need nothing that came before it
	h265RASLN = 8 // and the next: shown before their key frame, and need what came before it
	h265RASLR = 9
	h265BLA   = 16 // to 18
	h265IDR   = 19 // and 20
	h265CRA   = 21
	h265IRAP  = 23 // the last of the key frames' types
	h265VCL   = 31 // the last of the pictures' types
	h265VPS   = 32
	h265SPS   = 33
	h265PPS   = 34
	h265EOS   = 36
	h265EOB   = 37
	h265SEI   = 39 // and, behind the picture, 40
)

// h265 reads the headers of an H.265 stream.
type h265 struct {
	sets sets
	sps  [16]*h265SPSet
	pps  [64]*h265PPSet

	ended       bool // the sequence has: the next key frame starts again
	endsBehind  bool // it will have, behind the picture of the last look
	state, next h265State
}

// h265State is what a decoder knows of the pictures that it was given.
type h265State struct {
	started  bool
	pocTid0  int64   // of the last picture that others may count from
	received []int64 // order of the pictures that may be referred to
	noRASL   bool    // decoding started at the last key frame
	display  display // of this sequence
}

func h265Type(nal []byte) byte { return nal[0] >> 1 & 63 }

// isLayer tells of units of a further layer, of which base decoders know nothing.
func isLayer(nal []byte) bool { return nal[0]&1 != 0 || nal[1]>>3 != 0 }

func (h *h265) split(payload []byte) ([]unit, error) {
	nals, err := splitNALs(payload)
	if err != nil {
		return nil, err
	}
	var units accessUnits
	for _, nal := range nals {
		if len(nal) < 2 || nal[0]&0x80 != 0 || nal[1]&7 == 0 {
			return nil, errors.New("a NAL unit whose header is broken")
		}
		if isLayer(nal) {
			continue
		}
		switch t := h265Type(nal); {
		case t == h265EOS || t == h265EOB:
			units.now.ends = true
			units.end()
			continue
		case len(nal) == 2:
			continue
		case t <= h265VCL:
			units.slice(nal[2]&0x80 != 0)
		case t >= h265VPS && t <= h265PPS || t == h265SEI:
			units.endPicture()
		case t == h265SEI+1:
		default: // delimiters, filler
			continue
		}
		units.now.pieces = append(units.now.pieces, nal)
	}
	return units.all(), nil
}

// h265Header is the header of a picture's first slice.
type h265Header struct {
	kind   byte
	tid    byte
	sps    *h265SPSet
	shown  bool
	pocLsb int64
	rps    h265RPS
}

func (of h265Header) key() bool { return of.kind >= h265BLA && of.kind <= h265IRAP }

func (of h265Header) idr() bool { return of.kind == h265IDR || of.kind == h265IDR+1 }

func (h *h265) header(nal []byte) (h265Header, error) {
	r := readNAL(nal[:min(len(nal), 512)], 2)
	of := h265Header{kind: h265Type(nal), tid: nal[1]&7 - 1, shown: true}
	r.bit() // first_slice_segment_in_pic_flag
	if of.key() {
		r.bit() // no_output_of_prior_pics_flag
	}
	number := r.most(63)
	if r.short {
		return of, errors.New("a slice without its header")
	}
	pps := h.pps[number]
	if pps == nil || h.sps[pps.sps] == nil {
		return of, fmt.Errorf("no parameter sets came before it: PPS %d and its SPS", number)
	}
	of.sps = h.sps[pps.sps]
	r.bits(pps.extraBits)
	r.ue() // slice_type
	if pps.output {
		of.shown = r.flag()
	}
	if of.sps.planes {
		r.bits(2)
	}
	if !of.idr() {
		of.pocLsb = int64(r.bits(of.sps.pocBits))
		of.rps = readSliceRPS(r, of.sps)
	}
	if r.short {
		return of, errors.New("a slice header that ends too early")
	}
	return of, nil
}

func readSliceRPS(r *bitReader, sps *h265SPSet) h265RPS {
	n := len(sps.rps)
	if !r.flag() {
		return readRPS(r, sps.rps, n, n)
	}
	bits := 0
	for 1<<bits < n {
		bits++
	}
	i := int(r.bits(bits))
	if i >= n {
		r.short = true
		return nil
	}
	return sps.rps[i]
}

func (h *h265) look(u unit, starting bool) (picture, error) {
	at := slices.IndexFunc(u.pieces, func(nal []byte) bool { return h265Type(nal) <= h265VCL })
	of, err := h.header(u.pieces[at])
	if err != nil {
		return picture{}, err
	}
	restart := starting || h.ended
	h.endsBehind = u.ends
	p := picture{width: of.sps.width, height: of.sps.height, key: of.key(), hidden: !of.shown}
	h.next = h265State{started: true, pocTid0: h.state.pocTid0, noRASL: h.state.noRASL, display: h.state.display}
	p.starts = of.key() && (restart || of.kind != h265CRA)
	p.closed = p.starts
	p.splice = of.kind == h265CRA && restart && h.state.started
	poc := of.pocLsb
	if !p.starts {
		poc = h.poc(of)
	}
	p.order = int32(poc)
	if of.key() {
		h.next.noRASL = p.starts
	}
	switch {
	case p.starts:
		h.next.received, h.next.display = []int64{poc}, display{}
	case !starting:
		p.leading = h.state.noRASL && (of.kind == h265RASLN || of.kind == h265RASLR)
		p.repeated = slices.Contains(h.state.received, poc) || slices.Contains(h.state.display.waiting, poc)
		late := of.shown && h.state.display.any && poc <= h.state.display.shown // a decoder shows it behind those that it belongs before
		p.lost = !p.leading && !p.repeated && (late || h.ended || !h.refers(of, poc))
		if p.leading { // a decoder is not given it
			h.next = h.state
			return p, nil
		}
		h.next.received = append(h.next.received, poc)
	}
	if of.shown {
		h.next.display.add(poc, of.sps.reorder)
	}
	const subLayerNonReference = 14 // even types up to here
	reference := of.kind > subLayerNonReference || of.kind%2 == 1
	if p.starts || of.tid == 0 && reference && !(of.kind >= h265RADLN && of.kind <= h265RASLR) {
		h.next.pocTid0 = poc
	}
	return p, nil
}

// poc is the picture order count (ITU-T H.265, 8.3.1).
func (h *h265) poc(of h265Header) int64 {
	size := int64(1) << of.sps.pocBits
	lsb := h.state.pocTid0 & (size - 1)
	return h.state.pocTid0 - lsb + wrapped(lsb, of.pocLsb, size) + of.pocLsb
}

// mostReceived is how many pictures are remembered where long-term references may name any of them.
const mostReceived = 256

// refers keeps the pictures that are still referred to, and tells whether those that the picture needs were received.
func (h *h265) refers(of h265Header, poc int64) bool {
	whole := true
	for _, ref := range of.rps {
		if slices.Contains(h.state.received, poc+ref.delta) {
			h.next.received = append(h.next.received, poc+ref.delta)
		} else if ref.used {
			whole = false
		}
	}
	if of.sps.longTerm {
		h.next.received = slices.Clone(h.state.received[max(0, len(h.state.received)-mostReceived):])
	}
	return whole
}

func (h *h265) accept() { h.state, h.ended = h.next, h.endsBehind }

func (h *h265) all() sets { return h.sets }

func (h *h265) length(nal []byte) []byte { return nalLength(nal) }

// spliced makes a broken link (BLA) of a clean random access picture (CRA): so the standard tells decoders that
// what came before it is not what it was coded after.
func (h *h265) spliced(nal []byte) []byte {
	if h265Type(nal) != h265CRA {
		return nal
	}
	nal = slices.Clone(nal)
	nal[0] = nal[0]&0x81 | h265BLA<<1
	return nal
}
