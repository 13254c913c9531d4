package rosimage

import (
	"maps"
	"slices"
	"strings"
)

// An encoding is how pixels are stored in a message, and how a picture is made of them.
type encoding struct {
	size   int     // bytes of a pixel, of the first plane
	makes  int     // bytes of a pixel of the picture, if these are more
	even   bool    // two pixels share their colour
	depth  bool    // distances by its nature; mono16 holds them only if the manifest asks for a range
	chroma *planes // what follows the first plane; nil is nothing
	open   func(grid, Options) (*picture, error)
}

// encodings are the names that are read, those of sensor_msgs/image_encodings.h and what
// drivers write besides. 8UC2, 8UC3, 8UC4, 16UC3 and 16UC4 say nothing of colours: they are
// taken for what OpenCV's cameras give in so many channels: YUYV, BGR and BGRA.
var encodings = map[string]encoding{
	"mono8":  {size: 1, open: grey8},
	"8UC1":   {size: 1, open: grey8},
	"mono16": {size: 2, open: grey16},
	"16UC1":  {size: 2, depth: true, open: depth16},
	"16SC1":  {size: 2, depth: true, open: signed16},
	"32FC1":  {size: 4, depth: true, open: depth32},
	"64FC1":  {size: 8, depth: true, open: depth64},

	"rgb8":   {size: 3, open: packed(8, 0, 1, 2)},
	"bgr8":   {size: 3, open: packed(8, 2, 1, 0)},
	"8UC3":   {size: 3, open: packed(8, 2, 1, 0)},
	"rgba8":  {size: 4, open: packed(8, 0, 1, 2, 3)},
	"bgra8":  {size: 4, open: packed(8, 2, 1, 0, 3)},
	"8UC4":   {size: 4, open: packed(8, 2, 1, 0, 3)},
	"rgb16":  {size: 6, open: packed(16, 0, 1, 2)},
	"bgr16":  {size: 6, open: packed(16, 2, 1, 0)},
	"16UC3":  {size: 6, open: packed(16, 2, 1, 0)},
	"rgba16": {size: 8, open: packed(16, 0, 1, 2, 3)},
	"bgra16": {size: 8, open: packed(16, 2, 1, 0, 3)},
	"16UC4":  {size: 8, open: packed(16, 2, 1, 0, 3)},

	// The pattern's first two letters are the first row. OpenCV names the same
	// patterns from the second row's second pixel on: its BayerBG is rggb.
	"bayer_rggb8":  {size: 1, makes: 3, open: bayer(8, 0, 0)},
	"bayer_grbg8":  {size: 1, makes: 3, open: bayer(8, 1, 0)},
	"bayer_gbrg8":  {size: 1, makes: 3, open: bayer(8, 0, 1)},
	"bayer_bggr8":  {size: 1, makes: 3, open: bayer(8, 1, 1)},
	"bayer_rggb16": {size: 2, makes: 6, open: bayer(16, 0, 0)},
	"bayer_grbg16": {size: 2, makes: 6, open: bayer(16, 1, 0)},
	"bayer_gbrg16": {size: 2, makes: 6, open: bayer(16, 0, 1)},
	"bayer_bggr16": {size: 2, makes: 6, open: bayer(16, 1, 1)},

	"uyvy":        {size: 2, makes: 3, even: true, open: uyvy},
	"yuv422":      {size: 2, makes: 3, even: true, open: uyvy},
	"yuyv":        {size: 2, makes: 3, even: true, open: yuyv},
	"yuv422_yuy2": {size: 2, makes: 3, even: true, open: yuyv},
	"8UC2":        {size: 2, makes: 3, even: true, open: yuyv},

	"nv12": {size: 1, makes: 3, even: true, chroma: &planes{down: 2, wide: 1, tail: 2}, open: semiPlanar(2, 0, 1)},
	"nv21": {size: 1, makes: 3, even: true, chroma: &planes{down: 2, wide: 1, tail: 2}, open: semiPlanar(2, 1, 0)},
	"nv24": {size: 1, makes: 3, chroma: &planes{down: 1, wide: 2, tail: 4}, open: semiPlanar(1, 0, 1)},
	"i420": {size: 1, makes: 3, even: true, chroma: &planes{down: 2, wide: 1, tail: 1}, open: i420},
}

// aliases are names that librealsense, V4L2 and others write for the same pixels, in small letters.
var aliases = map[string]string{
	"y8": "mono8", "y16": "mono16", "z16": "16UC1", "yuy2": "yuyv", "yuv420": "i420",
	"8uc": "8UC1", "16uc": "16UC1", "16sc": "16SC1", "32fc": "32FC1", "64fc": "64FC1", // one channel, as cv_bridge reads them
}

// byLetters finds an encoding in whatever letters its name is written.
var byLetters = func() map[string]encoding {
	out := map[string]encoding{}
	for name, e := range encodings {
		out[strings.ToLower(name)] = e
	}
	for alias, name := range aliases {
		out[alias] = encodings[name]
	}
	return out
}()

// encodingOf finds the encoding of a name in capitals or small letters.
func encodingOf(name string) (encoding, bool) {
	e, ok := encodings[name]
	if !ok {
		e, ok = byLetters[strings.ToLower(name)]
	}
	return e, ok
}

// isMotionJPEG tells the messages of a raw type whose data is a whole JPEG, as
// librealsense writes a camera's MJPEG.
func isMotionJPEG(name string) bool { return strings.EqualFold(name, "mjpeg") }

// Encodings are the names of the pixel encodings that are read, sorted.
func Encodings() []string { return slices.Sorted(maps.Keys(encodings)) }
