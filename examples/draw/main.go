// Command draw paints the images of examples/quickstart: an orchard row as two
// cameras pass it on two days. It draws the same bytes each time it runs.
//
//	go run ./examples/draw examples/quickstart/data
package main

import (
	"fmt"
	"image"
	"image/jpeg"
	"log"
	"os"
	"path/filepath"
)

// Every camera takes this many frames of every day.
const frames = 12

var days = []day{
	{name: "2026-03-04", sky: rgb(150, 200, 240), fruit: rgb(205, 30, 40)},
	{name: "2026-03-05", sky: rgb(240, 180, 120), fruit: rgb(225, 170, 30)},
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: draw DIR")
	}
	for _, d := range days {
		for i := range frames {
			must(save(d.path(os.Args[1], "jai_cam", i), orchard(d, i)))
			must(save(d.path(os.Args[1], "realsenseD435", i), ground(d, i)))
		}
	}
}

func (d day) path(dir, camera string, i int) string {
	return filepath.Join(dir, d.name, fmt.Sprintf("%s_%04d.jpg", camera, i))
}

func save(path string, img image.Image) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return jpeg.Encode(f, img, &jpeg.Options{Quality: 80})
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
