package remux

type av1Sequence struct {
	profile, level, tier byte
	reduced              bool
	width, height        int
	frameIDs             [2]int // bits of the difference and of the whole; 0: there are none
	hintBits             int
	screenTools          uint32 // 2: each frame says
	integerMV            uint32 // 2: each frame says
	decoderModel         bool
	equalInterval        bool
	intervalBits         int
	color                av1Color
}

type av1Color struct {
	high, twelve, mono, subX, subY bool
	position                       byte
}

// parseAV1Sequence reads a sequence header (5.5); nil is a broken one.
func parseAV1Sequence(data []byte) *av1Sequence {
	r := &bitReader{data: data}
	s := &av1Sequence{profile: byte(r.bits(3)), screenTools: 2, integerMV: 2}
	r.bit() // still_picture
	if s.reduced = r.flag(); s.reduced {
		s.level = byte(r.bits(5))
	} else {
		s.operatingPoints(r)
	}
	wide, high := int(r.bits(4))+1, int(r.bits(4))+1
	s.width, s.height = int(r.bits(wide))+1, int(r.bits(high))+1
	if !s.reduced && r.flag() {
		difference := int(r.bits(4)) + 2
		s.frameIDs = [2]int{difference, int(r.bits(3)) + difference + 1}
	}
	r.bits(3) // superblocks, filters
	if !s.reduced {
		s.tools(r)
	}
	r.bits(3) // super resolution, two filters
	s.color.read(r, s.profile)
	if r.short {
		return nil
	}
	return s
}

// operatingPoints reads the header from timing information to operating points.
func (s *av1Sequence) operatingPoints(r *bitReader) {
	delayBits := 0
	if r.flag() {
		r.bits(32)
		r.bits(32)
		if s.equalInterval = r.flag(); s.equalInterval {
			r.ue()
		}
		if s.decoderModel = r.flag(); s.decoderModel {
			delayBits = int(r.bits(5)) + 1
			r.bits(32)
			r.bits(5)
			s.intervalBits = int(r.bits(5)) + 1
		}
	}
	display := r.flag()
	for i := range int(r.bits(5)) + 1 {
		r.bits(12)
		level, tier := byte(r.bits(5)), byte(0)
		if level > 7 {
			tier = byte(r.bit())
		}
		if i == 0 {
			s.level, s.tier = level, tier
		}
		if s.decoderModel && r.flag() {
			r.skip(2*delayBits + 1)
		}
		if display && r.flag() {
			r.bits(4)
		}
	}
}

// tools reads the header from the prediction's tools to order hints.
func (s *av1Sequence) tools(r *bitReader) {
	r.bits(4)
	hints := r.flag()
	if hints {
		r.bits(2)
	}
	if !r.flag() {
		s.screenTools = r.bit()
	}
	if s.screenTools > 0 && !r.flag() {
		s.integerMV = r.bit()
	}
	if hints {
		s.hintBits = int(r.bits(3)) + 1
	}
}

// read reads color_config (5.5.2).
func (c *av1Color) read(r *bitReader, profile byte) {
	c.high = r.flag()
	if profile == 2 && c.high {
		c.twelve = r.flag()
	}
	if profile != 1 {
		c.mono = r.flag()
	}
	primaries, transfer, matrix := uint32(2), uint32(2), uint32(2)
	if r.flag() {
		primaries, transfer, matrix = r.bits(8), r.bits(8), r.bits(8)
	}
	const bt709, srgb, identity = 1, 13, 0
	switch {
	case c.mono:
		r.bit()
		c.subX, c.subY = true, true
		return
	case primaries == bt709 && transfer == srgb && matrix == identity:
		return
	}
	r.bit()
	switch {
	case profile == 0:
		c.subX, c.subY = true, true
	case profile == 2 && c.twelve:
		if c.subX = r.flag(); c.subX {
			c.subY = r.flag()
		}
	case profile == 2:
		c.subX = true
	}
	if c.subX && c.subY {
		c.position = byte(r.bits(2))
	}
}

// An av1Frame is a frame's header, as far as it is read.
type av1Frame struct {
	existing bool // one that was decoded before is shown
	slot     int  // which
	key      bool
	shown    bool
	hint     uint32
	refresh  uint32 // slots that keep it
	whole    bool   // refresh could be read
}

// frame reads the begin of uncompressed_header (5.9.2).
func (s *av1Sequence) frame(payload []byte) (f av1Frame, short bool) {
	r := &bitReader{data: payload[:min(64, len(payload))]}
	if s.reduced {
		return av1Frame{key: true, shown: true, refresh: 255, whole: true}, false
	}
	const keyFrame, switchFrame, intraOnly = 0, 3, 2
	if f.existing = r.flag(); f.existing {
		f.slot, f.shown = int(r.bits(3)), true
		return f, r.short
	}
	kind := r.bits(2)
	f.shown = r.flag()
	f.key = kind == keyFrame && f.shown
	if f.shown && s.decoderModel && !s.equalInterval {
		r.skip(s.intervalBits)
	}
	if !f.shown {
		r.bit()
	}
	resilient := kind == switchFrame || f.key || r.flag()
	r.bit()
	screen := s.screenTools
	if screen == 2 {
		screen = r.bit()
	}
	if screen > 0 && s.integerMV == 2 {
		r.bit()
	}
	r.skip(s.frameIDs[1])
	if kind != switchFrame {
		r.bit()
	}
	f.hint = r.bits(s.hintBits)
	if kind != keyFrame && kind != intraOnly && !resilient {
		r.bits(3)
	}
	if s.decoderModel { // what comes next is about operating points: too much for what it tells
		return f, r.short
	}
	f.refresh, f.whole = 255, true
	if kind != switchFrame && !f.key {
		f.refresh = r.bits(8)
	}
	return f, r.short
}
