package cvat

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// calls are all methods that send something, each with what makes it send.
var calls = map[string]func(context.Context, *Client) error{
	"About":                func(ctx context.Context, c *Client) error { _, err := c.About(ctx); return err },
	"Clock":                func(ctx context.Context, c *Client) error { _, err := c.Clock(ctx); return err },
	"Login":                func(ctx context.Context, c *Client) error { return c.Login(ctx, "a", NewSecret("b")) },
	"Self":                 func(ctx context.Context, c *Client) error { _, err := c.Self(ctx); return err },
	"AccessTokenSelf":      func(ctx context.Context, c *Client) error { _, err := c.AccessTokenSelf(ctx); return err },
	"FindUser":             func(ctx context.Context, c *Client) error { _, err := c.FindUser(ctx, "a"); return err },
	"Organizations":        func(ctx context.Context, c *Client) error { _, err := c.Organizations(ctx); return err },
	"Role":                 func(ctx context.Context, c *Client) error { _, err := c.Role(ctx, "a"); return err },
	"ListProjects":         func(ctx context.Context, c *Client) error { _, err := c.ListProjects(ctx, "a"); return err },
	"Project":              func(ctx context.Context, c *Client) error { _, err := c.Project(ctx, 1); return err },
	"CreateProject":        func(ctx context.Context, c *Client) error { _, err := c.CreateProject(ctx, "a", "", nil); return err },
	"ProjectsEverywhere":   func(ctx context.Context, c *Client) error { _, err := c.ProjectsEverywhere(ctx, "a"); return err },
	"SetProjectBugTracker": func(ctx context.Context, c *Client) error { return c.SetProjectBugTracker(ctx, 1, "") },
	"Users":                func(ctx context.Context, c *Client) error { _, err := c.Users(ctx); return err },
	"DeleteProject":        func(ctx context.Context, c *Client) error { return c.DeleteProject(ctx, 1) },
	"Labels":               func(ctx context.Context, c *Client) error { _, err := c.Labels(ctx, 1); return err },
	"AddLabels":            func(ctx context.Context, c *Client) error { return c.AddLabels(ctx, 1, nil) },
	"ListTasks":            func(ctx context.Context, c *Client) error { _, err := c.ListTasks(ctx, TaskFilter{}); return err },
	"Task":                 func(ctx context.Context, c *Client) error { _, err := c.Task(ctx, 1); return err },
	"CreateTask":           func(ctx context.Context, c *Client) error { _, err := c.CreateTask(ctx, NewTask{}); return err },
	"UpdateLabels":         func(ctx context.Context, c *Client) error { return c.UpdateLabels(ctx, 1, nil) },
	"UpdateTask":           func(ctx context.Context, c *Client) error { return c.UpdateTask(ctx, 1, TaskUpdate{}) },
	"SetBugTracker":        func(ctx context.Context, c *Client) error { return c.SetBugTracker(ctx, 1, "") },
	"DeleteTask":           func(ctx context.Context, c *Client) error { return c.DeleteTask(ctx, 1) },
	"Jobs":                 func(ctx context.Context, c *Client) error { _, err := c.Jobs(ctx, JobFilter{}); return err },
	"UpdateJob":            func(ctx context.Context, c *Client) error { return c.UpdateJob(ctx, 1, JobUpdate{}) },
	"Guide":                func(ctx context.Context, c *Client) error { _, err := c.Guide(ctx, 1); return err },
	"CreateGuide":          func(ctx context.Context, c *Client) error { _, err := c.CreateGuide(ctx, 1, ""); return err },
	"SetGuide":             func(ctx context.Context, c *Client) error { return c.SetGuide(ctx, 1, "") },
	"AddAsset": func(ctx context.Context, c *Client) error {
		_, err := c.AddAsset(ctx, 1, "a.gif", "image/gif", nil)
		return err
	},
	"CheckAsset":              func(ctx context.Context, c *Client) error { return c.CheckAsset(ctx, "u") },
	"Annotations":             func(ctx context.Context, c *Client) error { _, err := c.Annotations(ctx, 1); return err },
	"JobAnnotations":          func(ctx context.Context, c *Client) error { _, err := c.JobAnnotations(ctx, 1); return err },
	"AddAnnotations":          func(ctx context.Context, c *Client) error { return c.AddAnnotations(ctx, 1, &Annotations{}) },
	"DeleteShapes":            func(ctx context.Context, c *Client) error { return c.DeleteShapes(ctx, 1, nil) },
	"ValidationLayout":        func(ctx context.Context, c *Client) error { _, err := c.ValidationLayout(ctx, 1); return err },
	"ExportFormats":           func(ctx context.Context, c *Client) error { _, err := c.ExportFormats(ctx); return err },
	"Export":                  func(ctx context.Context, c *Client) error { _, err := c.Export(ctx, 1, "COCO 1.0", nil); return err },
	"DataMeta":                func(ctx context.Context, c *Client) error { _, err := c.DataMeta(ctx, 1); return err },
	"Frame":                   func(ctx context.Context, c *Client) error { _, err := c.Frame(ctx, 1, 0); return err },
	"FinishUpload":            func(ctx context.Context, c *Client) error { _, err := c.FinishUpload(ctx, 1, DataParams{}); return err },
	"ListCloudStorages":       func(ctx context.Context, c *Client) error { _, err := c.ListCloudStorages(ctx); return err },
	"CloudStorage":            func(ctx context.Context, c *Client) error { _, err := c.CloudStorage(ctx, 1); return err },
	"CloudStoragesEverywhere": func(ctx context.Context, c *Client) error { _, err := c.CloudStoragesEverywhere(ctx); return err },
	"CloudObject":             func(ctx context.Context, c *Client) error { _, _, err := c.CloudObject(ctx, 1, "a"); return err },
	"CloudListed": func(ctx context.Context, c *Client) error {
		_, err := c.CloudListed(ctx, 1, "a.jsonl", "a/", 0)
		return err
	},
	"ShareContent": func(ctx context.Context, c *Client) error { _, err := c.ShareContent(ctx, "a"); return err },
	"CloudContent": func(ctx context.Context, c *Client) error {
		return c.CloudContent(ctx, 1, "a/", "", func([]ServerFile) error { return nil })
	},
	"ImportServerFiles": func(ctx context.Context, c *Client) error {
		_, err := c.ImportServerFiles(ctx, 1, DataParams{ServerFiles: []string{"a"}})
		return err
	},
	"ImportFiles": func(ctx context.Context, c *Client) error {
		_, err := c.ImportFiles(ctx, 1, []File{{Name: "a", Content: strings.NewReader("x"), Size: 1}}, DataParams{}, UploadOptions{})
		return err
	},
	"Request":      func(ctx context.Context, c *Client) error { _, err := c.Request(ctx, 1); return err },
	"ListRequests": func(ctx context.Context, c *Client) error { _, err := c.ListRequests(ctx); return err },
	"CreateUpload": func(ctx context.Context, c *Client) error { _, err := c.CreateUpload(ctx, 1, "a", 1); return err },
	"UploadOffset": func(ctx context.Context, c *Client) error {
		_, err := c.UploadOffset(ctx, Upload{1, "u", 1})
		return err
	},
	"SendChunk": func(ctx context.Context, c *Client) error {
		_, err := c.SendChunk(ctx, Upload{1, "u", 1}, 0, strings.NewReader("x"), 1)
		return err
	},
	"Upload": func(ctx context.Context, c *Client) error {
		return c.Upload(ctx, 1, "a", strings.NewReader("x"), 1, UploadOptions{Resume: "u"})
	},
}

var operationPattern = regexp.MustCompile(`^//cvat:operation ([A-Z]+ /\S+)$`)

// operations reads which operations each exported method that takes a context names.
func operations(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.IsExported() && takesContext(f) {
				found[f.Name.Name] = named(f.Doc)
			}
		}
	}
	return found
}

func takesContext(f *ast.FuncDecl) bool {
	if len(f.Type.Params.List) == 0 {
		return false
	}
	selector, ok := f.Type.Params.List[0].Type.(*ast.SelectorExpr)
	return ok && selector.Sel.Name == "Context"
}

func named(doc *ast.CommentGroup) (names []string) {
	if doc == nil {
		return nil
	}
	for _, line := range doc.List {
		if m := operationPattern.FindStringSubmatch(line.Text); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

func TestEveryRequestNamesItsOperation(t *testing.T) {
	found := operations(t)
	for name, names := range found {
		if len(names) == 0 {
			t.Errorf("%s names no operation: //cvat:operation METHOD /path", name)
		}
		if calls[name] == nil {
			t.Fatalf("%s is missing in calls", name)
		}
	}
	if len(found) != len(calls) {
		t.Errorf("%d methods in the source, %d in calls", len(found), len(calls))
	}
}

func TestRequestsAreTheOperationsThatTheyName(t *testing.T) {
	for name, names := range operations(t) {
		t.Run(name, func(t *testing.T) {
			if calls[name] == nil {
				t.Fatal("missing in calls")
			}
			sent := sentBy(t, calls[name])
			slices.Sort(names)
			if diff := cmp.Diff(names, sent); diff != "" {
				t.Error(diff)
			}
		})
	}
}

var number = regexp.MustCompile(`/\d+`)

// sentBy are the operations that a call sends to a server that fits it badly enough to end it.
func sentBy(t *testing.T, call func(context.Context, *Client) error) []string {
	t.Helper()
	seen := map[string]bool{}
	offset := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		path := number.ReplaceAllString(r.URL.Path, "/{id}")
		path = regexp.MustCompile(`/data/u$`).ReplaceAllString(path, "/data/{upload}")
		path = regexp.MustCompile(`/requests/.*`).ReplaceAllString(path, "/requests/{id}")
		path = regexp.MustCompile(`/assets/u$`).ReplaceAllString(path, "/assets/{uuid}")
		seen[r.Method+" "+path] = true
		switch {
		case r.Method == "HEAD": // takes the resumed upload up, the first time
			w.Header().Set("Upload-Offset", "0")
		case r.Method == "PATCH" && offset == 0:
			offset++
			w.WriteHeader(404)
			return
		case strings.HasSuffix(path, "/dataset/export"):
			io.WriteString(w, `{"rq_id":"r"}`)
		case r.URL.Path == "/api/requests/r":
			io.WriteString(w, `{"status":"finished"}`)
		case r.Method == "POST" && strings.HasSuffix(path, "/data/"):
			w.WriteHeader(409)
			return
		}
		if offset > 0 {
			w.WriteHeader(404)
		}
	})
	_ = call(t.Context(), c) // its error is not the question
	var sent []string
	for operation := range seen {
		sent = append(sent, operation)
	}
	slices.Sort(sent)
	return sent
}

// undocumented are operations that CVAT's document only describes in the text of another.
var undocumented = map[string]string{
	"GET /api/tasks/{id}/dataset/download": "where the result_url of an export's request leads",
	"HEAD /api/tasks/{id}/data/{upload}":   "TUS, described under POST /api/tasks/{id}/data/",
	"PATCH /api/tasks/{id}/data/{upload}":  "TUS, described under POST /api/tasks/{id}/data/",
}

func TestOperationsAreInCVATsDocument(t *testing.T) {
	document := readDocument(t)
	if document == nil {
		t.Skip("CVAT's OpenAPI document is not at hand: set CVAT_OPENAPI to its path to hold the names of the operations against it")
	}
	for name, names := range operations(t) {
		for _, operation := range names {
			method, path, _ := strings.Cut(operation, " ")
			_, there := document[path][strings.ToLower(method)]
			if _, exempt := undocumented[operation]; there == exempt {
				t.Errorf("%s: %s: in the document %v, listed as undocumented %v", name, operation, there, exempt)
			}
		}
	}
}

// readDocument returns the operations of CVAT's OpenAPI document by path and
// method, or nil if it is not at hand.
func readDocument(t *testing.T) map[string]map[string]any {
	t.Helper()
	file := os.Getenv("CVAT_OPENAPI")
	if file == "" {
		file = filepath.Join("..", "..", "..", "shared", "cvat-openapi.yml") // next to the repository
	}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CVAT_OPENAPI") == "" {
		return nil
	}
	var document struct {
		Paths map[string]map[string]any
	}
	if err == nil {
		err = yaml.Unmarshal(data, &document)
	}
	if err != nil || len(document.Paths) == 0 {
		t.Fatal(fmt.Errorf("%s: %d paths: %w", file, len(document.Paths), err))
	}
	return document.Paths
}
