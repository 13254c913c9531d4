package archive

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// frame is an entry whose bytes are in memory.
func frame(name, content string) Entry {
	return Entry{
		Name: name, Size: int64(len(content)), Width: 4, Height: 3,
		CRC: crc32.ChecksumIEEE([]byte(content)), Sum: sha256.Sum256([]byte(content)),
		Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil },
	}
}

func whole(t *testing.T, z *Zip) []byte {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(z, 0, z.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheZipHoldsTheFramesInOrderAndByteForByte(t *testing.T) {
	tests := map[string][]Entry{
		"no frame":        {},
		"one":             {frame("a.jpg", "A")},
		"sub-directories": {frame("2026-03-04/jai_cam/2.png", "two"), frame("2026-03-04/jai_cam/1.png", "one")},
		"an empty frame":  {frame("a", "A"), frame("empty", ""), frame("b", "B")},
		"odd names":       {frame(`ä #1 %20 "q" '.jpg`, "x"), frame("日本/写真.png", "y")},
	}
	for name, entries := range tests {
		t.Run(name, func(t *testing.T) {
			z := New(entries)
			b := whole(t, z)
			if int64(len(b)) != z.Size() {
				t.Errorf("Size() = %d, but the file has %d bytes", z.Size(), len(b))
			}
			if diff := cmp.Diff(contents(t, entries), unzip(t, b)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

type file struct{ Name, Content string }

func contents(t *testing.T, entries []Entry) []file {
	t.Helper()
	var files []file
	for _, e := range entries {
		r, _ := e.Open()
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{e.Name, string(b)})
	}
	return files
}

// unzip reads as the standard library does, checking CRCs, and what the layout promises.
func unzip(t *testing.T, b []byte) []file {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var files []file
	for _, f := range r.File {
		if f.Method != zip.Store || f.Flags != utf8Names || !f.Modified.IsZero() && f.Modified.Year() != 1980 {
			t.Errorf("%s: method %d, flags %#x, time %v", f.Name, f.Method, f.Flags, f.Modified)
		}
		rc, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file{f.Name, string(b)})
	}
	return files
}

// The local headers are what a reader without the central directory sees: names,
// sizes and CRCs must stand there too.
func TestLocalHeadersCarrySizeAndCRC(t *testing.T) {
	e := frame("a/b.jpg", "hello")
	b := whole(t, New([]Entry{e}))
	want := "PK\x03\x04\x14\x00\x00\x08\x00\x00\x00\x00\x21\x00\x86\xa6\x10\x36\x05\x00\x00\x00\x05\x00\x00\x00\x07\x00\x00\x00a/b.jpghello"
	if diff := cmp.Diff(want, string(b[:len(want)])); diff != "" {
		t.Error(diff)
	}
}

func TestAnyRangeIsThatPartOfTheFile(t *testing.T) {
	z := New([]Entry{frame("a", "AAAAAAAA"), frame("b", "B"), frame("empty", ""), frame("c", "CCC")})
	all := whole(t, z)
	for off := range len(all) {
		for end := off; end <= len(all); end++ {
			p := make([]byte, end-off)
			if n, err := z.ReadAt(p, int64(off)); n != len(p) || err != nil && err != io.EOF || !bytes.Equal(p, all[off:end]) {
				t.Fatalf("ReadAt [%d:%d] = %d, %v, %q; want %q", off, end, n, err, p, all[off:end])
			}
		}
	}
	if err := iotest.TestReader(io.NewSectionReader(z, 0, z.Size()), all); err != nil {
		t.Error(err)
	}
}

func TestReadingOutsideTheFileIsAnError(t *testing.T) {
	z := New([]Entry{frame("a", "A")})
	p := make([]byte, 4)
	if n, err := z.ReadAt(p, z.Size()-2); n != 2 || err != io.EOF {
		t.Errorf("over the end: %d, %v; want 2, EOF", n, err)
	}
	if n, err := z.ReadAt(p, z.Size()+9); n != 0 || err != io.EOF {
		t.Errorf("beyond the end: %d, %v; want 0, EOF", n, err)
	}
	if _, err := z.ReadAt(p, -1); err == nil {
		t.Error("a negative offset is not an error")
	}
}

func TestTheNameChangesWithTheContentAndWithNothingElse(t *testing.T) {
	a, b := frame("a", "A"), frame("b", "B")
	base := New([]Entry{a, b})
	if got := New([]Entry{frame("a", "A"), frame("b", "B")}).Name(); got != base.Name() {
		t.Errorf("the same frames again: %s, first %s", got, base.Name())
	}
	if got := base.Name(); got != "cvatplan-"+base.Hash()+".zip" || len(base.Hash()) != 64 {
		t.Errorf("Name() = %q", got)
	}
	shifted := frame("ab", "B")
	for name, entries := range map[string][]Entry{
		"order":     {b, a},
		"fewer":     {a},
		"a name":    {a, frame("b2", "B")},
		"a content": {a, frame("b", "C")},
		"a size":    {a, frame("b", "BB")},
		"a border":  {shifted},
	} {
		if New(entries).Hash() == base.Hash() {
			t.Errorf("another %s, and the same hash", name)
		}
	}
}

// An upload begun by one release must not be continued with another layout's bytes:
// whoever changes a byte of the file must change the layout's version too, and this.
func TestTheLayoutIsPinned(t *testing.T) {
	z := New([]Entry{frame("a/1.jpg", "one"), frame("b/2.jpg", "two")})
	type pin struct{ Hash, File string }
	got := pin{z.Hash(), sum(whole(t, z))}
	want := pin{
		"12555ccbf290b7e782cf285bd2f910bd8692f747e93c33d31fd7c408e4766995",
		"9349414165b1f4bdc243f9083bff58a5078fca9ae3c585424c72a3e89215c989",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestOrderFileIsCVATsDatasetManifest(t *testing.T) {
	z := New([]Entry{frame("dir/b.2.jpg", "x"), frame("dir/.hidden", "y"), frame(`a&"ä`, "z")})
	want := `{"version":"1.1"}
{"type":"images"}
{"name":"dir/b.2","extension":".jpg","width":4,"height":3,"meta":{"related_images":[]}}
{"name":"dir/.hidden","extension":"","width":4,"height":3,"meta":{"related_images":[]}}
{"name":"a&\"ä","extension":"","width":4,"height":3,"meta":{"related_images":[]}}
`
	if diff := cmp.Diff(want, string(z.Order())); diff != "" {
		t.Error(diff)
	}
	if got := z.OrderName(); got != "cvatplan-"+z.Hash()+".jsonl" {
		t.Errorf("OrderName() = %q", got)
	}
}

func sum(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

// contextImage is a context image of the frame before it.
func contextImage(name, content string) Entry {
	e := frame(name, content)
	e.Context = true
	return e
}

func TestContextImagesAreInTheZipAndNoFrames(t *testing.T) {
	a, b := frame("a.jpg", "A"), frame("b.jpg", "B")
	z := New([]Entry{a, contextImage("related_images/a_jpg/left.png", "L"), contextImage("related_images/a_jpg/right.png", "R"), b})
	want := []file{{"a.jpg", "A"}, {"related_images/a_jpg/left.png", "L"}, {"related_images/a_jpg/right.png", "R"}, {"b.jpg", "B"}}
	if diff := cmp.Diff(want, unzip(t, whole(t, z))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(string(New([]Entry{a, b}).Order()), string(z.Order())); diff != "" {
		t.Error(diff)
	}
	if z.Hash() == New([]Entry{a, b}).Hash() {
		t.Error("context images change no hash")
	}
}

// A task that was begun with fewer frames had their context images, too.
func TestAPrefixEndsWithAFramesContextImages(t *testing.T) {
	all := []Entry{frame("a.jpg", "A"), contextImage("related_images/a_jpg/left.png", "L"), frame("b.jpg", "B"), frame("c.jpg", "C"), contextImage("related_images/c_jpg/left.png", "M")}
	got := map[int]string{}
	for frames, hash := range Prefixes(all) {
		got[frames] = hash
	}
	want := map[int]string{1: New(all[:2]).Hash(), 2: New(all[:3]).Hash(), 3: New(all).Hash()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
