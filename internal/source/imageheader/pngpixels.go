package imageheader

import (
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// pngPixels unpacks the pixels of a PNG whose header was judged, and keeps none: what Pillow loads when it opens an icon.
func pngPixels(r *io.SectionReader) error {
	p := &pngWalk{r: r}
	head := make([]byte, 13)
	if err := readFullAt(r, head, 16); err != nil {
		return err
	}
	if err := p.header(head); err != nil {
		return err
	}
	z, err := zlib.NewReader(&pngData{r: r, at: 8})
	if err != nil {
		return errPixels(err)
	}
	defer z.Close()
	in := &endSeer{r: z}
	for _, pass := range p.passes(head[12] != 0) {
		row := make([]byte, 1+(pass.width*p.bits()+7)/8)
		for range pass.height {
			if _, err := io.ReadFull(in, row); err != nil {
				if in.ended {
					return nil // fewer pixels, properly ended, are black to Pillow
				}
				return errPixels(err)
			}
			if row[0] > 4 {
				return fmt.Errorf("there is no filter %d of its rows", row[0])
			}
		}
	}
	if _, err := io.CopyN(io.Discard, z, 1); errors.Is(err, zlib.ErrChecksum) {
		return errPixels(err)
	}
	return nil
}

// An endSeer notes that a stream came to its end.
type endSeer struct {
	r     io.Reader
	ended bool
}

func (e *endSeer) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	e.ended = e.ended || err == io.EOF
	return n, err
}

func errPixels(err error) error {
	if truncated(err) {
		return errCutOff
	}
	return errors.New("its pixels cannot be unpacked")
}

// bits is how many a pixel has.
func (p *pngWalk) bits() int {
	return int(p.depth) * map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[p.colour]
}

// A pngPass is the size of the picture of some of the pixels.
type pngPass struct{ width, height int }

// passes are the pictures that follow each other: one, or the seven of an interlaced picture that have pixels.
func (p *pngWalk) passes(interlaced bool) []pngPass {
	if !interlaced {
		return []pngPass{{p.width, p.height}}
	}
	var passes []pngPass
	for _, a := range [7]struct{ x, y, dx, dy int }{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		if w, h := (p.width-a.x+a.dx-1)/a.dx, (p.height-a.y+a.dy-1)/a.dy; w > 0 && h > 0 {
			passes = append(passes, pngPass{w, h})
		}
	}
	return passes
}

// pngData reads what the chunks of pixels hold, one after the other.
type pngData struct {
	r    *io.SectionReader
	at   int64 // of the next chunk, or of what is left of this one
	left int64 // of this chunk
	in   bool  // a chunk of pixels was met
}

func (d *pngData) Read(b []byte) (int, error) {
	for d.left == 0 {
		if d.in {
			d.at += 4 // its checksum
		}
		head := make([]byte, 8)
		if err := readFullAt(d.r, head, d.at); err != nil {
			return 0, err
		}
		size := int64(binary.BigEndian.Uint32(head))
		switch name := string(head[4:]); {
		case name == "IDAT":
			d.in, d.left, d.at = true, size, d.at+8
		case d.in:
			return 0, io.EOF
		default:
			d.at += 12 + size
		}
	}
	n, err := d.r.ReadAt(b[:min(int64(len(b)), d.left)], d.at)
	d.at, d.left = d.at+int64(n), d.left-int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}
