package prediction

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// What of a line is read: a frame as cvatplan pull writes it, of which name and shapes are enough. Its tags are only counted.
type (
	jsonLine struct {
		Name   string      `json:"name"`
		Width  int         `json:"width"`
		Height int         `json:"height"`
		Shapes []jsonShape `json:"shapes"`
		Tags   rawTags     `json:"tags"`
	}
	rawTags   []json.RawMessage
	jsonShape struct {
		annotation.Shape
		Attributes map[string]any `json:"attributes"`
		Elements   []jsonShape    `json:"elements"`
	}
)

// UnmarshalJSON never fails: what is none of cvatplan's tags is no mistake.
func (t *rawTags) UnmarshalJSON(text []byte) error {
	_ = json.Unmarshal(text, (*[]json.RawMessage)(t))
	return nil
}

// indexJSONL reads a line at a time.
func indexJSONL(text *io.SectionReader, sum io.Writer) (*File, error) {
	f := &File{decode: func(_ *File, _ row, text []byte) ([]Item, error) {
		_, items, err := readLine(text)
		return items, err
	}}
	images := map[string]int32{}
	lines := bufio.NewReaderSize(io.TeeReader(text, sum), 64<<10)
	var line []byte
	for n, at := 1, int64(0); ; n++ {
		var end error
		line, end = appendLine(line[:0], lines)
		if end != nil && !errors.Is(end, io.EOF) {
			return nil, end
		}
		if len(bytes.TrimSpace(line)) > 0 {
			frame, items, err := readLine(line)
			if err != nil {
				return nil, lineError(n, err)
			}
			if frame.Name == "" {
				return nil, fmt.Errorf("line %d names no frame", n)
			}
			if len(items) > 0 {
				image, known := images[frame.Name]
				if !known {
					image = int32(len(f.images))
					images[frame.Name] = image
					f.images = append(f.images, imageOf{name: frame.Name})
				}
				f.add(row{at: int32(at), bytes: int32(len(line)), image: image}, items)
			}
		}
		if end != nil {
			return f, nil
		}
		at += int64(len(line))
	}
}

// appendLine is the next line, its end included, in memory that is used for the one after it, too.
func appendLine(line []byte, in *bufio.Reader) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// readLine reads a frame and what is said of it.
func readLine(text []byte) (frame jsonLine, items []Item, err error) {
	if err := json.Unmarshal(text, &frame); err != nil {
		return frame, nil, err
	}
	for _, s := range frame.Shapes {
		items = append(items, Item{Image: frame.Name, Width: frame.Width, Height: frame.Height, Shapes: []annotation.Shape{s.shape()}})
	}
	for range frame.Tags {
		items = append(items, Item{Image: frame.Name, tag: true})
	}
	return frame, items, nil
}

// lineError says where a file is not as it should be, and repeats nothing of it.
func lineError(n int, err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("line %d is not an object, which a frame is", n)
	case errors.As(err, &kind):
		return fmt.Errorf("line %d: %s is not what it should be", n, strings.ReplaceAll(kind.Field, ".Shape.", ".")) // Go's own name
	}
	return fmt.Errorf("line %d is not JSON", n)
}

func (s jsonShape) shape() annotation.Shape {
	out := s.Shape
	out.Attributes, _ = attributesOf(s.Attributes, false)
	for _, e := range s.Elements {
		out.Elements = append(out.Elements, e.shape())
	}
	return out
}
