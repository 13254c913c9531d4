package video

import (
	"math"

	"github.com/Eyevinn/mp4ff/mp4"
)

// maxFragment bounds a moof box: it has 16 bytes a sample.
const maxFragment = 16 << 20

// nonSync is the flag of a sample that is no key frame (ISO/IEC 14496-12, 8.8.3.1).
const nonSync = 0x10000

// fragment reads a moof box: the samples of a while.
func (m *movie) fragment(at, head, size int64) error {
	if !m.found {
		return damaged("its first fragment comes before the moov box, or without one: CVAT's decoder cannot begin there")
	}
	if m.video == nil {
		return nil
	}
	if size > maxFragment {
		return damaged("a moof box of %d bytes; at most %d are read", size, maxFragment)
	}
	body, err := m.in.table("moof box", at+head, size-head)
	if err != nil {
		return err
	}
	m.moof, m.end = at, at
	return boxes(body, func(name string, body []byte) error {
		if name != "traf" {
			return nil
		}
		return m.run(body)
	})
}

// A trackPart is one track's part of a fragment, as far as it is read.
type trackPart struct {
	movie *movie
	head  *mp4.TfhdBox // nil before it was read
	base  int64        // where the offsets of samples count from
}

// run reads one track's part of a fragment.
func (m *movie) run(body []byte) error {
	p := trackPart{movie: m}
	return boxes(body, func(name string, body []byte) error {
		switch name {
		case "tfhd":
			return p.begin(body)
		case "tfdt":
			return p.time(body)
		case "trun":
			return p.samples(body)
		}
		return nil
	})
}

// begin reads whose part it is, and where its samples lie.
func (p *trackPart) begin(body []byte) (err error) {
	p.head, err = decode[*mp4.TfhdBox]("tfhd", body, mp4.DecodeTfhdSR)
	switch {
	case err != nil:
	case p.head.HasBaseDataOffset():
		p.base = int64(min(p.head.BaseDataOffset, math.MaxInt64/2))
	case p.head.DefaultBaseIfMoof():
		p.base = p.movie.moof
	default:
		p.base = p.movie.end // of the track's before it
	}
	p.movie.end = p.base
	return err
}

// time reads when the first of its samples is decoded.
func (p *trackPart) time(body []byte) error {
	d, err := decode[*mp4.TfdtBox]("tfdt", body, mp4.DecodeTfdtSR)
	t := p.movie.video
	if err != nil || p.head == nil || p.head.TrackID != t.id {
		return err
	}
	if t.next = int64(d.BaseMediaDecodeTime()); t.next < 0 || t.next > maxUnits {
		return damaged("damaged: a fragment begins at time %d", d.BaseMediaDecodeTime())
	}
	return nil
}

// samples reads a run of samples, which lie behind the run before it unless it says where.
func (p *trackPart) samples(body []byte) error {
	m, head := p.movie, p.head
	if head == nil {
		return damaged("damaged: a fragment's samples come before its head")
	}
	r, err := decode[*mp4.TrunBox]("trun", body, mp4.DecodeTrunSR)
	if err != nil && head.TrackID == m.video.id {
		return err
	} else if err != nil {
		return nil // where another track's samples end, is not known then
	}
	r.AddSampleDefaultValues(head, m.extended[head.TrackID])
	at := m.end
	if r.HasDataOffset() {
		at = p.base + int64(r.DataOffset)
	}
	m.end = at
	for _, s := range r.Samples {
		m.end += int64(s.Size)
	}
	if head.TrackID == m.video.id {
		return m.video.add(r.Samples, at, m.in.keep)
	}
	return nil
}

// add adds the samples of a run, which lie one behind the other.
func (t *track) add(samples []mp4.Sample, at int64, most int) error {
	for _, s := range samples {
		n := len(t.times)
		if n == MaxFrames {
			return damaged("more than %d frames", MaxFrames)
		}
		if s.Size == 0 {
			return uncountable("its frame %d holds nothing (0 bytes): CVAT's decoder passes over it, and all later frames get other numbers", n)
		}
		if n == 0 {
			t.firstKey = s.Flags&nonSync == 0
		}
		if len(t.places) < most {
			t.places = append(t.places, Packet{at, s.Size})
		}
		at += int64(s.Size)
		if n > 0 && t.next <= t.last {
			return uncountable("its fragments overlap: frame %d, in the order of decoding, is decoded no later than the one before it, so that CVAT's decoder drops it, and all later frames get other numbers", n)
		}
		t.times = append(t.times, t.next+int64(s.CompositionTimeOffset))
		t.last = t.next
		if t.next += int64(s.Dur); t.next > maxUnits {
			return damaged("damaged: a fragment goes on to time %d", t.next)
		}
	}
	return nil
}
