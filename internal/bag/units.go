package bag

import (
	"context"
	"errors"
	"slices"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// A unit is what one worker loads at once: a chunk, or a run of messages that
// lie plain in the file.
type unit struct {
	part, chunk int32
	whole       bool  // a chunk
	entries     []int // which ones, in the order of delivery
	cost        int64 // bytes in memory
	size        memory.Size
	next        int // of entries, to be delivered

	needed bool          // its messages are waited for
	memory *memory.Grant // shared with others
	ready  chan struct{}
	buf    []byte
	msgs   []loaded
	err    error // of the whole unit
}

type loaded struct {
	message
	err error
}

// take gives the next message.
func (u *unit) take() (message, error) {
	if u.err != nil {
		u.next++
		return message{}, u.err
	}
	m := u.msgs[u.next]
	u.next++
	return m.message, m.err
}

const (
	// budget is what all chunks together may hold, or one for each worker if those are larger.
	// With little memory it and runSize are less: see [divider].
	budget = 8 << 20
	// runBudget is that of runs, which nothing but their bytes must be waited for: what
	// a processor's cache holds is read half as fast again as more is.
	runBudget = 2 << 20
	// runSize ends a run of plain messages.
	runSize = 512 << 10
	// runBlow ends the unpacking of a run of messages that are compressed by themselves.
	runBlow = 8 << 20
)

// divide groups entries into units, and says for each entry which one it is in.
// A chunk is one unit, unless so many chunks overlap in time that holding all
// of them would exceed the budget: then the one used longest ago is loaded again
// when it is met again.
func (b *Bag) divide(entries []Entry, limit int64) (units []*unit, of []int) {
	large := b.opts.Memory.Large()
	d := divider{
		b: b, open: map[[2]int32]int{}, left: map[[2]int32]int{}, wanted: map[[2]int32]int64{}, of: make([]int, len(entries)), run: -1,
		budget: min(budget, large), runSize: min(runSize, large),
	}
	for _, e := range entries {
		d.left[e.chunkKey()]++
		d.wanted[e.chunkKey()] += e.at.room(limit)
	}
	for i, e := range entries {
		if size, whole := b.parts[e.at.part].whole(e.at.chunk, d.wanted[e.chunkKey()]); whole {
			d.inChunk(i, e, size)
			continue
		}
		d.inRun(i, e, e.at.room(limit))
	}
	for _, u := range d.units {
		if !u.whole {
			u.size = memory.One(max(u.cost, d.runSize)) // most are as large as that, so that they use each other's memory
		}
	}
	return d.units, d.of
}

func (e Entry) chunkKey() [2]int32 { return [2]int32{e.at.part, e.at.chunk} }

type divider struct {
	b      *Bag
	units  []*unit
	of     []int
	left   map[[2]int32]int   // entries of a chunk that are still to come
	wanted map[[2]int32]int64 // bytes of a chunk
	open   map[[2]int32]int   // chunks that are in memory → unit
	used   []int              // open units, the one used longest ago first
	held   int64              // bytes of open units
	run    int                // the unit of the current run, -1 is none

	budget, runSize int64 // as far as the memory goes
}

func (d *divider) inChunk(i int, e Entry, size memory.Size) {
	d.run = -1
	key := e.chunkKey()
	n, found := d.open[key]
	if !found {
		n = d.add(e, size.Bytes, true)
		d.units[n].size = size
		d.open[key] = n
		d.held += size.Bytes
		d.evict()
	}
	d.put(i, n)
	d.used = append(slices.DeleteFunc(d.used, func(o int) bool { return o == n }), n)
	if d.left[key]--; d.left[key] == 0 {
		d.close(n)
	}
}

// evict closes units until the others fit; the newest is not among used yet.
func (d *divider) evict() {
	for d.held > d.budget && len(d.used) > 0 {
		d.close(d.used[0])
	}
}

func (d *divider) close(n int) {
	u := d.units[n]
	delete(d.open, [2]int32{u.part, u.chunk})
	d.used = slices.DeleteFunc(d.used, func(o int) bool { return o == n })
	d.held -= u.cost
}

func (d *divider) inRun(i int, e Entry, size int64) {
	if d.run < 0 || d.units[d.run].part != e.at.part || d.units[d.run].cost+size > d.runSize {
		d.run = d.add(e, 0, false)
	}
	d.units[d.run].cost += size
	d.put(i, d.run)
}

func (d *divider) add(e Entry, cost int64, whole bool) int {
	d.units = append(d.units, &unit{part: e.at.part, chunk: e.at.chunk, whole: whole, cost: cost, ready: make(chan struct{})})
	return len(d.units) - 1
}

func (d *divider) put(i, n int) {
	d.units[n].entries = append(d.units[n].entries, i)
	d.of[i] = n
}

// errDeferred is a message that there was no room for to unpack it ahead of its use.
var errDeferred = errors.New("deferred")

// loadUnit reads a unit's messages; an error of the unit is one of each of them.
func (b *Bag) loadUnit(ctx context.Context, entries []Entry, u *unit, limit int64, r *memory.Reader) {
	var total int64
	ahead := func(_ context.Context, s memory.Size) (*memory.Grant, error) {
		if total > runBlow {
			return nil, errDeferred
		}
		g := r.Ahead(s)
		if g == nil {
			return nil, errDeferred
		}
		if limit < 0 { // else it is given back at once
			total += s.Bytes
		}
		return g, nil
	}
	u.err = guarded(func() error {
		u.msgs = make([]loaded, len(u.entries))
		if u.whole {
			return b.loadChunk(ctx, entries, u, limit, ahead)
		}
		return b.loadRun(ctx, entries, u, limit, ahead)
	})
}

// loadChunk unpacks a chunk; what could be unpacked of a damaged one is used.
func (b *Bag) loadChunk(ctx context.Context, entries []Entry, u *unit, limit int64, ahead granter) error {
	data, err := b.cache.peek(u.part, u.chunk)
	if data == nil {
		data, err = b.parts[u.part].chunk(ctx, u.chunk, u.memory.Buf)
		u.buf = data
	}
	if len(data) == 0 {
		return err
	}
	for i, n := range u.entries {
		m, loadErr := b.load(ctx, entries[n], data, nil, limit, ahead)
		if loadErr != nil && err != nil && !errors.Is(loadErr, errDeferred) {
			loadErr = err // why it is not there
		}
		u.msgs[i] = loaded{m, loadErr}
	}
	return nil
}

func (b *Bag) loadRun(ctx context.Context, entries []Entry, u *unit, limit int64, ahead granter) error {
	u.buf = u.memory.Buf
	if len(u.entries) > 1 || u.cost <= bigGuess { // what an index says of a larger message is not believed before its own head says so too
		u.buf = sized(u.buf, u.size.Buffer)
	}
	rest := u.buf[:cap(u.buf)]
	checked := int32(-1)
	for i, n := range u.entries {
		at := entries[n].at
		if limit < 0 && at.chunk >= 0 && at.chunk != checked {
			checked = at.chunk
			if err := b.parts[at.part].verify(ctx, at.chunk); err != nil {
				return err
			}
		}
		room := min(at.room(limit), int64(len(rest)))
		m, err := b.load(ctx, entries[n], nil, rest[:0:room], limit, ahead)
		u.msgs[i] = loaded{m, err}
		rest = rest[room:]
		if len(u.entries) == 1 && cap(m.read) > cap(u.buf) {
			u.buf = m.read // the next large message may use it
		}
	}
	return nil
}

// headRoom is more than what lies around a message in its file.
const headRoom = 512

// room is the memory that reading a message from its file takes.
func (p place) room(limit int64) int64 {
	if limit >= 0 {
		return min(p.size, limit) + headRoom
	}
	return p.size + headRoom
}
