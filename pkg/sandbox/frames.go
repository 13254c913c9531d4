package sandbox

import (
	"net/http"
	"strconv"
)

// getData answers images: type=frame, chunk, preview or context_image.
func (s *Server) getData(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return s.data(q, t, 0)
}

// getJobData is getData by way of a job; frame numbers are the task's there too.
func (s *Server) getJobData(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return s.data(q, t, j.start)
}

func (s *Server) data(q *query, t *task, first int) (answer, error) {
	params := q.URL.Query()
	kind, numbered := params.Get("type"), params.Has("number")
	switch kind {
	case "preview", "context_image":
	case "chunk", "frame":
		if !numbered {
			return answer{}, listed("Number is not specified")
		}
	default:
		return answer{}, listed("Data type not specified or has wrong value")
	}
	quality := params.Get("quality")
	if !params.Has("quality") {
		quality = qualityCompressed
	}
	if quality != qualityCompressed && quality != qualityOriginal {
		return answer{}, listed("Wrong quality value")
	}
	number, err := strconv.Atoi(params.Get("number"))
	if numbered && err != nil {
		return answer{}, crashed() // (A62)
	}
	if !t.imported() {
		return answer{}, quoted(http.StatusNotFound, "Task has no media")
	}
	frames, err := s.frames(q.ctx, *t.data)
	if err != nil {
		return answer{}, err
	}
	v := view{s: s, task: t, frames: frames, original: quality == qualityOriginal}
	switch kind {
	case "chunk":
		return v.chunk(q, number)
	case "preview":
		return v.preview(first)
	case "context_image":
		return v.contextImages(number)
	}
	return v.frame(number)
}

const (
	qualityOriginal   = "original"
	qualityCompressed = "compressed"
)

// A view shows a task's images in one quality.
type view struct {
	s        *Server
	task     *task
	frames   []frame
	original bool
}

// frame answers one image. The original is byte for byte what was sent, unless its
// EXIF data turn it; the other is a JPEG of the task's quality (A52, A63).
func (v view) frame(number int) (answer, error) {
	if number < 0 || number >= len(v.frames) {
		return answer{}, quoted(http.StatusBadRequest, "Invalid frame '%d'. The frame number should be in the [0, %d] range", number, len(v.frames))
	}
	body, ctype, err := v.bytes(v.frames[number])
	return answer{status: http.StatusOK, ctype: ctype, body: body}, err
}

// bytes are an image's bytes in the view's quality.
func (v view) bytes(f frame) (body []byte, ctype string, err error) {
	raw, err := v.s.read(*v.task.data, f.source)
	if err != nil {
		return nil, "", err
	}
	if v.original && f.Orientation <= 1 {
		return raw, imageType(f.Name), nil
	}
	quality := 100
	if !v.original && v.task.imageQuality != nil {
		quality = *v.task.imageQuality
	}
	body, err = redraw(raw, f.Orientation, quality, 0)
	if err != nil {
		return nil, "", detail(http.StatusNotImplemented, "The sandbox cannot draw %s: %v. Ask for the original.", f.Name, err)
	}
	return body, "image/jpeg", nil
}

// previewSize is the longer side of a preview, in pixels.
const previewSize = 256

func (v view) preview(first int) (answer, error) {
	f := v.frames[first]
	raw, err := v.s.read(*v.task.data, f.source)
	if err != nil {
		return answer{}, err
	}
	body, err := redraw(raw, f.Orientation, 95, previewSize)
	if err != nil {
		return answer{}, detail(http.StatusNotImplemented, "The sandbox cannot draw %s: %v.", f.Name, err)
	}
	return answer{status: http.StatusOK, ctype: "image/jpeg", body: body}, nil
}

func (s *Server) getPreview(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	switch {
	case err != nil:
		return answer{}, err
	case t.data == nil:
		return answer{}, plain(http.StatusNotFound, "Task image preview not found")
	case !t.imported():
		return answer{}, quoted(http.StatusNotFound, "Task has no media")
	}
	frames, err := s.frames(q.ctx, *t.data)
	if err != nil {
		return answer{}, err
	}
	return view{s: s, task: t, frames: frames}.preview(0)
}
