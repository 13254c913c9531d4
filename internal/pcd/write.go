package pcd

import (
	"fmt"
	"strings"
)

// AppendHeader appends the header of binary data of that many points, in the form of version 0.7 that CVAT, too,
// writes. The same fields and points give the same bytes.
func AppendHeader(b []byte, fields []Field, points int64) []byte {
	var names, sizes, types, counts []string
	for _, f := range fields {
		names = append(names, f.Name)
		sizes = append(sizes, fmt.Sprint(f.Size))
		types = append(types, string(f.Type))
		counts = append(counts, fmt.Sprint(f.Count))
	}
	return fmt.Appendf(b, "VERSION 0.7\nFIELDS %s\nSIZE %s\nTYPE %s\nCOUNT %s\nWIDTH %d\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS %d\nDATA binary\n",
		strings.Join(names, " "), strings.Join(sizes, " "), strings.Join(types, " "), strings.Join(counts, " "), points, points)
}

// A binLayout is what the points of files of one kind of .bin are: little-endian floats of 4 bytes.
type binLayout struct {
	fields string // their names
	whose  string
}

var (
	kitti    = binLayout{"x y z intensity", "KITTI"}
	nuScenes = binLayout{"x y z intensity ring", "nuScenes"}
)

// layoutOf tells them apart by names: those of nuScenes end with .pcd.bin.
func layoutOf(name string) binLayout {
	if strings.HasSuffix(strings.ToLower(name), ".pcd.bin") {
		return nuScenes
	}
	return kitti
}

// BinHeader is what makes a PCD of a .bin of that name and size in bytes when it is before it. Of KITTI's CVAT itself makes
// exactly this file (measured on 2.73), under the name with .pcd; nuScenes', which have a fifth number in each point, it takes
// for those.
func BinHeader(name string, size int64) (header []byte, points int64, err error) {
	var fields []Field
	layout := layoutOf(name)
	for _, field := range strings.Fields(layout.fields) {
		fields = append(fields, Field{field, 'F', 4, 1})
	}
	step := int64(4 * len(fields))
	switch points = size / step; {
	case size == 0:
		return nil, 0, ErrEmpty
	case size%step != 0 && layout == kitti && size%20 == 0:
		return nil, 0, damaged("its %d bytes are not a whole number of points of %d bytes (float32 %s, as in %s); points of 20 bytes, as in nuScenes, are looked for in files named .pcd.bin", size, step, layout.fields, layout.whose)
	case size%step != 0:
		return nil, 0, damaged("its %d bytes are not a whole number of points of %d bytes (float32 %s, as in %s): it is cut, or not a point cloud", size, step, layout.fields, layout.whose)
	case points > maxPoints:
		return nil, 0, damaged("its %d points are more than %d", points, int64(maxPoints))
	}
	return AppendHeader(nil, fields, points), points, nil
}
