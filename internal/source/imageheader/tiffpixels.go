package imageheader

import (
	"bufio"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"slices"

	"golang.org/x/image/tiff/lzw"
)

const tiffPredictor = 317

// tiffUnpacked are the compressions that are unpacked here, and read once each: LZW, Deflate by its two numbers, and PackBits.
var tiffUnpacked = map[int64]func(io.Reader) (io.Reader, error){
	5:     func(r io.Reader) (io.Reader, error) { return lzw.NewReader(r, lzw.MSB, 8), nil },
	8:     func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
	32946: func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
	32773: func(r io.Reader) (io.Reader, error) { return &packBits{r: bufio.NewReader(r)}, nil },
}

// unpack says whether each strip or tile holds as many pixels as it should. They are unpacked to nowhere, since CVAT 2.73 imports no task
// in which libtiff fails to unpack those of one image.
func (p tiffPlaces) unpack(r io.ReaderAt, number, compression int64) error {
	open, ok := tiffUnpacked[compression]
	if !ok || int64(len(p.lengths)) < number {
		return nil
	}
	_, down := p.number()
	for i := range number {
		want := p.row(p.columns) * p.rows
		if p.striped {
			want = p.row(p.columns) * min(p.rows, p.height-i%down*p.rows)
		}
		packed := bufio.NewReader(io.NewSectionReader(r, p.at[i], p.lengths[i]))
		if head, _ := packed.Peek(2); compression == 5 && len(head) == 2 && head[0] == 0 && head[1]&1 == 1 {
			continue // the LZW of old times, with its bits the other way round
		}
		pixels, err := open(packed)
		if err == nil {
			_, err = io.CopyN(io.Discard, pixels, want)
		}
		if err == nil && (compression == 8 || compression == 32946) {
			// Of what ends with the pixels the checksum counts too.
			if _, err = io.CopyN(io.Discard, pixels, 1); err == io.EOF {
				err = nil
			}
		}
		switch {
		case truncated(err):
			return errCutOff
		case err != nil:
			return errors.New("its pixels cannot be unpacked")
		}
	}
	return nil
}

// checkPredictor says whether libtiff knows what pixels were predicted by. Only these compressions look.
func (d *tiffDirectory) checkPredictor(compression int64, l tiffLayout) error {
	if !slices.Contains([]int64{5, 8, 32946, 34925, 50000}, compression) {
		return nil
	}
	switch v := d.value(tiffPredictor, 1); {
	case v == 1, v == 2 && slices.Contains([]int64{8, 16, 32, 64}, l.bits), v == 3 && l.format == 3 && slices.Contains([]int64{16, 24, 32, 64}, l.bits):
		return nil
	default:
		return fmt.Errorf("CVAT opens none of %d bits with predictor %d", l.bits, v)
	}
}

// packBits unpacks runs: a number n is followed by n+1 bytes, or by one that stands 257-n times; 128 means nothing.
type packBits struct {
	r    *bufio.Reader
	left int // of this run
	same bool
	byte byte
}

func (p *packBits) Read(b []byte) (int, error) {
	for p.left == 0 {
		n, err := p.r.ReadByte()
		if err != nil {
			return 0, err
		}
		switch {
		case n < 128:
			p.left, p.same = int(n)+1, false
		case n > 128:
			p.left, p.same = 257-int(n), true
			if p.byte, err = p.r.ReadByte(); err != nil {
				return 0, err
			}
		}
	}
	b = b[:min(len(b), p.left)]
	if !p.same {
		n, err := p.r.Read(b)
		p.left -= n
		return n, err
	}
	for i := range b {
		b[i] = p.byte
	}
	p.left -= len(b)
	return len(b), nil
}
