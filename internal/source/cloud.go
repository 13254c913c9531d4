package source

import (
	"context"
	"errors"
	"io"
	"path"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// filesFor are the files that frames of a kind may be made of.
func (l contents) filesFor(k manifest.Kind) []string {
	if k == manifest.KindPointCloud {
		return l.clouds
	}
	return l.images
}

// framed reports whether a file of this name may be a frame of any kind.
func framed(name string) bool { return imageheader.Accepted(name) || pcd.Named(name) }

// kindOf is the kind of whose frames a file may be one.
func kindOf(name string) manifest.Kind {
	if pcd.Named(name) {
		return manifest.KindPointCloud
	}
	return manifest.KindImages
}

// accepted reports whether CVAT takes a frame of this name.
func accepted(k manifest.Kind, name string) bool {
	switch k {
	case manifest.KindPointCloud:
		return pcd.Named(name) && !pcd.IsBin(name) // which it renames
	case manifest.KindVideo:
		return video.Named(name)
	}
	return imageheader.Accepted(name)
}

// cloudDir is the directory in which CVAT wants a point cloud that has context images to be.
const cloudDir = "pointcloud"

// cloudName is the name of a frame which is a point cloud: CVAT calls none .bin, and finds the context images of
// those in cloudDir alone.
func (v view) cloudName(name string) string {
	name = pcd.FileName(name)
	dir, base := path.Split(name)
	if len(v.camera.Context) == 0 || path.Base(dir) == cloudDir {
		return name
	}
	return dir + cloudDir + "/" + base
}

// renames reports whether frames have other names than frame_name gives.
func (v view) renames(paths []string) bool {
	return v.kind() == manifest.KindPointCloud && (len(v.camera.Context) > 0 || slices.ContainsFunc(paths, pcd.IsBin))
}

// cloudHead is what a .bin begins with as a PCD.
func (v view) cloudHead(name string, size int64) (*frame.Head, error) {
	if !pcd.IsBin(name) {
		return nil, nil
	}
	if size < content.MaxPointer {
		head, err := store.Head(context.Background(), v.bag.store, path.Join(v.bag.rel, name), content.MaxPointer)
		if err != nil {
			return nil, err
		}
		if err := notPointer(head); err != nil {
			return nil, err
		}
	}
	head, points, err := pcd.BinHeader(name, size)
	if err != nil {
		return nil, cloudFault(err)
	}
	return &frame.Head{Bytes: head, Known: imageheader.Header{Width: int(points), Height: 1}}, nil
}

// cloudHeader is a point cloud's size as CVAT shows it, its points being all there.
func cloudHeader(o frame.Opened) (imageheader.Header, error) {
	head := make([]byte, content.MaxPointer)
	n, err := o.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return imageheader.Header{}, err
	}
	if n == 0 {
		return imageheader.Header{}, cloudFault(pcd.ErrEmpty)
	}
	if err := notPointer(head[:n]); err != nil {
		return imageheader.Header{}, err
	}
	h, err := pcd.Check(io.NewSectionReader(o, 0, o.Size), o.Size)
	return imageheader.Header{Width: h.Width, Height: h.Height}, cloudFault(err)
}

// notPointer refuses what version control leaves in place of a file.
func notPointer(head []byte) error {
	if code, name := content.Pointer(head); code != "" {
		return diag.Diagnostic{Code: code, Text: name + ", not the point cloud"}
	}
	return nil
}

// cloudFault is an error of package pcd with its code.
func cloudFault(err error) error {
	var damaged *pcd.DamagedError
	switch {
	case errors.Is(err, pcd.ErrEmpty):
		return diag.Diagnostic{Code: diag.CodeEmptyImage, Text: err.Error(), Hint: diag.Do(diag.HintSkipImage)}
	case errors.As(err, &damaged):
		return diag.Diagnostic{Code: diag.CodeCorruptImage, Text: wording.Safe(err.Error()), Hint: diag.Do(diag.HintSkipImage)}
	}
	return err
}
