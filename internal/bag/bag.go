package bag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
)

// Options bound what reading may cost and say how damage is met.
type Options struct {
	Strict   bool           // damage is an error, not a warning; checksums that cost much time are checked
	MaxChunk int64          // the largest chunk or message in bytes; 0 is 1 GiB, or Memory if that is more
	TempDir  string         // where files are unpacked; "" is [os.TempDir]
	Workers  int            // how many chunks are unpacked at once; 0 is one for each core
	Memory   *memory.Budget // shared with others; nil is one of [memory.Default] for this recording

	// Foreign reports whether names in the metadata.yaml of a directory must not be repeated unless files of these names are there,
	// since its text is somebody else's. It is given the store's root and the directory, as Path writes them; nil: none are.
	Foreign func(root, dir string) bool

	// Far says that each byte of a file has its price, as on another machine: a file that would have to be read whole
	// to be opened, for it has no index or is a database, is a [*WholeError], unless ReadWhole consents. Then a database, whose
	// pages are read in no order, is copied to TempDir first.
	Far, ReadWhole bool
}

const defaultMaxChunk = 1 << 30

func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Memory == nil {
		o.Memory = memory.New(memory.Default)
	}
	if o.MaxChunk <= 0 {
		o.MaxChunk = max(defaultMaxChunk, o.Memory.Limit())
	}
	return o
}

// A largeError is a chunk or message above [Options].MaxChunk.
type largeError struct {
	what        string
	bytes, most int64
}

func (o Options) tooLarge(what string, bytes int64) error {
	return &largeError{what, bytes, o.MaxChunk}
}

func (e *largeError) Error() string {
	return fmt.Sprintf("%s of %d bytes is larger than %d, the most that is read", e.what, e.bytes, e.most)
}

// Hint says how much memory reads it.
func (e *largeError) Hint() diag.Hint {
	return diag.Do(diag.HintMoreMemory, fmt.Sprintf("%dMiB", (e.bytes-1)>>20+1))
}

// A WholeError is a file that can only be opened by reading all of it, where that has its price.
type WholeError struct {
	File  string
	Bytes int64
	Why   string // the file "has no index", say
}

func (e *WholeError) Error() string {
	return fmt.Sprintf("%s %s: all its %d bytes would be read", e.File, e.Why, e.Bytes)
}

// mayReadWhole is nil, or why a file is not read whole.
func (o Options) mayReadWhole(f *file, why string) error {
	if !o.Far || o.ReadWhole {
		return nil
	}
	return &WholeError{File: f.name, Bytes: f.size, Why: why}
}

// A Topic is the messages of one name, type and encoding. First and Last are
// receive times in nanoseconds since 1970; both are 0 if Count is.
type Topic struct {
	Name           string
	Type           string // as the file writes it: sensor_msgs/Image, sensor_msgs/msg/Image, foxglove.RawImage
	Encoding       string // of its messages: "ros1", "cdr", "protobuf", "json", …
	SchemaEncoding string // "ros1msg", "ros2msg", "protobuf", "jsonschema", …; "" if there is no schema
	Schema         []byte // the type's definition
	Count          int    // messages
	First, Last    int64
}

// A Bag is an open recording. Its methods may be called from several goroutines.
type Bag struct {
	at          location
	opts        Options
	parts       []reader
	topics      []Topic
	warn        *warnings
	unreadFiles []Unread
	unlisted    []string // files that the metadata does not name
	foreign     bool     // see Options.Foreign
	notes       []string
	guessed     bool // there is no metadata: names alone say that the files are one recording
	cache       *cache
}

// A reader is one file of a recording.
type reader interface {
	// path names the file in messages.
	path() string
	// streams are the file's connections or channels, counted.
	streams() []Topic
	// refs gives the messages of the wanted streams (by index) in file order.
	refs(ctx context.Context, want []bool, yield func(ref)) error
	// whole is the memory that a chunk takes which is loaded as a whole where so many bytes of
	// it are wanted, and false if its messages are read one by one.
	whole(chunk int32, wanted int64) (memory.Size, bool)
	// chunk unpacks such a chunk, in buf if it fits there. What can be trusted
	// in spite of an error is returned with it.
	chunk(ctx context.Context, n int32, buf []byte) ([]byte, error)
	// ready makes sure that messages of any other chunk can be read one by one, until release.
	ready(ctx context.Context, chunk int32) (release func(), err error)
	// verify compares a chunk whose messages are read one by one with its checksum, the
	// first time that it is asked; a difference is a warning.
	verify(ctx context.Context, chunk int32) error
	// message reads one message: out of data, its chunk, or if that is nil out
	// of the file, in buf if it fits there. limit ≥ 0 is how much of it is wanted.
	message(ctx context.Context, p place, data, buf []byte, limit int64) (message, error)
	Close() error
}

// A ref is one message as an index tells of it.
type ref struct {
	stream   int32
	chunk    int32
	off      int64
	size     int64 // a guess at the length of its record
	log, pub int64
}

// A message is one message as it was read.
type message struct {
	data []byte
	read []byte        // the memory that it was read into, if not its chunk's
	own  *memory.Grant // of data, if it was unpacked by itself
	log  int64
	pub  int64 // 0 if the container has no such time
}

// free gives up the memory of a message that was unpacked by itself.
func (m message) free() {
	if m.own != nil {
		m.own.Done(m.data)
	}
}

// Open opens a recording of a store: a .bag, .mcap or .db3 file or a rosbag2 directory.
// It reads the index, or scans a file that has none. The error wraps
// [ErrNotRecording] if the name holds nothing that this package knows.
func Open(ctx context.Context, s Store, name string, o Options) (*Bag, error) {
	o = o.withDefaults()
	b := &Bag{at: location{s, name}, opts: o, warn: &warnings{strict: o.Strict}, cache: newCache(o.Memory)}
	if err := guarded(func() error { return b.open(ctx) }); err != nil {
		return nil, errors.Join(fmt.Errorf("open recording %s: %w", b.at, err), b.Close())
	}
	b.topics = mergeTopics(b.parts)
	return b, nil
}

// Close closes the recording's files and gives up what was unpacked.
func (b *Bag) Close() error {
	b.cache.clear()
	var errs []error
	for _, p := range b.parts {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// Topics are the recording's topics by name, then type, then encoding.
func (b *Bag) Topics() []Topic { return slices.Clone(b.topics) }

// TopicOf is the topic of an entry of this bag: its type and encoding.
func (b *Bag) TopicOf(e Entry) Topic {
	s := b.parts[e.at.part].streams()[e.at.stream]
	i, _ := slices.BinarySearchFunc(b.topics, s, compareTopics)
	return b.topics[i]
}

// Warnings count what could not be read so far: opening finds a damaged
// structure, reading finds damaged contents.
func (b *Bag) Warnings() []Warning { return b.warn.all() }

// Unread are the files of a rosbag2 directory that give nothing. [Bag.Warnings] tells of them too.
func (b *Bag) Unread() []Unread { return b.unreadFiles }

// Notes are what a person should know of the choice of files, and no damage.
func (b *Bag) Notes() []string { return slices.Clone(b.notes) }

func compareTopics(x, y Topic) int {
	return cmp.Or(strings.Compare(x.Name, y.Name), strings.Compare(x.Type, y.Type), strings.Compare(x.Encoding, y.Encoding))
}

// mergeTopics joins equal streams, of one file or of several.
func mergeTopics(parts []reader) []Topic {
	var all []Topic
	for _, p := range parts {
		all = append(all, p.streams()...)
	}
	slices.SortStableFunc(all, compareTopics)
	out := all[:0]
	for _, t := range all {
		if n := len(out) - 1; n >= 0 && compareTopics(out[n], t) == 0 {
			out[n] = join(out[n], t)
			continue
		}
		out = append(out, t)
	}
	return out
}

// join counts the messages of two streams of one topic together.
func join(t, s Topic) Topic {
	if len(t.Schema) == 0 {
		t.Schema, t.SchemaEncoding = s.Schema, s.SchemaEncoding
	}
	switch {
	case s.Count == 0:
		return t
	case t.Count == 0:
		t.First, t.Last = s.First, s.Last
	default:
		t.First, t.Last = min(t.First, s.First), max(t.Last, s.Last)
	}
	t.Count += s.Count
	return t
}

// count adds one message to a stream.
func (t *Topic) count(log int64) {
	*t = join(*t, Topic{Count: 1, First: log, Last: log})
}
