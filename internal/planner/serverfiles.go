package planner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A Lister is what a server tells of the files that it reads by itself; *cvat.Client is one.
type Lister interface {
	Organization() string
	ListCloudStorages(ctx context.Context) ([]cvat.CloudStorage, error)
	CloudStoragesEverywhere(ctx context.Context) ([]cvat.CloudStorage, error)
	CloudStorage(ctx context.Context, id int) (*cvat.CloudStorage, error)
	CloudContent(ctx context.Context, id int, dir, manifest string, visit func([]cvat.ServerFile) error) error
	CloudListed(ctx context.Context, id int, manifest, prefix string, first int) ([]cvat.ServerFile, error)
	CloudObject(ctx context.Context, id int, key string) (isDir, exists bool, err error)
	ShareContent(ctx context.Context, dir string) ([]cvat.ServerFile, error)
}

// ServerFiles opens cloud:NAME-OR-ID/prefix or share:/path on a server. listed, which may be nil, is
// notified of how many names of a directory have come so far.
func ServerFiles(ctx context.Context, server Lister, root string, listed func(dir string, names int)) (store.Store, error) {
	if listed == nil {
		listed = func(string, int) {}
	}
	if dir, ok := strings.CutPrefix(root, store.SchemeShare); ok {
		s := &store.Served{Root: root, Prefix: cleanKey(dir), Names: share{server}, At: store.Place{Share: true}}
		if s.Prefix == "" {
			_, err := server.ShareContent(ctx, "")
			return s, err
		}
		return s, nil
	}
	name, prefix, _ := strings.Cut(strings.TrimPrefix(root, store.SchemeCloud), "/")
	found, err := findStorage(ctx, server, name)
	if err != nil {
		return nil, err
	}
	if prefix == "" {
		prefix = found.Prefix() // CVAT takes no key outside
	}
	return &store.Served{
		Root: root, Prefix: cleanKey(prefix),
		Names: cloud{server: server, storage: found.ID, listed: func(dir string, n int) { listed(store.SchemeCloud+name+"/"+dir, n) }},
		At:    store.Place{Storage: found.ID, Manifests: found.Manifests},
	}, nil
}

func cleanKey(key string) string { return strings.TrimPrefix(path.Clean("/"+key), "/") }

// A storageError is a cloud storage that is not to be had.
type storageError struct {
	text string
	hint diag.Hint
}

func (e *storageError) Error() string   { return e.text }
func (e *storageError) Code() diag.Code { return diag.CodeNoStorage }
func (e *storageError) Hint() diag.Hint { return e.hint }

// findStorage finds a storage by its id, its display name, or its bucket.
func findStorage(ctx context.Context, server Lister, name string) (*cvat.CloudStorage, error) {
	if id, err := strconv.Atoi(name); err == nil {
		found, err := server.CloudStorage(ctx, id)
		switch {
		case errors.Is(err, cvat.ErrNotFound):
			return nil, &storageError{text: fmt.Sprintf("CVAT has no cloud storage %d", id)}
		case errors.Is(err, cvat.ErrNotAuthorised):
			return nil, &storageError{
				text: fmt.Sprintf("cloud storage %d: CVAT gives no right to it: it is another user's, or another organization's", id),
				hint: diag.Do(diag.HintStorageRight),
			}
		}
		return found, err
	}
	all, err := server.ListCloudStorages(ctx)
	if err != nil {
		return nil, err
	}
	if found, err := storageNamed(name, all); found != nil || err != nil {
		return found, err
	}
	if server.Organization() == "" {
		if err := storageElsewhere(ctx, server, name); err != nil {
			return nil, err
		}
	}
	only := ", and no other"
	if len(all) > 0 {
		only = ", only " + described(all)
	}
	return nil, &storageError{text: fmt.Sprintf("the workspace has no cloud storage %q%s", name, only), hint: diag.Do(diag.HintStorageByID)}
}

// storageNamed is the one of this display name, or else of this bucket; nil if there is none.
func storageNamed(name string, all []cvat.CloudStorage) (*cvat.CloudStorage, error) {
	for _, nameOf := range []func(cvat.CloudStorage) string{
		func(s cvat.CloudStorage) string { return s.DisplayName },
		func(s cvat.CloudStorage) string { return s.Resource },
	} {
		fits := slices.DeleteFunc(slices.Clone(all), func(s cvat.CloudStorage) bool { return nameOf(s) != name })
		if len(fits) == 1 {
			return &fits[0], nil
		}
		if len(fits) > 1 {
			return nil, &storageError{
				text: fmt.Sprintf("%d cloud storages are called %q: %s", len(fits), name, described(fits)),
				hint: diag.Do(diag.HintWrite, store.SchemeCloud+strconv.Itoa(fits[0].ID)+", its id"),
			}
		}
	}
	return nil, nil
}

// storageElsewhere is an error that names the storage of an organization which is meant where none of the personal
// workspace is.
func storageElsewhere(ctx context.Context, server Lister, name string) error {
	everywhere, err := server.CloudStoragesEverywhere(ctx)
	if err != nil {
		return err
	}
	found, err := storageNamed(name, everywhere)
	if found == nil || err != nil {
		return err
	}
	return &storageError{
		text: fmt.Sprintf("cloud storage %q is not in the personal workspace, but in an organization's: %s", name, described([]cvat.CloudStorage{*found})),
		hint: diag.Do(diag.HintWrite, fmt.Sprintf("server.organization, or %s%d, its id", store.SchemeCloud, found.ID)),
	}
}

// described are the first few storages.
func described(all []cvat.CloudStorage) string {
	const few = 5
	var words []string
	for _, s := range all[:min(few, len(all))] {
		words = append(words, fmt.Sprintf("%d %q (bucket %s)", s.ID, s.DisplayName, s.Resource))
	}
	if more := len(all) - few; more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}

// A cloud is [store.Names] of one cloud storage.
type cloud struct {
	server  Lister
	storage int
	listed  func(dir string, names int)
}

// List gives no names of a directory that is not there: CVAT answers the same of one that some tool made as an empty key.
func (c cloud) List(ctx context.Context, dir string) ([]store.Name, error) {
	return c.names(ctx, "", dir)
}

// Listed asks first whether there are more names than most: a page of a long list takes CVAT seconds.
func (c cloud) Listed(ctx context.Context, list, dir string, most int) ([]store.Name, error) {
	prefix := dir
	if prefix != "" {
		prefix += "/"
	}
	more, err := c.server.CloudListed(ctx, c.storage, list, prefix, most)
	if err != nil {
		return nil, c.explain(err)
	}
	if len(more) > 0 {
		return nil, store.ErrLong
	}
	return c.names(ctx, list, dir)
}

func (c cloud) names(ctx context.Context, list, dir string) ([]store.Name, error) {
	prefix := dir
	if prefix != "" {
		prefix += "/"
	}
	var names []store.Name
	err := c.server.CloudContent(ctx, c.storage, prefix, list, func(page []cvat.ServerFile) error {
		names = append(names, namesOf(page)...)
		c.listed(prefix, len(names))
		return nil
	})
	return names, c.explain(err)
}

func (c cloud) Stat(ctx context.Context, name string) (isDir bool, err error) {
	isDir, exists, err := c.server.CloudObject(ctx, c.storage, name)
	if err == nil && !exists {
		err = fs.ErrNotExist
	}
	return isDir, c.explain(err)
}

// explain says whose right is missing.
func (c cloud) explain(err error) error {
	if errors.Is(err, cvat.ErrNotAuthorised) {
		return &storageError{text: fmt.Sprintf("cloud storage %d: CVAT gives no right to it: %v", c.storage, err)}
	}
	return err
}

// share is [store.Names] of the server's share.
type share struct{ server Lister }

// errNotOnShare is also what CVAT answers of a directory that it lists itself, where that is a link out of its share.
var errNotOnShare = fmt.Errorf("%w, or a symbolic link leads out of the share", fs.ErrNotExist)

func (s share) List(ctx context.Context, dir string) ([]store.Name, error) {
	files, err := s.server.ShareContent(ctx, dir)
	if errors.Is(err, cvat.ErrNotFound) {
		return nil, errNotOnShare
	}
	return namesOf(files), err
}

// Listed is not to be had: CVAT takes a list on its share only where that names paths from the share's root.
func (s share) Listed(context.Context, string, string, int) ([]store.Name, error) {
	return nil, fs.ErrNotExist
}

func (s share) Stat(ctx context.Context, name string) (isDir bool, err error) {
	_, err = s.List(ctx, name)
	if !errors.Is(err, fs.ErrNotExist) {
		return true, err
	}
	dir := path.Dir(name)
	if dir == "." {
		dir = ""
	}
	siblings, err := s.List(ctx, dir)
	if err == nil && !slices.Contains(siblings, store.Name{Name: path.Base(name)}) {
		err = fs.ErrNotExist
	}
	return false, err
}

func namesOf(files []cvat.ServerFile) []store.Name {
	names := make([]store.Name, len(files))
	for i, f := range files {
		names[i] = store.Name{Name: f.Name, IsDir: f.IsDir()}
	}
	return names
}
