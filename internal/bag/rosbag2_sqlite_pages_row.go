package bag

import "encoding/binary"

// inline is how much of a row of so many bytes lies in its leaf.
func (p *pages) inline(total int64) int64 {
	if total <= p.usable-35 {
		return total
	}
	least := (p.usable-12)*32/255 - 23
	n := least + (total-least)%(p.usable-4)
	if n > p.usable-35 {
		return least
	}
	return n
}

// columnAt is where data begins in a row, from the types in the row's header.
func (p *pages) columnAt(row []byte, size int64) (int64, error) {
	head, n := varint(row)
	if n == 0 || head > int64(len(row)) {
		return 0, errPages
	}
	at := head
	types := row[n:head]
	for i := 0; ; i++ {
		kind, n := varint(types)
		if n == 0 {
			return 0, errPages
		}
		if i == p.column {
			if kind < 12 || kind&1 != 0 || (kind-12)/2 != size {
				return 0, errPages
			}
			return at, nil
		}
		at += valueSize(kind)
		types = types[n:]
	}
}

// valueSize is the length of a value by its type.
func valueSize(kind int64) int64 {
	switch {
	case kind >= 12:
		return (kind - 12) / 2
	case kind < 0 || kind >= 8:
		return 0
	}
	return [8]int64{0, 1, 2, 3, 4, 6, 8, 8}[kind]
}

// pageRun is how many bytes of overflow pages are read at once: they nearly
// always follow each other, and these still fit the processor's cache.
const pageRun = 256 << 10

// row puts the first end bytes of a row together: what lies in the leaf, then
// the chain of overflow pages, each of which begins with the number of the next.
func (p *pages) row(s *scratch, buf, local []byte, inline, end int64) ([]byte, error) {
	buf = sized(buf, end)
	n := int64(copy(buf, local[:min(inline, end)]))
	if n == end {
		return buf, nil
	}
	if int64(len(local)) < inline+4 {
		return nil, errPages
	}
	next := int64(binary.BigEndian.Uint32(local[inline:]))
	for n < end {
		run, err := p.run(s.run, next, end-n)
		if err != nil {
			return nil, err
		}
		s.run = run
		n, next = p.join(buf, run, n, next)
	}
	return buf, nil
}

// run reads as many pages from the one numbered next as need bytes may lie in.
func (p *pages) run(buf []byte, next, need int64) ([]byte, error) {
	at, content := (next-1)*p.page, p.usable-4
	count := min((need+content-1)/content, max(pageRun/p.page, 1), (p.size-at)/p.page)
	if next < 2 || count < 1 {
		return nil, errPages
	}
	return p.read(buf, at, count*p.page)
}

// join copies the contents of a run of pages behind the first n bytes of buf,
// as far as each page is the next of the one before, and returns which comes next.
func (p *pages) join(buf, run []byte, n, at int64) (int64, int64) {
	next := at
	for ; len(run) > 0 && next == at; at++ {
		next = int64(binary.BigEndian.Uint32(run))
		n += int64(copy(buf[n:], run[4:p.usable]))
		run = run[p.page:]
	}
	return n, next
}

// varint reads SQLite's big-endian varint; n is 0 if it does not end.
func varint(b []byte) (v, n int64) {
	for n < int64(len(b)) && n < 8 {
		v = v<<7 | int64(b[n]&0x7f)
		n++
		if b[n-1] < 0x80 {
			return v, n
		}
	}
	if n == 8 && len(b) > 8 {
		return v<<8 | int64(b[8]), 9
	}
	return 0, 0
}
