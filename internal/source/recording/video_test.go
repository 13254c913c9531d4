package recording

import (
	"context"
	"errors"
	"io/fs"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag"
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
