package contract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/google/go-cmp/cmp"
)

// ordered asks for the frame order that a sorting method makes of names.
func ordered(method string, names, want []string) func(*testing.T, *suite) {
	return func(t *testing.T, s *suite) {
		p := naturally
		p.SortingMethod = method
		task := s.imported(t, pictures(names...), p)
		if diff := cmp.Diff(want, s.frames(t, task.ID)); diff != "" {
			t.Error(diff)
		}
	}
}

var mixed = []string{"b/2.jpg", "10.jpg", "a/10.jpg", "9.jpg", "A2.jpg", "a/9.jpg", "a10.jpg", "b/1.jpg", "a1.jpg"}

var frameQuestions = []question{
	{120, "natural order: numbers by value, case ignored", ordered("natural", mixed,
		[]string{"9.jpg", "10.jpg", "a/9.jpg", "a/10.jpg", "a1.jpg", "A2.jpg", "a10.jpg", "b/1.jpg", "b/2.jpg"})},
	{121, "lexicographical order: by bytes", ordered("lexicographical", mixed,
		[]string{"10.jpg", "9.jpg", "A2.jpg", "a/10.jpg", "a/9.jpg", "a1.jpg", "a10.jpg", "b/1.jpg", "b/2.jpg"})},
	{122, "predefined order: that of a .jsonl next to the zip", func(t *testing.T, s *suite) {
		names := []string{"c.jpg", "a/x.jpg", "b.jpg"}
		id := s.task(t).ID
		s.upload(t, id, "cvatplan-x.zip", zipped(pictures("a/x.jpg", "b.jpg", "c.jpg")))
		s.upload(t, id, "cvatplan-x.jsonl", []byte(orderFile(names)))
		p := naturally
		p.SortingMethod = "predefined"
		if r := s.finish(t, id, p); r.Status != cvat.StatusFinished {
			t.Fatalf("%s: %s", r.Status, r.Message)
		}
		if diff := cmp.Diff(names, s.frames(t, id)); diff != "" {
			t.Error(diff)
		}
	}},
	{123, "predefined order of a zip without a .jsonl fails", func(t *testing.T, s *suite) {
		id := s.task(t).ID
		s.upload(t, id, "a.zip", zipped(pictures("a.jpg", "b.jpg")))
		p := naturally
		p.SortingMethod = "predefined"
		if r := s.finish(t, id, p); r.Status != cvat.StatusFailed {
			t.Errorf("%s: %s", r.Status, r.Message)
		}
	}},
	{124, "frame names are the paths in the zip, whatever characters they have", func(t *testing.T, s *suite) {
		names := []string{"a b/c #1 %20.jpg", "bag/cam/x'y\"z.jpg", "日本/ü.jpg", "e\u0301.jpg", "semi;colon+plus&.jpg"}
		task := s.imported(t, pictures(names...), naturally)
		want, got := map[string]bool{}, map[string]bool{}
		for _, n := range names {
			want[n] = true
		}
		for _, n := range s.frames(t, task.ID) {
			got[n] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}},
	{125, "originals are byte for byte what was sent", func(t *testing.T, s *suite) {
		files := []file{{"a.jpg", picture(1)}, {"b.png", pngOf(30, 20, 2)}, {"c.jpeg", jpegOf(65, 33, 3)}}
		task := s.imported(t, files, naturally)
		for i, f := range files {
			if got := s.original(t, task.ID, i); !bytes.Equal(got, f.data) {
				t.Errorf("%s: %d bytes that differ, sent %d", f.name, len(got), len(f.data))
			}
		}
	}},
	{126, "widths and heights are those of the images", func(t *testing.T, s *suite) {
		task := s.imported(t, []file{{"a.jpg", jpegOf(65, 33, 3)}, {"b.png", pngOf(30, 20, 2)}}, naturally)
		meta, err := s.DataMeta(t.Context(), task.ID)
		want := []cvat.FrameMeta{{Name: "a.jpg", Width: 65, Height: 33}, {Name: "b.png", Width: 30, Height: 20}}
		if diff := cmp.Diff(want, meta.Frames); diff != "" || err != nil || meta.Size != 2 || meta.ImageQuality != 70 {
			t.Errorf("%+v, %v\n%s", meta, err, diff)
		}
	}},
	{127, "an image that EXIF turns is as wide as it is shown", func(t *testing.T, s *suite) {
		task := s.imported(t, []file{{"a.jpg", turned(jpegOf(64, 32, 3))}}, naturally)
		meta, err := s.DataMeta(t.Context(), task.ID)
		if err != nil || meta.Frames[0].Width != 32 || meta.Frames[0].Height != 64 {
			t.Errorf("%+v, %v", meta, err)
		}
	}},
	{128, "a frame beyond the last is 400", func(t *testing.T, s *suite) {
		task := s.imported(t, pictures("a.jpg"), naturally)
		s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/data/?type=frame&quality=original&number=1", task.ID), "").want(t, 400, "")
	}},
	{129, "images next to a frame in related_images/ are its context", func(t *testing.T, s *suite) {
		task := s.imported(t, append(pictures("d/a.jpg"), file{"d/related_images/a_jpg/one.png", pngOf(5, 5, 1)}), naturally)
		meta, err := s.DataMeta(t.Context(), task.ID)
		if err != nil || len(meta.Frames) != 1 || meta.Frames[0].Related != 1 {
			t.Errorf("%+v, %v", meta, err)
		}
	}},
	{130, "an image of more pixels than Pillow's limit, as its header tells, fails the import wherever it is", func(t *testing.T, s *suite) {
		for _, files := range [][]file{{{"a.png", hugePNG(60_000, 60_000)}, {"b.jpg", picture(1)}}, {{"a.jpg", picture(1)}, {"b.png", hugePNG(13_377, 13_378)}}} {
			_, message := s.fails(t, zipped(files))
			wantMessage(t, message, "PIL.Image.DecompressionBombError: Image size (", "exceeds limit of 178956970 pixels")
		}
	}},
}

// hugePNG is the beginning of a PNG of that size.
func hugePNG(w, h uint32) []byte {
	chunk := func(kind string, data []byte) []byte {
		c := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		c = append(append(c, kind...), data...)
		return binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 0, 0, 0, 0)), chunk("IDAT", []byte("x\x9c\x03\x00\x00\x00\x00\x01")), chunk("IEND", nil))
}

func (s *suite) original(t *testing.T, task, number int) []byte {
	t.Helper()
	r, err := s.Frame(t.Context(), task, number)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// orderFile is CVAT's dataset manifest of images of 48 × 32.
func orderFile(names []string) string {
	lines := []string{`{"version":"1.1"}`, `{"type":"images"}`}
	for _, name := range names {
		dot := strings.LastIndexByte(name, '.')
		lines = append(lines, text(map[string]any{
			"name": name[:dot], "extension": name[dot:], "width": 48, "height": 32, "meta": map[string]any{"related_images": []string{}},
		}))
	}
	return strings.Join(lines, "\n") + "\n"
}

// turned adds EXIF orientation 6 to a JPEG: shown a quarter turn to the right.
func turned(jpeg []byte) []byte {
	exif := "Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00"
	segment := append([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)}, exif...)
	return append(append(append([]byte{}, jpeg[:2]...), segment...), jpeg[2:]...)
}
