package api

import (
	"archive/zip"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox/annotation"
	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// formatImages is the one format that is exported here.
const formatImages = "CVAT for images 1.1"

type formatJSON struct {
	Name      string `json:"name"`
	Ext       string `json:"ext"`
	Version   string `json:"version"`
	Enabled   bool   `json:"enabled"`
	Dimension string `json:"dimension"`
}

// listFormats answers the formats that this server knows; CVAT knows about thirty more.
func (s *Server) listFormats(*query) (answer, error) {
	return ok(map[string][]formatJSON{"importers": {}, "exporters": {{formatImages, "ZIP", "1.1", true, "2d"}}}), nil
}

// An export is one file of annotations that somebody asked for.
type export struct {
	id, format, subresource string
	task, job               *int
	owner                   int
	created, finished       storage.Stamp
	message, name           string
}

// exportLife is how long an export is kept.
const exportLife = 24 * 3600 * storage.Second

func (s *Server) exportTask(q *query) (answer, error) {
	a, err := s.annotatedTask(q)
	if err != nil {
		return answer{}, err
	}
	return s.export(q, a, export{task: &a.task.ID})
}

func (s *Server) exportJob(q *query) (answer, error) {
	a, err := s.annotatedJob(q)
	if err != nil {
		return answer{}, err
	}
	return s.export(q, a, export{job: &a.jobs[0].ID})
}

// export writes the file at once, and answers as if it were queued: the request is found
// finished, or failed, when it is asked for. The id depends on what is exported and by
// whom, so that a second export takes the first one's place (A79).
func (s *Server) export(q *query, a *annotated, e export) (answer, error) {
	e.format, e.subresource, e.owner, e.created = q.URL.Query().Get("format"), "annotations", q.who.id, s.store.Now()
	images := strings.EqualFold(q.URL.Query().Get("save_images"), "true")
	if images {
		e.subresource = "dataset"
	}
	switch {
	case e.format != formatImages:
		return answer{}, listed("Unknown format specified for the request")
	case images:
		return answer{}, notDone("export with images")
	}
	target, id := "task", a.task.ID
	if e.job != nil {
		target, id = "job", *e.job
	}
	e.id = fmt.Sprintf("action=export&target=%s&target_id=%d&user_id=%d&format=%s&subresource=%s", target, id, e.owner, strings.NewReplacer(" ", "_", ".", "~").Replace(e.format), e.subresource)
	updated := time.UnixMicro(int64(a.task.Updated)).UTC()
	e.name = fmt.Sprintf("%s_%d_%s_%s_%s.zip", target, id, e.subresource, updated.Format("2006_01_02_15_04_05"), strings.ToLower(e.format))
	archive, err := s.exportArchive(q, a)
	switch {
	case errors.Is(err, annotation.ErrMixed), errors.Is(err, errPoisoned), errors.As(err, new(*annotation.UnorderedError)):
		e.message = err.Error() + "\n"
	case err != nil:
		return answer{}, err
	}
	e.finished = s.store.Now()
	err = s.store.Exec(q.ctx, `INSERT OR REPLACE INTO exports (id, owner_id, task_id, job_id, format, subresource, created, finished, message, name, archive) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.id, e.owner, e.task, e.job, e.format, e.subresource, e.created, e.finished, e.message, e.name, append([]byte{}, archive...))
	return reply(http.StatusAccepted, map[string]string{"rq_id": e.id}), err
}

func (s *Server) exportArchive(q *query, a *annotated) ([]byte, error) {
	d, err := s.exportDocument(q, a)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "annotations.xml", Method: zip.Deflate})
	if err == nil {
		err = annotation.WriteImages(w, d)
	}
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// exportDocument gathers what an export says of a task or job. Hidden frames are left out,
// and what is on them; tracks are computed as if their keyframes there did not exist.
func (s *Server) exportDocument(q *query, a *annotated) (*annotation.Document, error) {
	t := a.task
	d := &annotation.Document{
		Kind: "task", ID: t.ID, Name: t.Name, Mode: t.Mode, Overlap: a.overlap(), Tracker: t.Tracker, Subset: t.Subset,
		Created: pythonTime(t.Created), Updated: pythonTime(t.Updated), Dumped: pythonTime(s.store.Now()),
	}
	if d.Subset == "" {
		d.Subset = "default"
	}
	d.Owner, d.OwnerMail = s.nameAndMail(t.Owner)
	d.Assignee, d.AssigneeMail = s.nameAndMail(t.Assignee)
	path := fmt.Sprintf("/api/tasks/%d", t.ID)
	first, last := 0, -1
	if t.Size != nil {
		last = *t.Size - 1
	}
	if !a.whole {
		j := a.jobs[0]
		path = fmt.Sprintf("/api/jobs/%d", j.ID)
		d.Kind, d.ID, first, last = "job", j.ID, j.Start, j.Stop
		d.Assignee, d.AssigneeMail = s.nameAndMail(j.Assignee)
		d.Updated = pythonTime(j.Updated)
	}
	for _, j := range a.jobs {
		d.Segments = append(d.Segments, annotation.Segment{ID: j.ID, Start: j.Start, Stop: j.Stop, URL: fmt.Sprintf("%s%s/dataset/export/api/jobs/%d", q.base(), path, j.ID)})
	}
	d.Size, d.End = last-first+1, last+1
	var err error
	if d.Labels, err = s.allLabels(q.ctx, t); err != nil {
		return nil, err
	}
	namePoints(d.Labels)
	var included *[]int
	if !a.whole {
		included, err = includedFrames(t, a.jobs[0])
	}
	if err != nil {
		return nil, err
	}
	if err := s.exportImages(q, t, d, first, last, included); err != nil {
		return nil, err
	}
	d.Annotations, err = s.loadAnnotations(q.ctx, a)
	return d, err
}

// namePoints has the drawings of skeletons name their points, in place of the points' ids.
func namePoints(labels []annotation.Label) {
	for i, l := range labels {
		for _, point := range labels {
			if point.Parent == l.Name {
				labels[i].SVG = strings.ReplaceAll(labels[i].SVG, fmt.Sprintf(`data-label-id="%d"`, point.ID), fmt.Sprintf(`data-label-name="%s"`, point.Name))
			}
		}
	}
}

// exportImages gathers the frames from first to last; of a ground truth job only those that are included.
func (s *Server) exportImages(q *query, t *storage.Task, d *annotation.Document, first, last int, included *[]int) error {
	frames, err := s.store.Frames(q.ctx, *t.Data)
	if err != nil || len(frames) == 0 {
		return err
	}
	var deleted []int
	if err := json.Unmarshal([]byte(*t.DeletedFrames), &deleted); err != nil {
		return err
	}
	hidden := map[int]bool{}
	for _, f := range deleted {
		hidden[f] = true
	}
	d.Hidden = func(f int) bool { return hidden[f] }
	p := importer.ReadSticky(t.Params)
	d.Start, d.Stop = *t.StartFrame+first*p.Step(), *t.StartFrame+last*p.Step()
	if p.FrameFilter != nil {
		d.Filter = *p.FrameFilter
	}
	for i := first; i <= last; i++ {
		if f := frames[i]; !hidden[i] && (included == nil || slices.Contains(*included, i)) {
			if t.Mode == "interpolation" {
				f.Name = importer.FrameName(*t.StartFrame + i*p.Step())
			}
			d.Images = append(d.Images, annotation.Image{Frame: i, Number: *t.StartFrame + i*p.Step(), Width: f.Width, Height: f.Height, Name: f.Name})
		}
	}
	return nil
}

func (s *Server) nameAndMail(id *int) (name, mail string) {
	if id == nil {
		return "", ""
	}
	if u := s.people.Load().users[*id]; u != nil {
		return u.username, u.email
	}
	return "", ""
}

// pythonTime is a time as Python prints it.
func pythonTime(at storage.Stamp) string {
	return time.UnixMicro(int64(at)).UTC().Format("2006-01-02 15:04:05.000000+00:00")
}

var exportIDPattern = regexp.MustCompile(`^action=export&target=(task|job)&target_id=\d+&user_id=\d+&format=[^&]+&subresource=(annotations|dataset)$`)

// findExport finds the export that a request names; nil is none. Another's is 403.
func (s *Server) findExport(q *query, id string) (*export, error) {
	e := &export{id: id}
	err := s.store.Reader.QueryRowContext(q.ctx, `SELECT owner_id, task_id, job_id, format, subresource, created, finished, message, name FROM exports WHERE id = ?`, id).
		Scan(&e.owner, &e.task, &e.job, &e.format, &e.subresource, &e.created, &e.finished, &e.message, &e.name)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && e.finished+exportLife <= s.store.Now():
		return nil, nil
	case err != nil:
		return nil, err
	case e.owner != q.who.id && !q.who.superuser:
		return nil, forbidden()
	}
	return e, nil
}

func (s *Server) exportJSON(q *query, e *export) requestJSON {
	expiry := e.finished + exportLife
	j := requestJSON{
		Status: storage.StatusFinished, ID: e.id, Message: e.message, Created: e.created, Started: &e.created, Finished: &e.finished, Expiry: &expiry,
		Operation: operationJSON{Type: "export:" + e.subresource, Target: "task", TaskID: e.task, JobID: e.job, Format: &e.format},
		Owner:     userIdentifier{ID: e.owner},
	}
	path := "tasks/"
	if e.job != nil {
		j.Operation.Target, path = "job", "jobs/"+strconv.Itoa(*e.job)
	} else {
		path += strconv.Itoa(*e.task)
	}
	if u := s.people.Load().users[e.owner]; u != nil {
		j.Owner.Username = u.username
	}
	if e.message != "" {
		j.Status = storage.StatusFailed
		return j
	}
	link := q.base() + "/api/" + path + "/dataset/download?rq_id=" + url.QueryEscape(e.id)
	j.ResultURL = &link
	return j
}

// download answers the file of an export to the user who made it.
func (s *Server) download(q *query) (answer, error) {
	id := q.URL.Query().Get("rq_id")
	if id == "" {
		return answer{}, plain(http.StatusBadRequest, "Missing request id in the query parameters")
	}
	e, err := s.findExport(q, id)
	switch {
	case err != nil:
		return answer{}, err
	case e == nil:
		return answer{}, plain(http.StatusNotFound, "Unknown export request id")
	}
	var archive []byte
	if err := s.store.Reader.QueryRowContext(q.ctx, `SELECT archive FROM exports WHERE id = ?`, id).Scan(&archive); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, ctype: "application/zip", body: archive, header: http.Header{"Content-Disposition": {`attachment; filename="` + e.name + `"`}}}, nil
}
