// Colours writes raw camera pixels of every encoding, and the pictures that
// internal/rosimage makes of them, so that interop/test_colours.py can compare the
// pictures with OpenCV's.
//
//	go run ./interop/colours DIR
//
// DIR gets a .raw and a .png for each case, and index.json that lists them.
package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// A picture is one case, as index.json has it.
type picture struct {
	Name      string `json:"name"`
	Encoding  string `json:"encoding"`
	Width     int    `json:"width"`
	Height    int    `json:"height"`
	Step      int    `json:"step"`
	BigEndian bool   `json:"big_endian"`
	Ranged    bool   `json:"ranged"` // 8-bit depth from 0.5 m to 4 m
}

// sizes are the smallest that has a pattern, one with odd edges, and one that is
// wider than what vector instructions take at a time.
var sizes = [][2]int{{4, 3}, {34, 25}, {322, 61}}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: colours DIR")
	}
	if err := write(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func write(dir string) error {
	var index []picture
	for _, p := range pictures() {
		if err := p.write(dir); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		index = append(index, p)
	}
	b, err := json.MarshalIndent(index, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.json"), b, 0o644)
}

// pictures are every encoding in every size, with and without padding, and wide
// samples in both byte orders.
func pictures() (out []picture) {
	for _, encoding := range rosimage.Encodings() {
		for _, size := range sizes {
			if evenHeight(encoding) {
				size[1]++
			}
			row := size[0] * bytesPerPixel(encoding)
			for _, step := range []int{row, row + 16} {
				p := picture{Encoding: encoding, Width: size[0], Height: size[1], Step: step}
				out = append(out, p.variants()...)
			}
		}
	}
	return out
}

func (p picture) variants() (out []picture) {
	for _, big := range []bool{false, true} {
		for _, ranged := range []bool{false, true} {
			depth := slices.Contains([]string{"16UC1", "16SC1", "32FC1", "64FC1"}, p.Encoding)
			if big && sampleSize(p.Encoding) == 1 || ranged && !depth {
				continue
			}
			p.BigEndian, p.Ranged = big, ranged
			p.Name = fmt.Sprintf("%s-%dx%d-%d-%t-%t", p.Encoding, p.Width, p.Height, p.Step, big, ranged)
			out = append(out, p)
		}
	}
	return out
}

func (p picture) write(dir string) error {
	data := p.pixels()
	if err := os.WriteFile(filepath.Join(dir, p.Name+".raw"), data, 0o644); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, p.Name+".png"))
	if err != nil {
		return err
	}
	m := &rosimage.Message{
		Kind: rosimage.Raw, Encoding: p.Encoding, Width: p.Width, Height: p.Height,
		Step: p.Step, BigEndian: p.BigEndian, Data: data,
	}
	var o rosimage.Options
	if p.Ranged {
		o.Depth = &rosimage.Range{Min: 0.5, Max: 4}
	}
	if _, err := rosimage.Encode(f, m, o); err != nil {
		return err
	}
	return f.Close()
}

// pixels are noise, which is the hardest on interpolation and rounding; padding
// too. Depths are up to five metres, with some that are unknown.
func (p picture) pixels() []byte {
	r := rand.New(rand.NewPCG(uint64(p.Width), uint64(p.Step)))
	b := make([]byte, p.Step*p.Height*planes2(p.Encoding)/2)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	wide := sampleSize(p.Encoding)
	for i := 0; p.Encoding[len(p.Encoding)-3:] == "FC1" && i+wide <= len(b); i += wide {
		metres := r.Float64() * 5
		if r.IntN(8) == 0 {
			metres = math.NaN()
		}
		if wide == 8 {
			order(p.BigEndian).PutUint64(b[i:], math.Float64bits(metres))
			continue
		}
		order(p.BigEndian).PutUint32(b[i:], math.Float32bits(float32(metres)))
	}
	return b
}

func order(big bool) binary.ByteOrder {
	if big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// evenHeight tells encodings that OpenCV reads in even heights alone.
func evenHeight(encoding string) bool {
	return slices.Contains([]string{"nv12", "nv21", "i420"}, encoding)
}

// planes2 is twice the size of an image with its colour, in planes of luma.
func planes2(encoding string) int {
	switch {
	case evenHeight(encoding):
		return 3
	case encoding == "nv24":
		return 6
	}
	return 2
}

func bytesPerPixel(encoding string) int {
	switch encoding {
	case "mono8", "8UC1", "nv12", "nv21", "nv24", "i420", "bayer_rggb8", "bayer_bggr8", "bayer_gbrg8", "bayer_grbg8":
		return 1
	case "rgb8", "bgr8", "8UC3":
		return 3
	case "rgba8", "bgra8", "8UC4", "32FC1":
		return 4
	case "rgb16", "bgr16", "16UC3":
		return 6
	case "rgba16", "bgra16", "16UC4", "64FC1":
		return 8
	}
	return 2
}

func sampleSize(encoding string) int {
	switch encoding {
	case "mono16", "16UC1", "16SC1", "rgb16", "bgr16", "rgba16", "bgra16", "16UC3", "16UC4", "bayer_rggb16", "bayer_bggr16", "bayer_gbrg16", "bayer_grbg16":
		return 2
	case "32FC1":
		return 4
	case "64FC1":
		return 8
	}
	return 1
}
