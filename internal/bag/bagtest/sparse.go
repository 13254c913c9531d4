package bagtest

import (
	"bytes"
	"encoding/binary"
	"os"
	"strings"

	"github.com/foxglove/mcap/go/mcap"
)

// A Sparse recording, not compressed, is as long as a real one, and takes almost no disk: all but the first message of its first topic are
// holes of the file, which read as zeros. So it is for who reads summaries and indexes alone.
type Sparse struct {
	Chunks int
	Topics []SparseTopic
	Start  int64 // receive time of the first message, ns since 1970
}

// A SparseTopic has so many messages in each chunk.
type SparseTopic struct {
	Topic
	Messages int
	Size     int    // bytes of each
	First    []byte // what the very first message holds, at most Size; nil is zeros
}

// chunkNS is how much time one chunk covers.
const chunkNS = 500e6

// Create writes one: path is that of an .mcap or a .bag.
func (s Sparse) Create(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := &holes{f: f}
	if strings.HasSuffix(path, ".bag") {
		s.ros1(w)
	} else {
		s.mcap(w)
	}
	if w.err == nil {
		w.err = f.Truncate(w.pos)
	}
	if err := f.Close(); w.err == nil {
		w.err = err
	}
	return w.err
}

// holes writes a file from its beginning to its end.
type holes struct {
	f   *os.File
	pos int64
	err error
}

func (w *holes) write(b []byte) {
	if _, err := w.f.WriteAt(b, w.pos); w.err == nil {
		w.err = err
	}
	w.pos += int64(len(b))
}

// A laid message is where a message lies in its chunk.
type laid struct {
	topic    int
	log, off int64
	head     []byte // before its payload
	first    bool   // of its topic
}

// chunk writes a chunk's messages, whose heads are those that head makes, and gives where they lie.
func (s Sparse) chunk(n int, head func(topic int, log int64) []byte, lay func(size int64, write func(w *holes))) []laid {
	var all []laid
	var off int64
	for k, t := range s.Topics {
		for i := range t.Messages {
			log := s.Start + int64(n)*chunkNS + int64(i)*chunkNS/int64(t.Messages)
			m := laid{topic: k, log: log, off: off, head: head(k, log), first: n == 0 && i == 0}
			all = append(all, m)
			off += int64(len(m.head) + t.Size)
		}
	}
	lay(off, func(w *holes) {
		begin := w.pos
		for _, m := range all {
			if w.pos = begin + m.off; m.first {
				w.write(append(m.head, s.Topics[m.topic].First...))
			}
		}
		w.pos = begin + off
	})
	return all
}

func (s Sparse) ros1(w *holes) {
	header := func(index int64) []byte {
		head := fields("op", []byte{3}, "index_pos", u64(uint64(index)), "conn_count", u32(uint32(len(s.Topics))), "chunk_count", u32(uint32(s.Chunks)))
		return append([]byte("#ROSBAG V2.0\n"), record(head, bytes.Repeat([]byte{' '}, ros1Header-len(head)-8))...)
	}
	w.write(header(0))
	var infos []byte
	for n := range s.Chunks {
		pos := w.pos
		messages := s.chunk(n, func(topic int, log int64) []byte {
			head := fields("op", []byte{2}, "conn", u32(uint32(topic)), "time", stamp(log))
			return append(append(u32(uint32(len(head))), head...), u32(uint32(s.Topics[topic].Size))...)
		}, func(size int64, write func(*holes)) {
			head := fields("op", []byte{5}, "compression", []byte("none"), "size", u32(uint32(size)))
			w.write(append(append(u32(uint32(len(head))), head...), u32(uint32(size))...))
			write(w)
		})
		var counts []byte
		for k, t := range s.Topics {
			var entries []byte
			for _, m := range messages {
				if m.topic == k {
					entries = append(append(entries, stamp(m.log)...), u32(uint32(m.off))...)
				}
			}
			counts = append(append(counts, u32(uint32(k))...), u32(uint32(t.Messages))...)
			w.write(record(fields("op", []byte{4}, "ver", u32(1), "conn", u32(uint32(k)), "count", u32(uint32(t.Messages))), entries))
		}
		infos = append(infos, record(fields("op", []byte{6}, "ver", u32(1), "chunk_pos", u64(uint64(pos)),
			"start_time", stamp(messages[0].log), "end_time", stamp(messages[len(messages)-1].log), "count", u32(uint32(len(s.Topics)))), counts)...)
	}
	index := w.pos
	for k, t := range s.Topics {
		w.write(connRecord(uint32(k), t.Topic))
	}
	w.write(infos)
	end := w.pos
	w.pos = 0
	w.write(header(index))
	w.pos = end
}

func (s Sparse) mcap(w *holes) {
	rec := func(op mcap.OpCode, body []byte) []byte {
		return append(append([]byte{byte(op)}, u64(uint64(len(body)))...), body...)
	}
	text := func(s string) []byte { return append(u32(uint32(len(s))), s...) }
	u16 := func(n int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(n)) }
	w.write(mcap.Magic)
	w.write(rec(mcap.OpHeader, append(text(profiles[s.Topics[0].Encoding]), text("")...)))
	var definitions []byte
	for k, t := range s.Topics {
		definitions = append(definitions, rec(mcap.OpSchema, bytes.Join([][]byte{u16(k + 1), text(t.Type), text(t.SchemaEncoding), text(t.Schema)}, nil))...)
		definitions = append(definitions, rec(mcap.OpChannel, bytes.Join([][]byte{u16(k), u16(k + 1), text(t.Name), text(t.Encoding), u32(0)}, nil))...)
	}
	w.write(definitions)
	var index []byte
	count := 0
	for n := range s.Chunks {
		pos, full := w.pos, int64(0)
		messages := s.chunk(n, func(topic int, log int64) []byte {
			head := append([]byte{byte(mcap.OpMessage)}, u64(uint64(2+4+8+8+s.Topics[topic].Size))...)
			return bytes.Join([][]byte{head, u16(topic), u32(0), u64(uint64(log)), u64(uint64(log))}, nil)
		}, func(size int64, write func(*holes)) {
			full = size
			start := s.Start + int64(n)*chunkNS
			w.write(append([]byte{byte(mcap.OpChunk)}, u64(uint64(8+8+8+4+4+8+size))...))
			w.write(bytes.Join([][]byte{u64(uint64(start)), u64(uint64(start + chunkNS)), u64(uint64(size)), u32(0), text(""), u64(uint64(size))}, nil))
			write(w)
		})
		count += len(messages)
		end := w.pos
		var offsets []byte
		for k := range s.Topics {
			var entries []byte
			for _, m := range messages {
				if m.topic == k {
					entries = append(append(entries, u64(uint64(m.log))...), u64(uint64(m.off))...)
				}
			}
			offsets = append(append(offsets, u16(k)...), u64(uint64(w.pos))...)
			w.write(rec(mcap.OpMessageIndex, append(append(u16(k), u32(uint32(len(entries)))...), entries...)))
		}
		index = append(index, rec(mcap.OpChunkIndex, bytes.Join([][]byte{
			u64(uint64(messages[0].log)), u64(uint64(messages[len(messages)-1].log)), u64(uint64(pos)), u64(uint64(end - pos)),
			u32(uint32(len(offsets))), offsets, u64(uint64(w.pos - end)), text(""), u64(uint64(full)), u64(uint64(full)),
		}, nil))...)
	}
	w.write(rec(mcap.OpDataEnd, u32(0)))
	summary := w.pos
	w.write(definitions)
	w.write(rec(mcap.OpStatistics, bytes.Join([][]byte{
		u64(uint64(count)), u16(len(s.Topics)), u32(uint32(len(s.Topics))), u32(0), u32(0), u32(uint32(s.Chunks)), u64(0), u64(0), u32(0),
	}, nil)))
	w.write(index)
	w.write(rec(mcap.OpFooter, bytes.Join([][]byte{u64(uint64(summary)), u64(0), u32(0)}, nil)))
	w.write(mcap.Magic)
}
