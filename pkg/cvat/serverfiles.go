package cvat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
)

// A CloudStorage is a bucket that CVAT can read by itself.
type CloudStorage struct {
	ID          int      `json:"id"`
	DisplayName string   `json:"display_name"` // not unique
	Resource    string   `json:"resource"`     // the bucket
	Provider    string   `json:"provider_type"`
	Attributes  string   `json:"specific_attributes"` // a query string: endpoint_url, region, prefix
	Manifests   []string `json:"manifests"`           // keys of manifests that are registered with it
}

// Prefix is where the keys begin that CVAT takes of the storage; "" is all of it. Keys are
// full ones all the same.
func (s CloudStorage) Prefix() string {
	attributes, _ := url.ParseQuery(s.Attributes)
	return attributes.Get("prefix")
}

// ListCloudStorages returns the storages of the workspace, by ascending id.
//
//cvat:operation GET /api/cloudstorages
func (c *Client) ListCloudStorages(ctx context.Context) ([]CloudStorage, error) {
	return list(ctx, c, "/api/cloudstorages", "id", nil, func(s CloudStorage) int { return s.ID })
}

// CloudStoragesEverywhere returns the storages of all workspaces that the user can see, by ascending id. It is for clients
// without an organization: others see their own alone.
//
//cvat:operation GET /api/cloudstorages
func (c *Client) CloudStoragesEverywhere(ctx context.Context) ([]CloudStorage, error) {
	query := url.Values{"org": nil} // no org= at all: every workspace
	return list(ctx, c, "/api/cloudstorages", "id", query, func(s CloudStorage) int { return s.ID })
}

// CloudStorage returns one storage, of whatever workspace: [ErrNotFound] if there is none,
// [ErrNotAuthorised] if it is somebody else's.
//
//cvat:operation GET /api/cloudstorages/{id}
func (c *Client) CloudStorage(ctx context.Context, id int) (*CloudStorage, error) {
	return one[CloudStorage](ctx, c, get(fmt.Sprintf("/api/cloudstorages/%d", id), nil))
}

// A ServerFile is a file or directory that CVAT can read by itself. More than its name CVAT
// does not tell: no size, no date, no ETag.
type ServerFile struct {
	Name string `json:"name"` // without the directory that it is in
	Type string `json:"type"` // REG or DIR
}

// IsDir tells directories.
func (f ServerFile) IsDir() bool { return f.Type == "DIR" }

const (
	contentPage = 500       // the most that CVAT gives at once
	maxContent  = 5_000_000 // names in a directory: more is a server that lies
)

// CloudContent gives visit the names of one directory of a storage, page by page; dir is a full
// key, with a slash at its end unless it is "", the root. A directory that is not there has no
// names. Of a manifest, a key of the storage, it gives the names that that lists; "" is none.
// A page is 500 names, and takes CVAT 0.1 to 2 s.
//
//cvat:operation GET /api/cloudstorages/{id}/content-v2
func (c *Client) CloudContent(ctx context.Context, id int, dir, manifest string, visit func([]ServerFile) error) error {
	query := url.Values{"page_size": {strconv.Itoa(contentPage)}}
	if dir != "" {
		query.Set("prefix", dir)
	}
	if manifest != "" {
		query.Set("manifest_path", manifest)
	}
	for total := 0; ; {
		page, err := c.contentPage(ctx, id, query)
		if err != nil {
			return err
		}
		if total += len(page.Content); total > maxContent {
			return fmt.Errorf("cloud storage %d: more than %d names in %q", id, maxContent, dir)
		}
		if err := visit(page.Content); err != nil {
			return err
		}
		next := ""
		if page.Next != nil {
			next = *page.Next
		}
		if next == "" {
			return nil
		}
		if next == query.Get("next_token") {
			return &answerError{Method: http.MethodGet, Path: contentPath(id), Reason: "its pages do not end"}
		}
		query.Set("next_token", next)
	}
}

// CloudListed returns one page of the names that a manifest, a key of a storage, has below a prefix, without the prefix's
// directory: from the one of this number on, counted from 0, in CVAT's natural order with directories first. There are none
// where it has fewer. CVAT reads the whole manifest for each page: 2 s for one of 50,000 images (2.73).
//
//cvat:operation GET /api/cloudstorages/{id}/content-v2
func (c *Client) CloudListed(ctx context.Context, id int, manifest, prefix string, first int) ([]ServerFile, error) {
	page, err := c.contentPage(ctx, id, url.Values{
		"page_size": {strconv.Itoa(contentPage)}, "manifest_path": {manifest}, "prefix": {prefix}, "next_token": {strconv.Itoa(first)},
	})
	if err != nil {
		return nil, err
	}
	return page.Content, nil
}

// CloudObject says whether a full key of a storage is an object or a directory; exists is false where it is neither.
//
//cvat:operation GET /api/cloudstorages/{id}/content-v2
func (c *Client) CloudObject(ctx context.Context, id int, key string) (isDir, exists bool, err error) {
	within, err := c.contentPage(ctx, id, url.Values{"page_size": {"1"}, "prefix": {key + "/"}})
	if err != nil || len(within.Content) > 0 {
		return true, true, err
	}
	page, err := c.contentPage(ctx, id, url.Values{"page_size": {"2"}, "prefix": {key}})
	if err != nil {
		return false, false, err
	}
	for _, f := range page.Content { // the key itself is the first that begins with it
		if !f.IsDir() && f.Name == path.Base(key) {
			return false, true, nil
		}
	}
	return false, false, nil
}

// contents are one page of a storage.
type contents struct {
	Next    *string      `json:"next"`
	Content []ServerFile `json:"content"`
}

func contentPath(id int) string { return fmt.Sprintf("/api/cloudstorages/%d/content-v2", id) }

func (c *Client) contentPage(ctx context.Context, id int, query url.Values) (*contents, error) {
	return one[contents](ctx, c, get(contentPath(id), query))
}

// ShareContent returns the names of one directory of CVAT's share; "" is its root. [ErrNotFound]
// says that there is no such directory.
//
//cvat:operation GET /api/server/share
func (c *Client) ShareContent(ctx context.Context, dir string) ([]ServerFile, error) {
	files, err := one[[]ServerFile](ctx, c, get("/api/server/share", url.Values{"directory": {dir}}))
	var api *APIError
	if errors.As(err, &api) && api.Status == http.StatusBadRequest && strings.Contains(api.Detail, "invalid directory") {
		return nil, fmt.Errorf("share directory %q: %w", dir, ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	return *files, nil
}

// ImportServerFiles starts the import of files that the server reads by itself: p.ServerFiles,
// of its share, or of the storage p.CloudStorageID. It is not safe to repeat: names that a task
// knows already are a 500 (CVAT 2.73), and others are added to them. After a failed import, and
// where nothing is known of what an earlier request came to, read the task: one that has data
// knows its files, and [Client.FinishUpload] without ServerFiles starts their import.
// [ErrAlreadyImported] and [ErrBusy] are as for FinishUpload.
//
//cvat:operation POST /api/tasks/{id}/data/
func (c *Client) ImportServerFiles(ctx context.Context, taskID int, p DataParams) (rqID string, err error) {
	return c.startImport(ctx, post(dataPath(taskID), p), taskID)
}
