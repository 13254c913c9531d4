package prediction

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sort"
	"time"
)

// A File is a file of predictions, or a directory of them, that was read once. It keeps where in the file what is said of each
// image stands, some 40 bytes for each thing and 100 for each image, and reads that again for the task that it is placed in:
// one file may be that of many tasks, and larger than memory. Its methods may be called from several goroutines.
type File struct {
	hash   string
	images []imageOf
	rows   []row // in the order of the file, or of the directory
	things things
	names  nameIndex
	stems  bool // images have no extensions

	of     []int32 // rows, by their images
	starts []int32 // in of, of each image

	open   func() (source, error)
	decode func(f *File, r row, text []byte) ([]Item, error)
}

// An imageOf is an image that a file speaks of.
type imageOf struct {
	name          string
	width, height int32 // 0: the file does not say
}

// A row is a stretch of the file that says something of one image: an annotation of COCO, a line, a text file.
type row struct {
	at, bytes int32 // in its file
	image     int32
	thing     int32 // the first one that it says; the next row's is behind its last
}

// A source is what rows are read from, as it was when they were found: else its errors are errChanged.
type source interface {
	// read gives the text of a row, until the next call.
	read(f *File, r row) ([]byte, error)
	io.Closer
}

var errChanged = errors.New("it changed while it was read")

// Open reads predictions: a file, or a directory of them. Its errors do not name the file; fs.ErrNotExist is among its causes where there is none.
func Open(file string, format Format) (*File, error) {
	switch format {
	case YOLO:
		return openYOLO(file)
	case COCO, JSONL:
		return openText(file, format)
	}
	return nil, fmt.Errorf("unknown format %q", format)
}

// Hash is the SHA-256 of what was read, 64 hex digits.
func (f *File) Hash() string { return f.hash }

// Bytes is about how much memory it takes.
func (f *File) Bytes() int64 {
	n := 16*len(f.rows) + 17*len(f.things.scores) + 4*len(f.of) + 16*len(f.names)
	for _, i := range f.images {
		n += 48 + len(i.name)
	}
	return int64(n)
}

// FileStamp tells a file from a later one without reading it, by size and time, and gives that time. It is empty where that
// is not known: of a directory, and where there is no file.
func FileStamp(file string) (stamp string, changed time.Time) {
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() {
		return "", changed
	}
	return stampOfFile(info), info.ModTime()
}

func stampOfFile(info os.FileInfo) string {
	return fmt.Sprintf("%d %d", info.Size(), info.ModTime().UnixNano())
}

// things are what a file says, in its order, as far as a task needs to know whose images they are not on.
type things struct {
	scores []float64 // not a number: none
	kinds  []thingKind
	wrong  map[string]*wrongThings // by why they are no shapes

	sorted []float64 // the scores of shapes, the lowest first
	shapes int
}

type thingKind uint8

const (
	aShape thingKind = iota
	aTag
	noShape
)

type wrongThings struct{ count, first int }

// add takes in what one row says.
func (f *File) add(r row, items []Item) {
	t := &f.things
	r.thing = int32(len(t.kinds))
	f.rows = append(f.rows, r)
	for _, item := range items {
		score, kind := math.NaN(), aShape
		switch {
		case item.Wrong != "":
			kind = noShape
			t.addWrong(item.Wrong)
		case item.tag:
			kind = aTag
		case item.Shapes[0].Score != nil:
			score = *item.Shapes[0].Score
		}
		t.scores, t.kinds = append(t.scores, score), append(t.kinds, kind)
	}
}

func (t *things) addWrong(why string) {
	if t.wrong == nil {
		t.wrong = map[string]*wrongThings{}
	}
	w := t.wrong[why]
	if w == nil {
		w = &wrongThings{first: len(t.kinds)}
		t.wrong[why] = w
	}
	w.count++
}

// finish sorts what was added.
func (f *File) finish() *File {
	f.rows, f.things.scores, f.things.kinds = slices.Clip(f.rows), slices.Clip(f.things.scores), slices.Clip(f.things.kinds)
	t := &f.things
	for i, kind := range t.kinds {
		if kind == aShape {
			t.shapes++
			if !math.IsNaN(t.scores[i]) {
				t.sorted = append(t.sorted, t.scores[i])
			}
		}
	}
	slices.Sort(t.sorted)
	f.starts = make([]int32, len(f.images)+1)
	for _, r := range f.rows {
		f.starts[r.image+1]++
	}
	for i := range f.images {
		f.starts[i+1] += f.starts[i]
	}
	f.of = make([]int32, len(f.rows))
	next := slices.Clone(f.starts)
	for i, r := range f.rows {
		f.of[next[r.image]] = int32(i)
		next[r.image]++
	}
	f.names = indexNames(f.images)
	return f
}

// behind is the thing behind the last one of a row.
func (f *File) behind(row int32) int32 {
	if int(row)+1 < len(f.rows) {
		return f.rows[row+1].thing
	}
	return int32(len(f.things.kinds))
}

// Place gives everything its frame and label. What is not on the task's images is only counted.
func (f *File) Place(t Target) (Placed, error) {
	p := newPlacing(t)
	own, elsewhere := f.imagesOf(p)
	rows := f.rowsOf(own)
	placed, err := f.placeRows(p, rows)
	if err != nil {
		return Placed{}, err
	}
	f.countOthers(p, rows, f.rowsOf(elsewhere), placed)
	return p.done(), nil
}

// imagesOf are the images that are frames of the task, or may be, and those that are frames of other parts of its bag.
func (f *File) imagesOf(p *placing) (own, elsewhere []int32) {
	names := p.names
	if f.stems {
		names = p.stems
	}
	for _, i := range f.names.candidates(names) {
		at, wrong := names.find(f.images[i].name)
		switch {
		case wrong == notAFrame:
		case wrong == "" && p.t.Frames[at].Elsewhere:
			elsewhere = append(elsewhere, i)
		default:
			own = append(own, i)
		}
	}
	return own, elsewhere
}

// rowsOf are the rows of images, in the order of the file.
func (f *File) rowsOf(images []int32) []int32 {
	var rows []int32
	for _, i := range images {
		rows = append(rows, f.of[f.starts[i]:f.starts[i+1]]...)
	}
	slices.Sort(rows)
	return rows
}

// placedRows are how many things of the task's own images were left out, by why.
type placedRows struct {
	low   int
	wrong map[string]int
}

// placeRows reads rows and places what they say.
func (f *File) placeRows(p *placing, rows []int32) (placed placedRows, err error) {
	placed.wrong = map[string]int{}
	if len(rows) == 0 {
		return placed, nil
	}
	from, err := f.open()
	if err != nil {
		return placed, cause(err)
	}
	defer from.Close()
	for _, i := range rows {
		r := f.rows[i]
		text, err := from.read(f, r)
		if err != nil {
			return placed, cause(err)
		}
		items, err := f.decode(f, r, text)
		if err != nil || len(items) != int(f.behind(i)-r.thing) {
			return placed, errChanged
		}
		for k, item := range items {
			if item.Wrong != "" {
				placed.wrong[item.Wrong]++
			}
			p.place(item, int(r.thing)+k)
		}
	}
	placed.low = p.result.LowScore
	return placed, nil
}

// countOthers counts what is not on the task's images as if it had been placed.
func (f *File) countOthers(p *placing, own, elsewhere []int32, placed placedRows) {
	for why, w := range f.things.wrong {
		if n := w.count - placed.wrong[why]; n > 0 {
			p.unplaced.addMany(why, n, w.first, f.images[f.imageOfThing(w.first)].name)
		}
	}
	low := sort.SearchFloat64s(f.things.sorted, p.t.MinScore)
	p.result.LowScore += low - placed.low
	strangers := f.things.shapes - low - f.certain(own, p.t.MinScore) - f.certain(elsewhere, p.t.MinScore)
	if strangers > 0 {
		first := f.firstStranger(own, elsewhere, p.t.MinScore)
		p.unplaced.addMany(notAFrame, strangers, first, f.images[f.imageOfThing(first)].name)
	}
}

// certain counts the shapes of rows that are not left out for their scores.
func (f *File) certain(rows []int32, least float64) int {
	n := 0
	for _, i := range rows {
		for k := f.rows[i].thing; k < f.behind(i); k++ {
			if f.isCertain(k, least) {
				n++
			}
		}
	}
	return n
}

func (f *File) isCertain(thing int32, least float64) bool {
	return f.things.kinds[thing] == aShape && !(f.things.scores[thing] < least)
}

// firstStranger is the first shape that is on no image of the task, or of its bag.
func (f *File) firstStranger(own, elsewhere []int32, least float64) int {
	for i := range int32(len(f.rows)) {
		switch {
		case len(own) > 0 && own[0] == i:
			own = own[1:]
			continue
		case len(elsewhere) > 0 && elsewhere[0] == i:
			elsewhere = elsewhere[1:]
			continue
		}
		for k := f.rows[i].thing; k < f.behind(i); k++ {
			if f.isCertain(k, least) {
				return int(k)
			}
		}
	}
	return 0
}

// imageOfThing is the image that a thing is on.
func (f *File) imageOfThing(thing int) int32 {
	i, _ := slices.BinarySearchFunc(f.rows, int32(thing)+1, func(r row, n int32) int { return cmp.Compare(r.thing, n) })
	return f.rows[i-1].image
}
