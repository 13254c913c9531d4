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

func readJSONL(data []byte) ([]Item, error) {
	var items []Item
	lines := bufio.NewReader(bytes.NewReader(data))
	for n := 1; ; n++ {
		text, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(text)) > 0 {
			var line jsonLine
			if wrong := json.Unmarshal(text, &line); wrong != nil {
				return nil, lineError(n, wrong)
			}
			if line.Name == "" {
				return nil, fmt.Errorf("line %d names no frame", n)
			}
			for _, s := range line.Shapes {
				items = append(items, Item{Image: line.Name, Width: line.Width, Height: line.Height, Shapes: []annotation.Shape{s.shape()}})
			}
			for range line.Tags {
				items = append(items, Item{Image: line.Name, tag: true})
			}
		}
		if errors.Is(err, io.EOF) {
			return items, nil
		}
	}
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
