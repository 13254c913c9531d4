package prediction

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/cvatplan/cvatplan/internal/annotation"
)

// What of a data.yaml is read.
type yoloData struct {
	Names     yaml.Node `yaml:"names"`     // a list, or a mapping from numbers
	Keypoints []int     `yaml:"kpt_shape"` // their number, and the numbers of each: 2 or 3
}

// maxAbove is how many directories above the labels a data.yaml is looked for: cvatplan pull writes labels/SPLIT/TASK.
const maxAbove = 4

// openYOLO reads a directory of Ultralytics' text files, one for each image: a line for each object with the number of
// its class, coordinates as parts of the image's size, and the score where there is one.
func openYOLO(dir string) (*File, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, cause(err)
	} else if !info.IsDir() {
		return nil, errors.New("not a directory of text files")
	}
	if info, err := os.Stat(filepath.Join(dir, "labels")); err == nil && info.IsDir() {
		dir = filepath.Join(dir, "labels") // as a run of predict writes it
	}
	sum, budget := sha256.New(), int64(maxFile)
	data, err := yoloDataAbove(dir, &budget)
	if err != nil {
		return nil, err
	}
	classes, err := data.names()
	if err != nil {
		return nil, err
	}
	f := &File{stems: true}
	f.open = func() (source, error) { return yoloSource{dir}, nil }
	f.decode = func(f *File, r row, text []byte) ([]Item, error) {
		return yolo{image: f.images[r.image].name, names: classes, keypoints: data.Keypoints}.read(text)
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".txt" || e.Name() == classesFile {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		text, err := readWhole(path, &budget)
		if err != nil {
			return fmt.Errorf("%s: %w", rel, err)
		}
		fmt.Fprintf(sum, "%q %x\n", rel, sha256.Sum256(text))
		return f.addText(rel, text)
	})
	if err != nil {
		return nil, cause(err)
	}
	fmt.Fprintf(sum, "%v %v\n", classes, data.Keypoints)
	f.hash = hex.EncodeToString(sum.Sum(nil))
	return f.finish(), nil
}

// addText takes one image's file, of that name below the directory.
func (f *File) addText(name string, text []byte) error {
	r := row{at: int32(crc32.ChecksumIEEE(text)), bytes: int32(len(text)), image: int32(len(f.images))}
	f.images = append(f.images, imageOf{name: strings.TrimSuffix(name, ".txt")})
	items, err := f.decode(f, r, text)
	if err == nil {
		f.add(r, items)
	}
	return err
}

// A yoloSource is a directory. A row is one of its files, of which it has the checksum in place of where it begins.
type yoloSource struct{ dir string }

func (s yoloSource) read(f *File, r row) ([]byte, error) {
	budget := int64(maxFile)
	text, err := readWhole(filepath.Join(s.dir, filepath.FromSlash(f.images[r.image].name)+".txt"), &budget)
	if err == nil && (len(text) != int(r.bytes) || int32(crc32.ChecksumIEEE(text)) != r.at) {
		err = errChanged
	}
	return text, err
}

func (yoloSource) Close() error { return nil }

// readWhole reads a file within what is left of the budget.
func readWhole(file string, budget *int64) ([]byte, error) {
	in, err := openTextFile(file, *budget)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	*budget -= in.size
	text, err := io.ReadAll(in.text())
	return text, cause(err)
}

// classesFile has the names of classes, one a line, next to labels: LabelImg and Label Studio write it, and no data.yaml.
const classesFile = "classes.txt"

// yoloDataAbove reads the data.yaml of a directory, or of the nearest one above it that has one. Where none has, the
// directory's, or its parent's, classes.txt replaces it.
func yoloDataAbove(dir string, budget *int64) (d yoloData, err error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return d, err
	}
	for range maxAbove + 1 {
		text, err := readWhole(filepath.Join(at, "data.yaml"), budget)
		if err == nil {
			if yaml.Unmarshal(text, &d) != nil {
				return d, errors.New("data.yaml is not what Ultralytics writes")
			}
			return d, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return d, fmt.Errorf("data.yaml: %w", err)
		}
		at = filepath.Dir(at)
	}
	for _, at := range []string{dir, filepath.Dir(dir)} {
		text, err := readWhole(filepath.Join(at, classesFile), budget)
		if err == nil {
			return d, d.Names.Encode(strings.Split(strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")), "\n"))
		}
	}
	return d, errors.New("no data.yaml in it, or above it, and no classes.txt says what its classes are")
}

func (d yoloData) names() (map[int]string, error) {
	names := map[int]string{}
	var list []string
	if d.Names.Decode(&names) == nil {
		return names, nil
	}
	names = map[int]string{}
	if d.Names.Decode(&list) != nil {
		return nil, errors.New("names of data.yaml are neither a list nor a mapping from numbers")
	}
	for i, name := range list {
		names[i] = name
	}
	return names, nil
}

// yolo is one text file.
type yolo struct {
	image     string
	names     map[int]string
	keypoints []int
}

func (y yolo) read(text []byte) ([]Item, error) {
	var items []Item
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		numbers := make([]float64, len(fields))
		for i, f := range fields {
			var err error
			if numbers[i], err = strconv.ParseFloat(f, 64); err != nil {
				return nil, fmt.Errorf("%s.txt, line %d: not all are numbers", y.image, n)
			}
		}
		item := Item{Image: y.image, stem: true, relative: true}
		item.Shapes, item.Wrong = y.shapes(numbers)
		items = append(items, item)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s.txt: %w", y.image, err)
	}
	return items, nil
}

// shapes reads a line by its length: class and box, class and polygon, or class, box and keypoints; a score at the end.
func (y yolo) shapes(n []float64) ([]annotation.Shape, string) {
	name, known := y.names[int(n[0])]
	if !known || n[0] != float64(int(n[0])) {
		return nil, fmt.Sprintf("class %v is not in data.yaml", n[0])
	}
	base := annotation.Shape{Label: name}
	points := n[1:]
	scored := func() {
		score := points[len(points)-1]
		base.Score, points = &score, points[:len(points)-1]
	}
	if len(y.keypoints) == 2 {
		want := 4 + y.keypoints[0]*y.keypoints[1]
		if len(points) == want+1 {
			scored()
		}
		if len(points) != want || y.keypoints[1] < 2 {
			return nil, fmt.Sprintf("a line of %d numbers; kpt_shape of data.yaml asks for %d", len(n), want+1)
		}
		base.Type = "skeleton"
		for k := 4; k < len(points); k += y.keypoints[1] {
			e := annotation.Shape{Type: "points", Points: points[k : k+2]}
			if y.keypoints[1] > 2 {
				e.Outside, e.Occluded = points[k+2] == 0, points[k+2] == 1
			}
			base.Elements = append(base.Elements, e)
		}
		return []annotation.Shape{base}, ""
	}
	if len(points) == 5 || len(points) > 6 && len(points)%2 == 1 {
		scored()
	}
	switch {
	case len(points) == 4:
		x, y, w, h := points[0], points[1], points[2], points[3]
		base.Type, base.Points = "rectangle", []float64{x - w/2, y - h/2, x + w/2, y + h/2}
		return []annotation.Shape{base}, ""
	case len(points) >= 6 && len(points)%2 == 0:
		around := base
		base.Type, base.Points = "polygon", points
		around.Type, around.Points = "rectangle", bounds(points)
		return []annotation.Shape{base, around}, ""
	}
	return nil, fmt.Sprintf("a line of %d numbers", len(n))
}

// bounds is the smallest box around points.
func bounds(points []float64) []float64 {
	b := []float64{points[0], points[1], points[0], points[1]}
	for i := 0; i+1 < len(points); i += 2 {
		b[0], b[1] = min(b[0], points[i]), min(b[1], points[i+1])
		b[2], b[3] = max(b[2], points[i]), max(b[3], points[i+1])
	}
	return b
}

// scaled is a shape whose coordinates were parts of an image's size, in pixels.
func scaled(s annotation.Shape, width, height int) annotation.Shape {
	points := make([]float64, len(s.Points))
	for i, p := range s.Points {
		points[i] = micro(p * float64([2]int{width, height}[i%2]))
	}
	s.Points = points
	elements := make([]annotation.Shape, len(s.Elements))
	for i, e := range s.Elements {
		elements[i] = scaled(e, width, height)
	}
	if s.Elements != nil {
		s.Elements = elements
	}
	return s
}
