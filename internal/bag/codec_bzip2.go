package bag

import (
	"errors"
	"math/bits"
	"sync"
)

// A bzip2 decoder of our own: the standard library's walks its Huffman codes
// bit by bit, which is half of its time on pictures, and bz2 bags are as slow as
// their decompression. It gives what the standard library gives, which the
// tests compare.

var errBZ2 = errors.New("damaged bz2")

const (
	bz2BlockMagic = 0x314159265359
	bz2EndMagic   = 0x177245385090
	bz2GroupSize  = 50 // symbols that one Huffman code is used for
	bz2MaxGroups  = 6
)

// bz2Decoder is the state of one stream; it is used again, as it is large.
type bz2Decoder struct {
	bitReader
	out    []byte
	limit  int64    // of out
	table  []uint32 // of the block: byte, and above it the position of the next
	trees  [bz2MaxGroups]bz2Tree
	choice []uint8 // which tree, group by group
	mtf    [256]byte
	used   int // symbols in mtf
}

var bz2Decoders = sync.Pool{New: func() any { return new(bz2Decoder) }}

// unpackBZ2 unpacks streams that follow each other. Its memory grows with what
// comes out, as nothing in bz2 bounds its ratio.
func unpackBZ2(buf, src []byte, full int64) ([]byte, error) {
	d := bz2Decoders.Get().(*bz2Decoder)
	defer func() {
		d.out, d.src = nil, nil
		bz2Decoders.Put(d)
	}()
	d.out = sized(buf, min(full, 1<<20+8*int64(len(src))))[:0]
	d.limit = full
	d.bitReader = bitReader{src: src}
	for {
		if err := d.stream(); err != nil {
			return d.out, err
		}
		if d.align(); d.empty() {
			return d.out, nil
		}
	}
}

func (d *bz2Decoder) stream() error {
	if d.bits(16) != 0x425a || d.bits(8) != 'h' {
		return errBZ2
	}
	level := int(d.bits(8)) - '0'
	if level < 1 || level > 9 {
		return errBZ2
	}
	var sum uint32
	for {
		switch d.bits(24)<<24 | d.bits(24) {
		case bz2BlockMagic:
			want := uint32(d.bits(32))
			start := len(d.out)
			got, err := d.block(level * 100_000)
			if err != nil {
				return err
			}
			if got != want {
				d.out = d.out[:start]
				return errChecksum
			}
			sum = bits.RotateLeft32(sum, 1) ^ got
		case bz2EndMagic:
			if uint32(d.bits(32)) != sum || d.over {
				return errChecksum
			}
			return nil
		default:
			return errBZ2
		}
	}
}

// block unpacks one block and gives its checksum.
func (d *bz2Decoder) block(size int) (uint32, error) {
	if d.bits(1) != 0 {
		return 0, errors.New("bz2 of a kind that was given up in 1997") // "randomised"
	}
	origin := uint32(d.bits(24))
	if err := errors.Join(d.readSymbols(), d.readChoices()); err != nil {
		return 0, err
	}
	if err := d.readTable(size); err != nil {
		return 0, err
	}
	if int(origin) >= len(d.table) {
		return 0, errBZ2
	}
	d.link()
	start := len(d.out)
	if err := d.expand(origin); err != nil {
		return 0, err
	}
	return bz2Sum(d.out[start:]), nil
}

// readSymbols reads which bytes occur in the block.
func (d *bz2Decoder) readSymbols() error {
	ranges := d.bits(16)
	d.used = 0
	for i := range 16 {
		if ranges>>(15-i)&1 == 0 {
			continue
		}
		set := d.bits(16)
		for j := range 16 {
			if set>>(15-j)&1 == 1 {
				d.mtf[d.used] = byte(16*i + j)
				d.used++
			}
		}
	}
	if d.used == 0 || d.over {
		return errBZ2
	}
	return nil
}

// readChoices reads the Huffman codes, and which of them each group uses.
func (d *bz2Decoder) readChoices() error {
	trees, groups := int(d.bits(3)), int(d.bits(15))
	if trees < 2 || trees > bz2MaxGroups || groups == 0 {
		return errBZ2
	}
	d.choice = d.choice[:0]
	order := [bz2MaxGroups]uint8{0, 1, 2, 3, 4, 5}
	for range groups {
		n := 0
		for d.bits(1) == 1 {
			if n++; n >= trees {
				return errBZ2
			}
		}
		v := order[n]
		copy(order[1:n+1], order[:n])
		order[0] = v
		d.choice = append(d.choice, v)
	}
	for i := range trees {
		if err := d.readTree(&d.trees[i]); err != nil {
			return err
		}
	}
	return nil
}

// readTree reads code lengths, each as steps up and down from the one before.
func (d *bz2Decoder) readTree(t *bz2Tree) error {
	var lengths [258]uint8
	n := d.bits(5)
	for i := range d.used + 2 {
		for {
			if n < 1 || n > bz2MaxCode {
				return errBZ2
			}
			if d.bits(1) == 0 {
				break
			}
			n += 1 - 2*d.bits(1)
		}
		lengths[i] = uint8(n)
	}
	if d.over {
		return errBZ2
	}
	t.build(lengths[:d.used+2])
	return nil
}

// readTable decodes the symbols: bytes by how long ago they were last seen, and
// runs of the latest one.
func (d *bz2Decoder) readTable(size int) error {
	if cap(d.table) < size {
		d.table = make([]uint32, 0, size)
	}
	table := d.table[:0]
	end := d.used + 1
	run, power := 0, 1
	for _, choice := range d.choice {
		tree := &d.trees[choice]
		for range bz2GroupSize {
			s := tree.decode(&d.bitReader)
			if s < 0 || d.over {
				return errBZ2
			}
			if s <= 1 {
				if run += power << s; run > size {
					return errBZ2
				}
				power <<= 1
				continue
			}
			if run > size-len(table) {
				return errBZ2
			}
			for ; run > 0; run-- {
				table = append(table, uint32(d.mtf[0]))
			}
			power = 1
			if s == end {
				d.table = table
				return nil
			}
			if len(table) == size {
				return errBZ2
			}
			v := d.mtf[s-1]
			copy(d.mtf[1:s], d.mtf[:s-1])
			d.mtf[0] = v
			table = append(table, uint32(v))
		}
	}
	return errBZ2
}

// link makes a chain out of the table: the inverse Burrows-Wheeler transform.
func (d *bz2Decoder) link() {
	var next [256]uint32
	for _, b := range d.table {
		next[b&0xff]++
	}
	sum := uint32(0)
	for i, n := range next {
		next[i], sum = sum, sum+n
	}
	for i, b := range d.table {
		b &= 0xff
		d.table[next[b]] |= uint32(i) << 8
		next[b]++
	}
}

// expand follows the chain, in which a fifth byte after four equal ones is how
// often that byte is repeated further.
func (d *bz2Decoder) expand(origin uint32) error {
	at := d.table[origin] >> 8
	equal, last := 0, -1
	out := d.out
	for range d.table {
		entry := d.table[at]
		b := int(entry & 0xff)
		at = entry >> 8
		if equal == 4 {
			if int64(len(out)+b) > d.limit {
				return errClaim
			}
			for range b {
				out = append(out, byte(last))
			}
			equal, last = 0, -1
			continue
		}
		if b != last {
			equal, last = 0, b
		}
		equal++
		if int64(len(out)) >= d.limit {
			return errClaim
		}
		out = append(out, byte(b))
	}
	d.out = out
	return nil
}
