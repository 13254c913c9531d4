package main

import "encoding/binary"

const depthWidth, depthHeight = 80, 60

// depth is what the second camera measures of the ground, in millimetres: a slope that
// rises to the right, a box that passes, and a corner that returns nothing (0).
func depth(i int) []byte {
	var out []byte
	for y := range depthHeight {
		for x := range depthWidth {
			mm := 1800 - 6*x + 4*y
			if left := 70 - 5*i; x >= left && x < left+14 && y >= 20 && y < 40 {
				mm = 900
			}
			if x+y < 12 {
				mm = 0
			}
			out = binary.LittleEndian.AppendUint16(out, uint16(mm))
		}
	}
	return out
}
