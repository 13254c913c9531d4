package source

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A catalog is a committed listing, which stands in for bags that are not here.
type catalog struct {
	file string
	bags map[string]map[string]*listed // by bag, then by camera
	err  error                         // why it cannot be used
}

// A listed is what a listing says of one bag as one camera sees it: parallel slices, in the frames' order.
type listed struct {
	names     []string
	sizes     []int64
	sums      [][32]byte
	paths     []string // of a directory's images; a recording's have none
	topics    []string // of a recording's messages, each once
	last      int      // frame number
	selection string
}

// in is the listed with its frames in another order.
func (l *listed) in(at []int) *listed {
	o := *l
	o.names, o.sizes, o.sums = frame.Pick(l.names, at), frame.Pick(l.sizes, at), frame.Pick(l.sums, at)
	if len(l.paths) == len(l.names) {
		o.paths = frame.Pick(l.paths, at)
	} else {
		o.paths = nil
	}
	return &o
}

func sum(sizes []int64) (total int64) {
	for _, n := range sizes {
		total += n
	}
	return total
}

// readCatalog reads a listing whole.
func readCatalog(file string) *catalog {
	l := &catalog{file: file, bags: make(map[string]map[string]*listed)}
	f, err := os.Open(file)
	if err == nil {
		defer f.Close()
		err = index.Read(f, l.add)
	}
	if err != nil {
		l.err, l.bags = err, nil
	}
	return l
}

func (l *catalog) add(r index.Record) error {
	if l.bags[r.Bag] == nil {
		l.bags[r.Bag] = make(map[string]*listed)
	}
	of := l.bags[r.Bag][r.Camera]
	if of == nil {
		of = &listed{last: -1, selection: r.Selection}
		l.bags[r.Bag][r.Camera] = of
	}
	if r.Frame <= of.last {
		return fmt.Errorf("frame %d of task %s stands behind frame %d: it was put together by hand", r.Frame, wording.Safe(r.Task), of.last)
	}
	of.last = r.Frame
	of.names, of.sizes, of.sums = append(of.names, r.Name), append(of.sizes, r.Size), append(of.sums, r.Sum())
	if r.Path != "" {
		of.paths = append(of.paths, r.Path)
	} else if !slices.Contains(of.topics, r.Topic) {
		of.topics = append(of.topics, r.Topic)
	}
	return nil
}

// names are the bags that the listing has frames of, sorted.
func (l *catalog) names() []string { return slices.Sorted(maps.Keys(l.bags)) }

// missing reports that there is no such file.
func (l *catalog) missing() bool { return errors.Is(l.err, fs.ErrNotExist) }
