package source

import (
	"context"
	"sync"

	"github.com/cvatplan/cvatplan/pkg/bag"
)

// maxShelved is how many recordings stay open although nothing reads them: tasks of one
// bag follow each other, and opening a bag without an index reads it whole.
const maxShelved = 4

// A shelf opens recordings when they are needed, and closes those that were not needed
// for longest.
type shelf struct {
	options bag.Options

	mu    sync.Mutex
	books map[string]*book
	clock int
}

// A book is one recording on the shelf.
type book struct {
	once  sync.Once
	bag   *bag.Bag
	err   error
	users int
	used  int // when it was last given back
}

// use opens the recording, unless it is open, and keeps it open while f runs.
func (s *shelf) use(ctx context.Context, path string, f func(*bag.Bag) error) error {
	b := s.take(path)
	defer s.giveBack(path, b)
	b.once.Do(func() { b.bag, b.err = bag.Open(ctx, path, s.options) })
	if b.err != nil {
		return b.err
	}
	return f(b.bag)
}

func (s *shelf) take(path string) *book {
	s.mu.Lock()
	defer s.mu.Unlock()
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
		if b := s.books[oldest].bag; b != nil {
			b.Close() // it was only read
		}
		delete(s.books, oldest)
	}
}

// close closes what nobody uses.
func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tidy(0)
}
