package bag

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"sync"
)

// pages reads the payloads of the messages table straight from the database's
// pages. SQLite hands out a message of 250 kB as 61 pages, copied twice; rows
// found by their id and pages read by the run make it as fast as reading the
// file (see bench/bags/README.md). Only payloads come this way, and
// anything unusual is an error upon which the caller asks SQLite itself.
//
// The format is that of https://www.sqlite.org/fileformat2.html, sections 1.3
// to 1.6 and 2.1.
type pages struct {
	*file
	page, usable int64     // bytes in a page, and without those reserved at its end
	root         int64     // the messages table's first page
	column       int       // of data in a row
	pool         sync.Pool // *scratch
}

// scratch is the memory that reading one row takes besides the row.
type scratch struct{ page, run []byte }

var errPages = errors.New("not as expected")

const (
	interiorPage = 5
	leafPage     = 13
	maxDepth     = 20 // of a table; SQLite itself refuses deeper ones
)

// openPages gives nil if the table is not a plain one.
func openPages(ctx context.Context, db *sql.DB, f *file) *pages {
	head, err := f.read(nil, 0, 100)
	if err != nil {
		return nil
	}
	p := &pages{file: f, page: pageSizeOf(head), column: -1}
	p.pool.New = func() any { return new(scratch) }
	p.usable = p.page - int64(head[20])
	if p.page == 0 || p.usable < 480 {
		return nil
	}
	if p.describe(ctx, db) != nil || p.column < 0 {
		return nil
	}
	return p
}

func (p *pages) describe(ctx context.Context, db *sql.DB) error {
	err := db.QueryRowContext(ctx, "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = 'messages'").Scan(&p.root)
	if err != nil {
		return err
	}
	rows, err := db.QueryContext(ctx, "SELECT cid, name, pk FROM pragma_table_info('messages')")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var cid, pk int
		var name string
		if err := rows.Scan(&cid, &name, &pk); err != nil {
			return err
		}
		if name == "data" {
			p.column = cid
		}
		if (name == "id") != (pk != 0) { // only then id is the row's number
			return errPages
		}
	}
	return rows.Err()
}

// payload gives the first limit bytes (all, if negative) of a row's data, which
// has size bytes; in buf if they fit.
func (p *pages) payload(buf []byte, id, size, limit int64) ([]byte, error) {
	s := p.pool.Get().(*scratch)
	defer p.pool.Put(s)
	page, cell, err := p.find(s, id)
	if err != nil {
		return nil, err
	}
	total, n := varint(page[cell:])
	_, m := varint(page[cell+n:])
	if n == 0 || m == 0 || total < size || total-size > 1<<12 {
		return nil, errPages
	}
	local := page[cell+n+m:]
	inline := p.inline(total)
	if inline > int64(len(local)) || total > p.size {
		return nil, errPages
	}
	skip, err := p.columnAt(local[:inline], size)
	if err != nil {
		return nil, err
	}
	end := total
	if limit >= 0 {
		end = min(total, skip+limit)
	}
	row, err := p.row(s, buf, local, inline, end)
	if err != nil {
		return nil, err
	}
	return row[skip:min(end, skip+size)], nil
}

// find descends to the leaf that holds a row.
func (p *pages) find(s *scratch, id int64) (page []byte, cell int64, err error) {
	n := p.root
	for range maxDepth {
		if page, err = p.read(s.page, (n-1)*p.page, p.page); err != nil {
			return nil, 0, err
		}
		s.page = page
		head := int64(0)
		if n == 1 {
			head = 100
		}
		switch page[head] {
		case leafPage:
			cell, err := p.leafCell(page, head, id)
			return page, cell, err
		case interiorPage:
			if n, err = p.child(page, head, id); err != nil {
				return nil, 0, err
			}
		default:
			return nil, 0, errPages
		}
	}
	return nil, 0, errPages
}

// cellAt is where the page's i-th cell begins.
func cellAt(page []byte, array int64, i int) (int64, error) {
	at := array + 2*int64(i)
	if at+2 > int64(len(page)) {
		return 0, errPages
	}
	cell := int64(binary.BigEndian.Uint16(page[at:]))
	if cell+4 > int64(len(page)) {
		return 0, errPages
	}
	return cell, nil
}

// child is the page below the first key that is not less than id.
func (p *pages) child(page []byte, head, id int64) (int64, error) {
	lo, hi := 0, int(binary.BigEndian.Uint16(page[head+3:]))
	next := int64(binary.BigEndian.Uint32(page[head+8:]))
	for lo < hi {
		mid := (lo + hi) / 2
		cell, err := cellAt(page, head+12, mid)
		if err != nil {
			return 0, err
		}
		key, n := varint(page[cell+4:])
		if n == 0 {
			return 0, errPages
		}
		if key < id {
			lo = mid + 1
			continue
		}
		hi, next = mid, int64(binary.BigEndian.Uint32(page[cell:]))
	}
	return next, nil
}

func (p *pages) leafCell(page []byte, head, id int64) (int64, error) {
	lo, hi := 0, int(binary.BigEndian.Uint16(page[head+3:]))
	for lo < hi {
		mid := (lo + hi) / 2
		cell, err := cellAt(page, head+8, mid)
		if err != nil {
			return 0, err
		}
		_, n := varint(page[cell:])
		key, m := varint(page[cell+n:])
		switch {
		case n == 0 || m == 0:
			return 0, errPages
		case key == id:
			return cell, nil
		case key < id:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return 0, errPages
}
