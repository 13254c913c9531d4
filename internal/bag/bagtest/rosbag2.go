package bagtest

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// rosbag2Writer writes a directory of .db3 files in the schema of rosbag2's version 4.
type rosbag2Writer struct {
	dir    string
	o      Format
	meta   metadata
	db     *sql.DB
	tx     *sql.Tx
	topics []Topic
	pack   *zstd.Encoder
}

func createROSBag2(dir string, o Format) (*rosbag2Writer, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil, err
	}
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	return &rosbag2Writer{dir: dir, o: o, pack: pack}, nil
}

const tables = `
CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
CREATE TABLE metadata(id INTEGER PRIMARY KEY, metadata_version INTEGER NOT NULL, metadata TEXT NOT NULL);
CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, serialization_format TEXT NOT NULL,
  offered_qos_profiles TEXT NOT NULL, type_description_hash TEXT NOT NULL);
CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT NOT NULL, encoding TEXT NOT NULL,
  encoded_message_definition TEXT NOT NULL, type_description_hash TEXT NOT NULL);
CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL);
CREATE INDEX timestamp_idx ON messages (timestamp ASC);
INSERT INTO schema VALUES (4, 'jazzy');`

// begin starts the next file.
func (w *rosbag2Writer) begin() error {
	name := fmt.Sprintf("%s_%d.db3", filepath.Base(w.dir), len(w.meta.files))
	w.meta.file(name)
	w.topics = nil
	dsn := "file:" + filepath.Join(w.dir, name) + "?_pragma=synchronous(0)"
	if w.o.KeepLog {
		dsn += "&_pragma=journal_mode(WAL)&_pragma=wal_autocheckpoint(0)"
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	w.db = db
	if _, err := db.Exec(tables); err != nil {
		return err
	}
	w.tx, err = db.Begin()
	return err
}

func (w *rosbag2Writer) Write(t Topic, log int64, data []byte) error {
	if w.db != nil && w.o.Split > 0 && w.meta.last().count == w.o.Split {
		if err := w.end(); err != nil {
			return err
		}
	}
	if w.db == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	id, err := w.topic(t)
	if err != nil {
		return err
	}
	if w.o.Compression == "message" {
		data = w.pack.EncodeAll(data, nil)
	}
	w.meta.message(t, log)
	_, err = w.tx.Exec("INSERT INTO messages(topic_id, timestamp, data) VALUES (?, ?, ?)", id, log, data)
	return err
}

func (w *rosbag2Writer) topic(t Topic) (int, error) {
	for i, c := range w.topics {
		if c == t {
			return i + 1, nil
		}
	}
	w.topics = append(w.topics, t)
	id := len(w.topics)
	_, err := w.tx.Exec("INSERT INTO topics VALUES (?, ?, ?, ?, '', '')", id, t.Name, t.Type, t.Encoding)
	if err == nil {
		_, err = w.tx.Exec("INSERT INTO message_definitions(topic_type, encoding, encoded_message_definition, type_description_hash) VALUES (?, ?, ?, '')", t.Type, t.SchemaEncoding, t.Schema)
	}
	return id, err
}

// end closes a file. A log is kept by copying both away before SQLite, as it
// closes, moves one into the other.
func (w *rosbag2Writer) end() error {
	path := filepath.Join(w.dir, w.meta.last().name)
	if err := w.tx.Commit(); err != nil {
		return err
	}
	if w.o.KeepLog {
		if err := errors.Join(copyFile(path, path+".kept"), copyFile(path+"-wal", path+".kept-wal")); err != nil {
			return err
		}
	}
	err := w.db.Close()
	w.db = nil
	switch {
	case err != nil:
		return err
	case w.o.KeepLog:
		return errors.Join(os.Rename(path+".kept", path), os.Rename(path+".kept-wal", path+"-wal"))
	case w.o.Compression == "file":
		w.meta.last().name += ".zstd"
		return w.packFile(path)
	}
	return nil
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o644)
}

func (w *rosbag2Writer) packFile(path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(path + ".zstd")
	if err != nil {
		return err
	}
	w.pack.Reset(out)
	if _, err := io.Copy(w.pack, in); err != nil {
		return err
	}
	return errors.Join(w.pack.Close(), out.Close(), os.Remove(path))
}

func (w *rosbag2Writer) Close() error {
	if w.db != nil {
		if err := w.end(); err != nil {
			return err
		}
	}
	if w.o.NoMetadata {
		return nil
	}
	w.meta.compression = w.o.Compression
	return os.WriteFile(filepath.Join(w.dir, "metadata.yaml"), []byte(w.meta.String()), 0o644)
}
