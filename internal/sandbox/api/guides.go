package api

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// A guide tells annotators what to do: Markdown, of a project or a task.
type guideJSON struct {
	ID        int            `json:"id"`
	TaskID    *int           `json:"task_id"`
	ProjectID *int           `json:"project_id"`
	Created   *storage.Stamp `json:"created_date,omitempty"` // in a GET only
	Updated   *storage.Stamp `json:"updated_date,omitempty"`
	Markdown  string         `json:"markdown"`
}

// createGuide makes the one guide of a project or task. A second one makes CVAT crash
// (A94).
func (s *Server) createGuide(q *query) (answer, error) {
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	f := form{body: b}
	g := guideJSON{}
	g.Markdown, _ = f.text("markdown", text{blank: true})
	if err := f.err(); err != nil {
		return answer{}, err
	}
	if id, given := number(b["project_id"]); given {
		g.ProjectID = &id
	}
	if id, given := number(b["task_id"]); given {
		g.TaskID = &id
	}
	switch {
	case g.ProjectID == nil && g.TaskID == nil:
		return answer{}, forbidden()
	case g.ProjectID != nil && g.TaskID != nil:
		return answer{}, listed("Both project_id and task_id must not be specified")
	}
	if err := s.mayGuide(q, &g); err != nil {
		return answer{}, err
	}
	taken, err := s.store.Exists(q.ctx, `SELECT 1 FROM guides WHERE project_id = ? OR task_id = ?`, g.ProjectID, g.TaskID)
	if err != nil || taken {
		return answer{}, errors.Join(err, crashed())
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) (err error) {
		now := s.store.Now()
		g.ID, err = storage.Insert(q.ctx, tx, `INSERT INTO guides (project_id, task_id, markdown, created, updated) VALUES (?, ?, ?, ?, ?)`, g.ProjectID, g.TaskID, g.Markdown, now, now)
		if err != nil {
			return err
		}
		return touchGuided(q, tx, &g, now)
	})
	return reply(http.StatusCreated, g), err
}

// mayGuide tells whether the caller may use what the guide is of.
func (s *Server) mayGuide(q *query, g *guideJSON) error {
	if g.ProjectID != nil {
		_, err := s.myProject(q, *g.ProjectID)
		return err
	}
	_, err := s.myTask(q, *g.TaskID)
	return err
}

func touchGuided(q *query, tx *sql.Tx, g *guideJSON, now storage.Stamp) error {
	if _, err := tx.ExecContext(q.ctx, `UPDATE projects SET updated = ? WHERE id = ?`, now, g.ProjectID); err != nil {
		return err
	}
	_, err := tx.ExecContext(q.ctx, `UPDATE tasks SET updated = ? WHERE id = ?`, now, g.TaskID)
	return err
}

// guide finds a guide that the caller may use.
func (s *Server) guide(q *query, id int) (*guideJSON, error) {
	g := &guideJSON{}
	err := s.store.Reader.QueryRowContext(q.ctx, `SELECT id, task_id, project_id, created, updated, markdown FROM guides WHERE id = ?`, id).
		Scan(&g.ID, &g.TaskID, &g.ProjectID, &g.Created, &g.Updated, &g.Markdown)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, notFound("AnnotationGuide", id)
	case err != nil:
		return nil, err
	}
	return g, s.mayGuide(q, g)
}

func (s *Server) getGuide(q *query) (answer, error) {
	g, err := s.guide(q, q.id(0))
	return ok(g), err
}

// patchGuide changes the text, and deletes every asset that it does not mention (A95).
func (s *Server) patchGuide(q *query) (answer, error) {
	g, err := s.guide(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	b, err := readBody(q.Request)
	if err != nil {
		return answer{}, err
	}
	f := form{body: b}
	if v, given := f.text("markdown", text{blank: true}); given {
		g.Markdown = v
	}
	if err := f.err(); err != nil {
		return answer{}, err
	}
	err = s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		now := s.store.Now()
		if _, err := tx.ExecContext(q.ctx, `UPDATE guides SET markdown = ?, updated = ? WHERE id = ?`, g.Markdown, now, g.ID); err != nil {
			return err
		}
		assets, err := storage.Collect(q.ctx, tx, storage.ScanOne[string], `SELECT uuid FROM assets WHERE guide_id = ?`, g.ID)
		if err != nil {
			return err
		}
		for _, uuid := range assets {
			if strings.Contains(g.Markdown, "(/api/assets/"+uuid+")") { // and in no other way (A99)
				continue
			}
			if _, err := tx.ExecContext(q.ctx, `DELETE FROM assets WHERE uuid = ?`, uuid); err != nil {
				return err
			}
		}
		return touchGuided(q, tx, g, now)
	})
	g.Created, g.Updated = nil, nil
	return ok(g), err
}

func (s *Server) deleteGuide(q *query) (answer, error) {
	g, err := s.guide(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return empty(http.StatusNoContent), s.store.Transaction(q.ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(q.ctx, `DELETE FROM guides WHERE id = ?`, g.ID); err != nil {
			return err
		}
		return touchGuided(q, tx, g, s.store.Now())
	})
}

type assetJSON struct {
	UUID     string        `json:"uuid"`
	Filename string        `json:"filename"`
	Created  storage.Stamp `json:"created_date"`
	Owner    *basicUser    `json:"owner"`
	GuideID  int           `json:"guide_id"`
}

// Assets are pictures and documents that a guide shows.
const (
	maxAsset     = 10 << 20
	assetLongest = 1920 // pixels
)

var assetTypes = []string{"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"}

// createAsset keeps a file. A JPEG is encoded again, and a picture larger than 1920 pixels
// is scaled down, so that its bytes are not those that were sent (A96).
func (s *Server) createAsset(q *query) (answer, error) {
	up, err := readAsset(q)
	if err != nil {
		return answer{}, err
	}
	if !slices.Contains(assetTypes, up.ctype) {
		return answer{}, up.refuse("File is not supported as an asset. Supported are ('%s')", strings.Join(assetTypes, "', '"))
	}
	if !slices.Contains([]string{up.ctype, ""}, mime.TypeByExtension(path.Ext(up.name))) {
		return answer{}, up.refuse("Provided Content-Type does not match the file extension.")
	}
	if len(up.content) > maxAsset {
		return answer{}, up.refuse("Maximum size of asset is 10 MB")
	}
	g, err := s.guide(q, up.guide)
	if err != nil {
		return answer{}, listed("AnnotationGuide matching query does not exist.")
	}
	if up.ctype == "image/jpeg" || up.ctype == "image/png" {
		if up.content, _, err = redraw(up.content, drawing{ctype: up.ctype, quality: 80, longest: assetLongest}); err != nil {
			return answer{}, crashed()
		}
	}
	a := assetJSON{UUID: storage.NewUUID(), Filename: up.name, Created: s.store.Now(), Owner: s.people.Load().basic(q.base(), &q.who.id), GuideID: g.ID}
	err = s.store.Exec(q.ctx, `INSERT INTO assets (uuid, guide_id, filename, type, content) VALUES (?, ?, ?, ?, ?)`, a.UUID, g.ID, a.Filename, up.ctype, up.content)
	return reply(http.StatusCreated, a), err
}

// An assetUpload is the body of a POST of an asset.
type assetUpload struct {
	name, ctype string
	content     []byte
	guide       int
}

func (u *assetUpload) refuse(format string, args ...any) error {
	f := form{}
	f.fail("file", format, args...)
	return f.err()
}

func readAsset(q *query) (*assetUpload, error) {
	r, err := q.MultipartReader()
	if err != nil {
		return nil, detail(http.StatusUnsupportedMediaType, "Unsupported media type %q in request.", q.Header.Get("Content-Type"))
	}
	up := &assetUpload{}
	for {
		part, err := r.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = up.take(part)
		}
		if err != nil {
			return nil, bodyError(err)
		}
	}
	if up.name == "" {
		return nil, up.refuse("No file was submitted.")
	}
	return up, nil
}

func (u *assetUpload) take(part *multipart.Part) error {
	content, err := io.ReadAll(io.LimitReader(part, maxAsset+1))
	switch part.FormName() {
	case "file":
		u.name, u.ctype, u.content = part.FileName(), part.Header.Get("Content-Type"), content
	case "guide_id":
		u.guide, _ = strconv.Atoi(string(content)) // 0 is no guide's
	}
	return err
}

func (s *Server) getAsset(q *query) (answer, error) {
	var guide int
	var name, ctype string
	var content []byte
	err := s.store.Reader.QueryRowContext(q.ctx, `SELECT guide_id, filename, type, content FROM assets WHERE uuid = ?`, q.args[0]).Scan(&guide, &name, &ctype, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return answer{}, notFound("Asset", 0)
	}
	if err != nil {
		return answer{}, err
	}
	if _, err := s.guide(q, guide); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, ctype: ctype, body: content, header: http.Header{"Content-Disposition": {fmt.Sprintf("inline; filename=%q", name)}}}, nil
}

// deleteAsset crashes, as in CVAT: assets go with a PATCH of their guide.
func (s *Server) deleteAsset(*query) (answer, error) { return answer{}, crashed() }
