package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// variants are the containers and compressions, by name.
var variants = map[string]struct {
	file   string
	ros1   bool
	format bagtest.Format
}{
	"bag-none":         {"bag-none.bag", true, bagtest.Format{}},
	"bag-lz4":          {"bag-lz4.bag", true, bagtest.Format{Compression: "lz4"}},
	"bag-bz2":          {"bag-bz2.bag", true, bagtest.Format{Compression: "bz2"}},
	"mcap-none":        {"mcap-none.mcap", false, bagtest.Format{}},
	"mcap-lz4":         {"mcap-lz4.mcap", false, bagtest.Format{Compression: "lz4"}},
	"mcap-zstd":        {"mcap-zstd.mcap", false, bagtest.Format{Compression: "zstd"}},
	"db3-none":         {"db3-none", false, bagtest.Format{}},
	"db3-zstd-message": {"db3-zstd-message", false, bagtest.Format{Compression: "message"}},
	"db3-zstd-file":    {"db3-zstd-file", false, bagtest.Format{Compression: "file"}},
}

// frames and its parts make 483 MB: 610 JPEGs of 1280 x 960, 610 of 640 x 480,
// and 240 raw Bayer pictures of 1280 x 960.
const (
	frames   = 610
	rawEvery = 5 // of which every 5th of two is missing: 240 of 610
)

func generate(dir, name string) error {
	v, found := variants[name]
	if !found {
		return fmt.Errorf("no variant %q", name)
	}
	w, err := bagtest.Create(filepath.Join(dir, v.file), v.format)
	if err != nil {
		return err
	}
	s := newScene(v.ros1)
	for i := range frames {
		if err := s.write(w, i); err != nil {
			return err
		}
	}
	return w.Close()
}

// A scene is the pictures of three cameras: a few, again and again, far enough
// apart that no compression sees it.
type scene struct {
	ros1       bool
	wide, tele [][]byte
	raw        [][]byte
}

const pictures = 12

func newScene(ros1 bool) *scene {
	s := &scene{ros1: ros1}
	rng := rand.New(rand.NewPCG(1, 2))
	for range pictures {
		s.wide = append(s.wide, picture(rng, 1280, 960, 76))
		s.tele = append(s.tele, picture(rng, 640, 480, 76))
		s.raw = append(s.raw, noise(rng, 1280, 960).Pix)
	}
	return s
}

func (s *scene) write(w bagtest.Writer, i int) error {
	log := 1700000000000000000 + int64(i)*100e6
	if err := w.Write(s.topic("/jai_cam/image_raw/compressed", "CompressedImage"), log, s.compressed(i, s.wide[i%pictures])); err != nil {
		return err
	}
	if err := w.Write(s.topic("/realsenseD435/color/image_raw/compressed", "CompressedImage"), log+1e6, s.compressed(i, s.tele[i%pictures])); err != nil {
		return err
	}
	if i*240/frames == (i+1)*240/frames {
		return nil
	}
	return w.Write(s.topic("/jai_cam/image_raw", "Image"), log+2e6, s.image(i, s.raw[i%pictures]))
}

func (s *scene) topic(name, kind string) bagtest.Topic {
	if s.ros1 {
		return bagtest.Topic{Name: name, Type: "sensor_msgs/" + kind, Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: definitions["ros1"+kind], MD5: sums[kind]}
	}
	return bagtest.Topic{Name: name, Type: "sensor_msgs/msg/" + kind, Encoding: "cdr", SchemaEncoding: "ros2msg", Schema: definitions["ros2"+kind]}
}

var definitions = map[string]string{
	"ros1CompressedImage": "Header header\nstring format\nuint8[] data\n" + ros1Header,
	"ros1Image":           "Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n" + ros1Header,
	"ros2CompressedImage": "std_msgs/Header header\nstring format\nuint8[] data\n" + ros2Header,
	"ros2Image":           "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n" + ros2Header,
}

// sums are what ROS 1 knows the types by.
var sums = map[string]string{"CompressedImage": "8f7a12909da2c9d3332d540a0977563f", "Image": "060021388200f6f0f447d0fcd9c64743"}

const (
	rule       = "================================================================================\n"
	ros1Header = rule + "MSG: std_msgs/Header\nuint32 seq\ntime stamp\nstring frame_id\n"
	ros2Header = rule + "MSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n" + rule + "MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n"
)

// A body is a message being written, in ROS 1 encoding or CDR.
type body struct {
	bytes.Buffer
	ros1 bool
}

func (s *scene) header(i int) *body {
	b := &body{ros1: s.ros1}
	if s.ros1 {
		b.uint32(uint32(i))
	}
	b.uint32(uint32(1700000000 + i/10))
	b.uint32(uint32(i%10) * 1e8)
	b.text("camera_optical")
	return b
}

func (b *body) uint32(n uint32) {
	for !b.ros1 && b.Len()%4 != 0 {
		b.WriteByte(0)
	}
	b.Write(binary.LittleEndian.AppendUint32(nil, n))
}

func (b *body) text(s string) {
	if !b.ros1 {
		s += "\x00"
	}
	b.uint32(uint32(len(s)))
	b.WriteString(s)
}

func (b *body) data(p []byte) []byte {
	b.uint32(uint32(len(p)))
	b.Write(p)
	if b.ros1 {
		return b.Bytes()
	}
	return append([]byte{0, 1, 0, 0}, b.Bytes()...)
}

func (s *scene) compressed(i int, jpeg []byte) []byte {
	b := s.header(i)
	b.text("jpeg")
	return b.data(jpeg)
}

func (s *scene) image(i int, pix []byte) []byte {
	b := s.header(i)
	b.uint32(960)
	b.uint32(1280)
	b.text("bayer_rggb8")
	b.WriteByte(0)
	b.uint32(1280)
	return b.data(pix)
}

// noise is a soft gradient with the noise of a sensor in a part of its pixels,
// so that compression finds some but not much to do.
func noise(rng *rand.Rand, w, h int) *image.Gray {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := x*30/w + y*60/h
			if rng.IntN(2) == 0 {
				v += rng.IntN(40)
			}
			m.SetGray(x, y, color.Gray{Y: uint8(v)})
		}
	}
	return m
}

func picture(rng *rand.Rand, w, h, quality int) []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, noise(rng, w, h), &jpeg.Options{Quality: quality}); err != nil {
		panic(err) // an image of fixed size into memory
	}
	return out.Bytes()
}
