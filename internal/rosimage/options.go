package rosimage

import (
	"fmt"
	"math"
)

// A Format is the file format that raw pixels are written in.
type Format string

// The formats of [Options].
const (
	PNG  Format = "png" // the default: no loss
	JPEG Format = "jpeg"
)

// DefaultQuality is the JPEG quality where [Options] names none.
const DefaultQuality = 90

// Options say how raw pixels become a file. They do not touch payloads that are
// files already. The zero value is PNG without loss.
type Options struct {
	Format  Format // "" is PNG. Depth without a range stays 16-bit PNG whatever this says
	Quality int    // of JPEG, 1 to 100; 0 is DefaultQuality
	Depth   *Range // nil keeps depth as 16-bit millimetres

	Fields []string // of point clouds, in the order of the file; nil: x, y, z and, where there is one, intensity
}

// A Range of depths in metres becomes an 8-bit picture: Min and nearer is black,
// Max and farther white, linear between, and unknown depth black too. It applies to
// 16UC1, mono16 and 32FC1 images, to compressedDepth, and to 16-bit grey PNG
// payloads; whole numbers are millimetres. Other images ignore it.
type Range struct{ Min, Max float64 }

// Check says what is wrong with the options, if anything.
func (o Options) Check() error {
	if o.Format != "" && o.Format != PNG && o.Format != JPEG {
		return fmt.Errorf("image format %q: it is png or jpeg", o.Format)
	}
	if o.Quality < 0 || o.Quality > 100 {
		return fmt.Errorf("JPEG quality %d: it is 1 to 100", o.Quality)
	}
	if r := o.Depth; r != nil && !(r.Min >= 0 && r.Max > r.Min && r.Max <= math.MaxUint16) {
		return fmt.Errorf("depth from %v to %v metres: it is 0 or more, growing, and at most %d", r.Min, r.Max, math.MaxUint16)
	}
	return nil
}

func (o Options) quality() int {
	if o.Quality == 0 {
		return DefaultQuality
	}
	return o.Quality
}
