package memory

import "slices"

// A Kept is bytes that nobody uses now, and that are given up as soon as others need the memory.
type Kept struct {
	b    *Budget
	data []byte
	own  bool // to be found by its keeper alone
}

// Bytes are what is kept, or nil if it was given up.
func (k *Kept) Bytes() []byte {
	if k == nil {
		return nil
	}
	k.b.mu.Lock()
	defer k.b.mu.Unlock()
	return k.data
}

// Drop gives the bytes up.
func (k *Kept) Drop() {
	if k == nil {
		return
	}
	k.b.mu.Lock()
	defer k.b.mu.Unlock()
	k.b.idle.drop(k)
}

// idle is memory that is not in use.
type idle struct {
	list    []*Kept // oldest first
	bytes   int64
	dropped int64 // since the last collection
}

// most bounds the list, which is searched from its end.
const mostIdle = 256

func (i *idle) put(k *Kept) {
	if cap(k.data) == 0 {
		return
	}
	if len(i.list) == mostIdle {
		i.drop(i.list[0])
	}
	i.list = append(i.list, k)
	i.bytes += int64(cap(k.data))
}

// take gives a buffer of n bytes, the one used last, or nil.
func (i *idle) take(n int64) []byte {
	for at, k := range slices.Backward(i.list) {
		if !k.own && int64(cap(k.data)) == n {
			i.list = slices.Delete(i.list, at, at+1)
			i.bytes -= n
			return k.data
		}
	}
	return nil
}

// shrink drops the oldest until no more than most bytes are left.
func (i *idle) shrink(most int64) {
	for i.bytes > max(most, 0) {
		i.drop(i.list[0])
	}
}

func (i *idle) drop(k *Kept) {
	if at := slices.Index(i.list, k); at >= 0 {
		i.list = slices.Delete(i.list, at, at+1)
		i.bytes -= int64(cap(k.data))
		i.dropped += int64(cap(k.data))
	}
	k.data = nil
}

// clear drops what has no keeper.
func (i *idle) clear() {
	for _, k := range slices.Clone(i.list) {
		if !k.own {
			i.drop(k)
		}
	}
}
