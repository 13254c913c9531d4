package dataset

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// A line is one frame as schema/pull.schema.json describes it. Times are strings: many readers of JSON keep no more
// than 53 bits of a number.
type line struct {
	Task    string             `json:"task"`
	Subset  string             `json:"subset,omitempty"`
	Frame   int                `json:"frame"`
	Name    string             `json:"name"`
	Bag     string             `json:"bag,omitempty"`
	Camera  string             `json:"camera,omitempty"`
	Topic   string             `json:"topic,omitempty"`
	Path    string             `json:"path,omitempty"`
	StampNS *int64             `json:"stamp_ns,string,omitempty"`
	LogNS   *int64             `json:"log_ns,string,omitempty"`
	PTSNS   *int64             `json:"pts_ns,string,omitempty"`
	Width   int                `json:"width"`
	Height  int                `json:"height"`
	Shapes  []annotation.Shape `json:"shapes"`
	Tags    []annotation.Tag   `json:"tags"`
}

// JSONL writes one line per frame, with all that CVAT says of it. Nothing is lost.
func JSONL(w io.Writer, s Set) (Lost, error) {
	buffered := bufio.NewWriter(w)
	enc := json.NewEncoder(buffered)
	enc.SetEscapeHTML(false)
	for f, err := range s.Frames {
		if err == nil {
			err = enc.Encode(lineOf(f))
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, buffered.Flush()
}

func lineOf(f Frame) line {
	l := line{
		Task: f.Task, Subset: f.Subset, Frame: f.Number, Name: f.Name, Bag: f.Bag, Camera: f.Camera, Topic: f.Topic, Path: f.Path,
		StampNS: f.StampNS, LogNS: f.LogNS, PTSNS: f.PTSNS, Width: f.Width, Height: f.Height, Shapes: f.Shapes, Tags: f.Tags,
	}
	if l.Shapes == nil {
		l.Shapes = []annotation.Shape{}
	}
	if l.Tags == nil {
		l.Tags = []annotation.Tag{}
	}
	return l
}
