// Package bagtest writes recordings, for tests, examples and benchmarks: the
// three containers, in every compression, whole or as a crash leaves them. It
// is a second opinion on the formats only as far as it uses the formats' own
// libraries (MCAP, SQLite); for ROS 1 bags the fixtures of package bag, which
// other software wrote, are.
//
//	w, err := bagtest.Create("run.bag", bagtest.Format{Compression: "lz4"})
//	err = w.Write(topic, 1700000000000000000, data)
//	err = w.Close()
package bagtest

import (
	"fmt"
	"strings"
)

// A Topic is what messages are written under.
type Topic struct {
	Name, Type     string
	Encoding       string // "ros1", "cdr", "protobuf", "json"
	SchemaEncoding string
	Schema         string
	MD5            string // of a ROS 1 type, which its readers check; "" is "*", any
}

// A Format says how a recording is written. The zero value is a whole and plain one.
type Format struct {
	// Compression of chunks: "", "lz4", "bz2" (.bag; needs the program bzip2),
	// "zstd" (.mcap), "message" or "file" (zstd; a rosbag2 directory).
	Compression string
	ChunkSize   int  // bytes in a chunk; 0 is 768 KiB
	NoIndex     bool // as a recorder that was killed leaves it: a .bag without index section, an .mcap without summary
	NoMessages  bool // no message index: chunks without the records behind them
	NoChunks    bool // messages bare in the file (.mcap)
	KeepLog     bool // leave the write-ahead log next to the database, as a crash does
	NoMetadata  bool // no metadata.yaml
	Split       int  // messages in a file of a rosbag2 directory; 0 is all
}

// A Writer writes one recording.
type Writer interface {
	// Write adds a message; log is its receive time in nanoseconds since 1970.
	Write(t Topic, log int64, data []byte) error
	Close() error
}

// Create begins a recording: a .bag, an .mcap, or, for any other path, a
// rosbag2 directory of .db3 files.
func Create(path string, f Format) (Writer, error) {
	if f.ChunkSize == 0 {
		f.ChunkSize = 768 << 10
	}
	switch {
	case strings.HasSuffix(path, ".bag"), strings.HasSuffix(path, ".active"):
		return createROS1(path, f)
	case strings.HasSuffix(path, ".mcap"):
		return createMCAP(path, f)
	case strings.Contains(path[strings.LastIndexByte(path, '/')+1:], "."):
		return nil, fmt.Errorf("no format for %s", path)
	}
	return createROSBag2(path, f)
}
