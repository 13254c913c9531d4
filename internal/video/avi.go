package video

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strings"
)

// aviCodecs are the codecs by the code of a stream's format, in capitals.
var aviCodecs = map[string]string{
	"H264": "h264", "X264": "h264", "AVC1": "h264", "HEVC": "h265", "H265": "h265", "AV01": "av1", "VP80": "vp8", "VP90": "vp9",
	"MJPG": "mjpeg", "FMP4": "mpeg4", "MP4V": "mpeg4", "XVID": "mpeg4", "DIVX": "mpeg4", "DX50": "mpeg4",
	"MPNG": "png", "PNG1": "png", "FFV1": "ffv1", "HFYU": "huffyuv", "FFVH": "huffyuv",
	"\x00\x00\x00\x00": "rawvideo", "DIB ": "rawvideo", "I420": "rawvideo", "IYUV": "rawvideo", "YV12": "rawvideo", "YUY2": "rawvideo", "UYVY": "rawvideo", "Y800": "rawvideo",
}

// An avi is what was found of a file so far.
type avi struct {
	in      *input
	streams int
	video   string // the number of the video stream, as chunks have it: "00"; empty: none yet
	scale   uint32 // a frame takes scale/rate seconds
	rate    uint32
	start   uint32 // frames before the first
	chunks  int
	places  uint32 // frames so far, and those in whose place nothing is
	noKey   bool   // the first frame is none, says the index
	indexed bool
	f       File
}

// readAVI goes through all chunks (AVI, and its extension OpenDML). Frames are as long as one another.
func readAVI(in *input) (*File, error) {
	a := &avi{in: in, f: File{Container: "avi"}}
	b, err := in.head(0, 12)
	if err != nil {
		return nil, err
	}
	if len(b) < 12 || string(b[:4]) != "RIFF" || string(b[8:12]) != "AVI " {
		return nil, damaged("not an AVI file")
	}
	if err := a.lists(0, in.size, 0); err != nil {
		return nil, err
	}
	switch {
	case a.video == "":
		return nil, noVideo(a.streams)
	case a.noKey:
		return nil, uncountable("its first frame is no key frame: CVAT's decoder drops all frames before the first one, and all later frames get other numbers")
	}
	return &a.f, nil
}

const maxLists = 8 // lists in lists

// lists reads the chunks of a list.
func (a *avi) lists(at, end int64, depth int) error {
	if depth > maxLists {
		return damaged("damaged: lists in lists, more than %d", maxLists)
	}
	for at+8 <= end {
		if a.chunks++; a.chunks > maxElements {
			return damaged("more than %d chunks", maxElements)
		}
		b, err := a.in.head(at, 12)
		if err != nil {
			return err
		}
		if len(b) < 8 {
			return damaged("cut short: no chunk at %d of %d bytes", at, a.in.size)
		}
		name, size := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if at+8+size > end {
			return damaged("cut short: its %q chunk at %d has %d bytes, and %d are left", name, at, size, end-at-8)
		}
		if (name == "RIFF" || name == "LIST") && len(b) == 12 && size >= 4 {
			err = a.lists(at+12, at+8+size, depth+1)
		} else {
			err = a.chunk(name, at+8, size)
		}
		if err != nil {
			return err
		}
		at += 8 + size + size&1
	}
	return nil
}

func (a *avi) chunk(name string, at, size int64) error {
	switch {
	case name == "strh":
		return a.readStream(at, size)
	case name == "strf" && a.video != "" && a.f.Codec == "":
		b, err := a.in.table("stream format", at, min(size, 40))
		if err != nil || len(b) < 20 {
			return firstError(err, damaged("damaged: its video's format has %d bytes", len(b)))
		}
		height := int32(binary.LittleEndian.Uint32(b[8:])) // negative where rows go from the top down
		a.f.Width, a.f.Height = int(binary.LittleEndian.Uint32(b[4:])&0xffff), int(max(height, -height)&0xffff)
		code := string(b[16:20])
		if a.f.Codec = aviCodecs[strings.ToUpper(code)]; a.f.Codec == "" {
			return otherCodec(code)
		}
	case name == "idx1" && !a.indexed:
		return a.readIndex(at, size)
	case a.video != "" && (name == a.video+"dc" || name == a.video+"db"):
		shown := uint64(a.start) + uint64(a.places)
		if a.places++; size == 0 {
			return nil // the one before is shown again: FFmpeg passes over it
		}
		if len(a.f.Packets) < a.in.keep {
			a.f.Packets = append(a.f.Packets, Packet{at, uint32(size)})
		}
		if high, _ := bits.Mul64(shown, uint64(a.scale)); high > 0 || shown*uint64(a.scale) > math.MaxInt64 {
			return damaged("damaged: its frame %d is the %d-th of %d/%d s each", len(a.f.Times), shown, a.scale, a.rate)
		}
		ns, err := nanoseconds(int64(shown*uint64(a.scale)), a.rate)
		if err != nil {
			return err
		}
		return a.f.add(ns)
	}
	return nil
}

// readStream reads the head of a stream.
func (a *avi) readStream(at, size int64) error {
	b, err := a.in.table("stream head", at, min(size, 56))
	if err != nil {
		return err
	}
	if len(b) < 36 {
		return damaged("damaged: the head of a stream has %d bytes", len(b))
	}
	if a.streams++; string(b[:4]) != "vids" || a.video != "" {
		return nil
	}
	a.video = string([]byte{'0' + byte((a.streams-1)/10%10), '0' + byte((a.streams-1)%10)})
	a.scale, a.rate, a.start = binary.LittleEndian.Uint32(b[20:]), binary.LittleEndian.Uint32(b[24:]), binary.LittleEndian.Uint32(b[28:])
	if a.scale == 0 || a.rate == 0 {
		return damaged("damaged: its video has no frame rate")
	}
	return nil
}

// readIndex reads whether the first frame is a key frame.
func (a *avi) readIndex(at, size int64) error {
	const record, key = 16, 0x10
	for end := at + size; at+record <= end; at += record {
		b, err := a.in.head(at, record)
		if err != nil || len(b) < record {
			return err
		}
		if strings.HasPrefix(string(b[:4]), a.video) && a.video != "" {
			a.indexed, a.noKey = true, binary.LittleEndian.Uint32(b[4:])&key == 0
			return nil
		}
	}
	return nil
}
