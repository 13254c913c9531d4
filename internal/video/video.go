// Package video reads the tables of video files: how many frames a decoder gives, and when each is
// shown. It decodes nothing and reads none of the pictures, but for a few bytes of the first ones.
//
// CVAT's frame N is the N-th frame that its decoder (FFmpeg's, by way of PyAV) gives, in the order
// in which they are shown. [Read] gives the times of exactly those, for what is known from the
// tables, and refuses what cannot: a file whose first frame is no key frame (the decoder drops all
// before the first one), an edit list of several parts, packets that hold nothing. What the tables do
// not show, packets that are missing, the packets' own headers do: [ReadPackets] says where they are, and package remux
// checks them. Pictures that are damaged, a comparison of the numbers after the import finds.
//
// MP4 and QuickTime (their boxes by mp4ff), Matroska and WebM, and AVI are read. A table is read
// whole into memory, at most [maxTable] bytes of it; what lies between tables is passed over.
package video

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
)

const (
	// MaxFrames is how many frames a file may have: ten hours of 60 a second.
	MaxFrames = 2 << 20

	maxTable = 64 << 20 // bytes of a moov box, of a header; an hour of 60 frames a second takes 4 MiB
)

// A File is what the tables of a video file say of its first video stream, the one that CVAT takes.
type File struct {
	Container string // mp4, matroska, avi
	Codec     string // h264, h265, av1, mjpeg, vp8, vp9, mpeg4, or one of which each packet is a whole frame: prores, dnxhd, png, ffv1, huffyuv, rawvideo

	// Times has an element for each frame that the decoder gives: when it is shown, in ns from the
	// start of the file's time line, ascending. So Times[n] is of what CVAT calls frame n of the file.
	Times []int64

	Width, Height int // pixels, before a rotation; 0: not known

	Hidden int // frames that an edit list leaves out, and that CVAT does not count

	// Of [ReadPackets] alone. Packets are in the order in which they are decoded; none: it is not known where they lie.
	Packets []Packet
	Config  []byte // what its decoder is given first: the body of an avcC, hvcC or av1C box
}

// A Gap is a place in a video where frames are missing by the clock.
type Gap struct {
	Missing int // frames
	Before  int // the last frame before them
}

// Gaps tells of a video whose frames come at a steady rate, but for a few places, where some are missing by the clock; none, where no
// rate is steady.
func (f *File) Gaps() (gaps []Gap) {
	if len(f.Times) < fewestForRate {
		return nil
	}
	between := make([]int64, len(f.Times)-1)
	for i := range between {
		between[i] = f.Times[i+1] - f.Times[i]
	}
	sorted := slices.Sorted(slices.Values(between))
	usual := sorted[len(sorted)/2]
	if usual <= 0 {
		return nil
	}
	steady := 0
	for i, b := range between {
		times := (b + usual/2) / usual
		if off := b - times*usual; times == 1 && max(off, -off) <= usual/4 {
			steady++
		} else if times > 1 {
			gaps = append(gaps, Gap{int(min(times-1, MaxFrames)), i})
		}
	}
	if steady*10 < len(between)*9 {
		return nil
	}
	return gaps
}

// fewestForRate is of how many frames a rate is told, and whether it is steady.
const fewestForRate = 20

// A Packet is where one lies in the file.
type Packet struct {
	At   int64
	Size uint32
}

// An Error is a file that CVAT would not import, or whose frames cannot be counted.
type Error struct {
	Text    string
	Count   bool // it may be imported, but which frame would get which number is not known
	NoVideo bool // it has no video, only other streams
}

func (e *Error) Error() string { return e.Text }

func damaged(format string, args ...any) error { return &Error{Text: fmt.Sprintf(format, args...)} }

func noVideo(others int) error {
	if others == 0 {
		return &Error{Text: "no video in it", NoVideo: true}
	}
	return &Error{Text: "no video in it, only " + counted(others, "other stream"), NoVideo: true}
}

// otherCodec is a codec of which it is not known that FFmpeg gives a frame for each packet.
func otherCodec(name string) error {
	if name == "encv" {
		return damaged("its video is encrypted")
	}
	return damaged("its video is of codec %q; H.264, H.265, AV1, VP8, VP9, MPEG-4, MJPEG, ProRes, DNxHD, PNG, FFV1, HuffYUV and uncompressed video are taken", name)
}

func uncountable(format string, args ...any) error {
	return &Error{Text: fmt.Sprintf(format, args...), Count: true}
}

// readers are those of the containers, by the ending of a file's name: CVAT goes by that, too.
var readers = map[string]func(*input) (*File, error){
	".mp4": readMP4, ".mov": readMP4, ".mkv": readMatroska, ".webm": readMatroska, ".avi": readAVI,
}

// Named reports whether a file's name is that of a video.
func Named(name string) bool { return readers[ending(name)] != nil }

func ending(name string) string { return strings.ToLower(path.Ext(name)) }

// Scans reports whether the frames of a file of this name can only be counted by going through all of
// it, a few bytes a frame: on another machine that is as much as to read it whole.
func Scans(name string) bool { return ending(name) != ".mp4" && ending(name) != ".mov" }

// Read reads the tables of a file. Whatever r holds, it ends without a panic, in memory of a few
// times [maxTable] at most. An error of r is given as it is; else it is an [*Error].
func Read(ctx context.Context, r io.ReaderAt, size int64, name string) (*File, error) {
	f, err := (&input{ctx: ctx, r: r, size: size, keep: maxFirst}).file(name)
	if f != nil {
		f.Packets, f.Config = nil, nil
	}
	return f, err
}

// ReadPackets is [Read], and says where the packets lie, too: 16 bytes of memory each. One that is not in the file is an error.
func ReadPackets(ctx context.Context, r io.ReaderAt, size int64, name string) (*File, error) {
	f, err := (&input{ctx: ctx, r: r, size: size, keep: MaxFrames}).file(name)
	if err != nil {
		return nil, err
	}
	for i, p := range f.Packets {
		if p.At < 0 || p.At > size-int64(p.Size) {
			return nil, damaged("cut short, or damaged: its packet %d of %d bytes would begin at %d of %d", i, p.Size, p.At, size)
		}
	}
	return f, nil
}

func (in *input) file(name string) (*File, error) {
	container := readers[ending(name)]
	if container == nil {
		return nil, damaged("not the name of a video: CVAT goes by .mp4, .mov, .mkv, .webm, .avi")
	}
	if in.size == 0 {
		return nil, damaged("empty (0 bytes)")
	}
	f, err := container(in)
	switch {
	case err != nil:
		return nil, err
	case len(f.Times) == 0:
		return nil, damaged("no frames in its video stream")
	}
	slices.Sort(f.Times)
	return f, nil
}

// An input is a file that is read piece by piece.
type input struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	keep int // of how many packets it is noted where they lie

	window []byte // what was read last, for heads that lie close together
	start  int64  // where that lies
}

// windowSize is how much is read for a head of a few bytes.
const windowSize = 4 << 10

// head gives n bytes at a place, of which it keeps more for the next call; fewer at the file's end.
func (in *input) head(at int64, n int) ([]byte, error) {
	if at >= in.start && at+int64(n) <= in.start+int64(len(in.window)) {
		return in.window[at-in.start:][:n], nil
	}
	if err := in.ctx.Err(); err != nil {
		return nil, err
	}
	if in.window == nil {
		in.window = make([]byte, 0, windowSize)
	}
	got, err := in.read(at, in.window[:max(min(windowSize, in.size-at), 0)])
	if err != nil {
		return nil, err
	}
	in.window, in.start = got, at
	return got[:min(n, len(got))], nil
}

// table gives a part of the file whole.
func (in *input) table(what string, at, n int64) ([]byte, error) {
	if n > maxTable {
		return nil, damaged("its %s of %d bytes is larger than any that is read (%d)", what, n, maxTable)
	}
	if left := in.size - at; at < 0 || left < n {
		return nil, damaged("cut short: its %s ends after %d of %d bytes", what, max(left, 0), n)
	}
	b, err := in.read(at, make([]byte, n))
	if err == nil && int64(len(b)) < n {
		err = damaged("cut short: its %s ends after %d of %d bytes", what, len(b), n)
	}
	return b, err
}

// read fills b, as far as the file goes.
func (in *input) read(at int64, b []byte) ([]byte, error) {
	n, err := in.r.ReadAt(b, at)
	if n < len(b) && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b[:n], nil
}

// add adds the time of a frame.
func (f *File) add(ns int64) error {
	if len(f.Times) == MaxFrames {
		return damaged("more than %d frames", MaxFrames)
	}
	f.Times = append(f.Times, ns)
	return nil
}

// maxSeconds is how far a frame may be from the start of the time line: some streams count from 1970. Two such times add up in
// an int64 of nanoseconds.
const maxSeconds = 1 << 32

// nanoseconds are units of 1/scale seconds in ns.
func nanoseconds(units int64, scale uint32) (int64, error) {
	s := int64(scale)
	if units/s > maxSeconds || units/s < -maxSeconds {
		return 0, damaged("damaged: a frame at %d s", units/s)
	}
	return units/s*1e9 + units%s*1e9/s, nil
}
