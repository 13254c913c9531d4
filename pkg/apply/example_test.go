package apply_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"os"

	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A stored is an archive in memory.
type stored struct {
	*bytes.Reader
	hash string
}

func (s stored) Name() string      { return "cvatplan-" + s.hash + ".zip" }
func (s stored) Hash() string      { return s.hash }
func (s stored) OrderName() string { return "cvatplan-" + s.hash + ".jsonl" }
func (s stored) Order() []byte     { return nil } // only for sorting_method predefined
func (s stored) Close() error      { return nil }

// packed is one image as an archive.
func packed(name string, image []byte) stored {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, _ := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store}) // memory does not fail
	_, _ = f.Write(image)
	_ = w.Close()
	sum := sha256.Sum256(b.Bytes())
	return stored{bytes.NewReader(b.Bytes()), hex.EncodeToString(sum[:])}
}

// One task of one image, in a project that is created with it.
func Example() {
	dir, _ := os.MkdirTemp("", "cvat")
	defer os.RemoveAll(dir)
	srv, err := cvattest.Open(dir) // or the URL and a personal access token of a CVAT
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	want := []plan.Desired{{Task: "run 1", Frames: []string{"0001.png"}, Bytes: 1}}
	create := true
	project := manifest.Project{Name: "Orchard", Create: &create, Labels: []manifest.Label{{Name: "apple"}}}
	p := plan.Diff(want, plan.Actual{}, plan.Options{Project: project}) // nothing is there yet

	result := apply.Run(context.Background(), p, client, apply.Options{
		Images: func(_ context.Context, c plan.Change) (apply.Images, error) {
			var file bytes.Buffer
			err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 16, 12)))
			return apply.Images{Archive: packed(c.Desired.Frames[0], file.Bytes())}, err
		},
	}, func(e apply.Event) {
		if e.Phase == apply.Finished {
			fmt.Println(e.Task, e.Result.Outcome, e.Result.Frames)
		}
	})
	fmt.Println(result.OK(), result.Project.Name)
	// Output:
	// run 1 done 1
	// true Orchard
}
