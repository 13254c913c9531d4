package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

type cloudStorageJSON struct {
	ID              int             `json:"id"`
	Owner           *basicUser      `json:"owner"`
	Manifests       json.RawMessage `json:"manifests"`
	Created         storage.Stamp   `json:"created_date"`
	Updated         storage.Stamp   `json:"updated_date"`
	Provider        string          `json:"provider_type"`
	Resource        string          `json:"resource"`
	DisplayName     string          `json:"display_name"`
	CredentialsType string          `json:"credentials_type"`
	Attributes      string          `json:"specific_attributes"`
	Description     string          `json:"description"`
	Organization    *int            `json:"organization"`
}

func (s *Server) cloudStorageJSON(q *query, c storage.CloudStorage) cloudStorageJSON {
	return cloudStorageJSON{
		ID: c.ID, Owner: s.people.Load().basic(q.base(), &c.Owner), Manifests: json.RawMessage(c.Manifests), Created: c.Created, Updated: c.Updated,
		Provider: c.Provider, Resource: c.Bucket, DisplayName: c.Name, CredentialsType: "KEY_SECRET_KEY_PAIR",
		Attributes: c.Attributes, Description: c.Description, Organization: c.Org,
	}
}

// createCloudStorage takes buckets that are directories below buckets/; any other is refused as CVAT
// refuses one that it cannot reach (A100).
func (s *Server) createCloudStorage(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	f := form{body: b}
	c := storage.CloudStorage{Owner: q.who.id, Manifests: "[]"}
	c.Name, _ = f.text("display_name", text{max: 63, required: true})
	c.Bucket, _ = f.text("resource", text{max: 222, required: true})
	c.Provider, _ = f.text("provider_type", text{required: true})
	c.Attributes, _ = f.text("specific_attributes", text{max: 1024, blank: true})
	c.Description, _ = f.text("description", text{blank: true})
	manifests, _ := f.texts("manifests")
	if err := f.err(); err != nil {
		return answer{}, err
	}
	if _, err := s.store.Dir.Entries(storage.BucketPlace(path.Base(c.Bucket)), ""); err != nil {
		return answer{}, plain(http.StatusBadRequest, "resource: The resource %s not found. It may have been deleted.", c.Bucket)
	}
	for _, m := range manifests {
		if !s.store.Dir.Has(storage.BucketPlace(c.Bucket), m) {
			return answer{}, plain(http.StatusBadRequest, "manifests: The '%s' file does not exist on '%s' cloud storage", m, c.Bucket)
		}
	}
	if manifests != nil {
		c.Manifests = string(storage.EncodeJSON(manifests))
	}
	if q.org.org != nil {
		c.Org = &q.org.org.id
	}
	id, err := s.store.InsertCloudStorage(q.ctx, c)
	if err != nil {
		return answer{}, err
	}
	made, err := s.store.CloudStorage(q.ctx, id)
	if err != nil {
		return answer{}, err
	}
	return reply(http.StatusCreated, s.cloudStorageJSON(q, *made)), nil
}

// listCloudStorages lists those of the workspace.
func (s *Server) listCloudStorages(q *query) (answer, error) {
	w := &where{}
	s.visible(q, w, "c.org_id", "c.owner_id")
	for param, column := range map[string]string{"display_name": "c.display_name", "resource": "c.resource"} {
		if v := q.URL.Query().Get(param); v != "" {
			w.add(column+" = ?", v)
		}
	}
	found, err := s.store.CloudStorages(q.ctx, w.String(), w.args...)
	if err != nil {
		return answer{}, err
	}
	if strings.HasPrefix(q.URL.Query().Get("sort"), "-") || q.URL.Query().Get("sort") == "" {
		slices.Reverse(found)
	}
	var all []any
	for _, c := range found {
		all = append(all, s.cloudStorageJSON(q, c))
	}
	return q.page(all)
}

// myCloudStorage finds a storage that the caller may use; of whatever workspace (A101).
func (s *Server) myCloudStorage(q *query, id int) (*storage.CloudStorage, error) {
	c, err := s.store.CloudStorage(q.ctx, id)
	switch {
	case err != nil:
		return nil, err
	case c == nil:
		return nil, notFound("CloudStorage", id)
	case !s.mayUse(q, owned{c.Org, []*int{&c.Owner}}):
		return nil, forbidden()
	}
	return c, nil
}

func (s *Server) getCloudStorage(q *query) (answer, error) {
	c, err := s.myCloudStorage(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return ok(s.cloudStorageJSON(q, *c)), nil
}

// mostContent is the most names that a page has, whatever is asked for (A102).
const mostContent = 500

type contentJSON struct {
	Next    *string    `json:"next"`
	Content []fileJSON `json:"content"`
}

type fileJSON struct {
	Name string `json:"name"`
	Type string `json:"type"`
	MIME string `json:"mime_type"`
}

func fileOf(e storage.Entry) fileJSON {
	if e.IsDir {
		return fileJSON{e.Name, "DIR", "DIR"}
	}
	return fileJSON{e.Name, "REG", importer.MIMEOf(e.Name)}
}

// getContent lists one directory of a bucket by names alone; what does not begin with the prefix's last part is left
// out, and a directory that is not there is empty (A102). Of a manifest it lists what that names (A103).
func (s *Server) getContent(q *query) (answer, error) {
	c, err := s.myCloudStorage(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	params := q.URL.Query()
	dir, begins := path.Split(params.Get("prefix"))
	var entries []storage.Entry
	if list := params.Get("manifest_path"); list != "" {
		entries, err = importer.ListedIn(s.store.Dir, storage.BucketPlace(c.Bucket), list, dir)
		if err != nil {
			return answer{}, plain(http.StatusNotFound, "The file '%s' not found on the cloud storage '%s'", list, c.Bucket)
		}
	} else if entries, err = s.store.Dir.Entries(storage.BucketPlace(c.Bucket), strings.TrimSuffix(dir, "/")); err != nil {
		entries = nil
	}
	entries = slices.DeleteFunc(entries, func(e storage.Entry) bool { return !strings.HasPrefix(e.Name, begins) })
	return ok(contentPage(entries, params.Get("next_token"), params.Get("page_size"))), nil
}

func contentPage(entries []storage.Entry, token, size string) contentJSON {
	first, _ := strconv.Atoi(token) // our own
	n, err := strconv.Atoi(size)
	if err != nil || n < 1 || n > mostContent {
		n = mostContent
	}
	p := contentJSON{Content: []fileJSON{}}
	first = min(max(first, 0), len(entries))
	last := min(first+n, len(entries))
	for _, e := range entries[first:last] {
		p.Content = append(p.Content, fileOf(e))
	}
	if last < len(entries) {
		next := strconv.Itoa(last)
		p.Next = &next
	}
	return p
}

// getShare lists one directory of the share, directories first (A109).
func (s *Server) getShare(q *query) (answer, error) {
	dir := q.URL.Query().Get("directory")
	clean := strings.TrimPrefix(path.Clean("/"+dir), "/")
	entries, err := s.store.Dir.Entries(storage.SharePlace, clean)
	if err != nil && (clean != "" || !os.IsNotExist(err)) || strings.HasPrefix(dir, "..") {
		return answer{}, quoted(http.StatusBadRequest, "%s is an invalid directory", dir)
	}
	slices.SortStableFunc(entries, func(a, b storage.Entry) int {
		switch {
		case a.IsDir == b.IsDir:
			return 0
		case a.IsDir:
			return -1
		}
		return 1
	})
	all := []fileJSON{}
	for _, e := range entries {
		if strings.Contains(e.Name, q.URL.Query().Get("search")) {
			all = append(all, fileOf(e))
		}
	}
	return ok(all), nil
}

// served checks the files of a request that the server is to read by itself, and where they are.
// Names that the task knows already, or that come twice, make CVAT crash (A104); others are added (A105).
func (s *Server) served(q *query, p *importer.Params, known []string) error {
	if p.CloudStorageID != nil {
		c, err := s.store.CloudStorage(q.ctx, *p.CloudStorageID)
		switch {
		case err != nil:
			return err
		case c == nil:
			return listed("CloudStorage matching query does not exist.")
		case !s.mayUse(q, owned{c.Org, []*int{&c.Owner}}):
			return forbidden()
		}
		p.Bucket = c.Bucket
	}
	have := make(map[string]bool, len(known)+len(p.ServerFiles))
	for _, name := range known {
		have[name] = true
	}
	for _, name := range p.ServerFiles {
		if have[name] {
			return crashed()
		}
		have[name] = true
	}
	return nil
}

// readServed is the answer to an image that is no longer where it was: CVAT keeps no copy of it (A106).
func readServed(f storage.Source, err error) error {
	bucket, inBucket := strings.CutPrefix(f.Place, storage.BucketPlace(""))
	switch {
	case f.Place == "" || !os.IsNotExist(err):
		return err
	case inBucket:
		return quoted(http.StatusNotFound, "The file '%s' not found on the cloud storage '%s'", f.Name, bucket)
	}
	return fmt.Errorf("%s: %w", f.Name, err)
}
