package cvat

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strconv"
)

// A Guide tells annotators what to do. [Project].GuideID says which one a project has.
type Guide struct {
	ID        int    `json:"id"`
	ProjectID *int   `json:"project_id"`
	Markdown  string `json:"markdown"` // CVAT strips outer blanks
}

// Guide returns one guide; [ErrNotFound] if there is none.
//
//cvat:operation GET /api/guides/{id}
func (c *Client) Guide(ctx context.Context, id int) (*Guide, error) {
	return one[Guide](ctx, c, get(fmt.Sprintf("/api/guides/%d", id), nil))
}

// CreateGuide gives a project its guide. A project has one: CVAT answers 500 to a second, which is [ErrUnknownOutcome]
// here, as a lost answer is. Look at the project then.
//
//cvat:operation POST /api/guides
func (c *Client) CreateGuide(ctx context.Context, projectID int, markdown string) (*Guide, error) {
	body := struct {
		ProjectID int    `json:"project_id"`
		Markdown  string `json:"markdown"`
	}{projectID, markdown}
	return one[Guide](ctx, c, post("/api/guides", body))
}

// SetGuide changes the text of a guide. CVAT deletes each of its assets that the text does not mention, as
// (/api/assets/UUID) and in no other way.
//
//cvat:operation PATCH /api/guides/{id}
func (c *Client) SetGuide(ctx context.Context, id int, markdown string) error {
	body := struct {
		Markdown string `json:"markdown"`
	}{markdown}
	return c.do(ctx, patch(fmt.Sprintf("/api/guides/%d", id), body), nothing)
}

// AddAsset uploads a file of a guide, at most 10 MB of JPEG, PNG, WebP, GIF or PDF, with an extension that fits
// its type. It may be repeated: what the guide's text does not mention goes with the next [Client.SetGuide]. CVAT
// encodes JPEG again, and scales what is larger than 1920 pixels down.
//
//cvat:operation POST /api/assets
func (c *Client) AddAsset(ctx context.Context, guideID int, name, contentType string, data []byte) (uuid string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, name)},
		"Content-Type":        {contentType},
	})
	if err != nil {
		return "", err
	}
	_, _ = part.Write(data) // a Buffer takes all
	if err := w.WriteField("guide_id", strconv.Itoa(guideID)); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	q := &request{
		method: http.MethodPost, path: "/api/assets", idempotency: setting, size: int64(b.Len()),
		header: http.Header{"Content-Type": {w.FormDataContentType()}},
		body:   func() io.Reader { return bytes.NewReader(b.Bytes()) },
	}
	answer, err := one[struct {
		UUID string `json:"uuid"`
	}](ctx, c, q)
	if err != nil {
		return "", err
	}
	return answer.UUID, nil
}

// CheckAsset asks for an asset, and is [ErrNotFound] if it is not there.
//
//cvat:operation GET /api/assets/{uuid}
func (c *Client) CheckAsset(ctx context.Context, uuid string) error {
	return c.do(ctx, get("/api/assets/"+uuid, nil), nothing)
}
