package importer

import (
	"path"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// place is where the files are that the server reads by itself.
func (i *importer) place() string {
	if i.p.CloudStorageID != nil {
		return storage.BucketPlace(i.p.Bucket)
	}
	return storage.SharePlace
}

// servedFiles are those that the request names, directories replaced by what is in them.
func (i *importer) servedFiles() ([]string, error) {
	lists, names := manifestOf(i.p.ServerFiles)
	if len(lists) > 1 {
		return nil, invalid("Only one manifest file can be attached to data")
	}
	var all []string
	for n, name := range names {
		below, err := i.servedDirectory(name)
		switch {
		case err == nil && below != nil:
			all = append(all, below...)
		case i.store.Dir.Has(i.place(), name) || i.p.CloudStorageID != nil && kindOf(name) == "":
			all = append(all, name)
		case i.p.CloudStorageID != nil:
			return nil, failure("rest_framework.exceptions.NotFound", "The file '%s' not found on the cloud storage '%s'", name, i.p.Bucket)
		case n == 0:
			return nil, noFile("<share>/" + name)
		default:
			return nil, failure("utils.dataset_manifest.errors.InvalidImageError", "failed to parse image file '%s'", name)
		}
	}
	if len(lists) == 0 {
		return all, nil
	}
	return i.believe(lists[0], all)
}

// servedDirectory is what is below a name; nil if it is no directory. In a bucket a directory has a slash at its end.
func (i *importer) servedDirectory(name string) ([]string, error) {
	if i.p.CloudStorageID != nil && !strings.HasSuffix(name, "/") {
		return nil, nil
	}
	if _, err := i.store.Dir.Entries(i.place(), strings.TrimSuffix(name, "/")); err != nil {
		return nil, err
	}
	below, err := i.store.Dir.Below(i.place(), strings.TrimSuffix(name, "/"))
	return slices.DeleteFunc(below, func(n string) bool { return kindOf(n) != mediaImage }), err
}

// believe takes the sizes of images from a list in the bucket, whatever they are (A103). It must have
// all that are named; alone it means all that it has.
func (i *importer) believe(list string, names []string) ([]string, error) {
	lines, err := readManifest(i.store.Dir.Served(i.place()) + "/" + list)
	if err != nil {
		return nil, failure("rest_framework.exceptions.NotFound", "The file '%s' not found on the cloud storage '%s'", list, i.p.Bucket)
	}
	i.believed = make(map[string]manifestLine, len(lines))
	var all []string
	for _, l := range lines {
		name := path.Join(path.Dir(list), l.fullName())
		i.believed[name] = l
		all = append(all, name)
	}
	if len(names) == 0 {
		return all, nil
	}
	var wrong []string
	for _, n := range names {
		_, known := i.believed[n]
		if _, related := relatedTo(n); !known && !related { // context images need not be in it (A110)
			wrong = append(wrong, n+" (upload)")
		}
	}
	if len(wrong) > 0 {
		return nil, failure("FileNotFoundError", "Uploaded files do no match the upload manifest file contents. Please check the upload manifest file contents and the list of uploaded files. Mismatching files: %s. Read more: https://docs.cvat.ai/docs/manual/advanced/dataset_manifest/", FirstFew(wrong))
	}
	return names, nil
}

// ListedIn are the names that a list in a place has of one directory, in its order.
func ListedIn(d storage.Directory, place, list, dir string) ([]storage.Entry, error) {
	lines, err := readManifest(d.Served(place) + "/" + list)
	if err != nil {
		return nil, err
	}
	var entries []storage.Entry
	for _, l := range lines {
		rest, below := strings.CutPrefix(path.Join(path.Dir(list), l.fullName()), dir)
		name, _, isDir := strings.Cut(rest, "/")
		if e := (storage.Entry{Name: name, IsDir: isDir}); below && (len(entries) == 0 || entries[len(entries)-1] != e) {
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// MIMEOf is CVAT's word for what a file is.
func MIMEOf(name string) string {
	switch k := kindOf(name); k {
	case "":
		return "unknown"
	case mediaZip:
		return string(mediaArchive)
	default:
		return string(k)
	}
}
