package recording

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/store"
)

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record writes a bag of one message.
func record(t *testing.T, path string) {
	t.Helper()
	w, err := bagtest.Create(path, bagtest.Format{})
	check(t, err)
	topic := bagtest.Topic{Name: "/cam", Type: "std_msgs/Empty", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "uint8 x"}
	check(t, w.Write(topic, 1, []byte("x")))
	check(t, w.Close())
}

func TestACacheKeepsFewRecordingsOpen(t *testing.T) {
	root := t.TempDir()
	c := &Cache{}
	for i := range 3 * maxIdle {
		name := fmt.Sprintf("%d.bag", i)
		record(t, filepath.Join(root, name))
		check(t, c.Use(context.Background(), store.At(root), name, func(*bag.Bag) error { return nil }))
	}
	if len(c.bags) != maxIdle {
		t.Errorf("%d are open", len(c.bags))
	}
	if err := c.Use(context.Background(), store.At(root), "none.bag", nil); err == nil || len(c.bags) != maxIdle {
		t.Errorf("%v, %d are open", err, len(c.bags))
	}
	c.Close()
	if len(c.bags) != 0 {
		t.Errorf("%d are open after close", len(c.bags))
	}
}

func TestARecordingIsClosedOnceAllOfItsTasksAre(t *testing.T) {
	root, name := t.TempDir(), "a.bag"
	path := filepath.Join(root, name)
	record(t, path)
	c, first, second := &Cache{}, new(reader), new(reader)
	read := func(r *reader) {
		t.Helper()
		check(t, c.use(context.Background(), store.At(root), name, r, func(*bag.Bag) error { return nil }))
	}
	c.expect(path, first)
	c.expect(path, second)
	for step, s := range []struct {
		do   func()
		open int
	}{
		{func() { read(first) }, 1},
		{func() { check(t, c.done(path, first)) }, 1}, // the second is still to read it
		{func() { read(second) }, 1},
		{func() { check(t, c.done(path, second)) }, 0},
		{func() { read(first) }, 1}, // it came back
		{func() { check(t, c.done(path, second)) }, 1},
		{func() { check(t, c.done(path, first)) }, 0},
	} {
		if s.do(); len(c.bags) != s.open {
			t.Errorf("step %d: %d are open, want %d", step, len(c.bags), s.open)
		}
	}
}

// A slowStore opens no file before its caller gives up, but for those who come later.
type slowStore struct {
	store.Store
	opens atomic.Int32
}

func (s *slowStore) Open(ctx context.Context, name string) (store.File, error) {
	if s.opens.Add(1) == 1 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Store.Open(ctx, name)
}

func TestATaskThatGivesUpWhileARecordingIsOpenedTakesItFromNoOther(t *testing.T) {
	root, name := t.TempDir(), "a.bag"
	record(t, filepath.Join(root, name))
	c, s := &Cache{}, &slowStore{Store: store.At(root)}
	defer c.Close()
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	use := func(ctx context.Context, given chan<- error) {
		given <- c.Use(ctx, s, name, func(*bag.Bag) error { return nil })
	}
	waits := func(n int) bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		b := c.bags[s.Path(name)]
		return b != nil && b.users == n
	}
	go use(ctx, first)
	for s.opens.Load() == 0 {
		runtime.Gosched()
	}
	go use(t.Context(), second)
	for !waits(2) {
		runtime.Gosched()
	}
	cancel()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := <-second; err != nil {
		t.Error(err)
	}
}
