package remux

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/Eyevinn/mp4ff/mp4"
)

// An entry describes a video to its decoder.
type entry struct {
	name          string // avc3, hev1 or av01: parameter sets may stand in the samples too
	width, height int
	config        mp4.Box
}

// A Movie is the file of one video, laid out: nothing of the pictures is held.
type Movie struct {
	Codec         Codec
	Width, Height int
	Frames        []int  // by number, the message that each shows
	Left          []Left // what is left out, the most first

	samples  []sample
	prefixes [][]byte
	starts   []int64 // where each sample begins in the file, and the end
	header   []byte
}

// Size is the length of the file in bytes.
func (m *Movie) Size() int64 { return m.starts[len(m.samples)] }

// Movie lays the file out, once all messages were added. The error says why there is none: an [*UnsupportedError], or
// that no picture is left.
func (s *Scanner) Movie() (*Movie, error) {
	if s.failed != nil {
		return nil, s.failed
	}
	m := &Movie{
		Codec: s.name, Width: s.entry.width, Height: s.entry.height,
		Left: s.leftOut(), samples: s.samples, prefixes: s.prefixes,
	}
	shown := m.order()
	if len(shown) == 0 {
		return nil, &EmptyError{m.Left}
	}
	for _, at := range shown {
		m.Frames = append(m.Frames, int(m.samples[at].message))
	}
	if err := m.layOut(s.entry, shown); err != nil {
		return nil, err
	}
	return m, nil
}

// An EmptyError is a video of which no picture can be shown.
type EmptyError struct {
	Left []Left // why, the most first
}

func (e *EmptyError) Error() string {
	if len(e.Left) == 0 {
		return "there is no frame"
	}
	first := e.Left[0]
	for _, l := range e.Left { // the cause, rather than what followed from it
		if l.Why != "" {
			first = l
			break
		}
	}
	return "no frame can be shown: " + first.String()
}

func (s *Scanner) leftOut() (list []Left) {
	for _, l := range s.left {
		list = append(list, *l)
	}
	slices.SortFunc(list, func(a, b Left) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
	return list
}

// order gives the samples that are shown, in the order in which they are.
func (m *Movie) order() []int {
	var shown []int
	for i, s := range m.samples {
		if s.flags&hidden == 0 {
			shown = append(shown, i)
		}
	}
	slices.SortStableFunc(shown, func(a, b int) int {
		x, y := m.samples[a], m.samples[b]
		return cmp.Or(cmp.Compare(x.seq, y.seq), cmp.Compare(x.order, y.order))
	})
	return shown
}

// layOut writes all that comes before the first sample, and notes where each begins.
func (m *Movie) layOut(e entry, shown []int) error {
	m.starts = make([]int64, len(m.samples)+1)
	for i, s := range m.samples {
		m.starts[i+1] = m.starts[i] + int64(s.size)
	}
	data := m.starts[len(m.samples)]
	moov, chunks := m.moov(e, shown)
	ftyp := mp4.NewFtyp("isom", 512, []string{"isom", "iso6", "mp41"})
	start := int64(ftyp.Size()+moov.Size()) + 16 // the length of data in 64 bits, whatever it is
	chunks.ChunkOffset[0] = uint64(start)
	var b bytes.Buffer
	for _, box := range []mp4.Box{ftyp, moov} {
		if err := box.Encode(&b); err != nil {
			return fmt.Errorf("write the header of the MP4: %w", err)
		}
	}
	head := append(binary.BigEndian.AppendUint32(nil, 1), "mdat"...)
	b.Write(binary.BigEndian.AppendUint64(head, uint64(data+16)))
	if m.header = b.Bytes(); int64(len(m.header)) != start {
		return fmt.Errorf("the header of the MP4 has %d bytes, not %d", len(m.header), start)
	}
	for i := range m.starts {
		m.starts[i] += start
	}
	return nil
}

// Rate is how many frames a second the file shows, whenever they were taken.
const Rate = 30

// moov is the table of all samples. They lie in one chunk, of which the place is filled in later.
func (m *Movie) moov(e entry, shown []int) (*mp4.MoovBox, *mp4.Co64Box) {
	n := uint32(len(m.samples))
	trak := mp4.CreateEmptyTrak(1, Rate, "video", "und")
	trak.Tkhd.Width, trak.Tkhd.Height = mp4.Fixed32(e.width<<16), mp4.Fixed32(e.height<<16)
	trak.Tkhd.Duration, trak.Mdia.Mdhd.Duration = uint64(n), uint64(n)
	stbl := trak.Mdia.Minf.Stbl
	stbl.Stsd.AddChild(sampleEntry(e))
	stbl.Stts.SampleCount, stbl.Stts.SampleTimeDelta = []uint32{n}, []uint32{1}
	stbl.Stsc.Entries = []mp4.StscEntry{{FirstChunk: 1, SamplesPerChunk: n, FirstSampleNr: 1}}
	stbl.Stsc.SetSingleSampleDescriptionID(1)
	stbl.Stsz.SampleNumber = n
	stss := &mp4.StssBox{}
	for i, s := range m.samples {
		stbl.Stsz.SampleSize = append(stbl.Stsz.SampleSize, s.size)
		if s.flags&keyFrame != 0 {
			stss.SampleNumber = append(stss.SampleNumber, uint32(i+1))
		}
	}
	chunks := &mp4.Co64Box{ChunkOffset: []uint64{0}}
	stbl.Children = stbl.Children[:len(stbl.Children)-1] // its stco
	stbl.Stco = nil
	stbl.AddChild(chunks)
	stbl.AddChild(stss)
	if ctts := m.offsets(shown); ctts != nil {
		stbl.AddChild(ctts)
	}
	moov := mp4.NewMoovBox()
	mvhd := mp4.CreateMvhd()
	mvhd.Timescale, mvhd.Duration, mvhd.NextTrackID = Rate, uint64(n), 2
	moov.AddChild(mvhd)
	moov.AddChild(trak)
	return moov, chunks
}

func sampleEntry(e entry) *mp4.VisualSampleEntryBox {
	return mp4.CreateVisualSampleEntryBox(e.name, uint16(min(e.width, math.MaxUint16)), uint16(min(e.height, math.MaxUint16)), e.config)
}

// offsets say when each sample is shown, after it is decoded; nil where all are shown in the order of decoding.
func (m *Movie) offsets(shown []int) *mp4.CttsBox {
	at := make([]int32, len(m.samples))
	for i := range at {
		at[i] = int32(i)
	}
	delay := int32(0)
	if len(shown) == len(m.samples) {
		for k, i := range shown {
			at[i] = int32(k)
			delay = max(delay, int32(i-k))
		}
	}
	if delay == 0 {
		return nil
	}
	var counts []uint32
	var offsets []int32
	for i, k := range at {
		offset := k - int32(i) + delay
		if last := len(offsets) - 1; last >= 0 && offsets[last] == offset {
			counts[last]++
			continue
		}
		counts, offsets = append(counts, 1), append(offsets, offset)
	}
	ctts := &mp4.CttsBox{}
	_ = ctts.AddSampleCountsAndOffset(counts, offsets) // there are as many of both
	return ctts
}
