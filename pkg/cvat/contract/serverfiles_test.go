package contract

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A bucket is a cloud storage of the server, and the directory in which its objects are files.
type bucket struct {
	*suite
	id  int
	dir string
	set string // where this question's keys begin, with a slash at its end
}

// bucket is for one question. Of a CVAT it must be said where one is: CVAT_TEST_CLOUD_STORAGE is its id, and
// CVAT_TEST_BUCKET_DIR the directory that the S3 server serves.
func (s *suite) bucket(t *testing.T) *bucket {
	t.Helper()
	b := &bucket{suite: s, dir: os.Getenv("CVAT_TEST_BUCKET_DIR"), set: s.name() + "/"}
	b.id, _ = strconv.Atoi(os.Getenv("CVAT_TEST_CLOUD_STORAGE"))
	if s.embedded != nil {
		b.dir = filepath.Join(s.embedded.Dir, "buckets", "lab")
		if err := os.MkdirAll(b.dir, 0o755); err != nil {
			t.Fatal(err)
		}
		e := s.raw(t, "POST", "/api/cloudstorages", `{"display_name":"lab","resource":"lab","provider_type":"AWS_S3_BUCKET"}`)
		e.want(t, 201, "")
		b.id = int(decoded(e.body).(object)["id"].(float64))
	}
	if b.id == 0 || b.dir == "" {
		t.Skip("set CVAT_TEST_CLOUD_STORAGE and CVAT_TEST_BUCKET_DIR")
	}
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(b.dir, b.set)) })
	return b
}

// put makes objects of images, and gives their keys.
func (b *bucket) put(t *testing.T, names ...string) []string {
	t.Helper()
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = b.set + name
		b.write(t, name, picture(i))
	}
	return keys
}

func (b *bucket) write(t *testing.T, name string, data []byte) {
	t.Helper()
	file := filepath.Join(b.dir, b.set, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func (b *bucket) params(keys ...string) cvat.DataParams {
	return cvat.DataParams{ImageQuality: 70, SortingMethod: "predefined", UseCache: true, CloudStorageID: &b.id, ServerFiles: keys}
}

// begun starts an import of keys in a new task.
func (b *bucket) begun(t *testing.T, keys ...string) (task int) {
	t.Helper()
	task = b.task(t).ID
	if _, err := b.ImportServerFiles(t.Context(), task, b.params(keys...)); err != nil {
		t.Fatal(err)
	}
	return task
}

// again starts the import once more, without the keys.
func (b *bucket) again(t *testing.T, task int) *cvat.Request {
	t.Helper()
	return b.finish(t, task, b.params())
}

func (b *bucket) list(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := b.CloudContent(t.Context(), b.id, dir, "", func(page []cvat.ServerFile) error {
		for _, f := range page {
			names = append(names, f.Name+map[bool]string{true: "/"}[f.IsDir()])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func failedWith(t *testing.T, r *cvat.Request, text string) {
	t.Helper()
	if r.Status != cvat.StatusFailed || !strings.Contains(r.Message, text) {
		t.Errorf("%s: %s, want %s", r.Status, r.Message, text)
	}
}

var serverFileQuestions = []question{
	{290, "a cloud storage whose bucket is not there is refused, in bare text", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		have, err := s.CloudStorage(t.Context(), b.id)
		if err != nil {
			t.Fatal(err)
		}
		e := s.raw(t, "POST", "/api/cloudstorages", text(object{
			"display_name": "none", "resource": "no-such-bucket", "provider_type": "AWS_S3_BUCKET", "credentials_type": "KEY_SECRET_KEY_PAIR", "key": "k", "secret_key": "s", "specific_attributes": have.Attributes,
		}))
		if e.status != 400 || !strings.Contains(e.body, "esource") {
			t.Errorf("%d %s", e.status, e.body)
		}
	}},
	{291, "a cloud storage is found by its names and by its id, and one that is not there is 404", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		all, err := s.ListCloudStorages(t.Context())
		if err != nil || !slices.ContainsFunc(all, func(c cvat.CloudStorage) bool { return c.ID == b.id && c.Resource == "lab" }) {
			t.Errorf("%+v, %v", all, err)
		}
		if _, err := s.CloudStorage(t.Context(), 1073741824); !errors.Is(err, cvat.ErrNotFound) {
			t.Error(err)
		}
		if s.embedded == nil {
			return // as another user would be needed
		}
		if _, err := s.embedded.Sandbox.AddUser(t.Context(), "bucketless", "bucketless"); err != nil {
			t.Fatal(err)
		}
		basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("bucketless:bucketless"))
		for _, of := range []string{"", "/content-v2"} {
			s.raw(t, "GET", fmt.Sprintf("/api/cloudstorages/%d%s", b.id, of), "", "Authorization", basic).want(t, 403, "")
		}
	}},
	{292, "a page of a storage is one directory's names, 500 at most; what is not there is empty", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		b.put(t, "a/1.jpg", "a/10.jpg", "a/b/2.jpg", "c.jpg", "a.jpg")
		for dir, want := range map[string][]string{"": {"a.jpg", "a/", "c.jpg"}, "a/": {"1.jpg", "10.jpg", "b/"}, "none/": nil} {
			if diff := cmp.Diff(want, b.list(t, b.set+dir)); diff != "" {
				t.Errorf("%q: %s", dir, diff)
			}
		}
		for key, want := range map[string][2]bool{"a": {true, true}, "c.jpg": {false, true}, "c": {false, false}, "a.jpg": {false, true}} {
			if isDir, exists, err := s.CloudObject(t.Context(), b.id, b.set+key); err != nil || [2]bool{isDir, exists} != want {
				t.Errorf("%s: directory %v, there %v, %v", key, isDir, exists, err)
			}
		}
		query := url.Values{"prefix": {b.set + "a/"}, "page_size": {"2"}}
		e := s.raw(t, "GET", fmt.Sprintf("/api/cloudstorages/%d/content-v2?%s", b.id, query.Encode()), "")
		var page struct {
			Next    *string
			Content []map[string]any
		}
		if err := json.Unmarshal([]byte(e.body), &page); err != nil || page.Next == nil || len(page.Content) != 2 {
			t.Errorf("%s: %v", e.body, err)
		}
		for _, f := range page.Content {
			if len(f) != 3 { // name, type, mime_type: neither size, date nor ETag
				t.Errorf("%v", f)
			}
		}
	}},
	{293, "a list of images among the keys keeps their order, is believed, and must have all of them", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		keys := b.put(t, "10.jpg", "2.jpg", "more.jpg")
		b.write(t, "manifest.jsonl", []byte("{\"version\":\"1.1\"}\n{\"type\":\"images\"}\n"+
			`{"name":"2","extension":".jpg","width":999,"height":48}`+"\n"+`{"name":"10","extension":".jpg","width":64,"height":48}`+"\n"))
		list := b.set + "manifest.jsonl"
		var listed []string
		err := s.CloudContent(t.Context(), b.id, b.set, list, func(page []cvat.ServerFile) error {
			for _, f := range page {
				listed = append(listed, f.Name)
			}
			return nil
		})
		slices.Sort(listed)
		if err != nil || !slices.Equal(listed, []string{"10.jpg", "2.jpg"}) {
			t.Errorf("%q, %v", listed, err)
		}
		for want, ask := range map[string]struct {
			prefix string
			first  int
		}{"2.jpg 10.jpg": {b.set, 0}, "10.jpg": {b.set, 1}, "": {b.set, 2}, "2.jpg": {keys[1], 0}} {
			page, err := s.CloudListed(t.Context(), b.id, list, ask.prefix, ask.first)
			var names []string
			for _, f := range page {
				names = append(names, f.Name)
			}
			if got := strings.Join(names, " "); err != nil || got != want {
				t.Errorf("%+v: %q, %v, want %q", ask, got, err, want)
			}
		}
		task := b.begun(t, keys[0], keys[1], list)
		if r := s.end(t, task); r.Status != cvat.StatusFinished {
			t.Fatal(r.Message)
		}
		meta, err := s.DataMeta(t.Context(), task)
		if err != nil || meta.Frames[0].Name != keys[0] || meta.Frames[1].Width != 999 {
			t.Errorf("%+v, %v", meta, err)
		}
		failedWith(t, s.end(t, b.begun(t, keys[0], keys[2], list)), "Uploaded files do no match the upload manifest file contents")
	}},
	{294, "a key that comes twice is a 500, and so is one that a failed import knows; the task stays as it was", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		keys := b.put(t, "1.jpg")
		task := s.task(t).ID
		if _, err := s.ImportServerFiles(t.Context(), task, b.params(keys[0], keys[0])); !errors.Is(err, cvat.ErrUnknownOutcome) {
			t.Error(err)
		}
		if now, err := s.Task(t.Context(), task); err != nil || now.HasData() {
			t.Errorf("%+v, %v", now, err)
		}
		task = b.begun(t, keys[0], b.set+"none.jpg")
		failedWith(t, s.end(t, task), "NotFound: The file '"+b.set+"none.jpg' not found on the cloud storage")
		if _, err := s.ImportServerFiles(t.Context(), task, b.params(keys[0], b.set+"none.jpg")); !errors.Is(err, cvat.ErrUnknownOutcome) {
			t.Error(err)
		}
		if now, err := s.Task(t.Context(), task); err != nil || !now.HasData() || now.Imported() {
			t.Errorf("%+v, %v", now, err)
		}
	}},
	{295, "other keys are added to those of a failed import", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		keys := b.put(t, "1.jpg", "2.jpg")
		task := b.begun(t, keys[0], b.set+"late.jpg")
		failedWith(t, s.end(t, task), "NotFound")
		b.put(t, "1.jpg", "late.jpg")
		if _, err := s.ImportServerFiles(t.Context(), task, b.params(keys[1])); err != nil {
			t.Fatal(err)
		}
		s.end(t, task)
		if got := s.frames(t, task); !slices.Equal(got, []string{keys[0], b.set + "late.jpg", keys[1]}) {
			t.Errorf("%q", got)
		}
	}},
	{296, "an object that is gone is 404 where its image was not shown yet", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		keys := b.put(t, "1.jpg")
		task := b.begun(t, keys...)
		s.end(t, task)
		if err := os.Remove(filepath.Join(b.dir, keys[0])); err != nil {
			t.Fatal(err)
		}
		e := s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/data/?type=frame&quality=original&number=0", task), "")
		if e.status != 404 || !strings.Contains(e.body, "not found on the cloud storage") {
			t.Errorf("%d %s", e.status, e.body)
		}
	}},
	{297, "a failed import of keys starts again without them, and ends well once the objects are", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		keys := b.put(t, "2.jpg", "1.jpg")
		b.write(t, "1.jpg", []byte("no image"))
		task := b.begun(t, keys...)
		failedWith(t, s.end(t, task), "InvalidImageError")
		b.write(t, "1.jpg", picture(1))
		if r := b.again(t, task); r.Status != cvat.StatusFinished {
			t.Errorf("%+v", r)
		}
		if got := s.frames(t, task); !slices.Equal(got, keys) {
			t.Errorf("%q", got)
		}
	}},
	{298, "keys are frames under their full names, in the order that was given, whatever is in them", func(t *testing.T, s *suite) {
		b := s.bucket(t)
		keys := b.put(t, "run 1/10.jpg", "run 1/2.jpg", "b#é.jpg")
		task := b.begun(t, keys...)
		if r := s.end(t, task); r.Status != cvat.StatusFinished {
			t.Fatal(r.Message)
		}
		if got := s.frames(t, task); !slices.Equal(got, keys) {
			t.Errorf("%q", got)
		}
		if now, err := s.Task(t.Context(), task); err != nil || now.Mode != "annotation" {
			t.Errorf("%+v, %v", now, err)
		}
		if got := s.original(t, task, 1); !slices.Equal(got, picture(1)) {
			t.Error("the original is another")
		}
		if _, err := s.ImportServerFiles(t.Context(), task, b.params(keys...)); !errors.Is(err, cvat.ErrAlreadyImported) {
			t.Error(err)
		}
	}},
	{299, "the share lists a directory by names, directories first, and its files are frames by their paths; what is not there is 400", func(t *testing.T, s *suite) {
		set := strings.TrimSuffix(s.share(t, map[string][]byte{"z/1.jpg": picture(0), "a.jpg": picture(1)}), "/")
		files, err := s.ShareContent(t.Context(), set)
		if err != nil || len(files) != 2 || files[0] != (cvat.ServerFile{Name: "z", Type: "DIR"}) || files[1].Name != "a.jpg" {
			t.Errorf("%+v, %v", files, err)
		}
		if _, err := s.ShareContent(t.Context(), set+"/none"); !errors.Is(err, cvat.ErrNotFound) {
			t.Error(err)
		}
		task := s.task(t).ID
		names := []string{path.Join(set, "z/1.jpg"), path.Join(set, "a.jpg")}
		if _, err := s.ImportServerFiles(t.Context(), task, cvat.DataParams{ImageQuality: 70, SortingMethod: "predefined", UseCache: true, ServerFiles: names}); err != nil {
			t.Fatal(err)
		}
		if r := s.end(t, task); r.Status != cvat.StatusFinished || !slices.Equal(s.frames(t, task), names) {
			t.Errorf("%+v", r)
		}
	}},
}

// share makes files on the server's share, and gives the path of their directory there, with a slash at its end.
func (s *suite) share(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := os.Getenv("CVAT_TEST_SHARE")
	if s.embedded != nil {
		dir = filepath.Join(s.embedded.Dir, "share")
	}
	if dir == "" {
		t.Skip("set CVAT_TEST_SHARE")
	}
	set := s.name()
	t.Cleanup(func() { _ = os.RemoveAll(filepath.Join(dir, set)) })
	for name, data := range files {
		file := filepath.Join(dir, set, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, data, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return set + "/"
}
