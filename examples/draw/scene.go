package main

import (
	"image"
	"image/color"
)

type day struct {
	name       string
	sky, fruit color.RGBA
}

const width, height = 320, 240

func rgb(r, g, b uint8) color.RGBA { return color.RGBA{r, g, b, 255} }

// orchard is the colour camera's view: a row of trees passes from right to left.
func orchard(d day, i int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	fill(img, image.Rect(0, 0, width, 170), d.sky)
	fill(img, image.Rect(0, 170, width, height), rgb(110, 160, 70))
	disc(img, 270-4*i, 40, 22, rgb(255, 240, 170))
	for tree := range 4 {
		x := tree*130 + 60 - i*12
		drawTree(img, x, d.fruit, tree)
	}
	return img
}

func drawTree(img *image.RGBA, x int, fruit color.RGBA, seed int) {
	fill(img, image.Rect(x-7, 130, x+7, 200), rgb(110, 75, 45))
	for _, c := range [][3]int{{-26, 112, 30}, {26, 112, 30}, {0, 84, 36}, {0, 120, 34}} {
		disc(img, x+c[0], c[1], c[2], rgb(45, 120, 50))
	}
	for n := range 7 {
		h := scatter(seed*7 + n)
		disc(img, x-38+h%76, 72+(h/76)%64, 6, fruit)
	}
}

// ground is the second camera's view: fallen fruit on the soil below the trees.
func ground(d day, i int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	fill(img, img.Bounds(), rgb(125, 95, 70))
	for row := range 3 {
		fill(img, image.Rect(0, 30+row*90, width, 44+row*90), rgb(95, 70, 50))
	}
	for n := range 9 {
		h := scatter(n + 40)
		x := (h%(width+80)+(frames-i)*14)%(width+80) - 40
		y := 25 + (h/397)%190
		disc(img, x+4, y+5, 13, rgb(85, 62, 45))
		disc(img, x, y, 13, d.fruit)
		disc(img, x-4, y-5, 3, rgb(255, 245, 235))
	}
	return img
}

// scatter is a fixed sequence that looks random.
func scatter(n int) int {
	h := uint32(n+1) * 2654435761
	return int((h ^ h>>15) & 0xfffff)
}

func fill(img *image.RGBA, r image.Rectangle, c color.RGBA) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			img.SetRGBA(x, y, c)
		}
	}
}

func disc(img *image.RGBA, cx, cy, radius int, c color.RGBA) {
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if p := (image.Point{X: cx + x, Y: cy + y}); x*x+y*y <= radius*radius && p.In(img.Bounds()) {
				img.SetRGBA(p.X, p.Y, c)
			}
		}
	}
}
