// Package choose picks frames by what they show.
//
// [Of] looks at one image: how sharp it is, and a hash that images which look alike share most bits of. A
// [Picker] goes over the looks of a camera's frames in the order of time, and keeps of each group of frames the
// sharpest, and of what is left those that differ enough from the one kept before.
//
// Both are defined to the bit, so that every machine chooses the same frames of the same pixels:
//
//   - Grey: the luma of JPEG and WebP as it is stored, else (19595 R + 38470 G + 7471 B + 32768) / 65536; 8 bits,
//     or 16 of images with 16-bit samples. Alpha is ignored, and so is the orientation that EXIF tells.
//   - Hash, dhash64/1: the grey picture in 9 columns and 8 rows, each cell the average of the area that it covers,
//     pixels on a border counted in part, rounded half up. A bit is set where a cell is brighter than the one on
//     its left, row by row, the first the highest. That is the dHash of the Python package imagehash, with an
//     average where that has Lanczos.
//   - Sharpness, laplacian/1: the grey picture shrunk by the least whole factor that makes no side longer than 1024
//     pixels (each pixel the average of its block, rounded half up), of which the variance of the Laplacian
//     [0 1 0; 1 -4 1; 0 1 0], its borders mirrored without repeating the edge, as OpenCV's cv2.Laplacian(grey,
//     cv2.CV_64F).var() is.
//
// Whoever changes any of this, or what decodes images, gives it a new version. What was chosen by an earlier one
// stays chosen: an index keeps it.
package choose

import (
	"math/bits"
	"strings"
)

// Settings say what is kept.
type Settings struct {
	SharpestOf int // the sharpest of each so many frames; 0 or 1: all
	Distinct   int // those whose hash differs in at least so many bits, of 64, from the one kept before; 0: all
}

// Any reports whether the settings leave anything out.
func (s Settings) Any() bool { return s.SharpestOf > 1 || s.Distinct > 0 }

// By names the algorithms that the settings need, with their versions, as an index keeps them.
func (s Settings) By() string {
	var by []string
	if s.SharpestOf > 1 {
		by = append(by, "laplacian/1")
	}
	if s.Distinct > 0 {
		by = append(by, "dhash64/1")
	}
	return strings.Join(by, " ")
}

// Judged is how many of n frames are judged for good: where more are to come, a group that is not full waits for them.
func (s Settings) Judged(n int, growing bool) int {
	if growing && s.SharpestOf > 1 {
		return n - n%s.SharpestOf
	}
	return n
}

// Begin is the first frame that is judged next, after so many were: groups are counted from the first frame of
// all, and one of which some were judged is decided.
func (s Settings) Begin(judged int) int {
	if k := s.SharpestOf; k > 1 {
		return (judged + k - 1) / k * k
	}
	return judged
}

// A Picker decides frame by frame, in the order of time.
type Picker struct {
	Settings
	Kept []int // the frames that are kept, by their numbers, in ascending order

	best, seen int // the sharpest of the group so far, -1 if none can be used; how many it has
	looks      Look
	some       bool   // one was kept
	last       uint64 // its hash
}

// After has the picker go on where a frame was kept before.
func (p *Picker) After(last Look) { p.some, p.last = true, last.Hash }

// Add judges frame i. One that cannot be used (ok is false) counts in its group, and is not kept.
func (p *Picker) Add(i int, look Look, ok bool) {
	if p.seen == 0 {
		p.best = -1
	}
	p.seen++
	if ok && (p.best < 0 || look.Sharpness > p.looks.Sharpness) {
		p.best, p.looks = i, look
	}
	if p.seen >= p.SharpestOf {
		p.Flush()
	}
}

// Flush decides a group that is not full.
func (p *Picker) Flush() {
	if p.seen > 0 && p.best >= 0 && p.differs() {
		p.Kept = append(p.Kept, p.best)
		p.some, p.last = true, p.looks.Hash
	}
	p.seen = 0
}

func (p *Picker) differs() bool {
	return !p.some || Distance(p.looks.Hash, p.last) >= p.Distinct
}

// Distance is in how many bits two hashes differ, 0 to 64.
func Distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }
