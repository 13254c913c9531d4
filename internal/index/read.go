package index

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// maxLine bounds one record: names have 255 bytes at most, topics and frame_ids are shorter than this.
const maxLine = 1 << 20

// An Error is what is wrong with an index.
type Error struct {
	Line int // from 1
	Text string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Text) }

// Read gives each record of JSON Lines to visit, whose error ends it. Empty lines are passed over, and
// keys that are not known, which a later version may have written. The error is an [*Error], the reader's
// or visit's.
func Read(r io.Reader, visit func(Record) error) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 1<<16), maxLine)
	n := 0
	for lines.Scan() {
		n++
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		record, err := parse(line)
		if err != nil {
			return &Error{n, err.Error()}
		}
		if err := visit(record); err != nil {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return &Error{n + 1, fmt.Sprintf("longer than %d bytes", maxLine)}
	}
	return lines.Err()
}

func parse(line []byte) (Record, error) {
	var r Record
	if line[0] != '{' {
		return r, errors.New("not a JSON object; an index is JSON Lines, as cvatplan frames writes it")
	}
	if err := json.Unmarshal(line, &r); err != nil {
		return r, fmt.Errorf("not a record: %w", err)
	}
	return r, r.check()
}

// check refuses what no plan could be made of.
func (r Record) check() error {
	sum, err := hex.DecodeString(r.SHA256)
	unknown := r.Size == 0 && r.SHA256 == ""
	switch {
	case r.Bag == "":
		return errors.New("it names no bag")
	case r.Name == "":
		return errors.New("it names no frame (name)")
	case r.Path == "" && r.Topic == "":
		return errors.New("it has neither path nor topic")
	case slices.ContainsFunc(r.Context, func(c Context) bool { return !c.whole() }):
		return errors.New("a context image without a name, size or SHA-256")
	case r.Judged < 0:
		return fmt.Errorf("judged %d", r.Judged)
	case unknown:
		return nil
	case r.Size <= 0:
		return fmt.Errorf("a frame of %d bytes", r.Size)
	case err != nil || len(sum) != 32:
		return fmt.Errorf("sha256 %.80q is not 64 hexadecimal digits", r.SHA256)
	}
	return nil
}

// whole reports whether an archive's hash could be made of the image.
func (c Context) whole() bool {
	sum, err := hex.DecodeString(c.SHA256)
	return c.Name != "" && c.Size > 0 && err == nil && len(sum) == 32
}

// Sum is the frame's SHA-256.
func (r Record) Sum() (sum [32]byte) {
	hex.Decode(sum[:], []byte(r.SHA256))
	return sum
}
