package remux

import (
	"cmp"
	"slices"
)

type h265SPSet struct {
	tier          [12]byte // profile, tier and level, as they stand
	chroma        int
	planes        bool
	width, height int
	depth         [2]int // bits above 8
	pocBits       int
	reorder       int // pictures that may wait to be shown while later ones are decoded
	rps           []h265RPS
	longTerm      bool
}

type h265PPSet struct {
	sps       int
	output    bool
	extraBits int
}

// An h265RPS is a reference picture set: which pictures stay, relative to the one that says so.
type h265RPS []h265Reference

type h265Reference struct {
	delta int64
	used  bool // by this picture
}

// place is the reference's in its set: those before the picture first, the nearest first on each side.
func (ref h265Reference) place() int64 {
	if ref.delta < 0 {
		return -ref.delta
	}
	return ref.delta + 1<<32
}

func (h *h265) set(nal []byte) (setKey, bool) {
	r := readNAL(nal, 2)
	switch t := h265Type(nal); t {
	case h265VPS:
		return setKey{t, uint8(r.bits(4))}, !r.short
	case h265SPS:
		layers := int(r.bits(7) & 7)
		r.bit()
		skipH265Tier(r, layers)
		return setKey{t, uint8(r.most(15))}, !r.short
	case h265PPS:
		return setKey{t, uint8(r.most(63))}, !r.short
	}
	return setKey{}, false
}

func (h *h265) learn(u unit) {
	for _, nal := range u.pieces {
		h.learnSet(nal)
	}
	if !u.picture && u.ends {
		h.ended = true
	}
}

// learnSet takes a parameter set; a broken one takes no other's place.
func (h *h265) learnSet(nal []byte) {
	key, ok := h.set(nal)
	if !ok || len(nal) > maxHeader || h.sets[key] == string(nal) {
		return
	}
	switch key.kind {
	case h265SPS:
		sps := parseH265SPS(nal)
		if sps == nil {
			return
		}
		h.sps[key.id] = sps
	case h265PPS:
		r := readNAL(nal, 2)
		r.ue()
		pps := &h265PPSet{sps: r.most(15)}
		r.bit() // dependent_slice_segments_enabled_flag
		pps.output, pps.extraBits = r.flag(), int(r.bits(3))
		if r.short {
			return
		}
		h.pps[key.id] = pps
	}
	h.sets[key] = string(nal)
}

// skipH265Tier reads past profile_tier_level, and gives its general part.
func skipH265Tier(r *bitReader, subLayers int) (tier [12]byte) {
	for i := range tier {
		tier[i] = byte(r.bits(8))
	}
	var profile, level [8]bool
	for i := range subLayers {
		profile[i], level[i] = r.flag(), r.flag()
	}
	if subLayers > 0 {
		r.skip(2 * (8 - subLayers))
	}
	for i := range subLayers {
		if profile[i] {
			r.skip(88)
		}
		if level[i] {
			r.skip(8)
		}
	}
	return tier
}

func parseH265SPS(nal []byte) *h265SPSet {
	r := readNAL(nal, 2)
	layers := int(r.bits(7) & 7)
	r.bit()
	s := &h265SPSet{tier: skipH265Tier(r, layers)}
	r.ue() // its number
	if s.chroma = r.most(3); s.chroma == 3 {
		s.planes = r.flag()
	}
	s.width, s.height = r.most(1<<16), r.most(1<<16)
	if r.flag() {
		x, y := cropUnits(s.chroma)
		s.width -= x * (r.most(1<<16) + r.most(1<<16))
		s.height -= y * (r.most(1<<16) + r.most(1<<16))
	}
	s.depth = [2]int{r.most(8), r.most(8)}
	s.pocBits = r.most(12) + 4
	from := layers
	if r.flag() {
		from = 0
	}
	for range layers + 1 - from {
		r.ue()
		s.reorder = r.most(16)
		r.ue()
	}
	for range 6 {
		r.ue()
	}
	if r.flag() { // scaling_list_enabled_flag, and then sps_scaling_list_data_present_flag
		if r.flag() {
			skipH265ScalingLists(r)
		}
	}
	r.bits(2)
	if r.flag() {
		r.bits(8)
		r.ue()
		r.ue()
		r.bit()
	}
	n := r.most(64)
	for i := range n {
		s.rps = append(s.rps, readRPS(r, s.rps, i, n))
	}
	s.longTerm = r.flag()
	if r.short || s.width <= 0 || s.height <= 0 {
		return nil
	}
	return s
}

func skipH265ScalingLists(r *bitReader) {
	for size := range 4 {
		step := 1
		if size == 3 {
			step = 3
		}
		for matrix := 0; matrix < 6; matrix += step {
			if !r.flag() {
				r.ue()
				continue
			}
			if size > 1 {
				r.se()
			}
			for range min(64, 1<<(4+size<<1)) {
				r.se()
			}
		}
	}
}

// maxReferences is how many pictures a set may name: a decoder keeps at most 16.
const maxReferences = 16

// readRPS reads st_ref_pic_set number i, of n in the SPS (7.3.7, 7.4.8); the one of a slice has the number n.
func readRPS(r *bitReader, before []h265RPS, i, n int) h265RPS {
	if i > 0 && r.flag() {
		back := 1
		if i == n {
			back += r.most(uint32(i - 1))
		}
		sign := r.bit()
		delta := (1 - 2*int64(sign)) * int64(r.most(1<<15)+1)
		return predictRPS(r, before[i-back], delta)
	}
	negative, positive := r.most(maxReferences), r.most(maxReferences)
	var list h265RPS
	at := int64(0)
	for range negative {
		at -= int64(r.most(1<<15)) + 1
		list = append(list, h265Reference{at, r.flag()})
	}
	at = 0
	for range positive {
		at += int64(r.most(1<<15)) + 1
		list = append(list, h265Reference{at, r.flag()})
	}
	return list
}

// predictRPS reads a set as its difference to another one. The order within a set, nearest first on each side, is
// what the flags count by.
func predictRPS(r *bitReader, from h265RPS, delta int64) h265RPS {
	used, kept := make([]bool, len(from)+1), make([]bool, len(from)+1)
	for j := range used {
		used[j], kept[j] = r.flag(), true
		if !used[j] {
			kept[j] = r.flag()
		}
	}
	var list h265RPS
	add := func(j int, at int64) {
		if kept[j] && at != 0 {
			list = append(list, h265Reference{at, used[j]})
		}
	}
	for j, ref := range from {
		add(j, ref.delta+delta)
	}
	add(len(from), delta)
	slices.SortStableFunc(list, func(a, b h265Reference) int { return cmp.Compare(a.place(), b.place()) })
	if len(list) > maxReferences {
		r.short = true
	}
	return list
}
