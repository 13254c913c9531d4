package video

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
)

// mp4Codecs are the codecs by the type of a track's sample description.
var mp4Codecs = map[string]string{
	"avc1": "h264", "avc3": "h264", "hvc1": "h265", "hev1": "h265", "av01": "av1", "vp08": "vp8", "vp09": "vp9",
	"mp4v": "mpeg4", "jpeg": "mjpeg", "mjpa": "mjpeg",
	"apch": "prores", "apcn": "prores", "apcs": "prores", "apco": "prores", "ap4h": "prores", "ap4x": "prores", "AVdn": "dnxhd", "AVdh": "dnxhd",
	"png ": "png", "FFV1": "ffv1",
}

// maxBoxes bounds the boxes of a file's top level: two for each fragment, of which some have a frame.
const maxBoxes = 3 * MaxFrames

// readMP4 reads MP4 and QuickTime: the moov box, and those of the fragments.
func readMP4(in *input) (*File, error) {
	m := &movie{in: in}
	for at, n := int64(0), 0; at+8 <= in.size; n++ { // a few bytes more at the end are nothing
		name, head, size, err := in.box(at)
		if err != nil {
			return nil, err
		}
		switch {
		case n == 0 && !startsMP4[name]:
			return nil, damaged("not an MP4 or QuickTime file")
		case n == maxBoxes:
			return nil, damaged("more than %d boxes", maxBoxes)
		case at+size > in.size && !matters[name] && m.found:
			return m.file() // what a camera or an editor wrote behind the video
		case at+size > in.size:
			return nil, damaged("cut short: its %s box has %d bytes, and the file ends after %d of them", name, size, in.size-at)
		}
		switch name {
		case "moov":
			err = m.read(at+head, size-head)
		case "moof":
			err = m.fragment(at, head, size)
		}
		if err != nil {
			return nil, err
		}
		at += size
	}
	return m.file()
}

// startsMP4 are the boxes with which a file may begin.
var startsMP4 = map[string]bool{"ftyp": true, "moov": true, "mdat": true, "wide": true, "free": true, "skip": true, "pnot": true, "styp": true, "uuid": true}

// matters are the boxes of which a part that is missing is missed.
var matters = map[string]bool{"mdat": true, "moov": true, "moof": true}

// box reads the head of a box: its type, the bytes of its head and of all of it.
func (in *input) box(at int64) (name string, head, size int64, err error) {
	b, err := in.head(at, 16)
	if err != nil {
		return "", 0, 0, err
	}
	if len(b) < 8 {
		return "", 0, 0, damaged("cut short: %d bytes at its end are no box", len(b))
	}
	name, head, size = string(b[4:8]), 8, int64(binary.BigEndian.Uint32(b))
	switch {
	case size == 0:
		size = in.size - at // up to the end
	case size == 1 && len(b) == 16:
		head, size = 16, int64(binary.BigEndian.Uint64(b[8:]))
	}
	if size < head {
		return "", 0, 0, damaged("damaged: a box of %d bytes at %d", size, at)
	}
	return name, head, min(size, 1<<62), nil
}

// A movie is what was found of a file so far.
type movie struct {
	in       *input
	found    bool   // the moov box
	scale    uint32 // of the edit list's durations, per second
	video    *track // the first one; nil: there is none
	tracks   int
	extended map[uint32]*mp4.TrexBox // of fragments, by track
	moof     int64                   // where the fragment begins
	end      int64                   // of the samples so far in it
}

// A track is the video track.
type track struct {
	id       uint32
	scale    uint32 // units per second
	codec    string
	width    int
	height   int
	lengths  int // bytes of the length before each NAL unit
	edits    []mp4.ElstEntry
	times    []int64 // of all samples, in units, in the order in which they lie
	next     int64   // where the next fragment begins that does not say it, in units
	last     int64   // when the last sample is decoded, in units
	config   []byte  // what its decoder is given: avcC, hvcC, av1C
	places   []Packet
	firstKey bool
}

// boxes gives each box of a box's body.
func boxes(body []byte, visit func(name string, body []byte) error) error {
	for len(body) >= 8 {
		head, size := 8, uint64(binary.BigEndian.Uint32(body))
		switch {
		case size == 0:
			size = uint64(len(body))
		case size == 1 && len(body) >= 16:
			head, size = 16, binary.BigEndian.Uint64(body[8:])
		}
		name := string(body[4:8])
		if size < uint64(head) || size > uint64(len(body)) {
			return damaged("damaged: its %q box has %d bytes where %d are left", name, size, len(body))
		}
		if err := visit(name, body[head:size]); err != nil {
			return err
		}
		body = body[size:]
	}
	return nil // four zeros end some of QuickTime's lists
}

// decode decodes the body of a box with mp4ff.
func decode[T mp4.Box](name string, body []byte, d func(mp4.BoxHeader, uint64, bits.SliceReader) (mp4.Box, error)) (box T, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = damaged("damaged: its %s box: %v", name, v)
		}
	}()
	made, err := d(mp4.BoxHeader{Name: name, Size: uint64(8 + len(body)), Hdrlen: 8}, 0, bits.NewFixedSliceReader(body))
	if err != nil {
		return box, damaged("damaged: its %s box: %v", name, err)
	}
	return made.(T), nil
}

func (m *movie) read(at, size int64) error {
	if m.found {
		return damaged("damaged: it has two moov boxes")
	}
	m.found = true
	body, err := m.in.table("moov box", at, size)
	if err != nil {
		return err
	}
	return boxes(body, func(name string, body []byte) error {
		switch name {
		case "mvhd":
			return m.readScale(body)
		case "cmov":
			return damaged("its moov box is compressed, as old QuickTime files have it; CVAT's decoder reads it, cvatplan does not")
		case "trak":
			return m.track(body)
		case "mvex":
			return m.readDefaults(body)
		}
		return nil
	})
}

func (m *movie) readScale(body []byte) error {
	h, err := decode[*mp4.MvhdBox]("mvhd", body, mp4.DecodeMvhdSR)
	if err == nil {
		m.scale = h.Timescale
	}
	return err
}

func (m *movie) readDefaults(body []byte) error {
	return boxes(body, func(name string, body []byte) error {
		if name != "trex" {
			return nil
		}
		x, err := decode[*mp4.TrexBox]("trex", body, mp4.DecodeTrexSR)
		if err == nil {
			if m.extended == nil {
				m.extended = make(map[uint32]*mp4.TrexBox)
			}
			m.extended[x.TrackID] = x
		}
		return err
	})
}

// track reads a track, and keeps it if it is the first one of video.
func (m *movie) track(body []byte) error {
	m.tracks++
	if m.video != nil {
		return nil
	}
	t, media := &track{}, media{}
	err := boxes(body, func(name string, body []byte) error {
		switch name {
		case "tkhd":
			h, err := decode[*mp4.TkhdBox](name, body, mp4.DecodeTkhdSR)
			if err == nil {
				t.id = h.TrackID
			}
			return err
		case "edts":
			return t.readEdits(body)
		case "mdia":
			return media.read(body)
		}
		return nil
	})
	if err != nil || media.handler != "vide" {
		return err
	}
	if t.scale = media.scale; t.scale == 0 {
		return damaged("damaged: its video track has no time scale")
	}
	m.video = t
	return t.readTable(media.table, m.in)
}

// readEdits keeps the edit list of a track's edts box.
func (t *track) readEdits(body []byte) error {
	return boxes(body, func(name string, body []byte) error {
		if name != "elst" {
			return nil
		}
		e, err := decode[*mp4.ElstBox](name, body, mp4.DecodeElstSR)
		if err == nil {
			t.edits = e.Entries
		}
		return err
	})
}

// A media is what a track's mdia box says.
type media struct {
	handler string // four letters, vide for video
	scale   uint32 // units in a second
	table   []byte // its stbl box
}

func (m *media) read(body []byte) error {
	return boxes(body, func(name string, body []byte) error {
		switch name {
		case "hdlr":
			if len(body) >= 12 {
				m.handler = string(body[8:12])
			}
		case "mdhd":
			h, err := decode[*mp4.MdhdBox](name, body, mp4.DecodeMdhdSR)
			if err == nil {
				m.scale = h.Timescale
			}
			return err
		case "minf":
			return boxes(body, func(name string, body []byte) error {
				if name == "stbl" {
					m.table = body
				}
				return nil
			})
		}
		return nil
	})
}

// A sampleTable is the tables of a track, as they lie in the file.
type sampleTable struct {
	times   *mp4.SttsBox
	offsets *mp4.CttsBox
	sizes   *mp4.StszBox
	keys    *mp4.StssBox
	chunks  *mp4.StscBox
	places  []int64 // of chunks, the first ones
}

func (t *track) readTable(body []byte, in *input) error {
	var s sampleTable
	err := boxes(body, func(name string, body []byte) (err error) {
		switch name {
		case "stsd":
			err = t.readDescription(body)
		case "stts":
			s.times, err = decode[*mp4.SttsBox](name, body, mp4.DecodeSttsSR)
		case "ctts":
			s.offsets, err = decode[*mp4.CttsBox](name, body, mp4.DecodeCttsSR)
		case "stsz":
			s.sizes, err = decode[*mp4.StszBox](name, body, mp4.DecodeStszSR)
		case "stz2":
			err = damaged("its sample sizes are in a stz2 box, which is not read")
		case "stss":
			s.keys, err = decode[*mp4.StssBox](name, body, mp4.DecodeStssSR)
		case "stsc":
			s.chunks, err = decode[*mp4.StscBox](name, body, mp4.DecodeStscSR)
		case "stco", "co64":
			s.places = chunkPlaces(name, body, in.keep)
		}
		return err
	})
	if err != nil {
		return err
	}
	if s.sizes == nil || s.sizes.SampleNumber == 0 {
		return nil // all are in fragments
	}
	if err := t.readSamples(s, in.size); err != nil {
		return err
	}
	t.place(s, in.keep)
	return nil
}

// chunkPlaces are where the first chunks lie.
func chunkPlaces(name string, body []byte, most int) (places []int64) {
	width := 4
	if name == "co64" {
		width = 8
	}
	for at := 8; at+width <= len(body) && len(places) < most; at += width {
		if width == 8 {
			places = append(places, int64(binary.BigEndian.Uint64(body[at:])))
			continue
		}
		places = append(places, int64(binary.BigEndian.Uint32(body[at:])))
	}
	return places
}

// readDescription reads the codec, and how long the lengths of its units are.
func (t *track) readDescription(body []byte) error {
	if len(body) < 16 {
		return damaged("damaged: its sample description has %d bytes", len(body))
	}
	if n := binary.BigEndian.Uint32(body[4:]); n > 1 {
		return uncountable("its video changes its format midway (%d sample descriptions)", n)
	}
	return boxes(body[8:], func(name string, body []byte) error {
		if t.codec = mp4Codecs[name]; t.codec == "" {
			return otherCodec(name)
		}
		const visual = 78 // bytes of a visual sample entry before its boxes
		if len(body) < visual {
			return nil
		}
		t.width, t.height = int(binary.BigEndian.Uint16(body[24:])), int(binary.BigEndian.Uint16(body[26:]))
		return boxes(body[visual:], func(name string, body []byte) error {
			if name == "avcC" || name == "hvcC" || name == "av1C" {
				t.config = bytes.Clone(body)
				t.lengths = unitLengths(t.codec, body)
			}
			return nil
		})
	})
}

// readSamples puts the tables together, sample by sample.
func (t *track) readSamples(s sampleTable, fileSize int64) error {
	n := int(s.sizes.SampleNumber)
	switch uniform := int64(s.sizes.SampleUniformSize); {
	case n > MaxFrames:
		return damaged("%d frames; at most %d are read", n, MaxFrames)
	case uniform*int64(n) > fileSize:
		return damaged("damaged: %d frames of %d bytes each in a file of %d bytes", n, uniform, fileSize)
	case s.times == nil:
		return damaged("damaged: it has no table of times (stts)")
	}
	for i, size := range s.sizes.SampleSize {
		if size == 0 {
			return uncountable("its frame %d holds nothing (0 bytes): CVAT's decoder passes over it, and all later frames get other numbers", i)
		}
	}
	t.times = make([]int64, 0, n)
	dts := int64(0)
	for i, count := range s.times.SampleCount {
		for range min(int64(count), int64(n-len(t.times))) {
			t.times = append(t.times, dts)
			t.last = dts
			dts += int64(s.times.SampleTimeDelta[i])
		}
	}
	if len(t.times) < n {
		return damaged("damaged: %d frames, and times of %d", n, len(t.times))
	}
	if c := s.offsets; c != nil {
		for i, offset := range c.SampleOffset {
			if c.EndSampleNr[i+1] < c.EndSampleNr[i] { // or the same frames would come again and again
				return damaged("damaged: its table of offsets (ctts) is of more frames than a file can have")
			}
			from, to := min(int(c.EndSampleNr[i]), n), min(int(c.EndSampleNr[i+1]), n)
			for k := from; k < to; k++ {
				t.times[k] += int64(offset)
			}
		}
	}
	t.next = dts
	t.firstKey = s.keys == nil || len(s.keys.SampleNumber) > 0 && s.keys.SampleNumber[0] == 1
	return nil
}

// place finds where the first samples lie.
func (t *track) place(s sampleTable, most int) {
	if s.chunks == nil || len(s.chunks.Entries) == 0 {
		return
	}
	sample, entry := 0, 0
	for chunk, at := range s.places {
		for entry+1 < len(s.chunks.Entries) && int(s.chunks.Entries[entry+1].FirstChunk) <= chunk+1 {
			entry++
		}
		for range s.chunks.Entries[entry].SamplesPerChunk {
			if sample == len(t.times) || len(t.places) == most {
				return
			}
			size := s.sizes.SampleUniformSize
			if size == 0 {
				size = s.sizes.SampleSize[sample]
			}
			t.places = append(t.places, Packet{at, size})
			at += int64(size)
			sample++
		}
	}
}

// file is what was found, once all boxes were read.
func (m *movie) file() (*File, error) {
	switch {
	case !m.found:
		return nil, damaged("it has no moov box, which is written last: the recording was not ended well, or its end is missing")
	case m.video == nil:
		return nil, noVideo(m.tracks)
	}
	t := m.video
	if len(t.times) > 0 && !t.firstKey {
		return nil, uncountable("its first frame is no key frame: CVAT's decoder drops all frames before the first one, and all later frames get other numbers")
	}
	from, _, _, err := t.shown(m.scale, m.extended != nil)
	if err != nil {
		from = math.MinInt64 // what is wrong with its edit list, show tells
	}
	if err := t.checkFirst(m.in, from); err != nil {
		return nil, err
	}
	f := &File{Container: "mp4", Codec: t.codec, Width: t.width, Height: t.height, Packets: t.places, Config: t.config}
	return f, t.show(f, m.scale, m.extended != nil)
}

func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
