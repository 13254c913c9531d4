// Package pcd reads, checks and writes files of point clouds: PCD, and the .bin of KITTI.
//
// CVAT reads a PCD's header alone (measured on 2.73): a file whose data is cut, or of a kind that nothing reads,
// imports well and shows nothing to annotators. [Check] finds such files. It reads them in pieces, and its memory
// depends on nothing that a file claims.
package pcd

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// A Field is one dimension of the points.
type Field struct {
	Name  string
	Type  byte // F, I or U: floating point, signed, unsigned
	Size  int  // bytes of an element: 1, 2, 4 or 8
	Count int  // elements
}

// The kinds of data that a PCD may have.
const (
	ASCII      = "ascii"
	Binary     = "binary"
	Compressed = "binary_compressed"
)

// A Header is what comes before the points.
type Header struct {
	Fields        []Field
	Width, Height int // of unorganised clouds all points and 1
	Data          string
	Len           int64 // bytes up to the points
}

// Points is how many there are.
func (h Header) Points() int64 { return int64(h.Width) * int64(h.Height) }

// Step is how many bytes a point has, as binary data.
func (h Header) Step() int64 {
	var n int64
	for _, f := range h.Fields {
		n += int64(f.Size) * int64(f.Count)
	}
	return n
}

// ErrEmpty is a cloud without points: where it is a task's first, CVAT fails the import (measured on 2.73).
var ErrEmpty = errors.New("the point cloud has no points")

// A DamagedError is a file that is none of the format, or is cut off.
type DamagedError struct{ text string }

func (e *DamagedError) Error() string { return e.text }

func damaged(format string, args ...any) error { return &DamagedError{fmt.Sprintf(format, args...)} }

// Named reports whether CVAT takes a file of this name for a point cloud, by its extension in any case.
func Named(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	return ext == ".pcd" || ext == ".bin"
}

// IsBin reports whether a name is that of a .bin, which CVAT renames .pcd.
func IsBin(name string) bool { return strings.ToLower(path.Ext(name)) == ".bin" }

// FileName is what a file is sent as: a .bin becomes a .pcd, and of nuScenes' .pcd.bin the .pcd is left.
func FileName(name string) string {
	if !IsBin(name) {
		return name
	}
	name = name[:len(name)-len(".bin")]
	if strings.ToLower(path.Ext(name)) == ".pcd" {
		return name
	}
	return name + ".pcd"
}

// IsNuScenes reports whether a name is that of a .bin of nuScenes, whose points CVAT would take for those of KITTI.
func IsNuScenes(name string) bool { return layoutOf(name) == nuScenes }
