package openapi

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"sort"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// exceptions are the findings in which the document, not we, is wrong, each with
// the reason. All were held against a CVAT 2.73.
var exceptions = map[string]string{
	"POST /api/tasks/{id}/data/: answer: status 201 is not in the document": "a TUS creation, which the operation's description leaves to the specification of TUS",
	"HEAD /api/tasks/N/data/N: request: no matching operation was found":    "TUS; only the description of POST /api/tasks/{id}/data/ names it",
	"PATCH /api/tasks/N/data/N: request: no matching operation was found":   "TUS; only the description of POST /api/tasks/{id}/data/ names it",

	"PATCH /api/tasks/{id}/annotations/: answer: response body doesn't match schema #/components/schemas/LabeledData: Error at \"/tracks/N/shapes/N\": property \"keyframe\" is unsupported": "a trace that CVAT 2.73 leaves in tracks which overlapping jobs share",
	"PATCH /api/tasks/{id}/annotations/: answer: Error at \"/tracks/N/shapes/N\": property \"keyframe\" is unsupported":                                                                      "a trace that CVAT 2.73 leaves in tracks which overlapping jobs share",
	"GET /api/tasks/{id}/annotations/: answer: response body doesn't match schema #/components/schemas/LabeledData: Error at \"/tracks/N/shapes/N\": property \"keyframe\" is unsupported":   "a trace that CVAT 2.73 leaves in tracks which overlapping jobs share",
	"GET /api/tasks/{id}/annotations/: answer: Error at \"/tracks/N/shapes/N\": property \"keyframe\" is unsupported":                                                                        "a trace that CVAT 2.73 leaves in tracks which overlapping jobs share",
}

func TestClientAndEmbeddedServerKeepToCVATsDocument(t *testing.T) {
	document := readDocument(t)
	if document == nil {
		t.Skip("CVAT's OpenAPI document is not at hand: set CVAT_OPENAPI to its path (GET /api/schema/ of a CVAT)")
	}
	srv := cvattest.Start(t)
	j := newJudge(newRouter(t, document, srv.URL))
	c, err := cvat.New(cvat.Options{BaseURL: srv.URL, Transport: j, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
	if err != nil {
		t.Fatal(err)
	}
	sendEverything(t, c)
	inOrganization(t, srv, j)
	for finding := range j.findings {
		if exceptions[finding] == "" {
			t.Error(finding)
		}
	}
	for finding := range exceptions {
		if !j.findings[finding] {
			t.Errorf("an exception that nothing needs: %s", finding)
		}
	}
	judged := []string{}
	for operation := range j.judged {
		judged = append(judged, operation)
	}
	sort.Strings(judged)
	t.Logf("%d operations were judged:\n%s", len(judged), strings.Join(judged, "\n"))
}

// must stops the test where an operation fails that has to go well.
func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sendEverything does each operation of the client at least once.
func sendEverything(t *testing.T, c *cvat.Client) {
	t.Helper()
	ctx := t.Context()
	must[*cvat.About](t)(c.About(ctx))
	self := must[*cvat.User](t)(c.Self(ctx))
	must[*cvat.Token](t)(c.AccessTokenSelf(ctx))
	must[[]cvat.User](t)(c.Users(ctx))
	must[*cvat.User](t)(c.FindUser(ctx, self.Username))
	must[[]cvat.Organization](t)(c.Organizations(ctx))

	label := cvat.Label{Name: "apple", Color: "#33cc33", Type: "polygon", Attributes: []cvat.Attribute{{Name: "ripe", InputType: "select", DefaultValue: "no", Values: []string{"no", "yes"}}}}
	project := must[*cvat.Project](t)(c.CreateProject(ctx, "orchard", "mark", []cvat.Label{label}))
	skeleton := cvat.Label{Name: "person", Type: "skeleton", SVG: "<circle/>", Sublabels: []cvat.Label{{Name: "head", Type: "points"}}}
	check(t, c.AddLabels(ctx, project.ID, []cvat.Label{{Name: "leaf"}, skeleton}))
	check(t, c.SetProjectBugTracker(ctx, project.ID, ""))
	must[*cvat.Project](t)(c.Project(ctx, project.ID))
	must[[]cvat.Project](t)(c.ListProjects(ctx, "orchard"))
	must[[]cvat.Project](t)(c.ProjectsEverywhere(ctx, "orchard"))
	must[[]cvat.Label](t)(c.Labels(ctx, project.ID))

	task := newTask(t, c, project.ID, self.ID)
	must[[]cvat.Task](t)(c.ListTasks(ctx, cvat.TaskFilter{ProjectID: project.ID, Name: task.Name, Marker: "mark", Logic: `{"==":[{"var":"name"},"t"]}`}))
	travel(t, c, task.ID)
	must[*cvat.Task](t)(c.Task(ctx, task.ID))
	must[[]cvat.Task](t)(c.ListTasks(ctx, cvat.TaskFilter{}))
	must[*cvat.DataMeta](t)(c.DataMeta(ctx, task.ID))
	jobs := must[[]cvat.Job](t)(c.Jobs(ctx, cvat.JobFilter{TaskID: task.ID, ProjectID: project.ID}))
	annotate(t, c, project.ID, task.ID)
	must[*cvat.Annotations](t)(c.JobAnnotations(ctx, jobs[0].ID))
	must[*cvat.ValidationLayout](t)(c.ValidationLayout(ctx, task.ID))
	must[[]cvat.Request](t)(c.ListRequests(ctx))
	frame := must[io.ReadCloser](t)(c.Frame(ctx, task.ID, 1))
	must[int64](t)(io.Copy(io.Discard, frame))
	check(t, frame.Close())
	check(t, c.SetBugTracker(ctx, task.ID, ""))
	check(t, c.DeleteTask(ctx, task.ID))
	check(t, c.DeleteProject(ctx, project.ID))
	check(t, c.Login(ctx, sandbox.Username, cvat.NewSecret(sandbox.Password)))
}

// annotate adds a shape, a tag and a track to a task, reads them and deletes the shape.
func annotate(t *testing.T, c *cvat.Client, project, task int) {
	t.Helper()
	ctx := t.Context()
	label := must[[]cvat.Label](t)(c.Labels(ctx, project))[0]
	score := 0.5
	values := []cvat.AttributeValue{{SpecID: label.Attributes[0].ID, Value: "yes"}}
	check(t, c.AddAnnotations(ctx, task, &cvat.Annotations{
		Tags:   []cvat.Tag{{LabelID: label.ID, Source: "auto", Attributes: []cvat.AttributeValue{}}},
		Shapes: []cvat.Shape{{LabelID: label.ID, Type: "polygon", Frame: 1, Source: "auto", Score: &score, Points: []float64{1, 1, 5, 1, 5, 5}, Attributes: values}},
		Tracks: []cvat.Track{{LabelID: label.ID, Source: "manual", Attributes: values, Shapes: []cvat.TrackedShape{{Type: "polygon", Points: []float64{1, 1, 5, 1, 5, 5}, Attributes: []cvat.AttributeValue{}}}}},
	}))
	check(t, c.DeleteShapes(ctx, task, must[*cvat.Annotations](t)(c.Annotations(ctx, task)).Shapes))
}

func newTask(t *testing.T, c *cvat.Client, project, assignee int) *cvat.Task {
	t.Helper()
	overlap := 1
	return must[*cvat.Task](t)(c.CreateTask(t.Context(), cvat.NewTask{
		Name: "t", ProjectID: project, SegmentSize: 3, Overlap: &overlap, Subset: "val", BugTracker: "mark", AssigneeID: &assignee, ConsensusReplicas: 2,
	}))
}

// travel brings images to a task and waits for its import.
func travel(t *testing.T, c *cvat.Client, task int) {
	t.Helper()
	ctx := t.Context()
	data := archive(t, 5)
	u := must[cvat.Upload](t)(c.CreateUpload(ctx, task, "a.zip", int64(len(data))))
	must[int64](t)(c.UploadOffset(ctx, u))
	must[int64](t)(c.SendChunk(ctx, u, 0, bytes.NewReader(data), 100))
	check(t, c.Upload(ctx, task, "a.zip", bytes.NewReader(data), int64(len(data)), cvat.UploadOptions{Resume: u.ID}))
	size, count := 2, 1
	must[string](t)(c.FinishUpload(ctx, task, cvat.DataParams{
		ImageQuality: 70, SortingMethod: "natural", ChunkSize: &size, UseCache: true, UseZipChunks: true,
		Validation: &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "random_uniform", RandomSeed: &count, FrameCount: &count},
	}))
	for {
		r, err := c.Request(ctx, task)
		if err != nil && !errors.Is(err, cvat.ErrGone) {
			t.Fatal(err)
		}
		if err == nil && !r.Active() {
			if r.Status != cvat.StatusFinished {
				t.Fatal(r.Message)
			}
			return
		}
	}
}

// inOrganization sends what is said otherwise in an organization.
func inOrganization(t *testing.T, srv *cvattest.Server, j *judge) {
	t.Helper()
	req := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), "POST", srv.URL+"/api/organizations", strings.NewReader(`{"slug":"orchard"}`)))
	req.Header.Set("Authorization", "Bearer "+srv.Token)
	req.Header.Set("Content-Type", "application/json")
	resp := must[*http.Response](t)(j.RoundTrip(req))
	check(t, resp.Body.Close())
	c := must[*cvat.Client](t)(cvat.New(cvat.Options{BaseURL: srv.URL, Organization: "orchard", Transport: j, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}}))
	project := must[*cvat.Project](t)(c.CreateProject(t.Context(), "p", "", nil))
	task := must[*cvat.Task](t)(c.CreateTask(t.Context(), cvat.NewTask{Name: "t", ProjectID: project.ID}))
	must[[]cvat.Task](t)(c.ListTasks(t.Context(), cvat.TaskFilter{ProjectID: project.ID}))
	must[[]cvat.Organization](t)(c.Organizations(t.Context()))
	must[[]cvat.User](t)(c.Users(t.Context()))
	travel(t, c, task.ID)
}

// archive is a zip of n small images.
func archive(t *testing.T, n int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range n {
		e := must[io.Writer](t)(w.CreateHeader(&zip.FileHeader{Name: fmt.Sprintf("cam/%d.png", i), Method: zip.Store}))
		check(t, png.Encode(e, image.NewGray(image.Rect(0, 0, 8+i, 8))))
	}
	check(t, w.Close())
	return b.Bytes()
}
