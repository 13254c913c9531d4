package bag

import (
	"context"
	"encoding/binary"
)

// A write-ahead log, as https://www.sqlite.org/fileformat2.html, section 4, has it: a
// header, then frames, each a page behind its number. A frame that ends a transaction
// says how many pages the database has; salts and a running checksum tell what was
// written from what lay there before, and all behind the last such frame is nothing.
const (
	walMagic = 0x377f0682 // the lowest bit says that checksums are of big-endian words
	walHead  = 32
	walFrame = 24
)

// readWAL takes in the pages of every transaction that was written to its end.
func readWAL(ctx context.Context, l *layered) error {
	head, err := l.log.read(nil, 0, min(l.log.size, walHead))
	if err != nil || len(head) < walHead {
		return err
	}
	be := binary.BigEndian
	magic, page := be.Uint32(head), int64(be.Uint32(head[8:]))
	sum := walSum{order: binary.LittleEndian}
	if magic&1 == 1 {
		sum.order = be
	}
	if magic&^1 != walMagic || !pageSize(page) || !sum.fits(head[:24], head[24:]) {
		return nil // SQLite reads nothing of such a log either
	}
	salt := string(head[16:24])
	var pending []uint32 // pages of the transaction that is being read
	var frame []byte
	for off := int64(walHead); off+walFrame+page <= l.log.size; off += walFrame + page {
		if err := ctx.Err(); err != nil {
			return err
		}
		if frame, err = l.log.read(frame, off, walFrame+page); err != nil {
			return err
		}
		number, pages := be.Uint32(frame), be.Uint32(frame[4:])
		sum.add(frame[:8])
		if number == 0 || string(frame[8:16]) != salt || !sum.fits(frame[walFrame:], frame[16:24]) {
			return nil
		}
		if pending = append(pending, number); pages != 0 {
			l.page, l.size = page, l.bounded(page, int64(pages))
			for i, n := range pending {
				l.at[n] = off + walFrame - int64(len(pending)-1-i)*(walFrame+page)
			}
			pending = pending[:0]
		}
	}
	return nil
}

// pageSize says whether a database may have pages of n bytes.
func pageSize(n int64) bool { return n >= 512 && n <= 1<<16 && n&(n-1) == 0 }

// walSum is the log's running checksum.
type walSum struct {
	order  binary.ByteOrder
	s0, s1 uint32
}

// add takes in bytes, whose number 8 divides.
func (w *walSum) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		w.s0 += w.order.Uint32(b) + w.s1
		w.s1 += w.order.Uint32(b[4:]) + w.s0
	}
}

// fits takes bytes in and compares.
func (w *walSum) fits(b, want []byte) bool {
	w.add(b)
	return w.s0 == binary.BigEndian.Uint32(want) && w.s1 == binary.BigEndian.Uint32(want[4:])
}
