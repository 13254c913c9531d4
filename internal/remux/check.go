package remux

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A Check looks at the packets of a video file that is sent as it is, one after the other in the order of decoding:
// whether FFmpeg's decoder gives a frame of each. What it cannot judge, interlaced fields say, it leaves.
type Check struct {
	codec   codec
	lengths int // bytes of the length before each NAL unit; 0: start codes, or AV1
	n       int // packets so far
	started bool
	done    bool // no packet is judged any more: one was at fault, or cannot be judged
	fault   *Fault
	gaps    Gaps
	leading int
	groups  []Group
	payload []byte // of the last packet, its lengths in four bytes
}

// A Fault is why a decoder does not give one frame for each packet of a file.
type Fault struct {
	Packet int // the first one that it shows in, from 0 in the order of decoding
	Text   string
	Broken bool // the decoder ends there with an error, and gives no frame behind it
}

// Gaps are losses that leave the number of frames what it is: the decoder gives frames of its own making.
type Gaps struct {
	Count int
	First int // the packet behind the first one
}

// A Group is where a group of pictures begins.
type Group struct {
	Packet int  // its key frame
	Closed bool // nothing behind the key frame needs what came before it
}

// NewCheck begins the check of a video. config is what its decoder is given before all packets: the body of an avcC, hvcC or av1C
// box; empty where it is given nothing, and NAL units stand behind start codes.
func NewCheck(c Codec, config []byte) *Check {
	k := &Check{codec: newCodec(c)}
	switch {
	case k.codec == nil:
		k.done = true
	case c == H264 && len(config) > 6 && config[0] == 1:
		k.lengths = int(config[4]&3) + 1
		if rest := k.sets(config[6:], int(config[5]&31)); len(rest) > 0 {
			k.sets(rest[1:], int(rest[0]))
		}
	case c == H265 && len(config) > 22 && config[0] == 1:
		k.lengths = int(config[21]&3) + 1
		rest := config[23:]
		for arrays := config[22]; arrays > 0 && len(rest) > 2; arrays-- {
			rest = k.sets(rest[3:], int(binary.BigEndian.Uint16(rest[1:])))
		}
	case c == AV1 && len(config) > 4:
		units, _ := k.codec.split(config[4:])
		for _, u := range units {
			k.codec.learn(u)
		}
	}
	return k
}

// sets learns n parameter sets, each behind its length, and gives what comes after them.
func (k *Check) sets(data []byte, n int) []byte {
	for ; n > 0 && len(data) > 2; n-- {
		size := min(int(binary.BigEndian.Uint16(data)), len(data)-2)
		if set := data[2:][:size]; size > 2 {
			k.codec.learn(unit{pieces: [][]byte{set}})
		}
		data = data[2+size:]
	}
	return data
}

// Faults are what the packets so far tell: a fault, or nil. leading is how many of the first frames need what came before the
// first one: the decoder drops them, unless the file hides them anyway.
func (k *Check) Faults() (fault *Fault, gaps Gaps, leading int) { return k.fault, k.gaps, k.leading }

// Groups are the groups of pictures; none where not every packet was judged.
func (k *Check) Groups() []Group {
	if k.done {
		return nil
	}
	return k.groups
}

// Add takes the next packet, of which nothing is kept. It reports whether the next one is of interest.
func (k *Check) Add(packet []byte) bool {
	if k.done {
		return false
	}
	payload, err := k.units(packet)
	var units []unit
	if err == nil {
		units, err = k.codec.split(payload)
	}
	if err != nil {
		k.fail("it is damaged: %v", err)
		k.fault.Broken = true
		return false
	}
	k.judge(units)
	k.n++
	return !k.done
}

// units is the packet as the codecs read it.
func (k *Check) units(packet []byte) ([]byte, error) {
	if k.lengths == 0 {
		return packet, nil
	}
	k.payload = k.payload[:0]
	for len(packet) > k.lengths {
		n := 0
		for _, b := range packet[:k.lengths] {
			n = n<<8 | int(b)
		}
		if packet = packet[k.lengths:]; n > len(packet) {
			return nil, fmt.Errorf("a NAL unit of %d bytes where %d are left", n, len(packet))
		}
		if n > 0 {
			k.payload = append(binary.BigEndian.AppendUint32(k.payload, uint32(n)), packet[:n]...)
		}
		packet = packet[n:]
	}
	return k.payload, nil
}

func (k *Check) fail(format string, args ...any) {
	k.done, k.fault = true, &Fault{Packet: k.n, Text: fmt.Sprintf(format, args...)}
}

// judge judges one packet: a decoder gives a frame for each that holds one picture to be shown.
func (k *Check) judge(units []unit) {
	shown, pictures := 0, 0
	for _, u := range units {
		k.codec.learn(u)
		if !u.picture {
			continue
		}
		pictures++
		hidden := k.picture(u)
		if k.done {
			return
		}
		if !hidden {
			shown++
		}
	}
	switch {
	case pictures == 0:
		k.fail("it holds no picture")
	case shown == 0:
		k.fail("its picture is never shown")
	case shown > 1:
		k.fail("it holds %d pictures", shown)
	}
}

// picture judges one picture by those before it; a hidden one is only for others to refer to.
func (k *Check) picture(u unit) (hidden bool) {
	if !u.begins {
		k.done = true // a part of a picture: what the decoder makes of that is not known
		return false
	}
	p, err := k.codec.look(u, !k.started)
	var unsupported *UnsupportedError
	switch {
	case err != nil && !errors.As(err, &unsupported) && len(k.codec.all()) == 0:
		k.fail("it is the first, and no key frame: it has no parameter sets")
	case err != nil: // what is not read here, the decoder may read
		k.done = true
	case !k.started && !p.key:
		k.fail("it is the first, and no key frame")
	case p.leading:
		k.leading++
	case p.repeated:
		k.fail("it has the number of a frame that came before: one of them is dropped, or packets are missing")
	case p.back:
		k.fail("packets are missing before it, so that the decoder takes it for an earlier one: its frame and those up to the next key frame are dropped")
	case p.lost && p.concealed:
		k.gap()
	case p.lost:
		k.fail("packets are missing before it: frames up to the next key frame are dropped, or end the import")
	}
	if k.done {
		return false
	}
	if p.key {
		k.groups = append(k.groups, Group{k.n, p.closed})
	}
	k.codec.accept()
	k.started = true
	return p.hidden
}

func (k *Check) gap() {
	if k.gaps.Count++; k.gaps.Count == 1 {
		k.gaps.First = k.n
	}
}
