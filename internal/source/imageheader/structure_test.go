package imageheader

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/png"
	"slices"
	"testing"
)

// What agrees with itself passes, and what Pillow refuses for its structure is refused. The interop tests have the same for
// thousands of files, with Pillow as the judge.

type riffChunk struct {
	name string
	data []byte
}

// webpOf is a WebP of these chunks.
func webpOf(chunks ...riffChunk) []byte {
	body := []byte("WEBP")
	for _, c := range chunks {
		body = append(binary.LittleEndian.AppendUint32(append(body, c.name...), uint32(len(c.data))), c.data...)
		if len(c.data)%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func webpHead(flags byte, width, height int) riffChunk {
	return riffChunk{"VP8X", []byte{flags, 0, 0, 0, byte(width - 1), byte((width - 1) >> 8), 0, byte(height - 1), byte((height - 1) >> 8), 0}}
}

// oneColour are the pixels of a lossless picture of any size, as Pillow writes those of 8 x 8.
var oneColour = "\x07P\x8a*\xd4\xa3\xff\x81\x88\xe8\x7f\x00"

func lossless(width, height int) riffChunk {
	bits := uint32(width-1) | uint32(height-1)<<14
	return riffChunk{"VP8L", append(binary.LittleEndian.AppendUint32([]byte{0x2f}, bits), oneColour...)}
}

func lossy(width, height int) riffChunk {
	return riffChunk{"VP8 ", append([]byte{'p', 1, 0, 0x9d, 1, 0x2a, byte(width), 0, byte(height), 0}, "\x01@&%\x94\x02t\x01@\x00\x00\xfe\xfc7\x81W\xf7\xd4\xe8>+\xe0\x00\x00"...)}
}

func frameOf(x, y int, picture riffChunk) riffChunk {
	head := []byte{byte(x / 2), 0, 0, byte(y / 2), 0, 0, 7, 0, 0, 7, 0, 0, 100, 0, 0, 0}
	return riffChunk{"ANMF", append(head, webpOf(picture)[12:]...)}
}

func TestAWebPAgreesWithItself(t *testing.T) {
	alpha, exif, unknown, moving := riffChunk{"ALPH", []byte("\x11\x07\xd0\xa6\x88\x08DD\xff\x03")}, riffChunk{"EXIF", []byte("II*\x00\x08\x00\x00\x00\x00\x00")}, riffChunk{"abcd", []byte("x")}, riffChunk{"ANIM", make([]byte, 6)}
	for name, tt := range map[string]struct {
		file []byte
		ok   bool
	}{
		"lossy":                           {webpOf(lossy(8, 8)), true},
		"lossless":                        {webpOf(lossless(8, 8)), true},
		"with what nobody knows":          {webpOf(lossless(8, 8), unknown), true},
		"extended":                        {webpOf(webpHead(8, 8, 8), lossless(8, 8), exif), true},
		"transparent":                     {webpOf(webpHead(0x10, 8, 8), alpha, lossy(8, 8)), true},
		"transparent behind, and passed":  {webpOf(webpHead(0, 8, 8), lossy(8, 8), alpha), true},
		"transparent behind":              {webpOf(webpHead(0x10, 8, 8), lossy(8, 8), alpha), false},
		"transparent in two ways":         {webpOf(webpHead(0x10, 8, 8), alpha, lossless(8, 8)), false},
		"of another width than its head":  {webpOf(webpHead(0, 9, 8), lossless(8, 8)), false},
		"of another height than its head": {webpOf(webpHead(0, 8, 7), lossy(8, 8)), false},
		"flags that there are not":        {webpOf(webpHead(0x40, 8, 8), lossless(8, 8)), false},
		"a still that says it moves":      {webpOf(webpHead(2, 8, 8), lossless(8, 8)), false},
		"moving":                          {webpOf(webpHead(2, 8, 8), moving, frameOf(0, 0, lossless(8, 8)), frameOf(2, 2, lossy(4, 4))), true},
		"moving out of its place":         {webpOf(webpHead(2, 8, 8), moving, frameOf(2, 0, lossless(8, 8))), false},
		"moving without its head":         {webpOf(webpHead(2, 8, 8), frameOf(0, 0, lossless(8, 8))), false},
		"two pictures":                    {webpOf(webpHead(0, 8, 8), lossless(8, 8), lossless(8, 8)), false},
		"two heads":                       {webpOf(webpHead(0, 8, 8), webpHead(0, 8, 8), lossless(8, 8)), false},
		"no picture":                      {webpOf(webpHead(0, 8, 8), exif), false},
		"a chunk that is too long":        {bytes.Replace(webpOf(lossless(8, 8)), []byte("VP8L\x11"), []byte("VP8L\x28"), 1), false},
		"a first part that is too long":   {webpOf(riffChunk{"VP8 ", append([]byte{0x10, 0x20, 0, 0x9d, 1, 0x2a, 8, 0, 8, 0}, make([]byte, 40)...)}), false},
		"no picture but something else":   {webpOf(unknown), false},
	} {
		h, err := Read(bytes.NewReader(tt.file), int64(len(tt.file)), "a.webp")
		if (err == nil) != tt.ok || tt.ok && (h.Width != 8 || h.Height != 8 || h.Unchecked != "") {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

// iconOf is an icon of one PNG.
func iconOf(picture []byte) []byte {
	b := []byte{0, 0, 1, 0, 1, 0, 16, 12, 0, 0, 1, 0, 32, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(picture)))
	return append(binary.LittleEndian.AppendUint32(b, 22), picture...)
}

// withPixels is a PNG with other chunks of pixels.
func withPixels(t *testing.T, file []byte, data ...[]byte) []byte {
	t.Helper()
	at := bytes.Index(file, []byte("IDAT"))
	out := slices.Clone(file[:at-4])
	for _, d := range append(data, nil) {
		name := "IDAT"
		if d == nil {
			name = "IEND"
		}
		out = append(out, pngChunk(name, d)...)
	}
	return out
}

func TestThePNGInAnIconIsWhole(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 16, 12))
	for i := range picture.Pix {
		picture.Pix[i] = byte(i * i >> 3)
	}
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	rows := make([]byte, (1+16*4)*12)
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(rows)
	_ = z.Close()
	var filtered bytes.Buffer
	z = zlib.NewWriter(&filtered)
	rows[0] = 9
	_, _ = z.Write(rows)
	_ = z.Close()
	whole, n := packed.Bytes(), packed.Len()
	for name, tt := range map[string]struct {
		file []byte
		ok   bool
	}{
		"as it was":              {b.Bytes(), true},
		"other pixels":           {withPixels(t, b.Bytes(), whole), true},
		"in two chunks":          {withPixels(t, b.Bytes(), whole[:7], whole[7:]), true},
		"cut":                    {withPixels(t, b.Bytes(), whole[:n/2]), false},
		"a byte":                 {withPixels(t, b.Bytes(), append(append(slices.Clone(whole[:6]), whole[6]^0x55), whole[7:]...)), false},
		"wrong checksum":         {withPixels(t, b.Bytes(), append(slices.Clone(whole[:n-1]), whole[n-1]^1)), false},
		"garbage":                {withPixels(t, b.Bytes(), []byte("xxxxxxxxxxxxxxxx")), false},
		"a filter there is not":  {withPixels(t, b.Bytes(), filtered.Bytes()), false},
		"nothing in their place": {withPixels(t, b.Bytes(), []byte{}), false},
	} {
		icon := iconOf(tt.file)
		if h, err := Read(bytes.NewReader(icon), int64(len(icon)), "a.ico"); (err == nil) != tt.ok || tt.ok && h.Width != 16 {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

// laidOutTIFF is a grey TIFF of 48 x 40 pixels in tiles of 16 x 16, or strips of 16 rows; values replace those of tags, and none takes one out.
func laidOutTIFF(tiles bool, change map[uint16][]uint32, kinds map[uint16]uint16) []byte {
	tags := map[uint16][]uint32{tiffWidth: {48}, tiffHeight: {40}, tiffBits: {8}, tiffCompression: {1}, tiffPhotometric: {1}, tiffSamples: {1}}
	if tiles {
		tags[tiffTileWidth], tags[tiffTileHeight] = []uint32{16}, []uint32{16}
		for i := range uint32(9) {
			tags[tiffTiles], tags[tiffTileBytes] = append(tags[tiffTiles], 1024+256*i), append(tags[tiffTileBytes], 256)
		}
	} else {
		tags[tiffRows], tags[tiffStrips], tags[tiffStripBytes] = []uint32{16}, []uint32{1024, 1024 + 768, 1024 + 2*768}, []uint32{768, 768, 384}
	}
	for tag, values := range change {
		if tags[tag] = values; values == nil {
			delete(tags, tag)
		}
	}
	var order []uint16
	for tag := range tags {
		order = append(order, tag)
	}
	slices.Sort(order)
	le := binary.LittleEndian
	out := le.AppendUint16([]byte("II*\x00\x08\x00\x00\x00"), uint16(len(order)))
	at := len(out) + 12*len(order) + 4
	var behind []byte
	for _, tag := range order {
		kind := uint16(4)
		if k, ok := kinds[tag]; ok {
			kind = k
		}
		out = le.AppendUint32(le.AppendUint16(le.AppendUint16(out, tag), kind), uint32(len(tags[tag])))
		if len(tags[tag]) == 1 {
			out = le.AppendUint32(out, tags[tag][0])
			continue
		}
		out = le.AppendUint32(out, uint32(at+len(behind)))
		for _, v := range tags[tag] {
			behind = le.AppendUint32(behind, v)
		}
	}
	out = append(append(out, 0, 0, 0, 0), behind...)
	out = append(append(out, make([]byte, 1024-len(out))...), make([]byte, 9*256)...)
	if tags[tiffCompression][0] == 8 {
		for _, at := range append(tags[tiffStrips], tags[tiffTiles]...) {
			copy(out[at:], deflated(768))
		}
	}
	return out
}

func TestATIFFSaysWhereAllOfItsPixelsAre(t *testing.T) {
	type change = map[uint16][]uint32
	for name, tt := range map[string]struct {
		tiles  bool
		change change
		kinds  map[uint16]uint16
		ok     bool
	}{
		"strips":                         {false, nil, nil, true},
		"tiles":                          {true, nil, nil, true},
		"tiles beyond the image":         {true, change{tiffHeight: {33}}, nil, true},
		"tiles without a width":          {true, change{tiffTileWidth: nil}, nil, false},
		"tiles of height 0":              {true, change{tiffTileHeight: {0}}, nil, false},
		"strips of no rows":              {false, change{tiffRows: {0}}, nil, false},
		"a width that is a byte":         {false, nil, map[uint16]uint16{tiffWidth: 1}, false},
		"a compression that is a byte":   {false, nil, map[uint16]uint16{tiffCompression: 1}, false},
		"compressed strips":              {false, change{tiffCompression: {8}}, nil, true},
		"compressed, of more rows":       {false, change{tiffCompression: {8}, tiffHeight: {49}}, nil, false},
		"compressed, of fewer rows each": {false, change{tiffCompression: {8}, tiffRows: {10}}, nil, false},
		"compressed, one of them empty":  {false, change{tiffCompression: {8}, tiffStripBytes: {768, 0, 384}}, nil, false},
		"compressed tiles":               {true, change{tiffCompression: {8}}, nil, true},
		"compressed tiles in the tags of strips": {true, change{
			tiffCompression: {8}, tiffTiles: nil, tiffTileBytes: nil,
			tiffStrips: {1024, 1280, 1536, 1792, 2048, 2304, 2560, 2816, 3072}, tiffStripBytes: {256, 256, 256, 256, 256, 256, 256, 256, 256},
		}, nil, true},
		"a WebP":                               {false, change{tiffCompression: {50001}}, nil, false},
		"compressed tiles, narrower than said": {true, change{tiffCompression: {8}, tiffTileWidth: {15}}, nil, false},
	} {
		file := laidOutTIFF(tt.tiles, tt.change, tt.kinds)
		if h, err := Read(bytes.NewReader(file), int64(len(file)), "a.tif"); (err == nil) != tt.ok || tt.ok && h.Width != 48 {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
}

// Pillow reads an animated PNG up to its second picture, and so far its parts are in their order.
func TestTheFirstPictureOfAnAnimationIsInItsPlace(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))); err != nil {
		t.Fatal(err)
	}
	pixels := chunkOf(b.Bytes(), "IDAT")
	numbered := func(name string, number uint32, rest ...byte) []byte {
		return pngChunk(name, append(binary.BigEndian.AppendUint32(nil, number), rest...))
	}
	frame := func(number uint32) []byte {
		return numbered("fcTL", number, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0)
	}
	more := func(number uint32) []byte { return numbered("fdAT", number, pixels[8:len(pixels)-4]...) }
	for name, tt := range map[string]struct {
		said  uint32
		parts [][]byte
		ok    bool
	}{
		"one that is in it":               {1, [][]byte{frame(0), pixels}, true},
		"one that is not":                 {1, [][]byte{pixels, frame(0), more(1)}, true},
		"two":                             {2, [][]byte{frame(0), pixels, frame(1), more(2)}, true},
		"two, of which the second is bad": {2, [][]byte{frame(0), pixels, frame(7), more(9)}, true},
		"a first one of another number":   {1, [][]byte{frame(1), pixels}, false},
		"one that goes on":                {2, [][]byte{frame(0), pixels, more(1), frame(2)}, true},
		"pixels without a frame":          {1, [][]byte{pixels, more(0)}, false},
		"a second one that nobody said":   {0, [][]byte{frame(0), pixels, frame(7)}, false},
	} {
		file := slices.Clone(b.Bytes()[:8+25])
		if tt.said > 0 {
			file = append(file, numbered("acTL", tt.said, 0, 0, 0, 0)...)
		}
		file = append(append(file, slices.Concat(tt.parts...)...), pngChunk("IEND", nil)...)
		if _, err := Read(bytes.NewReader(file), int64(len(file)), "a.png"); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// pngChunk is a chunk with its checksum.
func pngChunk(name string, data []byte) []byte {
	out := append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), name...)
	out = append(out, data...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

// chunkOf is the first chunk of a name, whole.
func chunkOf(file []byte, name string) []byte {
	at := bytes.Index(file, []byte(name)) - 4
	return file[at : at+12+int(binary.BigEndian.Uint32(file[at:]))]
}
