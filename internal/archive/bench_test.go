package archive

import (
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// onDisk writes n frames of the given size and returns their entries.
func onDisk(b *testing.B, n, size int) []Entry {
	b.Helper()
	dir := b.TempDir()
	entries := make([]Entry, n)
	for i := range entries {
		content := make([]byte, size)
		for k := range content {
			content[k] = byte(k * (i + 1) >> 3)
		}
		name := filepath.Join(dir, fmt.Sprintf("%04d.jpg", i))
		if err := os.WriteFile(name, content, 0o600); err != nil {
			b.Fatal(err)
		}
		entries[i] = Entry{
			Name: filepath.Base(name), Size: int64(size),
			CRC: crc32.ChecksumIEEE(content), Sum: sha256.Sum256(content),
			Open: func() (io.ReadCloser, error) { return os.Open(name) },
		}
	}
	return entries
}

// BenchmarkReadAt reads an archive as an HTTP client does, 32 KiB at a time, and
// prints its speed as a part of that of reading the same files plainly.
func BenchmarkReadAt(b *testing.B) {
	for name, shape := range map[string]struct{ n, size int }{
		"256 frames of 256 KiB": {256, 256 << 10},
		"2048 frames of 8 KiB":  {2048, 8 << 10},
		"one frame of 64 MiB":   {1, 64 << 20},
	} {
		b.Run(name, func(b *testing.B) {
			z := New(onDisk(b, shape.n, shape.size))
			defer z.Close()
			buf := make([]byte, 32<<10)
			b.SetBytes(z.Size())
			var plain, archive time.Duration
			for b.Loop() {
				begun := time.Now()
				readPlainly(b, z.entries, buf)
				middle := time.Now()
				readArchive(b, z, buf)
				plain += middle.Sub(begun)
				archive += time.Since(middle)
			}
			b.ReportMetric(float64(plain)/float64(archive), "x-plain")
		})
	}
}

func readPlainly(b *testing.B, entries []Entry, buf []byte) {
	for _, e := range entries {
		r, err := e.Open()
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{r}, buf); err != nil {
			b.Fatal(err)
		}
		r.Close()
	}
}

func readArchive(b *testing.B, z *Zip, buf []byte) {
	r := struct{ io.Reader }{io.NewSectionReader(z, 0, z.Size())}
	if _, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, r, buf); err != nil {
		b.Fatal(err)
	}
}
