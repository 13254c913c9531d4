package bagtest

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"

	"github.com/pierrec/lz4/v4"
)

// ros1Writer writes format 2.0: a header of 4096 bytes, chunks with their
// indexes, then connections and chunk infos.
type ros1Writer struct {
	f      *os.File
	o      Format
	pos    int64
	chunk  bytes.Buffer
	start  int64
	end    int64
	conns  []Topic
	index  map[uint32][]byte // of the chunk, by connection
	infos  bytes.Buffer
	chunks uint32
}

const ros1Header = 4096

func createROS1(path string, o Format) (*ros1Writer, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w := &ros1Writer{f: f, o: o, index: map[uint32][]byte{}}
	return w, w.header(0)
}

// header writes the bag header, padded so that it can be written again.
func (w *ros1Writer) header(index int64) error {
	head := fields("op", []byte{3}, "index_pos", u64(uint64(index)), "conn_count", u32(uint32(len(w.conns))), "chunk_count", u32(w.chunks))
	out := []byte("#ROSBAG V2.0\n")
	pad := ros1Header - len(head) - 8
	out = append(out, record(head, bytes.Repeat([]byte{' '}, pad))...)
	_, err := w.f.WriteAt(out, 0)
	w.pos = max(w.pos, int64(len(out)))
	return err
}

func (w *ros1Writer) Write(t Topic, log int64, data []byte) error {
	id := w.connection(t)
	if w.chunk.Len() == 0 || log < w.start {
		w.start = log
	}
	w.end = max(w.end, log)
	w.index[id] = append(append(w.index[id], stamp(log)...), u32(uint32(w.chunk.Len()))...)
	w.chunk.Write(record(fields("op", []byte{2}, "conn", u32(id), "time", stamp(log)), data))
	if w.chunk.Len() < w.o.ChunkSize {
		return nil
	}
	return w.flush()
}

// connection is the topic's number; its record is in the chunk that first uses it.
func (w *ros1Writer) connection(t Topic) uint32 {
	for i, c := range w.conns {
		if c == t {
			return uint32(i)
		}
	}
	w.conns = append(w.conns, t)
	id := uint32(len(w.conns) - 1)
	w.chunk.Write(connRecord(id, t))
	return id
}

func connRecord(id uint32, t Topic) []byte {
	data := fields("topic", []byte(t.Name), "type", []byte(t.Type), "md5sum", []byte(cmp.Or(t.MD5, "*")), "message_definition", []byte(t.Schema))
	return record(fields("op", []byte{7}, "conn", u32(id), "topic", []byte(t.Name)), data)
}

func (w *ros1Writer) flush() error {
	if w.chunk.Len() == 0 {
		return nil
	}
	name, packed, err := pack(w.o.Compression, w.chunk.Bytes())
	if err != nil {
		return err
	}
	out := record(fields("op", []byte{5}, "compression", []byte(name), "size", u32(uint32(w.chunk.Len()))), packed)
	var counts []byte
	for id := range uint32(len(w.conns)) {
		entries := w.index[id]
		if len(entries) == 0 {
			continue
		}
		n := u32(uint32(len(entries) / 12))
		counts = append(append(counts, u32(id)...), n...)
		if !w.o.NoMessages {
			out = append(out, record(fields("op", []byte{4}, "ver", u32(1), "conn", u32(id), "count", n), entries)...)
		}
	}
	w.infos.Write(record(fields("op", []byte{6}, "ver", u32(1), "chunk_pos", u64(uint64(w.pos)),
		"start_time", stamp(w.start), "end_time", stamp(w.end), "count", u32(uint32(len(counts)/8))), counts))
	w.chunks++
	w.chunk.Reset()
	clear(w.index)
	w.end = 0
	return w.append(out)
}

func (w *ros1Writer) append(b []byte) error {
	n, err := w.f.WriteAt(b, w.pos)
	w.pos += int64(n)
	return err
}

func (w *ros1Writer) Close() error {
	if err := w.flush(); err != nil {
		return err
	}
	if w.o.NoIndex {
		return w.f.Close()
	}
	index := w.pos
	for id, t := range w.conns {
		if err := w.append(connRecord(uint32(id), t)); err != nil {
			return err
		}
	}
	if err := w.append(w.infos.Bytes()); err != nil {
		return err
	}
	if err := w.header(index); err != nil {
		return err
	}
	return w.f.Close()
}

func pack(compression string, data []byte) (name string, packed []byte, err error) {
	switch compression {
	case "":
		return "none", data, nil
	case "lz4":
		var out bytes.Buffer
		z := lz4.NewWriter(&out)
		if _, err := z.Write(data); err != nil {
			return "", nil, err
		}
		err := z.Close()
		return "lz4", out.Bytes(), err
	case "bz2":
		cmd := exec.Command("bzip2", "-c")
		cmd.Stdin = bytes.NewReader(data)
		packed, err := cmd.Output()
		return "bz2", packed, err
	}
	return "", nil, fmt.Errorf("a ROS 1 bag has no compression %q", compression)
}

// fields packs names and values as "name=value", each behind its length.
func fields(pairs ...any) []byte {
	var out []byte
	for i := 0; i < len(pairs); i += 2 {
		f := append([]byte(pairs[i].(string)+"="), pairs[i+1].([]byte)...)
		out = append(append(out, u32(uint32(len(f)))...), f...)
	}
	return out
}

func record(head, data []byte) []byte {
	out := append(u32(uint32(len(head))), head...)
	return append(append(out, u32(uint32(len(data)))...), data...)
}

func stamp(ns int64) []byte { return append(u32(uint32(ns/1e9)), u32(uint32(ns%1e9))...) }
func u32(n uint32) []byte   { return binary.LittleEndian.AppendUint32(nil, n) }
func u64(n uint64) []byte   { return binary.LittleEndian.AppendUint64(nil, n) }
