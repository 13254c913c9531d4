package video

import (
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
	return boxes(body, func(name string, body []byte) error {
		if name != "traf" {
			return nil
		}
		return m.run(at, body)
	})
}

// run reads one track's part of a fragment.
func (m *movie) run(moof int64, body []byte) error {
	t := m.video
	var head *mp4.TfhdBox
	base := moof
	return boxes(body, func(name string, body []byte) (err error) {
		switch name {
		case "tfhd":
			head, err = decode[*mp4.TfhdBox](name, body, mp4.DecodeTfhdSR)
			if err == nil && head.HasBaseDataOffset() {
				base = int64(head.BaseDataOffset)
			}
		case "tfdt":
			var d *mp4.TfdtBox
			if d, err = decode[*mp4.TfdtBox](name, body, mp4.DecodeTfdtSR); err == nil && head != nil && head.TrackID == t.id {
				t.next = int64(d.BaseMediaDecodeTime())
			}
		case "trun":
			if head == nil {
				return damaged("damaged: a fragment's samples come before its head")
			}
			if head.TrackID != t.id {
				return nil
			}
			var r *mp4.TrunBox
			if r, err = decode[*mp4.TrunBox](name, body, mp4.DecodeTrunSR); err == nil {
				err = t.add(r, head, m.extended[t.id], base, m.in.keep)
			}
		}
		return err
	})
}

// add adds the samples of a run.
func (t *track) add(r *mp4.TrunBox, head *mp4.TfhdBox, defaults *mp4.TrexBox, base int64, most int) error {
	if defaults == nil {
		defaults = &mp4.TrexBox{}
	}
	duration, size, flags := defaults.DefaultSampleDuration, defaults.DefaultSampleSize, defaults.DefaultSampleFlags
	if head.HasDefaultSampleDuration() {
		duration = head.DefaultSampleDuration
	}
	if head.HasDefaultSampleSize() {
		size = head.DefaultSampleSize
	}
	if head.HasDefaultSampleFlags() {
		flags = head.DefaultSampleFlags
	}
	at := base + int64(r.DataOffset)
	for i, s := range r.Samples {
		if len(t.times) == MaxFrames {
			return damaged("more than %d frames", MaxFrames)
		}
		if !r.HasSampleDuration() {
			s.Dur = duration
		}
		if !r.HasSampleSize() {
			s.Size = size
		}
		if first, has := r.FirstSampleFlags(); !r.HasSampleFlags() {
			if s.Flags = flags; has && i == 0 {
				s.Flags = first
			}
		}
		if s.Size == 0 {
			return uncountable("its frame %d holds nothing (0 bytes): CVAT's decoder passes over it, and all later frames get other numbers", len(t.times))
		}
		if len(t.times) == 0 {
			t.firstKey = s.Flags&nonSync == 0
		}
		if len(t.places) < most {
			t.places = append(t.places, Packet{at, s.Size})
		}
		at += int64(s.Size)
		t.times = append(t.times, t.next+int64(s.CompositionTimeOffset))
		t.next += int64(s.Dur)
	}
	return nil
}
