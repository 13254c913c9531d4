package source

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A relatedFolders are the images of a bag's related_images folders, by the path of the image that each is next to.
type relatedFolders map[string][]string

// relatedTo is the image whose context an image in a related_images folder is, as CVAT finds it: dir/a.jpg of
// dir/related_images/a_jpg/left.png. Point clouds are in a folder of their own next to that. false: it lies where CVAT does not look.
func relatedTo(at string) (owner string, ok bool) {
	folder, _ := path.Split(at)
	above, name := path.Split(strings.TrimSuffix(folder, "/"))
	if path.Base(above) != relatedDir {
		return "", false
	}
	dot := strings.LastIndexByte(name, '_')
	if dot < 0 {
		return "", false
	}
	dir, base := path.Dir(path.Clean(above)), name[:dot]+"."+name[dot+1:]
	if pcd.Named(base) {
		dir = path.Join(dir, cloudDir)
	}
	return norm.NFC.String(path.Join(dir, base)), true
}

// relatedOf sorts a bag's context images by their owners; misplaced are those that have none.
func relatedOf(l contents) (folders relatedFolders, misplaced []string) {
	if len(l.related) == 0 {
		return nil, nil
	}
	frames := make(map[string]bool, len(l.images)+len(l.clouds))
	for _, at := range slices.Concat(l.images, l.clouds) {
		frames[norm.NFC.String(at)] = true
	}
	folders = relatedFolders{}
	for _, at := range l.related {
		owner, ok := relatedTo(at)
		if !ok || !frames[owner] {
			misplaced = append(misplaced, at)
			continue
		}
		folders[owner] = append(folders[owner], at)
	}
	return folders, misplaced
}

// addRelated gives the task's frames what lies in the folders for them.
func (t *Task) addRelated(b *bagRef, folders relatedFolders) {
	if len(folders) == 0 || len(t.frames.names) == 0 {
		return
	}
	s := series{name: relatedDir}
	var paths []string
	for i := range t.frames.names {
		for _, at := range folders[norm.NFC.String(t.frames.source.Origin(i).Path)] {
			s.uses = append(s.uses, use{frame: i, image: len(paths)})
			s.files = append(s.files, norm.NFC.String(path.Base(at)))
			paths = append(paths, at)
		}
	}
	if len(paths) == 0 {
		return
	}
	s.source = frame.Files{Store: b.store, Dir: b.rel, Names: paths, Stamp: stampOf}
	if in := b.served(); in != nil {
		for _, at := range paths {
			s.keys = append(s.keys, in.Key(path.Join(b.rel, at)))
		}
	}
	t.checkTwice(s)
	t.checkCloudDir(s)
	t.frames.context = append(t.frames.context, s)
}

// checkCloudDir blocks a task whose frame_name takes point clouds that have context images out of the only folder in
// which CVAT looks for those: its import would fail.
func (t *Task) checkCloudDir(s series) {
	for _, u := range s.uses {
		if name := t.frames.names[u.frame]; pcd.Named(name) && path.Base(path.Dir(name)) != cloudDir {
			t.block(diag.CodeBadFrameName, diag.Do(diag.HintWrite, `frame_name: "{bag}/{path}"`), "frame %s has context images, and CVAT finds those of point clouds in a folder %s alone", wording.Safe(name), cloudDir)
			return
		}
	}
}

// servedContext are the names, on the server, of the context images of frames that it reads by itself: it takes no other
// than those that are named.
func (f frames) servedContext() (names []string) {
	for _, s := range f.context {
		names = append(names, s.keys...)
	}
	return names
}

// checkTwice blocks a task one of whose frames would have two context images of a name: CVAT shows them by their
// names without the endings.
func (t *Task) checkTwice(s series) {
	type name struct {
		frame int
		stem  string
	}
	taken := map[name]string{}
	for _, of := range append(t.frames.context[:len(t.frames.context):len(t.frames.context)], s) {
		for _, u := range of.uses {
			n := name{u.frame, trimExtension(of.files[u.image])}
			if first := taken[n]; first != "" {
				t.block(diag.CodeSameFrameName, diag.Hint{}, "frame %s has two context images that CVAT calls %s: %s and %s", wording.Safe(t.frames.names[u.frame]), wording.Safe(n.stem+".jpg"), wording.Safe(first), wording.Safe(of.files[u.image]))
				return
			}
			taken[n] = of.files[u.image]
		}
	}
}
