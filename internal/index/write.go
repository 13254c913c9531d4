package index

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
)

// A Writer writes records; nothing is sure to be written before Flush.
type Writer interface {
	Write(Record) error
	Flush() error
}

// NewJSONL writes JSON Lines.
func NewJSONL(w io.Writer) Writer {
	b := bufio.NewWriterSize(w, 1<<16)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	return &jsonl{b, e}
}

type jsonl struct {
	buffer  *bufio.Writer
	encoder *json.Encoder
}

func (w *jsonl) Write(r Record) error { return w.encoder.Encode(r) }

func (w *jsonl) Flush() error { return w.buffer.Flush() }

// Columns are those of the CSV, in its order, and the keys of JSON Lines.
func Columns() []string {
	return []string{
		"task", "name", "frame", "task_id", "server_frame", "job_id", "bag", "camera", "path", "topic", "message", "seq",
		"header_ns", "log_ns", "publish_ns", "frame_id", "encoding", "stamp_ns", "pts_ns", "index", "width", "height", "size", "sha256", "selection", "context",
		"chosen_by", "judged",
	}
}

// NewCSV writes CSV (RFC 4180) with a header line; what does not apply is an empty cell. Names stay as
// they are, since they are what one joins by: a spreadsheet takes some for formulas.
func NewCSV(w io.Writer) Writer { return &table{w: csv.NewWriter(w)} }

type table struct {
	w     *csv.Writer
	begun bool
}

func (t *table) begin() error {
	if t.begun {
		return nil
	}
	t.begun = true
	return t.w.Write(Columns())
}

func (t *table) Write(r Record) error {
	if err := t.begin(); err != nil {
		return err
	}
	return t.w.Write([]string{
		r.Task, r.Name, strconv.Itoa(r.Frame), positive(r.TaskID), number(r.ServerFrame), positive(r.JobID), r.Bag, r.Camera, r.Path,
		r.Topic, number(r.Message), number(r.Seq), number(r.HeaderNS), number(r.LogNS), number(r.PublishNS), r.FrameID, r.Encoding,
		number(r.StampNS), number(r.PTSNS), number(r.Index), positive(r.Width), positive(r.Height), strconv.FormatInt(r.Size, 10), r.SHA256, r.Selection, contextCell(r.Context),
		r.ChosenBy, positive(r.Judged),
	})
}

func (t *table) Flush() error {
	if err := t.begin(); err != nil {
		return err
	}
	t.w.Flush()
	return t.w.Error()
}

// contextCell is a frame's context images as JSON, as JSON Lines have them.
func contextCell(all []Context) string {
	if len(all) == 0 {
		return ""
	}
	b, _ := json.Marshal(all) // strings and numbers
	return string(b)
}

func number[T int | int64](n *T) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

func positive(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
