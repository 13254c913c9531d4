// Package remux puts the packets of a video topic, as the messages of a recording carry them, into one MP4 file,
// without decoding or encoding anything: H.264, H.265 and AV1.
//
// A [Scanner] is given the payload of each message once, in the recording's order, and gives a [Movie]: a file of a
// known size, of which any range is made when it is asked for, and which message each frame of it
// shows. Frames are numbered as a decoder gives them out, which is how CVAT numbers them: in the order of
// presentation, also where the packets come in another order (B-frames).
//
// # What is shown
//
// CVAT fails the import of a video for one packet that cannot be decoded, and where a packet is missing, what it
// shows of the frames behind it is not what the camera saw. So the packets that are left out are those before the first
// key frame, those from a lost packet to the next key frame, pictures that come twice, messages that hold no
// picture, damaged ones, and all pictures of another size than the first has: [Movie.Left] counts them. Lost packets
// are found by what the packets themselves tell: by frame_num in H.264, by the pictures that a picture refers to in H.265,
// by order_hint in AV1, which grows by one from frame to frame. What lies behind the headers is not decoded, so
// damage in there is not found.
//
// Interlaced fields, AV1's spatial layers and its length-delimited format are errors.
//
// # The same bytes
//
// The file depends on the payloads and their order alone: no stamps are in it, each frame lasts as long as
// all others. Where the first key frame comes again without parameter sets, or with others, these come before
// it, once for each change. A message that is not what it was ends reading with a [*ChangedError].
//
// # Files
//
// A video file is sent as it is. A [Check] is given its packets, and finds those that are missing by the same rules; what
// FFmpeg's decoder makes of the rest decides whether that is a fault.
//
// # Bad input
//
// All lengths are checked against the bytes that are there. Memory is some 50 bytes a picture, and that of one message.
package remux

import (
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Codec is a coding of video.
type Codec string

// The codecs that are read.
const (
	H264 Codec = "h264"
	H265 Codec = "h265"
	AV1  Codec = "av1"
)

// CodecOf tells the codec by the format that a message names; false is not known. foxglove.CompressedVideo
// writes h264, h265 and av1; others write hevc, the name of an encoder, as in "hevc_nvenc", or more words, as in "h264; bgr8".
func CodecOf(format string) (Codec, bool) {
	first, _, _ := strings.Cut(strings.ToLower(format), ";")
	first, _, _ = strings.Cut(strings.NewReplacer(".", "", "-", "", "video/", "").Replace(strings.TrimSpace(first)), "_")
	switch first {
	case "h264", "avc", "avc1", "x264", "libx264", "libopenh264":
		return H264, true
	case "h265", "hevc", "hev1", "hvc1", "x265", "libx265":
		return H265, true
	case "av1", "av01", "libaomav1", "libsvtav1":
		return AV1, true
	}
	return "", false
}

// A Reason is why packets are left out, in words that follow "3 packets".
type Reason string

// Why packets are left out.
const (
	BeforeKey Reason = "before the first key frame"
	AfterLoss Reason = "between lost packets and the next key frame"
	Damaged   Reason = "damaged"
	OtherSize Reason = "of another size"
	Repeated  Reason = "recorded twice"
	Empty     Reason = "without a picture"
)

// Left counts what is left out for one reason.
type Left struct {
	Reason Reason
	Count  int    // pictures; of Empty: messages
	First  int    // the first message that it happened in
	Why    string // of that one; may be empty
}

// String is what is left out as a sentence has it: "7 packets before the first key frame".
func (l Left) String() string {
	said := wording.Count(l.Count, "packet", "packets")
	if l.Reason == Empty {
		said = wording.Count(l.Count, "message", "messages")
	}
	said += " " + string(l.Reason)
	if l.Why != "" {
		said += " (" + l.Why + ")"
	}
	return said
}

// A sample is one picture in the file, in the order of decoding.
type sample struct {
	message int32
	part    int32 // of the message's access units
	prefix  int32 // of Scanner.prefixes: parameter sets that come before it; -1: none
	size    uint32
	crc     uint32
	order   int32 // of presentation, within the sequence
	seq     int32 // pictures of a later sequence are shown later
	flags   flags
}

type flags uint8

const (
	keyFrame flags = 1 << iota
	hidden         // decoded, never shown
	spliced        // decoding starts again here, though the picture itself does not say so
	borrowed       // it only shows a picture that was decoded before
)

// errNoStartCode is a message that is no stream of NAL units.
var errNoStartCode = errors.New("no start code, 00 00 01, at its begin, nor lengths of NAL units that add up")

// An UnsupportedError is a video that cannot be remuxed, and why.
type UnsupportedError struct {
	Message int // in which it shows
	Text    string
}

func (e *UnsupportedError) Error() string { return e.Text }

// A Scanner looks at the messages of one video once.
type Scanner struct {
	name     Codec
	codec    codec
	samples  []sample
	prefixes [][]byte
	held     int // bytes of prefixes
	entry    entry
	left     map[Reason]*Left
	waiting  Reason // for a key frame, and why; "": for none
	seq      int32
	written  sets // what a decoder has of parameter sets
	failed   error
	lastOwn  int        // the message that the last sample is of
	recent   [64]uint32 // the sums of the last units
}

// NewScanner begins a video.
func NewScanner(c Codec) *Scanner {
	s := &Scanner{name: c, left: make(map[Reason]*Left), waiting: BeforeKey, written: make(sets), lastOwn: -1}
	if s.codec = newCodec(c); s.codec == nil {
		s.failed = &UnsupportedError{Text: fmt.Sprintf("codec %q is not read", string(c))}
		s.codec = newCodec(AV1)
	}
	return s
}

// newCodec is nil where a codec is not read.
func newCodec(c Codec) codec {
	switch c {
	case H264:
		return &h264{sets: make(sets)}
	case H265:
		return &h265{sets: make(sets)}
	case AV1:
		return &av1Stream{sets: make(sets)}
	}
	return nil
}

// Add takes a message's payload; the messages come in the order in which they were recorded, under numbers that rise. The
// payload is not kept.
func (s *Scanner) Add(message int, payload []byte) {
	if s.failed != nil {
		return
	}
	if len(payload) == 0 {
		s.leave(Empty, message, nil)
		return
	}
	units, err := s.codec.split(payload)
	if err != nil {
		s.Damage(message, err)
		return
	}
	pictures := 0
	for part, u := range units {
		s.codec.learn(u)
		if !u.picture {
			continue
		}
		pictures++
		s.add(message, part, u)
	}
	if pictures == 0 {
		s.leave(Empty, message, nil)
	}
}

// Damage says that a message cannot be read: the pictures from there to the next key frame are left out.
func (s *Scanner) Damage(message int, err error) {
	s.leave(Damaged, message, err)
	s.lose(AfterLoss)
}

// lose waits for the next key frame, for the reason that comes first. What only showed a picture that was decoded before may be
// from behind the loss, when that picture was another one.
func (s *Scanner) lose(why Reason) {
	if s.waiting != "" {
		return
	}
	s.waiting = why
	for n := len(s.samples) - 1; n >= 0 && s.samples[n].flags&borrowed != 0; n-- {
		s.leave(why, int(s.samples[n].message), nil)
		s.samples = s.samples[:n]
	}
}

func (s *Scanner) leave(why Reason, message int, err error) {
	l := s.left[why]
	if l == nil {
		l = &Left{Reason: why, First: message}
		if err != nil {
			l.Why = err.Error()
		}
		s.left[why] = l
	}
	l.Count++
}

// add judges one access unit.
func (s *Scanner) add(message, part int, u unit) {
	if !u.begins {
		s.continued(message)
		return
	}
	p, err := s.codec.look(u, s.waiting != "")
	switch {
	case s.fail(message, err):
	case err != nil && s.waiting != "":
		s.leave(s.waiting, message, err)
	case err != nil:
		s.leave(Damaged, message, err)
		s.lose(AfterLoss)
	case (p.repeated || p.lost && !p.borrowed) && slices.Contains(s.recent[:], sumOf(u)):
		s.leave(Repeated, message, nil)
	case s.waiting == "" && (p.lost || p.repeated):
		s.lose(AfterLoss)
		s.leave(AfterLoss, message, nil)
	case s.waiting != "" && !p.key:
		s.leave(s.waiting, message, nil)
	case p.leading:
		s.codec.accept()
		s.leave(s.afterStart(), message, nil)
	case len(s.samples) > 0 && (p.width != s.entry.width || p.height != s.entry.height):
		s.leave(OtherSize, message, fmt.Errorf("%dx%d, not %dx%d", p.width, p.height, s.entry.width, s.entry.height))
		s.waiting = OtherSize
	default:
		s.keep(message, part, u, p)
	}
}

// fail ends the scan where the error says that the video cannot be remuxed.
func (s *Scanner) fail(message int, err error) bool {
	var unsupported *UnsupportedError
	if !errors.As(err, &unsupported) {
		return false
	}
	unsupported.Message, s.failed = message, err
	return true
}

// afterStart is why pictures are left out that belong before the key frame at which decoding started.
func (s *Scanner) afterStart() Reason {
	if s.left[AfterLoss] == nil {
		return BeforeKey
	}
	return AfterLoss
}

// continued is a message that begins within a picture: the one before it is not whole.
func (s *Scanner) continued(message int) {
	err := errors.New("a message holds a part of a frame")
	s.leave(Damaged, message, err)
	if s.waiting == "" && s.lastOwn >= 0 && s.lastOwn < message {
		s.failed = &UnsupportedError{Message: message, Text: "it begins within a frame; one frame a message is read"}
	}
	s.lose(AfterLoss)
}

// keep takes a picture into the file.
func (s *Scanner) keep(message, part int, u unit, p picture) {
	if len(s.samples) == 0 {
		var err error
		if s.entry, err = s.codec.entry(p); err != nil {
			s.fail(message, err)
			return
		}
		for k, set := range s.codec.all() {
			s.written[k] = set
		}
	}
	if p.starts {
		s.seq++
	}
	one := sample{message: int32(message), part: int32(part), prefix: -1, order: p.order, seq: s.seq, flags: flagsOf(p)}
	if prefix := s.missing(u); len(prefix) > 0 {
		one.prefix = int32(len(s.prefixes))
		s.prefixes = append(s.prefixes, prefix)
		if s.held += len(prefix); s.held > maxPrefixes {
			s.failed = &UnsupportedError{Message: message, Text: "its parameter sets change all the time"}
			return
		}
	}
	if len(s.samples) == maxSamples {
		s.failed = &UnsupportedError{Message: message, Text: "more frames than a file of MP4 can hold"}
		return
	}
	for _, piece := range s.bytes(one, u) {
		if one.size += uint32(len(piece)); int64(one.size) > maxSample {
			s.failed = &UnsupportedError{Message: message, Text: "a frame of more than 1 GiB"}
			return
		}
		one.crc = crc32.Update(one.crc, crc32.IEEETable, piece)
	}
	s.samples = append(s.samples, one)
	s.codec.accept()
	s.waiting, s.lastOwn, s.recent[(len(s.samples)-1)%len(s.recent)] = "", message, sumOf(u)
}

func flagsOf(p picture) (all flags) {
	if p.key {
		all |= keyFrame
	}
	if p.hidden {
		all |= hidden
	}
	if p.splice {
		all |= spliced
	}
	if p.borrowed {
		all |= borrowed
	}
	return all
}

// sumOf tells units apart.
func sumOf(u unit) (crc uint32) {
	for _, piece := range u.pieces {
		crc = crc32.Update(crc, crc32.IEEETable, piece)
	}
	return crc
}

const (
	maxPrefixes = 1 << 20 // bytes of parameter sets that stand in no message of their frame
	maxSample   = 1 << 30
	maxSamples  = 1<<31 - 2
)

// missing gives the parameter sets that a decoder does not have as the stream has them by now, and notes
// those that the unit brings itself.
func (s *Scanner) missing(u unit) []byte {
	for _, piece := range u.pieces {
		if key, ok := s.codec.set(piece); ok {
			s.written[key] = string(piece)
		}
	}
	var out []byte
	for _, key := range s.codec.all().keys() {
		if set := s.codec.all()[key]; s.written[key] != set {
			s.written[key] = set
			out = append(append(out, s.codec.length([]byte(set))...), set...)
		}
	}
	return out
}

// bytes are what the file holds of a unit.
func (s *Scanner) bytes(one sample, u unit) [][]byte {
	var out [][]byte
	if one.prefix >= 0 {
		out = append(out, s.prefixes[one.prefix])
	}
	for _, piece := range u.pieces {
		if one.flags&spliced != 0 {
			piece = s.codec.spliced(piece)
		}
		out = append(out, s.codec.length(piece), piece)
	}
	return out
}
