package recording

import (
	"context"
	"sync"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/once"
	"github.com/cvatplan/cvatplan/internal/store"
)

// maxIdle is how many recordings stay open although nothing reads them: tasks of one
// bag follow each other, and opening a bag without an index reads it whole.
const maxIdle = 4

// farWorkers is how many chunks or runs of messages are fetched from another machine's store at once: each is a wait.
const farWorkers = 8

// A Cache opens recordings when they are needed, and closes those that were not needed
// for longest.
type Cache struct {
	Options bag.Options

	mu      sync.Mutex
	bags    map[string]*cachedBag       // by path
	readers map[string]map[*reader]bool // by path: who is not done with it
	clock   int
	scans   int64 // bytes of what videos' messages told, kept for their sending
}

// A reader is a task that reads a recording, from the start or its last use until it is done.
type reader struct{ _ byte } // not empty, so that each has an address of its own

// A cachedBag is one recording that is open, or is being opened.
type cachedBag struct {
	bag   once.Value[*bag.Bag]
	users int
	used  int // when it was last released
}

// expect keeps a recording open, once it is opened, until the reader is done.
func (c *Cache) expect(path string, r *reader) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.register(path, r)
}

func (c *Cache) register(path string, r *reader) {
	if r == nil {
		return
	}
	if c.readers == nil {
		c.readers = make(map[string]map[*reader]bool)
	}
	if c.readers[path] == nil {
		c.readers[path] = make(map[*reader]bool)
	}
	c.readers[path][r] = true
}

// done closes the recording if no other task is to read it. The reader may come back.
func (c *Cache) done(path string, r *reader) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.readers[path], r)
	b := c.bags[path]
	if len(c.readers[path]) > 0 || b == nil || b.users > 0 {
		return nil
	}
	return c.drop(path)
}

// Use opens the recording, unless it is open, and keeps it open while f runs.
func (c *Cache) Use(ctx context.Context, s store.Store, name string, f func(*bag.Bag) error) error {
	return c.use(ctx, s, name, nil, f)
}

// use is Use; for a reader, the recording stays open until it is done.
func (c *Cache) use(ctx context.Context, s store.Store, name string, r *reader, f func(*bag.Bag) error) error {
	path := s.Path(name)
	b := c.acquire(path, r)
	defer c.release(path, b)
	opened, err := b.bag.Get(ctx, func(ctx context.Context) (*bag.Bag, error) {
		o := c.Options
		if o.Far = !store.Here(s); o.Far && o.Workers == 0 {
			o.Workers = farWorkers
		}
		return bag.Open(ctx, s, name, o)
	})
	if err != nil {
		return err
	}
	return f(opened)
}

func (c *Cache) acquire(path string, r *reader) *cachedBag {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.register(path, r)
	if c.bags == nil {
		c.bags = make(map[string]*cachedBag)
	}
	b := c.bags[path]
	if b == nil {
		b = &cachedBag{}
		c.bags[path] = b
	}
	b.users++
	return b
}

// release forgets a recording that would not open: the next one may try again.
func (c *Cache) release(path string, b *cachedBag) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b.users--
	c.clock++
	b.used = c.clock
	if b.users == 0 && b.bag.Made() == nil && c.bags[path] == b {
		delete(c.bags, path)
	}
	c.evict(maxIdle)
}

// evict closes recordings that nothing uses until at most some are left.
func (c *Cache) evict(most int) {
	for len(c.bags) > most {
		var oldest string
		for path, b := range c.bags {
			if b.users == 0 && (oldest == "" || b.used < c.bags[oldest].used) {
				oldest = path
			}
		}
		if oldest == "" {
			return
		}
		c.drop(oldest) // it was only read
	}
}

// drop closes a recording.
func (c *Cache) drop(path string) error {
	b := c.bags[path].bag.Made()
	delete(c.bags, path)
	if b == nil {
		return nil
	}
	return b.Close()
}

// keepScan reports whether so many more bytes of scans are kept: an eighth of the budget of memory at most. Fewer than none
// are given back.
func (c *Cache) keepScan(size int64) bool {
	most := int64(memory.Default / 8)
	if c.Options.Memory != nil {
		most = c.Options.Memory.Large()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if size > 0 && c.scans+size > most {
		return false
	}
	c.scans += size
	return true
}

// Close closes what nothing uses.
func (c *Cache) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evict(0)
}
