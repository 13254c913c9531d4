package bag

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/cvatplan/cvatplan/internal/memory"
)

// A database is one rosbag2 .db3 file: tables topics and messages, in every
// version of the schema since the first.
type database struct {
	db      *sql.DB
	unserve func()
	file    *file
	pages   *pages // nil if payloads go through SQL
	opts    Options
	warn    *warnings
	list    []Topic
	ids     map[int64]int32 // topics.id → index in list
	cached  []ref           // nil if there are too many to keep
	part    int32           // of the recording
	lost    int64           // messages that were counted as lost
	saidCut bool            // a warning says that the file is cut short
}

const sqliteMagic = "SQLite format 3\x00"

// openSQLite opens a database that it never writes to, nor to files next to it: what a crash
// left in a log is laid over it. An error closes f, as Close does later.
func openSQLite(ctx context.Context, b *Bag, f *file, s split) (_ *database, err error) {
	if err := b.opts.mayReadWhole(f, "is a database, whose pages are in no order"); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if f, err = b.nearby(f); err != nil {
		return nil, err
	}
	if f, err = withLogs(ctx, f, s.at); err != nil {
		return nil, errors.Join(fmt.Errorf("read a database's log: %w", err), f.Close())
	}
	d := &database{file: f, opts: b.opts, warn: b.warn, ids: map[int64]int32{}, part: int32(len(b.parts))}
	if d.db, d.unserve, err = serve(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	err = guarded(func() error { return d.open(ctx, s.messages) })
	switch {
	case err == nil:
		return d, nil
	case ctx.Err() == nil && !ofTheMachine(err) && !errors.As(err, new(*DamageError)) && (!errors.Is(err, ErrNotRecording) || d.cutShort() != ""):
		err = d.damaged(err)
	}
	return nil, errors.Join(err, d.Close())
}

// nearby is a copy of a file that is far away, in the temporary directory; it closes the file itself.
func (b *Bag) nearby(f *file) (*file, error) {
	if !b.opts.Far {
		return f, nil
	}
	defer f.Close()
	copied, err := newTemp(b.opts.TempDir, f.size)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(copied, io.NewSectionReader(f.f, 0, f.size)); err != nil {
		return nil, errors.Join(fmt.Errorf("copy %s to the temporary directory: %w", f.name, err), copied.Close())
	}
	return &file{f: copied, name: f.name, size: f.size}, nil
}

// damaged says what is wrong with a database of which nothing can be read.
func (d *database) damaged(err error) error {
	const hint = "sqlite3 FILE .recover may save some of it"
	switch cut := d.cutShort(); {
	case d.file.size < sqliteHeader:
		return errors.New(cut)
	case cut != "":
		return fmt.Errorf("%s; %s", cut, hint)
	}
	return fmt.Errorf("the database is damaged (%s); %s", d.sayDamage(err), hint)
}

const sqliteHeader = 100 // bytes

// cutShort says how much of a database is there; empty if it is all.
func (d *database) cutShort() string {
	head, err := d.file.read(nil, 0, sqliteHeader)
	if err != nil {
		return fmt.Sprintf("the database is cut short after %d bytes, within its header", d.file.size)
	}
	page, be := pageSizeOf(head), binary.BigEndian
	size := page * int64(be.Uint32(head[28:]))
	if be.Uint32(head[24:]) != be.Uint32(head[92:]) { // written by a version that leaves its size as it was
		size = 0
	}
	switch {
	case size > d.file.size:
		return fmt.Sprintf("the database is cut short: %d bytes of %d are there", d.file.size, size)
	case size == 0 && page > 0 && d.file.size%page != 0:
		return fmt.Sprintf("the database is cut short: %d bytes are there, which is not a whole number of its pages of %d", d.file.size, page)
	}
	return ""
}

// pageSizeOf is the size of a database's pages in bytes, as its header of 100 bytes tells; 0 is none that there is.
func pageSizeOf(head []byte) int64 {
	page := int64(binary.BigEndian.Uint16(head[16:]))
	if page == 1 {
		page = 1 << 16
	}
	if !pageSize(page) {
		return 0
	}
	return page
}

// sayDamage is an error of SQLite in a damaged database, and what shows where the damage came from.
func (d *database) sayDamage(err error) string {
	text := plainSQL(err)
	tail, readErr := d.file.read(nil, max(d.file.size-endOfZeros, 0), min(d.file.size, endOfZeros))
	if readErr == nil && len(bytes.Trim(tail, "\x00")) == 0 {
		return text + "; it ends with zeros, as a file does whose copy was interrupted"
	}
	if at, n := d.zeros(); n > 0 {
		text += fmt.Sprintf("; %d bytes from byte %d on are zeros, as in a file whose copy was interrupted", n, at)
	}
	return text
}

// zeros are the first whole pages of zeros, which a database has none of, and what follows of them, in bytes.
func (d *database) zeros() (at, n int64) {
	head, err := d.file.read(nil, 0, sqliteHeader)
	if err != nil {
		return 0, 0
	}
	page := pageSizeOf(head)
	if page == 0 {
		return 0, 0
	}
	in := bufio.NewReaderSize(io.NewSectionReader(d.file.f, 0, min(d.file.size, maxZerosSought)), 1<<20)
	b, none := make([]byte, page), make([]byte, page)
	for off := int64(0); ; off += page {
		if _, err := io.ReadFull(in, b); err != nil {
			return at, n
		}
		switch empty := bytes.Equal(b, none); {
		case empty && n == 0:
			at, n = off, page
		case empty:
			n += page
		case n > 0:
			return at, n
		}
	}
}

// maxZerosSought bounds how much of a damaged database is read to say more of its damage: 4 GiB.
const maxZerosSought = 4 << 30

// endOfZeros is so much in bytes that a message's own zeros seldom fill it.
const endOfZeros = 4 << 10

// plainSQL is an error of the database without the words of package sql, which speak of Go.
func plainSQL(err error) string {
	if text := err.Error(); !strings.HasPrefix(text, "sql: ") {
		return text
	}
	return "a value of another type than its column"
}

// serve opens a database for SQL. Cells are checked as their pages are loaded, nothing
// in the schema is trusted, and a file that is shorter than it claims is opened
// nevertheless (writable_schema does that; there is nothing to write to).
func serve(f *file) (*sql.DB, func(), error) {
	through, err := servedBy()
	if err != nil {
		return nil, nil, err
	}
	name, end := served.add(f)
	const pragmas = "&immutable=1&mode=ro&_pragma=cell_size_check(1)&_pragma=trusted_schema(0)&_pragma=writable_schema(1)"
	db, err := sql.Open("sqlite", "file:"+name+"?vfs="+through+pragmas)
	if err != nil {
		end()
	}
	return db, end, err
}

func (d *database) Close() error {
	err := d.db.Close()
	d.unserve()
	return errors.Join(err, d.file.Close())
}

func (d *database) path() string { return d.file.name }

func (d *database) streams() []Topic { return d.list }

func (d *database) whole(int32, int64) (memory.Size, bool) { return memory.Size{}, false }

func (d *database) ready(context.Context, int32) (func(), error) { return func() {}, nil }

func (d *database) verify(context.Context, int32) error { return nil }

func (d *database) chunk(context.Context, int32, []byte) ([]byte, error) {
	return nil, errors.ErrUnsupported
}

func (d *database) open(ctx context.Context, claimed int64) error {
	if err := d.readTopics(ctx); err != nil {
		return err
	}
	d.readSchemas(ctx)
	d.pages = openPages(ctx, d.db, d.file)
	found := int64(0)
	keep := []ref{}
	err := d.rows(ctx, func(r ref) {
		found++
		d.list[r.stream].count(r.log)
		if found <= keptRefs {
			keep = append(keep, r)
		}
	})
	if err != nil {
		return err
	}
	if found <= keptRefs {
		d.cached = keep
	}
	if cut := d.cutShort(); cut != "" && !d.saidCut {
		if err := d.warn.add(Warning{File: d.file.name, Text: cut}); err != nil {
			return err
		}
	}
	return d.compare(ctx, found, claimed)
}

// readTopics reads the topics table; a view in its place is refused, as it could run for ever.
func (d *database) readTopics(ctx context.Context) error {
	var tables int
	err := d.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('topics', 'messages')").Scan(&tables)
	if err != nil {
		return err
	}
	if tables != 2 {
		return fmt.Errorf("%w: a database without rosbag2's tables", ErrNotRecording)
	}
	var columns int
	err = d.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM pragma_table_info('topics') WHERE name IN ('id', 'name', 'type', 'serialization_format'))
		+ (SELECT count(*) FROM pragma_table_info('messages') WHERE name IN ('id', 'topic_id', 'timestamp', 'data'))`).Scan(&columns)
	if err == nil && columns != 8 {
		return fmt.Errorf("%w: a database whose tables lack columns of rosbag2's", ErrNotRecording)
	}
	rows, err := d.db.QueryContext(ctx, "SELECT id, name, type, serialization_format FROM topics ORDER BY id")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var t Topic
		if err := rows.Scan(&id, &t.Name, &t.Type, &t.Encoding); err != nil {
			return err
		}
		if _, found := d.ids[id]; !found && len(d.list) < maxTopics {
			d.ids[id] = int32(len(d.list))
			d.list = append(d.list, t)
		}
	}
	return rows.Err()
}

// readSchemas reads the types' definitions, which old versions do not hold.
func (d *database) readSchemas(ctx context.Context) {
	rows, err := d.db.QueryContext(ctx, "SELECT topic_type, encoding, encoded_message_definition FROM message_definitions")
	if err != nil {
		return
	}
	defer rows.Close()
	byType := map[string][]int{}
	for i, t := range d.list {
		byType[t.Type] = append(byType[t.Type], i)
	}
	for rows.Next() {
		var name, encoding string
		var text []byte
		if rows.Scan(&name, &encoding, &text) != nil {
			return
		}
		for _, i := range byType[name] {
			d.list[i].Schema, d.list[i].SchemaEncoding = text, encoding
		}
	}
}

// compare counts the messages that the metadata tells of and the table lacks.
func (d *database) compare(ctx context.Context, found, claimed int64) error {
	if missing := claimed - found - d.lost; missing > 0 {
		return d.warn.add(Warning{File: d.file.name, Text: "messages of the metadata that cannot be found", Messages: missing})
	}
	return ctx.Err()
}

func (d *database) refs(ctx context.Context, want []bool, yield func(ref)) error {
	wanted := func(r ref) {
		if want[r.stream] {
			yield(r)
		}
	}
	if d.cached == nil {
		return d.rows(ctx, wanted)
	}
	for _, r := range d.cached {
		wanted(r)
	}
	return nil
}

// message reads one row's payload.
func (d *database) message(ctx context.Context, p place, _, buf []byte, limit int64) (message, error) {
	if p.size > d.opts.MaxChunk {
		return message{}, d.opts.tooLarge("message", p.size)
	}
	if d.pages != nil {
		row := sized(buf, p.room(limit))
		if data, err := d.pages.payload(row, p.off, p.size, limit); err == nil {
			return message{data: data, read: row}, nil
		}
	}
	query, args := "SELECT data FROM messages WHERE id = ?", []any{p.off}
	if limit >= 0 {
		query, args = "SELECT substr(data, 1, ?) FROM messages WHERE id = ?", []any{limit, p.off}
	}
	var data []byte
	err := guarded(func() error { return d.db.QueryRowContext(ctx, query, args...).Scan(&data) })
	return message{data: data}, err
}
