package imageheader

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// pngHeader goes from chunk to chunk to the end, as Pillow does: up to the pixels it checks each chunk's
// contents and checksum, behind them only what text is there. No pixel is decoded.
func pngHeader(r *io.SectionReader) (Header, outline, error) {
	p := pngWalk{r: r}
	err := p.walk()
	return Header{Width: p.width, Height: p.height, Grey16: p.depth == 16 && p.colour == 0}, p.outline, err
}

type pngWalk struct {
	outline
	r      *io.SectionReader
	depth  byte
	colour byte
	pixels bool // the first chunk of pixels was met
	text   int64
	frames uint32 // number of the next frame of an animation
	said   uint32 // of how many frames
	second bool   // a second picture was met, with which Pillow ends
	block  []byte // its EXIF block
	raw    string // the same as ImageMagick writes it; see pngRawEXIF
}

// pngModes are the depths of each colour type.
var pngModes = map[byte][]byte{0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}}

// What Pillow reads of one compressed text, and of all texts.
const (
	maxPNGText  = 1 << 20
	maxPNGTexts = 64 << 20
)

func (p *pngWalk) walk() error {
	head := make([]byte, 8)
	for off := int64(8); ; {
		if err := readFullAt(p.r, head, off); err != nil {
			if p.pixels {
				return errCutOff
			}
			return err
		}
		size, name := int64(binary.BigEndian.Uint32(head)), string(head[4:])
		switch {
		case !isChunkName(name):
			if p.pixels {
				return errCutOff
			}
			return fmt.Errorf("a chunk is called %q", name)
		case name == "IEND":
			if !p.pixels {
				return errors.New("it has no pixels")
			}
			return p.readEXIF()
		case name == "IDAT" || name == "fdAT":
			if p.width == 0 {
				return errors.New("it has no IHDR before its pixels")
			}
			if off+8+size > p.r.Size() {
				return errCutOff
			}
			if err := p.framePixels(name, off+8); err != nil {
				return err
			}
			p.pixels = true
		case off+12+size > p.r.Size():
			return io.ErrUnexpectedEOF
		default:
			if err := p.chunk(name, off+8, size); err != nil {
				return err
			}
		}
		off += 12 + size
	}
}

func isChunkName(name string) bool {
	for _, c := range []byte(name) {
		if c != '_' && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return false
		}
	}
	return true
}

// maxPNGChunk bounds the chunks whose contents are looked at; longer ones are but summed.
const maxPNGChunk = 16 << 20

// chunk looks at one that holds no pixels.
func (p *pngWalk) chunk(name string, off, size int64) error {
	var data []byte
	if size <= maxPNGChunk {
		data = make([]byte, size)
		if err := readFullAt(p.r, data, off); err != nil {
			return err
		}
	}
	if !p.pixels {
		if err := p.checkSum(name, data, off, size); err != nil {
			return err
		}
	}
	if data == nil {
		p.text += size
	} else if err := p.contents(name, data); err != nil {
		return err
	}
	if p.text > maxPNGTexts {
		return fmt.Errorf("it has more than %d MiB of text", maxPNGTexts>>20)
	}
	return nil
}

func (p *pngWalk) checkSum(name string, data []byte, off, size int64) error {
	sum := crc32.NewIEEE()
	io.WriteString(sum, name)
	if data != nil {
		sum.Write(data)
	} else if _, err := io.Copy(sum, bufio.NewReader(io.NewSectionReader(p.r, off, size))); err != nil {
		return err
	}
	want := make([]byte, 4)
	if err := readFullAt(p.r, want, off+size); err != nil {
		return err
	}
	if binary.BigEndian.Uint32(want) != sum.Sum32() {
		return fmt.Errorf("chunk %s has a wrong checksum", name)
	}
	return nil
}

// contents are what Pillow refuses a chunk for.
func (p *pngWalk) contents(name string, data []byte) error {
	short := func(least int) error {
		if len(data) >= least {
			return nil
		}
		return fmt.Errorf("chunk %s has %d bytes of %d", name, len(data), least)
	}
	switch name {
	case "IHDR":
		return p.header(data)
	case "gAMA":
		return short(4)
	case "cHRM":
		if len(data)%4 != 0 {
			return short(len(data)/4*4 + 4)
		}
	case "sRGB":
		return short(1)
	case "pHYs":
		return short(9)
	case "tRNS":
		return short(map[byte]int{0: 2, 2: 6}[p.colour])
	case "acTL":
		if err := short(8); err != nil {
			return err
		}
		p.said = binary.BigEndian.Uint32(data)
	case "fcTL":
		aside := p.frames == 0 // the first picture is none of the animation's
		p.second = p.second || p.pixels && (p.said > 1 || p.said == 1 && aside)
		if err := short(26); err != nil || p.second {
			return err
		}
		return p.frame(data)
	case "eXIf":
		p.block = data
	case "tEXt":
		p.text += int64(len(data))
		if raw, ok := bytes.CutPrefix(data, []byte(pngRawEXIF+"\x00")); ok {
			p.raw = string(raw)
		}
	case "zTXt", "iCCP":
		_, rest, found := bytes.Cut(data, []byte{0})
		if !found && name == "iCCP" {
			rest = data
		}
		if err := p.inflate(name, rest); err != nil {
			return err
		}
		if bytes.HasPrefix(data, []byte(pngRawEXIF+"\x00")) && len(rest) > 0 {
			p.raw = inflated(rest[1:])
		}
	case "iTXt":
		return p.international(data)
	}
	return nil
}

func (p *pngWalk) header(data []byte) error {
	if len(data) < 13 {
		return fmt.Errorf("chunk IHDR has %d bytes of 13", len(data))
	}
	p.width, p.height = int(binary.BigEndian.Uint32(data)), int(binary.BigEndian.Uint32(data[4:]))
	p.depth, p.colour = data[8], data[9]
	switch {
	case p.width == 0 || p.height == 0:
		return fmt.Errorf("it has %d x %d pixels", p.width, p.height)
	case bytes.IndexByte(pngModes[p.colour], p.depth) < 0:
		return fmt.Errorf("there is no colour type %d of %d bits", p.colour, p.depth)
	case data[11] != 0:
		return fmt.Errorf("there is no filter method %d", data[11])
	}
	return nil
}

// frame is the place of an animation's next frame in the picture.
func (p *pngWalk) frame(data []byte) error {
	be := binary.BigEndian
	w, h, x, y := be.Uint32(data[4:]), be.Uint32(data[8:]), be.Uint32(data[12:]), be.Uint32(data[16:])
	if be.Uint32(data) != p.frames || uint64(x)+uint64(w) > uint64(p.width) || uint64(y)+uint64(h) > uint64(p.height) || !p.pixels && w*h == 0 {
		return errors.New("a frame of its animation is out of place")
	}
	p.frames++
	return nil
}

// framePixels says whether the pixels of an animation's frame are the next ones, up to the second picture.
func (p *pngWalk) framePixels(name string, off int64) error {
	if name != "fdAT" || p.second {
		return nil
	}
	number := make([]byte, 4)
	if err := readFullAt(p.r, number, off); err != nil {
		return err
	}
	if p.frames == 0 || binary.BigEndian.Uint32(number) != p.frames {
		return errors.New("a frame of its animation is out of place")
	}
	p.frames++
	return nil
}

// pngRawEXIF is the key of a text that is an EXIF block in hexadecimal digits, below three lines. Pillow looks there if there is no other.
const pngRawEXIF = "Raw profile type exif"

func (p *pngWalk) readEXIF() error {
	if p.block == nil && p.raw != "" {
		lines := strings.Split(p.raw, "\n")
		digits := strings.Join(strings.Fields(strings.Join(lines[min(3, len(lines)):], "")), "")
		var err error
		if p.block, err = hex.DecodeString(digits); err != nil {
			return errNoEXIF
		}
	}
	return p.exif(p.block)
}

// inflated is a compressed text, up to where Pillow reads it.
func inflated(data []byte) string {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return ""
	}
	text, _ := io.ReadAll(io.LimitReader(z, maxPNGText))
	return string(text)
}

// inflate looks how much text a compressed chunk holds; one that is not compressed so is no text.
func (p *pngWalk) inflate(name string, data []byte) error {
	if len(data) == 0 {
		if name == "iCCP" {
			return errors.New("chunk iCCP holds no profile")
		}
		return nil
	}
	if data[0] != 0 {
		return fmt.Errorf("chunk %s is compressed by method %d", name, data[0])
	}
	return p.count(name, data[1:])
}

func (p *pngWalk) count(name string, data []byte) error {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	n, _ := io.Copy(io.Discard, io.LimitReader(z, maxPNGText+1))
	if n > maxPNGText {
		return fmt.Errorf("chunk %s holds more than %d MiB of text", name, maxPNGText>>20)
	}
	p.text += n
	return nil
}

// international is text in any language: key, compressed or not, how, language, translation, text.
func (p *pngWalk) international(data []byte) error {
	_, rest, found := bytes.Cut(data, []byte{0})
	if !found || len(rest) < 2 {
		return nil
	}
	compressed, method := rest[0] != 0, rest[1]
	parts := bytes.SplitN(rest[2:], []byte{0}, 3)
	if len(parts) < 3 {
		return nil
	}
	if !compressed {
		p.text += int64(len(parts[2]))
		return nil
	}
	if method != 0 {
		return nil
	}
	return p.count("iTXt", parts[2])
}
