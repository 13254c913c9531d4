package remux

type h264SPSet struct {
	frameBits     int
	pocType       int
	pocBits       int
	pocZero       bool // delta_pic_order_always_zero_flag
	nonRefOffset  int64
	bottomOffset  int64
	cycle         []int64
	gaps          bool // gaps_in_frame_num_value_allowed_flag
	framesOnly    bool
	planes        bool
	width, height int
	profile       [3]byte // profile, constraints, level
	chroma        int
	depth         [2]int // bits above 8
}

type h264PPSet struct {
	sps         int
	bottomOrder bool
}

func (h *h264) set(nal []byte) (setKey, bool) {
	switch t := h264Type(nal); t {
	case h264SPS:
		r := readNAL(nal, 4)
		return setKey{t, uint8(r.most(31))}, !r.short
	case h264PPS:
		r := readNAL(nal, 1)
		return setKey{t, uint8(r.most(255))}, !r.short
	}
	return setKey{}, false
}

func (h *h264) learn(u unit) {
	for _, nal := range u.pieces {
		h.learnSet(nal)
	}
}

// learnSet takes a parameter set; a broken one takes no other's place.
func (h *h264) learnSet(nal []byte) {
	key, ok := h.set(nal)
	if !ok || len(nal) > maxHeader || h.sets[key] == string(nal) {
		return
	}
	if key.kind == h264SPS {
		sps := parseH264SPS(nal)
		if sps == nil {
			return
		}
		h.sps[key.id] = sps
	} else {
		r := readNAL(nal, 1)
		r.ue()
		pps := &h264PPSet{sps: r.most(31)}
		r.bit() // entropy_coding_mode_flag
		pps.bottomOrder = r.flag()
		if r.short {
			return
		}
		h.pps[key.id] = pps
	}
	h.sets[key] = string(nal)
}

func parseH264SPS(nal []byte) *h264SPSet {
	r := readNAL(nal, 1)
	s := &h264SPSet{profile: [3]byte{byte(r.bits(8)), byte(r.bits(8)), byte(r.bits(8))}, chroma: 1}
	r.ue() // its number
	switch s.profile[0] {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		s.chroma = r.most(3)
		if s.chroma == 3 {
			s.planes = r.flag()
		}
		s.depth = [2]int{r.most(6), r.most(6)}
		r.bit()
		if r.flag() {
			skipScalingLists(r, s.chroma)
		}
	}
	s.frameBits = r.most(12) + 4
	switch s.pocType = r.most(2); s.pocType {
	case 0:
		s.pocBits = r.most(12) + 4
	case 1:
		s.pocZero, s.nonRefOffset, s.bottomOffset = r.flag(), r.se(), r.se()
		for range r.most(255) {
			s.cycle = append(s.cycle, r.se())
		}
	}
	r.ue()
	s.gaps = r.flag()
	s.width, s.height = 16*(r.most(1<<14)+1), 16*(r.most(1<<14)+1)
	if s.framesOnly = r.flag(); !s.framesOnly {
		s.height *= 2
		r.bit()
	}
	r.bit()
	if r.flag() {
		x, y := cropUnits(s.chroma)
		if !s.framesOnly {
			y *= 2
		}
		s.width -= x * (r.most(1<<14) + r.most(1<<14))
		s.height -= y * (r.most(1<<14) + r.most(1<<14))
	}
	if r.short || s.width <= 0 || s.height <= 0 {
		return nil
	}
	return s
}

func skipScalingLists(r *bitReader, chroma int) {
	lists := 8
	if chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !r.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int64(8), int64(8)
		for range size {
			if next != 0 {
				next = (last + r.se() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}
