package source

import (
	"context"
	"sync"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/store"
)

// maxShelved is how many recordings stay open although nothing reads them: tasks of one
// bag follow each other, and opening a bag without an index reads it whole.
const maxShelved = 4

// A shelf opens recordings when they are needed, and closes those that were not needed
// for longest.
type shelf struct {
	options bag.Options

	mu      sync.Mutex
	books   map[string]*book
	readers map[string]map[*reader]bool // by path: who is not done with it
	clock   int
}

// A reader is a task that reads a recording, from the start or its last use until it is done.
type reader struct{ _ byte } // not empty, so that each has an address of its own

// A book is one recording on the shelf.
type book struct {
	once  sync.Once
	bag   *bag.Bag
	err   error
	users int
	used  int // when it was last given back
}

// expect keeps a recording open, once it is opened, until the reader is done.
func (s *shelf) expect(path string, who *reader) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(path, who)
}

func (s *shelf) note(path string, who *reader) {
	if who == nil {
		return
	}
	if s.readers == nil {
		s.readers = make(map[string]map[*reader]bool)
	}
	if s.readers[path] == nil {
		s.readers[path] = make(map[*reader]bool)
	}
	s.readers[path][who] = true
}

// done closes the recording if nobody else is to read it. The reader may come back.
func (s *shelf) done(path string, who *reader) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.readers[path], who)
	b := s.books[path]
	if len(s.readers[path]) > 0 || b == nil || b.users > 0 {
		return nil
	}
	return s.drop(path)
}

// use opens the recording, unless it is open, and keeps it open while f runs; for a
// reader, until it is done.
func (s *shelf) use(ctx context.Context, path string, who *reader, f func(*bag.Bag) error) error {
	b := s.take(path, who)
	defer s.giveBack(path, b)
	b.once.Do(func() {
		in, name := store.Split(path)
		b.bag, b.err = bag.Open(ctx, in, name, s.options)
	})
	if b.err != nil {
		return b.err
	}
	return f(b.bag)
}

func (s *shelf) take(path string, who *reader) *book {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(path, who)
	if s.books == nil {
		s.books = make(map[string]*book)
	}
	b := s.books[path]
	if b == nil {
		b = &book{}
		s.books[path] = b
	}
	b.users++
	return b
}

// giveBack forgets a recording that would not open: the next one may try again.
func (s *shelf) giveBack(path string, b *book) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.users--
	s.clock++
	b.used = s.clock
	if b.err != nil && b.users == 0 && s.books[path] == b {
		delete(s.books, path)
	}
	s.tidy(maxShelved)
}

// tidy closes recordings that nobody uses until at most some are left.
func (s *shelf) tidy(most int) {
	for len(s.books) > most {
		var oldest string
		for path, b := range s.books {
			if b.users == 0 && (oldest == "" || b.used < s.books[oldest].used) {
				oldest = path
			}
		}
		if oldest == "" {
			return
		}
		s.drop(oldest) // it was only read
	}
}

// drop closes a recording.
func (s *shelf) drop(path string) error {
	b := s.books[path].bag
	delete(s.books, path)
	if b == nil {
		return nil
	}
	return b.Close()
}

// close closes what nobody uses.
func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy(0)
}

// isRecording tells a recording's file or directory from another.
func isRecording(ctx context.Context, path string) bool {
	in, name := store.Split(path)
	return bag.Detect(ctx, in, name) != ""
}
