package source

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// tree makes files, each with its own path as content; a path with a slash at its end
// is a directory, and "a -> b" a symbolic link at a.
func tree(t testing.TB, paths ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, p := range paths {
		at, target, isLink := strings.Cut(p, " -> ")
		full := filepath.Join(root, at)
		dir := filepath.Dir(full)
		if strings.HasSuffix(at, "/") {
			dir = full
		}
		check(t, os.MkdirAll(dir, 0o777))
		switch {
		case isLink:
			check(t, os.Symlink(target, full))
		case dir != full:
			check(t, os.WriteFile(full, []byte(at), 0o666))
		}
	}
	return root
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// picture is a small image, 8 wide and 6 high.
func picture() image.Image {
	m := image.NewRGBA(image.Rect(0, 0, 8, 6))
	for i := range 48 {
		m.Set(i%8, i/8, color.RGBA{uint8(i * 5), uint8(255 - i), 90, 255})
	}
	return m
}

func jpegImage(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, jpeg.Encode(&b, picture(), nil))
	return b.Bytes()
}

func pngImage(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	check(t, png.Encode(&b, picture()))
	return b.Bytes()
}

// rotated is a JPEG that EXIF turns by a quarter: an APP1 segment after its first marker.
func rotated(b []byte) []byte {
	exif := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"
	segment := "\xff\xe1" + string(binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))) + exif
	return append([]byte("\xff\xd8"+segment), b[2:]...)
}

// parse gives the manifest with these lines after the obligatory ones.
func parse(t testing.TB, lines string) *manifest.Manifest {
	t.Helper()
	m, err := manifest.Parse("cvatplan.yaml", []byte("version: 1\nserver: {url: https://cvat.example.com}\nproject: {name: P}\n"+lines))
	check(t, err)
	return m
}

// scanned is what a test looks at: tasks and their frames, what blocks them, the rest.
type scanned struct {
	Tasks    []taskView
	Problems []string
}

type taskView struct {
	Name     string
	Frames   string // joined by blanks
	Problems []string
}

func scan(t testing.TB, root, lines string) scanned {
	t.Helper()
	tasks, problems := Scan(context.Background(), parse(t, lines), Options{Root: root})
	var s scanned
	for _, task := range tasks {
		s.Tasks = append(s.Tasks, taskView{task.Name, strings.Join(task.Frames(), " "), texts(root, task.Problems)})
	}
	s.Problems = texts(root, problems)
	return s
}

// texts writes problems as people see them; the root is ROOT.
func texts(root string, problems []diag.Diagnostic) []string {
	var all []string
	for _, p := range problems {
		text := [...]string{"note", "warning", "error"}[p.Severity] + ": " + p.Text
		if p.Hint != (diag.Hint{}) {
			text += " | " + advice.Words(p.Hint)
		}
		all = append(all, strings.ReplaceAll(text, root, "ROOT"))
	}
	return all
}
