package rosimage_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"image"
	"io"
	"sync"
	"testing"

	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/tiff"

	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// A sample is one message of testdata/messages.zip (see testdata/make.py), which
// other people's libraries wrote, with the truth about it.
type sample struct {
	File, Topic, Type string
	Wire              rosimage.Wire
	SHA256            string // of the payload
	StampNS           int64  `json:"stamp_ns"`
	FrameID           string `json:"frame_id"`
	Seq               uint32
	Encoding, Format  string
	Width, Height     int
	Step              int
	BigEndian         bool `json:"big_endian"`

	bytes []byte
}

// corpus reads the archive once: its samples, and every file in it by name.
var corpus = sync.OnceValues(func() ([]sample, map[string][]byte) {
	files := map[string][]byte{}
	z, err := zip.OpenReader("testdata/messages.zip")
	if err != nil {
		panic(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			panic(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil {
			panic(err)
		}
	}
	var samples []sample
	if err := json.Unmarshal(files["index.json"], &samples); err != nil {
		panic(err)
	}
	for i := range samples {
		samples[i].bytes = files[samples[i].File]
	}
	return samples, files
})

func (s sample) kind(t testing.TB) rosimage.Kind {
	t.Helper()
	k, ok := rosimage.Known(s.Type)
	if !ok {
		t.Fatalf("type %s is not known", s.Type)
	}
	return k
}

// message decodes the sample of that file name, e.g. "ros1/enc/rgb8".
func message(t testing.TB, file string) *rosimage.Message {
	t.Helper()
	samples, _ := corpus()
	for _, s := range samples {
		if s.File != file {
			continue
		}
		m, err := rosimage.Decode(s.Wire, s.kind(t), s.bytes)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	t.Fatalf("no sample %s", file)
	return nil
}

// encode is the file that a message becomes.
func encode(t testing.TB, m *rosimage.Message, o rosimage.Options) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	ext, err := rosimage.Encode(&b, m, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), ext
}

// picture is the same file, read by the standard library.
func picture(t testing.TB, m *rosimage.Message, o rosimage.Options) image.Image {
	t.Helper()
	b, _ := encode(t, m, o)
	img, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// raw is a message of pixels without padding.
func raw(encoding string, width, height int, data []byte) *rosimage.Message {
	return &rosimage.Message{Kind: rosimage.Raw, Encoding: encoding, Width: width, Height: height, Data: data}
}
