package bagtest

import (
	"os"

	"github.com/foxglove/mcap/go/mcap"
)

// mcapWriter is the format's own library.
type mcapWriter struct {
	f      *os.File
	w      *mcap.Writer
	topics []Topic
	o      Format
}

func createMCAP(path string, o Format) (*mcapWriter, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	w, err := mcap.NewWriter(f, &mcap.WriterOptions{
		IncludeCRC:               true,
		Chunked:                  !o.NoChunks,
		ChunkSize:                int64(o.ChunkSize),
		Compression:              mcap.CompressionFormat(o.Compression),
		SkipMessageIndexing:      o.NoMessages,
		SkipChunkIndex:           o.NoIndex,
		SkipStatistics:           o.NoIndex,
		SkipRepeatedSchemas:      o.NoIndex,
		SkipRepeatedChannelInfos: o.NoIndex,
		SkipSummaryOffsets:       o.NoIndex,
	})
	if err != nil {
		return nil, err
	}
	return &mcapWriter{f: f, w: w, o: o}, nil
}

// profiles are what a file's header says of its messages.
var profiles = map[string]string{"cdr": "ros2", "ros1": "ros1"}

func (w *mcapWriter) Write(t Topic, log int64, data []byte) error {
	id, err := w.channel(t)
	if err != nil {
		return err
	}
	return w.w.WriteMessage(&mcap.Message{ChannelID: id, LogTime: uint64(log), PublishTime: uint64(log - 1), Data: data})
}

func (w *mcapWriter) channel(t Topic) (uint16, error) {
	for i, c := range w.topics {
		if c == t {
			return uint16(i + 1), nil
		}
	}
	if len(w.topics) == 0 {
		if err := w.w.WriteHeader(&mcap.Header{Profile: profiles[t.Encoding]}); err != nil {
			return 0, err
		}
	}
	w.topics = append(w.topics, t)
	id := uint16(len(w.topics))
	err := w.w.WriteSchema(&mcap.Schema{ID: id, Name: t.Type, Encoding: t.SchemaEncoding, Data: []byte(t.Schema)})
	if err != nil {
		return 0, err
	}
	return id, w.w.WriteChannel(&mcap.Channel{ID: id, SchemaID: id, Topic: t.Name, MessageEncoding: t.Encoding})
}

func (w *mcapWriter) Close() error {
	if err := w.w.Close(); err != nil {
		return err
	}
	return w.f.Close()
}
