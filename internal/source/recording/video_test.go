package recording

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/remux"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A vanishingStore is a directory that cannot be read any more once gone is set, and counts who tries.
type vanishingStore struct {
	in    store.Local
	gone  bool
	tries int
}

var errGone = errors.New("the disk was pulled out")

func (s *vanishingStore) try() error {
	if s.gone {
		s.tries++
		return errGone
	}
	return nil
}

func (s *vanishingStore) List(ctx context.Context, dir string) ([]fs.DirEntry, error) {
	if err := s.try(); err != nil {
		return nil, err
	}
	return s.in.List(ctx, dir)
}

func (s *vanishingStore) Stat(ctx context.Context, name string) (fs.FileInfo, error) {
	if err := s.try(); err != nil {
		return nil, err
	}
	return s.in.Stat(ctx, name)
}

func (s *vanishingStore) Open(ctx context.Context, name string) (store.File, error) {
	if err := s.try(); err != nil {
		return nil, err
	}
	return s.in.Open(ctx, name)
}

func (s *vanishingStore) Link(ctx context.Context, name string) (target, end string, err error) {
	return s.in.Link(ctx, name)
}

func (s *vanishingStore) Path(name string) string { return s.in.Path(name) }

// A recording of an hour has 100,000 frames, of which each would read all of it again.
func TestARecordingThatVanishedIsLookedForOnceForAllFrames(t *testing.T) {
	in := &vanishingStore{in: store.Local{Root: "../testdata/video"}}
	c := &Cache{}
	var topics []bag.Topic
	const name = "h265_ros1.bag"
	check(t, c.Use(t.Context(), in, name, func(b *bag.Bag) error { topics = b.Topics(); return nil }))
	v := NewVideo(c, in, name, topics, remux.H265, false)
	scan, err := v.Scan(t.Context())
	check(t, err)
	if r := v.Origin(7); r.Message == nil || r.StampNS == nil || *r.Index != 7 {
		t.Errorf("while it is here: %+v", r)
	}
	check(t, v.Close())
	c.Close()
	in.gone = true
	first := 0
	for i := range scan.Frames {
		if r := v.Origin(i); r.Message != nil || r.StampNS != nil || *r.Index != i || *r.PTSNS != int64(i)*1e9/remux.Rate {
			t.Errorf("frame %d of what is gone: %+v", i, r)
		}
		if i == 0 {
			first = in.tries
		}
	}
	if first == 0 || in.tries != first {
		t.Errorf("tried %d times for the first frame, %d times for all", first, in.tries)
	}
}

// A plan of a thousand recordings scans them all.
func TestWhatMessagesToldOfVideosIsKeptAsFarAsMemoryGoes(t *testing.T) {
	in := store.Local{Root: "../testdata/video"}
	const name = "h265_ros1.bag"
	budget := memory.New(8 * 16 << 10) // room for two, of which each takes more than 5 KiB
	c := &Cache{Options: bag.Options{Memory: budget}}
	defer c.Close()
	var topics []bag.Topic
	check(t, c.Use(t.Context(), in, name, func(b *bag.Bag) error { topics = b.Topics(); return nil }))
	var videos []*Video
	kept := func() (n int) {
		for _, v := range videos {
			if v.known.scan != nil {
				n++
			}
		}
		return n
	}
	for range 5 {
		v := NewVideo(c, in, name, topics, remux.H265, false)
		videos = append(videos, v)
		_, err := v.Scan(t.Context())
		check(t, err)
		v.Settle()
	}
	if kept() != 2 {
		t.Fatalf("%d of 5 are kept, of %d bytes each", kept(), videos[0].known.scan.memory())
	}
	check(t, videos[0].Close())
	scan, err := videos[4].Scan(t.Context())
	check(t, err)
	videos[4].Settle()
	if kept() != 2 || len(scan.Frames) != 36 {
		t.Errorf("%d are kept once one is closed", kept())
	}
	for _, v := range videos {
		check(t, v.Close())
	}
	if c.scans != 0 {
		t.Errorf("%d bytes of scans count when all are closed", c.scans)
	}
}
