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

// binStep is the size of a point in a .bin: x, y, z and intensity, as little-endian floats of 4 bytes.
const binStep = 16

// BinHeader is what makes a PCD of a KITTI .bin of size bytes when it stands before them. CVAT itself makes
// exactly this file of one (measured on 2.73), under the name with .pcd.
func BinHeader(size int64) (header []byte, points int64, err error) {
	switch points = size / binStep; {
	case size == 0:
		return nil, 0, ErrEmpty
	case size%binStep != 0:
		return nil, 0, damaged("its %d bytes are no whole number of points of %d bytes (float32 x y z intensity): it is cut, or no point cloud", size, binStep)
	case points > maxPoints:
		return nil, 0, damaged("its %d points are more than %d", points, int64(maxPoints))
	}
	fields := []Field{{"x", 'F', 4, 1}, {"y", 'F', 4, 1}, {"z", 'F', 4, 1}, {"intensity", 'F', 4, 1}}
	return AppendHeader(nil, fields, points), points, nil
}
