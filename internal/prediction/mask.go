package prediction

import (
	"encoding/json"
	"math"
	"slices"
)

// maxMask bounds the pixels of one image that masks are read for: CVAT's own limit for images is above it for none that
// a camera takes.
const maxMask = 1 << 28

// mask is COCO's runs, column by column of the whole image, as CVAT has them: row by row of the smallest box.
func (r cocoRuns) mask() (points []float64, wrong string) {
	height, width := r.Size[0], r.Size[1]
	if height <= 0 || width <= 0 || height > maxMask/width {
		return nil, "a mask without a size"
	}
	counts, ok := r.counts()
	if !ok {
		return nil, "a mask whose runs cannot be read"
	}
	pixels := make([]bool, width*height) // row by row
	at := 0
	for i, run := range counts {
		if run < 0 || run > width*height-at {
			return nil, "a mask whose runs are longer than its image"
		}
		for ; run > 0; run, at = run-1, at+1 {
			pixels[at%height*width+at/height] = i%2 == 1
		}
	}
	if at != width*height {
		return nil, "a mask whose runs do not fill its image"
	}
	if points = runsOf(pixels, width); points == nil {
		return nil, "a mask without a pixel"
	}
	return points, ""
}

// counts are the runs, which pycocotools packs into a text: six bits a character, least first, differences to the run
// before the last one.
func (r cocoRuns) counts() (counts []int, ok bool) {
	if json.Unmarshal(r.Counts, &counts) == nil {
		return counts, true
	}
	var text string
	if json.Unmarshal(r.Counts, &text) != nil {
		return nil, false
	}
	counts = nil
	for i := 0; i < len(text); {
		value, shift := 0, 0
		for more := true; more; shift += 5 {
			if i == len(text) || shift > 35 {
				return nil, false
			}
			c := int(text[i]) - 48
			i++
			value |= c & 0x1f << shift
			more = c&0x20 != 0
			if !more && c&0x10 != 0 {
				value |= -1 << (shift + 5)
			}
		}
		if n := len(counts); n > 2 {
			value += counts[n-2]
		}
		counts = append(counts, value)
	}
	return counts, true
}

// runsOf are the runs of zeros and ones in the smallest box around what is set, and the box; nil where nothing is.
func runsOf(pixels []bool, width int) []float64 {
	left, right, top, bottom := width, -1, -1, -1
	for i, set := range pixels {
		if !set {
			continue
		}
		x, y := i%width, i/width
		left, right, bottom = min(left, x), max(right, x), y
		if top < 0 {
			top = y
		}
	}
	if right < 0 {
		return nil
	}
	var runs []float64
	run, value := 0, false
	for y := top; y <= bottom; y++ {
		for x := left; x <= right; x++ {
			if set := pixels[y*width+x]; set != value {
				runs = append(runs, float64(run))
				run, value = 0, set
			}
			run++
		}
	}
	return append(append(runs, float64(run)), float64(left), float64(top), float64(right), float64(bottom))
}

// fill is the mask of several rings: the pixels whose middle is in an odd number of them. nil where there is none, or
// where the image's size is not known.
func fill(rings [][]float64, width, height int) []float64 {
	if width <= 0 || height <= 0 || height > maxMask/width {
		return nil
	}
	pixels := make([]bool, width*height)
	var crossings []float64
	for y := range height {
		middle := float64(y) + 0.5
		crossings = crossings[:0]
		for _, r := range rings {
			for i := 0; i+1 < len(r); i += 2 {
				j := (i + 2) % len(r)
				if (r[i+1] <= middle) != (r[j+1] <= middle) {
					crossings = append(crossings, r[i]+(middle-r[i+1])*(r[j]-r[i])/(r[j+1]-r[i+1]))
				}
			}
		}
		slices.Sort(crossings)
		for i := 0; i+1 < len(crossings); i += 2 {
			from := int(max(math.Ceil(crossings[i]-0.5), 0))
			to := int(min(math.Ceil(crossings[i+1]-0.5), float64(width)))
			for x := from; x < to; x++ {
				pixels[y*width+x] = true
			}
		}
	}
	return runsOf(pixels, width)
}
