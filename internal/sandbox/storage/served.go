package storage

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A CloudStorage is a bucket that the server knows. Its objects are files below buckets/ in the
// server's directory: a person who tries things out puts them there.
type CloudStorage struct {
	ID                     int
	Owner                  int
	Org                    *int
	Name, Bucket           string
	Attributes, Provider   string
	Manifests, Description string // Manifests is a JSON list
	Created, Updated       Stamp
}

const storageColumns = `SELECT c.id, c.owner_id, c.org_id, c.display_name, c.resource, c.attributes, c.provider, c.manifests, c.description, c.created, c.updated FROM cloud_storages c `

// CloudStorages are those that a condition on c fits, by id.
func (s *Store) CloudStorages(ctx context.Context, where string, args ...any) ([]CloudStorage, error) {
	return Collect(ctx, s.Reader, func(r *sql.Rows) (c CloudStorage, err error) {
		return c, r.Scan(&c.ID, &c.Owner, &c.Org, &c.Name, &c.Bucket, &c.Attributes, &c.Provider, &c.Manifests, &c.Description, &c.Created, &c.Updated)
	}, storageColumns+`WHERE `+where+` ORDER BY c.id`, args...)
}

// CloudStorage is one; nil is none.
func (s *Store) CloudStorage(ctx context.Context, id int) (*CloudStorage, error) {
	found, err := s.CloudStorages(ctx, `c.id = ?`, id)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// InsertCloudStorage keeps a new one, and gives its id.
func (s *Store) InsertCloudStorage(ctx context.Context, c CloudStorage) (id int, err error) {
	now := s.Now()
	err = s.Transaction(ctx, func(tx *sql.Tx) (err error) {
		id, err = Insert(ctx, tx, `INSERT INTO cloud_storages (owner_id, org_id, display_name, resource, attributes, provider, manifests, description, created, updated) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			c.Owner, c.Org, c.Name, c.Bucket, c.Attributes, c.Provider, c.Manifests, c.Description, now, now)
		return err
	})
	return id, err
}

// BucketPlace is where the objects of a bucket are, and SharePlace the files of the share, both
// from the server's directory.
func BucketPlace(bucket string) string { return "buckets/" + bucket }

// SharePlace is the share's.
const SharePlace = "share"

// Served is the path of a place's directory.
func (d Directory) Served(place string) string {
	return filepath.Join(d.root, filepath.FromSlash(place))
}

// An Entry is one name of a place.
type Entry struct {
	Name  string
	IsDir bool
}

// Entries are the names in a directory of a place, in byte order; fs.ErrNotExist if there is no such directory.
func (d Directory) Entries(place, dir string) ([]Entry, error) {
	if dir != "" && !fs.ValidPath(dir) {
		return nil, fs.ErrNotExist
	}
	found, err := os.ReadDir(filepath.Join(d.Served(place), filepath.FromSlash(dir)))
	if err != nil {
		return nil, errors.Join(fs.ErrNotExist, err)
	}
	entries := make([]Entry, len(found))
	for i, f := range found {
		entries[i] = Entry{f.Name(), f.IsDir()}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return entries, nil
}

// Below are the files below a directory of a place, by their full names, in byte order.
func (d Directory) Below(place, dir string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(d.Served(place)), path.Join(".", dir), func(at string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, at)
		}
		return err
	})
	slices.Sort(names)
	return names, err
}

// Has tells whether a place has a file of this name.
func (d Directory) Has(place, name string) bool {
	info, err := os.Stat(filepath.Join(d.Served(place), filepath.FromSlash(name)))
	return err == nil && info.Mode().IsRegular()
}
