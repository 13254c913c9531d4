package video

// maxFirst is how many samples are looked into: those that depend on what came before a first key
// frame follow it at once.
const maxFirst = 32

// unitLengths is how long the lengths of the units are in a codec's packets, by what a decoder is given first; 0: it has none.
func unitLengths(codec string, config []byte) int {
	switch {
	case codec == "h264" && len(config) > 4:
		return int(config[4]&3) + 1
	case codec == "h265" && len(config) > 21:
		return int(config[21]&3) + 1
	}
	return 0
}

// markedKey is why a file is refused whose first frame is not what its table says.
const markedKey = "its first frame is marked as a key frame, and is none: CVAT's decoder drops frames until one comes, and all later frames get other numbers"

// dropsLeading is why a file is refused of which pictures need what came before its first one.
const dropsLeading = "it begins in the midst of a stream (open GOP): CVAT's decoder drops frames after its first key frame, which need others that are not there, and all later frames get other numbers"

// checkFirst looks into the first few samples of H.264 and H.265, and the first of VP8 and VP9: whether the first is what the
// table says, a picture that needs no other, and whether any after it needs pictures that the file lacks. What is shown before the time
// from, an edit list hides.
func (t *track) checkFirst(in *input, from int64) error {
	if len(t.places) > 0 && (t.codec == "vp8" || t.codec == "vp9") {
		b, err := in.head(max(t.places[0].At, 0), 1)
		if err == nil && len(b) == 1 && !keyOfVP(t.codec, b[0]) {
			err = uncountable("%s", markedKey)
		}
		return err
	}
	if t.lengths == 0 || t.codec != "h264" && t.codec != "h265" {
		return nil
	}
	for i, p := range t.places[:min(maxFirst, len(t.places))] {
		kinds, err := t.unitsOf(in, p)
		if err != nil {
			return err
		}
		switch decided, why := judgeUnits(t.codec, i, kinds); {
		case why == dropsLeading && i < len(t.times) && t.times[i] < from:
		case why != "":
			return uncountable("%s", why)
		case decided:
			return nil
		}
	}
	return nil
}

// The kinds of NAL units that matter (H.264 table 7-1, H.265 table 7-1).
const (
	avcSlice, avcIDR, avcSEI                     = 1, 5, 6
	hevcRASLN, hevcRASLR, hevcBLA, hevcCRA       = 8, 9, 16, 21
	hevcIDRW, hevcIDRN, hevcSlices, hevcLastIRAP = 19, 20, 32, 23
)

// judgeUnits judges the units of sample i, in the order in which samples lie. decided: what follows
// needs no look.
func judgeUnits(codec string, i int, kinds []byte) (decided bool, why string) {
	for _, kind := range kinds {
		if codec == "h264" {
			switch kind {
			case avcIDR, avcSEI: // a recovery point, if it is no IDR picture: the decoder begins there, too
				return true, ""
			case avcSlice:
				return true, markedKey
			}
			continue
		}
		if kind >= hevcSlices {
			continue // parameter sets and the like
		}
		key := kind >= hevcBLA && kind <= hevcLastIRAP
		switch {
		case i == 0 && !key:
			return true, markedKey
		case i == 0:
			return kind == hevcIDRW || kind == hevcIDRN, ""
		case kind == hevcRASLN || kind == hevcRASLR:
			return true, dropsLeading
		}
		return key || kind < 6, "" // a trailing picture ends those that lead
	}
	return false, ""
}

// keyOfVP reports whether a frame of VP8 or VP9 that begins with this byte is a key frame (RFC 6386, 9.1; VP9 bitstream
// specification, 6.2: behind the profile, and a bit more in the last one, show_existing_frame and frame_type).
func keyOfVP(codec string, b byte) bool {
	if codec == "vp8" {
		return b&1 == 0
	}
	if b&0x30 == 0x30 {
		b <<= 1
	}
	return b&0x0c == 0
}

// unitsOf gives the kinds of the units of a sample.
func (t *track) unitsOf(in *input, p Packet) (kinds []byte, err error) {
	const most = 64
	for at, end := p.At, p.At+int64(p.Size); at+int64(t.lengths) < end && len(kinds) < most; {
		if at < 0 || at >= in.size {
			return nil, damaged("cut short: its first frames lie beyond its end")
		}
		b, err := in.head(at, t.lengths+1)
		if err != nil {
			return nil, err
		}
		if len(b) <= t.lengths {
			return nil, damaged("cut short: its first frames lie beyond its end")
		}
		length := int64(0)
		for _, c := range b[:t.lengths] {
			length = length<<8 | int64(c)
		}
		kinds = append(kinds, kindOf(t.codec, b[t.lengths]))
		at += int64(t.lengths) + max(length, 1)
	}
	return kinds, nil
}

func kindOf(codec string, b byte) byte {
	if codec == "h264" {
		return b & 31
	}
	return b >> 1 & 63
}
