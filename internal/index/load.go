package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// An Index is a file of records, read whole, which replaces bags that are not there.
type Index struct {
	File string
	Err  error // why it cannot be used: it has no bags then

	bags map[string]map[string]*Frames // by bag, then by camera
}

// Frames are what an index says of one bag as one camera sees it: parallel slices, in the frames' order.
type Frames struct {
	Names     []string
	Sizes     []int64          // bytes; 0 is not known
	Sums      [][32]byte       // zeros are not known
	Paths     []string         // of a directory's images; a recording's have none
	Topics    []string         // of a recording's messages, each once
	Selection string           // of the records
	Context   [][]ContextImage // of each frame; nil where none has any
	ChosenBy  []string         // by which algorithms each was chosen for what it shows; nil: none was
	Judged    int              // how many frames there were to choose from

	Video       bool // they are a video's: Sizes and Sums are of the file that they are in
	First, Step int  // of a video: the number in the file of the first frame, and from one to the next

	last int // frame number
}

// A ContextImage is what an index says of one image next to a frame.
type ContextImage struct {
	Name  string
	Size  int64 // bytes
	Sum   [32]byte
	Apart uint64 // ns between its time and the frame's
	Timed bool   // both have one
}

// Load reads an index whole.
func Load(file string) *Index {
	x := &Index{File: file, bags: make(map[string]map[string]*Frames)}
	f, err := regular.Open(file)
	if err == nil {
		defer f.Close()
		err = Read(f, x.add)
	}
	if err != nil {
		x.Err, x.bags = err, nil
	}
	return x
}

func (x *Index) add(r Record) error {
	if x.bags[r.Bag] == nil {
		x.bags[r.Bag] = make(map[string]*Frames)
	}
	of := x.bags[r.Bag][r.Camera]
	if of == nil {
		of = &Frames{last: -1, Selection: r.Selection, Judged: r.Judged}
		x.bags[r.Bag][r.Camera] = of
	}
	if r.Frame <= of.last {
		return fmt.Errorf("frame %d of task %s comes after frame %d: the file was put together by hand", r.Frame, wording.Safe(r.Task), of.last)
	}
	of.last = r.Frame
	of.Names, of.Sizes, of.Sums = append(of.Names, r.Name), append(of.Sizes, r.Size), append(of.Sums, r.Sum())
	of.addContext(r)
	if r.PTSNS != nil {
		of.addVideo(r)
	}
	if r.Judged > 0 {
		of.ChosenBy = append(of.ChosenBy, r.ChosenBy)
	}
	if r.Path != "" {
		of.Paths = append(of.Paths, r.Path)
	} else if !slices.Contains(of.Topics, r.Topic) {
		of.Topics = append(of.Topics, r.Topic)
	}
	return nil
}

// addContext keeps the context images of the frame that was just added.
func (f *Frames) addContext(r Record) {
	if f.Context == nil && len(r.Context) == 0 {
		return
	}
	for len(f.Context) < len(f.Names)-1 {
		f.Context = append(f.Context, nil)
	}
	var images []ContextImage
	for _, c := range r.Context {
		image := ContextImage{Name: c.Name, Size: c.Size, Sum: c.Sum()}
		if c.StampNS != nil && r.StampNS != nil {
			image.Timed = true
			image.Apart = uint64(max(*c.StampNS, *r.StampNS)) - uint64(min(*c.StampNS, *r.StampNS))
		}
		images = append(images, image)
	}
	f.Context = append(f.Context, images)
}

// addVideo keeps which frames of the video there are, once the frame itself was added.
func (f *Frames) addVideo(r Record) {
	f.Video = true
	number := r.Frame
	if r.Index != nil {
		number = *r.Index
	}
	switch len(f.Names) {
	case 1:
		f.First, f.Step = number, 1
	case 2:
		f.Step = max(number-f.First, 1)
	}
}

// Bags are those that the index has frames of, sorted.
func (x *Index) Bags() []string { return slices.Sorted(maps.Keys(x.bags)) }

// Has reports whether the index has frames of a bag.
func (x *Index) Has(bag string) bool { return x.bags[bag] != nil }

// Of are the frames of a bag as a camera sees it; nil if there are none.
func (x *Index) Of(bag, camera string) *Frames { return x.bags[bag][camera] }

// Missing reports that there is no such file.
func (x *Index) Missing() bool { return errors.Is(x.Err, fs.ErrNotExist) }

// Records reads the file again, and gives the records of a bag as a camera sees it to visit, whose
// error ends it.
func (x *Index) Records(ctx context.Context, bag, camera string, visit func(Record) error) error {
	f, err := regular.Open(x.File)
	if err != nil {
		return err
	}
	defer f.Close()
	return Read(f, func(r Record) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if r.Bag != bag || r.Camera != camera {
			return nil
		}
		return visit(r)
	})
}

// Pick gives some of the frames in another order.
func (f *Frames) Pick(at []int) *Frames {
	some := &Frames{Topics: f.Topics, Selection: f.Selection, Video: f.Video, First: f.First, Step: f.Step, Judged: f.Judged}
	whole, chosen := len(f.Paths) == len(f.Names), len(f.ChosenBy) == len(f.Names)
	for _, i := range at {
		some.Names, some.Sizes, some.Sums = append(some.Names, f.Names[i]), append(some.Sizes, f.Sizes[i]), append(some.Sums, f.Sums[i])
		if whole {
			some.Paths = append(some.Paths, f.Paths[i])
		}
		if f.Context != nil {
			some.Context = append(some.Context, f.Context[i])
		}
		if chosen {
			some.ChosenBy = append(some.ChosenBy, f.ChosenBy[i])
		}
	}
	return some
}

// Measured reports whether sizes and sums of all frames are known.
func (f *Frames) Measured() bool { return !slices.Contains(f.Sizes, 0) }

// Bytes is the sum of the sizes, context images included; -1 if one is not known.
func (f *Frames) Bytes() (total int64) {
	if !f.Measured() {
		return -1
	}
	if f.Video {
		return f.Sizes[0]
	}
	for _, n := range f.Sizes {
		total += n
	}
	for _, images := range f.Context {
		for _, c := range images {
			total += c.Size
		}
	}
	return total
}
