package rosimage

import (
	"maps"
	"slices"
)

// An encoding is how pixels stand in a message, and how a picture is made of them.
type encoding struct {
	size int  // bytes of a pixel
	even bool // two pixels share their colour
	open func(grid, Options) (*picture, error)
}

// encodings are the names of sensor_msgs/image_encodings.h that are read. 8UC3 and
// 8UC4 say nothing of colours; OpenCV's order, BGR, is what all of ROS takes them for.
var encodings = map[string]encoding{
	"mono8":  {size: 1, open: grey8},
	"8UC1":   {size: 1, open: grey8},
	"mono16": {size: 2, open: grey16},
	"16UC1":  {size: 2, open: depth16},
	"32FC1":  {size: 4, open: depth32},

	"rgb8":  {size: 3, open: packed(8, 0, 1, 2)},
	"bgr8":  {size: 3, open: packed(8, 2, 1, 0)},
	"8UC3":  {size: 3, open: packed(8, 2, 1, 0)},
	"rgba8": {size: 4, open: packed(8, 0, 1, 2, 3)},
	"bgra8": {size: 4, open: packed(8, 2, 1, 0, 3)},
	"8UC4":  {size: 4, open: packed(8, 2, 1, 0, 3)},
	"rgb16": {size: 6, open: packed(16, 0, 1, 2)},
	"bgr16": {size: 6, open: packed(16, 2, 1, 0)},

	// The pattern's first two letters are the first row. OpenCV names the same
	// patterns from the second row's second pixel on: its BayerBG is rggb.
	"bayer_rggb8":  {size: 1, open: bayer(8, 0, 0)},
	"bayer_grbg8":  {size: 1, open: bayer(8, 1, 0)},
	"bayer_gbrg8":  {size: 1, open: bayer(8, 0, 1)},
	"bayer_bggr8":  {size: 1, open: bayer(8, 1, 1)},
	"bayer_rggb16": {size: 2, open: bayer(16, 0, 0)},
	"bayer_grbg16": {size: 2, open: bayer(16, 1, 0)},
	"bayer_gbrg16": {size: 2, open: bayer(16, 0, 1)},
	"bayer_bggr16": {size: 2, open: bayer(16, 1, 1)},

	"uyvy":        {size: 2, even: true, open: uyvy},
	"yuv422":      {size: 2, even: true, open: uyvy},
	"yuyv":        {size: 2, even: true, open: yuyv},
	"yuv422_yuy2": {size: 2, even: true, open: yuyv},
}

// Encodings are the names of the pixel encodings that are read, sorted.
func Encodings() []string { return slices.Sorted(maps.Keys(encodings)) }

// isDepth tells encodings that hold distances by their nature; mono16 does so only
// if the manifest asks for a range.
func isDepth(name string) bool { return name == "16UC1" || name == "32FC1" }
