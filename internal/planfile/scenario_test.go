package planfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A dataset is images by bag, each bag a task; an image's content is its text.
type dataset map[string][]image

type image struct{ name, content string }

func pictures(bag string, n int) []image {
	var all []image
	for i := range n {
		all = append(all, image{fmt.Sprintf("%s/%04d.jpg", bag, i), fmt.Sprint(bag, i)})
	}
	return all
}

// hashOf names an archive of these images: as the real one does, by names and contents.
func hashOf(images []image) string {
	sum := sha256.Sum256(fmt.Append(nil, images))
	return hex.EncodeToString(sum[:])
}

// project is a plan of the dataset on a server that holds these tasks. All is measured,
// as `plan --out` does what is to be uploaded.
func project(bags []string, d dataset, have ...plan.Task) Project {
	p := Project{
		Have: plan.Actual{
			Scope:  plan.Scope{Server: "https://cvat.example.com", ProjectID: 3, Project: "Orchard"},
			Exists: true, Labels: []manifest.Label{{Name: "apple"}}, Tasks: have,
		},
		Options: plan.Options{Project: manifest.Project{Name: "Orchard", Labels: []manifest.Label{{Name: "apple"}}}},
	}
	for i, bag := range bags {
		images, ok := d[bag]
		if !ok {
			continue
		}
		want := plan.Desired{Task: bag, Bag: bag, Hash: hashOf(images), Origin: manifest.Position{File: "cvatplan.yaml", Line: 7 + i}}
		var measured []Image
		for _, m := range images {
			want.Frames = append(want.Frames, m.name)
			want.Bytes += int64(len(m.content))
			measured = append(measured, Image{int64(len(m.content)), [8]byte(hash8(m.content))})
		}
		p.Want, p.Images = append(p.Want, want), append(p.Images, measured)
	}
	return p
}

func hash8(s string) []byte {
	sum := sha256.Sum256([]byte(s))
	return sum[:8]
}

// on is a task on the server; size is how many frames it holds.
func on(id int, name string, size int) plan.Task {
	return plan.Task{ID: id, Name: name, ProjectID: 3, Size: size, Owner: "anna", HasData: size > 0}
}

func bearing(t plan.Task, hash string) plan.Task {
	t.BugTracker = plan.Marker(hash)
	return t
}

func holding(t plan.Task, images []image) plan.Task {
	for _, m := range images {
		t.Frames = append(t.Frames, m.name)
	}
	return t
}

func file(projects ...Project) File {
	return File{Version: "1.2.3", Manifests: []Manifest{{"cvatplan.yaml", hashOf(nil)}}, Projects: projects}
}

func written(t testing.TB, f File) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, Write(&b, f))
	return b.Bytes()
}

// sealed is a file of these lines with an end that fits them.
func sealed(lines []byte) []byte {
	sum := sha256.Sum256(lines)
	return fmt.Appendf(bytes.Clone(lines), `{"type":"end","lines":%d,"sha256":"%x"}`+"\n", bytes.Count(lines, []byte("\n")), sum)
}

// unsealed are the lines of a file but for its end.
func unsealed(whole []byte) []byte {
	return whole[:bytes.LastIndexByte(whole[:len(whole)-1], '\n')+1]
}
