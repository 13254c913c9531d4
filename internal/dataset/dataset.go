// Package dataset writes annotated frames in the formats that others read: JSON Lines, COCO, Ultralytics YOLO, MCAP. The
// formats are siblings over one value, [Set].
//
// Equal sets give equal bytes, on every machine. What a format has no place for is left out and counted ([Lost]).
// Nothing here holds more than a frame, or what one file of the format holds as a whole.
package dataset

import (
	"io"
	"iter"
	"path"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// A Frame is one frame: what CVAT says of it, and where it comes from.
type Frame struct {
	annotation.Frame
	Task   string
	Subset string // as the server has it; empty: none
	ThreeD bool   // a point cloud

	// Where it comes from; empty where no bag has a frame of that name.
	Bag, Camera, Topic, Path string
	StampNS, LogNS           *int64 // since 1970
	PTSNS                    *int64 // of a video's frame: since the video's start
}

// A Set is what one file is made of.
type Set struct {
	Labels annotation.Labels
	Frames iter.Seq2[Frame, error] // may be read several times; after an error there is no more
}

// ImageName is the name of a frame's image, as a file. A frame of a video, which has none, is the PNG that CVAT exports.
func ImageName(frame string) string {
	if path.Ext(frame) == "" {
		return frame + ".png"
	}
	return frame
}

// Lost counts what a format has no place for, by kind: "polyline", "tag", "frame without a time".
type Lost map[string]int

// A Writer writes a set in one format.
type Writer func(w io.Writer, s Set) (Lost, error)
