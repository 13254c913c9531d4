package sandbox

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/api"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A client speaks to a server as a test wants: everything goes, nothing is checked.
type client struct {
	t    testing.TB
	s    *Server
	http *http.Client
	auth string
	host string // what requests say the server is named; "" is sandbox
}

func start(t testing.TB, o Options) *client {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return &client{t: t, s: s, http: &http.Client{Transport: &http.Transport{DialContext: s.DialContext}}, auth: "Bearer " + api.AccessToken}
}

// A result is what a server answered.
type result struct {
	status int
	header http.Header
	body   string
}

func (c *client) send(method, path string, body io.Reader, header ...string) result {
	c.t.Helper()
	req, err := http.NewRequest(method, "http://sandbox"+path, body)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Host = c.host
	if c.auth != "" {
		req.Header.Set("Authorization", c.auth)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return result{resp.StatusCode, resp.Header, string(b)}
}

func (c *client) get(path string) result { c.t.Helper(); return c.send("GET", path, nil) }

func (c *client) json(method, path, body string, header ...string) result {
	c.t.Helper()
	return c.send(method, path, strings.NewReader(body), append(header, "Content-Type", "application/json")...)
}

// want checks a status and that the body holds a text.
func (r result) want(t testing.TB, status int, text string) result {
	t.Helper()
	if r.status != status || !strings.Contains(r.body, text) {
		t.Fatalf("got %d %.400s\nwant %d with %s", r.status, r.body, status, text)
	}
	return r
}

func (r result) decode(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		t.Fatalf("%v in %.300s", err, r.body)
	}
	return v
}

// newTask makes a task and returns its id.
func (c *client) newTask(body string) int {
	c.t.Helper()
	return int(c.json("POST", "/api/tasks", body).want(c.t, 201, `"id"`).decode(c.t)["id"].(float64))
}

// tus sends a whole file and returns the status of its creation.
func (c *client) tus(task int, name string, content []byte) int {
	c.t.Helper()
	r := c.createTUS(task, name, len(content))
	if r.status != 201 {
		return r.status
	}
	c.patchTUS(r.header.Get("Location"), 0, content).want(c.t, 204, "")
	return r.status
}

func (c *client) createTUS(task int, name string, length int) result {
	c.t.Helper()
	return c.send("POST", fmt.Sprintf("/api/tasks/%d/data/", task), nil,
		"Upload-Length", fmt.Sprint(length), "Upload-Metadata", "filename "+base64.StdEncoding.EncodeToString([]byte(name)))
}

func (c *client) patchTUS(location string, offset int, content []byte) result {
	c.t.Helper()
	return c.send("PATCH", location[strings.Index(location, "/api/"):], bytes.NewReader(content),
		"Upload-Offset", fmt.Sprint(offset), "Content-Type", "application/offset+octet-stream")
}

// multiple sends files by Upload-Multiple.
func (c *client) multiple(task int, files ...file) result {
	c.t.Helper()
	body, ctype := multipartOf(nil, files)
	return c.send("POST", fmt.Sprintf("/api/tasks/%d/data", task), body, "Content-Type", ctype, "Upload-Multiple", "true")
}

type file struct {
	name    string
	content []byte
}

func multipartOf(fields [][2]string, files []file) (io.Reader, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		_ = w.WriteField(f[0], f[1])
	}
	for i, f := range files {
		part, _ := w.CreateFormFile(fmt.Sprintf("client_files[%d]", i), f.name)
		_, _ = part.Write(f.content)
	}
	_ = w.Close()
	return &b, w.FormDataContentType()
}

func (c *client) finish(task int, params string) result {
	c.t.Helper()
	return c.json("POST", fmt.Sprintf("/api/tasks/%d/data", task), params, "Upload-Finish", "true")
}

func (c *client) request(task int) result {
	c.t.Helper()
	return c.get("/api/requests/" + storage.RequestID(task))
}

// wait waits for an import's end and returns its status and message.
func (c *client) wait(task int) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		r := c.request(task).want(c.t, 200, "").decode(c.t)
		if s := r["status"]; s == "finished" || s == "failed" {
			return fmt.Sprintf("%s %s", s, r["message"])
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			c.t.Fatalf("import of task %d does not end", task)
		}
	}
}

// imported finishes an upload, waits, and returns status and message.
func (c *client) imported(task int, params string) string {
	c.t.Helper()
	c.finish(task, params).want(c.t, 202, storage.RequestID(task))
	return c.wait(task)
}

// names are the frames' names.
func (c *client) names(task int) []string {
	c.t.Helper()
	var m struct{ Frames []struct{ Name string } }
	if err := json.Unmarshal([]byte(c.get(fmt.Sprintf("/api/tasks/%d/data/meta", task)).want(c.t, 200, "").body), &m); err != nil {
		c.t.Fatal(err)
	}
	var names []string
	for _, f := range m.Frames {
		names = append(names, f.Name)
	}
	return names
}

// picture is a small JPEG; every seed makes another one.
func picture(seed int) []byte {
	img := image.NewRGBA(image.Rect(0, 0, 16, 12))
	for i := range img.Pix {
		img.Pix[i] = byte(i * (seed + 1))
	}
	img.Set(0, 0, color.RGBA{byte(seed), byte(seed >> 8), 9, 255})
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}

// archiveOf is a stored zip.
func archiveOf(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.name, Method: zip.Store})
		if err == nil {
			_, err = w.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
