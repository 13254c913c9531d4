package remux

import (
	"errors"
	"fmt"
)

// Types of AV1's OBUs (AV1 bitstream specification, 6.2.2).
const (
	obuSequence  = 1
	obuDelimiter = 2
	obuHeader    = 3
	obuTileGroup = 4
	obuMetadata  = 5
	obuFrame     = 6
)

// av1 reads the headers of an AV1 stream.
type av1Stream struct {
	sets        sets
	sequence    *av1Sequence
	state, next av1State
}

// av1State is what a decoder knows of the pictures that it was given.
type av1State struct {
	frames int32     // shown
	hints  [8]uint32 // order hints of the pictures that it keeps
	last   uint32    // of the picture that was shown last
	known  bool      // last is
}

// An obu is one packet of AV1, whole.
type obu struct {
	kind    byte
	layer   byte // the spatial one
	header  int  // bytes of it, the length included
	payload []byte
}

// readOBU reads the packet at the begin of the data; its length is that of the header and the payload.
func readOBU(data []byte) (o obu, length int, err error) {
	if len(data) == 0 || data[0]&0x80 != 0 {
		return o, 0, errors.New("not AV1 in the low-overhead format: a forbidden bit is set")
	}
	o.kind, o.header = data[0]>>3&15, 1
	if data[0]&4 != 0 {
		if len(data) < 2 {
			return o, 0, errors.New("an OBU that ends too early")
		}
		o.layer, o.header = data[1]>>3&3, 2
	}
	size := uint64(len(data) - o.header)
	if data[0]&2 != 0 {
		var n int
		if size, n = leb128(data[o.header:]); n == 0 {
			return o, 0, errors.New("an OBU without its length")
		}
		o.header += n
	}
	if size > uint64(len(data)-o.header) {
		return o, 0, fmt.Errorf("an OBU of %d bytes where %d are left", size, len(data)-o.header)
	}
	o.payload = data[o.header : o.header+int(size)]
	return o, o.header + int(size), nil
}

// leb128 reads a number in at most 8 bytes; n is how many, 0 if it does not end.
func leb128(data []byte) (v uint64, n int) {
	for i := range min(8, len(data)) {
		v |= uint64(data[i]&127) << (7 * i)
		if data[i]&128 == 0 {
			return v, i + 1
		}
	}
	return 0, 0
}

func (a *av1Stream) split(payload []byte) ([]unit, error) {
	var units []unit
	now := unit{begins: true}
	for len(payload) > 0 {
		o, n, err := readOBU(payload)
		if err != nil {
			return nil, err
		}
		piece := payload[:n]
		payload = payload[n:]
		switch o.kind {
		case obuDelimiter:
			if len(now.pieces) > 0 {
				units, now = append(units, now), unit{begins: true}
			}
			continue
		case obuSequence, obuMetadata:
		case obuHeader, obuFrame, obuTileGroup:
			now.picture = true
		default: // padding, redundant headers, tile lists, what is reserved
			continue
		}
		now.pieces = append(now.pieces, piece)
	}
	return append(units, now), nil
}

func (a *av1Stream) set(piece []byte) (setKey, bool) {
	return setKey{kind: obuSequence}, piece[0]>>3&15 == obuSequence
}

func (a *av1Stream) learn(u unit) {
	for _, piece := range u.pieces {
		key, ok := a.set(piece)
		if !ok || len(piece) > maxHeader || a.sets[key] == string(piece) {
			continue
		}
		o, _, _ := readOBU(piece)
		if s := parseAV1Sequence(o.payload); s != nil && piece[0]&2 != 0 {
			a.sequence, a.sets[key] = s, string(piece)
		}
	}
}

func (a *av1Stream) look(u unit, starting bool) (picture, error) {
	if a.sequence == nil {
		return picture{}, errors.New("no sequence header came before it")
	}
	a.next = a.state
	p := picture{width: a.sequence.width, height: a.sequence.height, hidden: true, order: a.state.frames}
	for _, piece := range u.pieces {
		o, _, _ := readOBU(piece)
		if o.kind != obuHeader && o.kind != obuFrame {
			continue
		}
		if o.layer > 0 {
			return p, &UnsupportedError{Text: "spatial layers are not read"}
		}
		f, short := a.sequence.frame(o.payload)
		if short {
			return p, errors.New("a frame header that ends too early")
		}
		if f.shown && !p.hidden {
			return p, errors.New("two frames in one temporal unit")
		}
		p.key = p.key || f.key
		p.closed = p.key
		lost, repeated := a.next.decoded(f, a.sequence.hintBits)
		p.lost, p.repeated = p.lost || lost && !starting, p.repeated || repeated && !starting
		if f.shown {
			p.hidden, p.borrowed = false, f.existing
			a.next.frames++
		}
	}
	return p, nil
}

// decoded notes what a decoder remembers of a frame, and tells whether frames are missing before it, or it is the
// last one again: from one shown frame to the next, order_hint grows by one.
func (s *av1State) decoded(f av1Frame, hintBits int) (lost, repeated bool) {
	if f.existing {
		f.hint = s.hints[f.slot]
	}
	if f.key {
		s.known = false
	}
	if f.shown && hintBits > 0 {
		step := (f.hint - s.last) & (1<<hintBits - 1)
		lost, repeated = s.known && step != 1, s.known && step == 0 && !f.existing
		s.last, s.known = f.hint, f.whole || f.existing
	}
	for i := range s.hints {
		if f.refresh>>i&1 == 1 {
			s.hints[i] = f.hint
		}
	}
	return lost, repeated
}

func (a *av1Stream) accept()                     { a.state = a.next }
func (a *av1Stream) all() sets                   { return a.sets }
func (a *av1Stream) length([]byte) []byte        { return nil }
func (a *av1Stream) spliced(piece []byte) []byte { return piece }
