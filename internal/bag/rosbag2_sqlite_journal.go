package bag

import (
	"context"
	"encoding/binary"
)

// A rollback journal, as https://www.sqlite.org/fileformat2.html, section 3, has it:
// the pages that an unfinished transaction changed, as they were before. Segments of a
// header and records follow each other, each from the next whole sector on.
const (
	journalMagic   = "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"
	journalHead    = 28
	journalUnknown = 0xffffffff // records: as many as the file holds
)

// readJournal takes in the pages to go back to; without a whole record there is nothing to undo.
func readJournal(ctx context.Context, l *layered) error {
	off := int64(0)
	for off+journalHead <= l.log.size && ctx.Err() == nil {
		head, err := l.log.read(nil, off, journalHead)
		if err != nil || string(head[:8]) != journalMagic {
			return err
		}
		be := binary.BigEndian
		count, sector, page := int64(be.Uint32(head[8:])), int64(be.Uint32(head[20:])), int64(be.Uint32(head[24:]))
		if !pageSize(page) || sector < 32 || sector > 1<<16 || sector&(sector-1) != 0 {
			return nil
		}
		if off == 0 {
			l.page, l.size = page, l.bounded(page, int64(be.Uint32(head[16:])))
		}
		if count == journalUnknown {
			count = (l.log.size - off - sector) / (page + 8)
		}
		end, err := l.undo(off+sector, count, be.Uint32(head[12:]))
		if err != nil || end < 0 {
			return err
		}
		off = (end + sector - 1) / sector * sector
	}
	return ctx.Err()
}

// undo takes in records; it returns where they end, or less than 0 at the first one
// that was not written whole.
func (l *layered) undo(off, count int64, nonce uint32) (end int64, err error) {
	var record []byte
	for ; count > 0; count-- {
		if off+l.page+8 > l.log.size {
			return -1, nil
		}
		if record, err = l.log.read(record, off, l.page+8); err != nil {
			return -1, err
		}
		page := record[4 : 4+l.page]
		sum := nonce
		for i := l.page - 200; i > 0; i -= 200 {
			sum += uint32(page[i])
		}
		if sum != binary.BigEndian.Uint32(record[4+l.page:]) {
			return -1, nil
		}
		l.at[binary.BigEndian.Uint32(record)] = off + 4
		off += l.page + 8
	}
	return off, nil
}
