package api

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// getData answers images: type=frame, chunk, preview or context_image.
func (s *Server) getData(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return s.data(q, t, nil)
}

// getJobData is getData by way of a job. Frames have the task's numbers there too, and
// none but the job's are shown; chunks are counted by index, from the job's first.
func (s *Server) getJobData(q *query) (answer, error) {
	j, t, err := s.myJob(q, q.id(0))
	if err != nil {
		return answer{}, err
	}
	return s.data(q, t, j)
}

// A dataQuery is what a GET of data asks for.
type dataQuery struct {
	kind     string
	original bool
	number   int
}

func readDataQuery(q *query) (d dataQuery, err error) {
	params := q.URL.Query()
	d.kind = params.Get("type")
	place := "number"
	if params.Has("index") {
		place = "index"
	}
	switch d.kind {
	case "preview", "context_image":
	case "chunk", "frame":
		if !params.Has(place) {
			return d, listed("Number is not specified")
		}
	default:
		return d, listed("Data type not specified or has wrong value")
	}
	switch params.Get("quality") {
	case "original":
		d.original = true
	case "compressed":
	default:
		if params.Has("quality") {
			return d, listed("Wrong quality value")
		}
	}
	d.number, err = strconv.Atoi(params.Get(place))
	if params.Has(place) && err != nil {
		return d, crashed() // (A62)
	}
	return d, nil
}

// data shows a task's images, or those of one of its jobs.
func (s *Server) data(q *query, t *storage.Task, j *storage.Job) (answer, error) {
	d, err := readDataQuery(q)
	if err != nil {
		return answer{}, err
	}
	if !t.Imported() {
		return answer{}, quoted(http.StatusNotFound, "Task has no media")
	}
	if t.Mode == "interpolation" {
		return answer{}, noPictures()
	}
	frames, err := s.store.Frames(q.ctx, *t.Data)
	if err != nil {
		return answer{}, err
	}
	v := view{s: s, task: t, frames: frames, original: d.original}
	if j != nil && d.kind == "frame" && (d.number < j.Start || d.number > j.Stop) {
		return answer{}, quoted(http.StatusBadRequest, "Incorrect requested frame number: %d", d.number)
	}
	if j != nil && d.kind != "frame" && d.kind != "context_image" {
		v.frames = frames[j.Start : j.Stop+1]
	}
	switch d.kind {
	case "chunk":
		return v.chunk(d.number)
	case "preview":
		return v.preview()
	case "context_image":
		return v.contextImages(d.number)
	}
	return v.frame(d.number)
}

// noPictures: CVAT shows what its decoder gives of a video.
func noPictures() error {
	return detail(http.StatusNotImplemented, "The sandbox decodes no videos, and cannot show their frames.")
}

// A view shows a task's images in one quality.
type view struct {
	s        *Server
	task     *storage.Task
	frames   []storage.Frame
	original bool
}

// frame answers one image. The original is byte for byte what was sent, unless its
// EXIF data turns it; the other is a JPEG of the task's quality (A52, A63).
func (v view) frame(number int) (answer, error) {
	if number < 0 || number >= len(v.frames) {
		return answer{}, v.outOfRange(number)
	}
	body, ctype, err := v.bytes(v.frames[number])
	return answer{status: http.StatusOK, ctype: ctype, body: body}, err
}

func (v view) outOfRange(number int) error {
	return quoted(http.StatusBadRequest, "Invalid frame '%d'. The frame number should be in the [0, %d] range", number, len(v.frames))
}

// bytes are an image's bytes in the view's quality.
func (v view) bytes(f storage.Frame) (body []byte, ctype string, err error) {
	raw, err := v.s.store.ReadImage(*v.task.Data, f.Source)
	if err != nil {
		return nil, "", readServed(f.Source, err)
	}
	if v.clouds() {
		return raw, cloudType, nil
	}
	if v.original && f.Orientation <= 1 {
		return raw, imageType(f.Name), nil
	}
	d := drawing{orientation: f.Orientation, ctype: imageType(f.Name), quality: 100}
	if !v.original {
		d.ctype, d.quality = "", *v.task.ImageQuality
	}
	if body, ctype, err = redraw(raw, d); err != nil {
		return nil, "", detail(http.StatusNotImplemented, "The sandbox cannot draw %s: %v. Ask for the original.", f.Name, err)
	}
	return body, ctype, nil
}

// clouds tells a 3D task, whose frames are what was sent in each quality (A118).
func (v view) clouds() bool { return v.task.Dimension == "3d" }

const cloudType = "image/x.point-cloud-data"

// blank is sent where CVAT draws a cloud. It is made on its first use, as every start of the program would pay for it.
var blank = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, previewSize, previewSize))) // into memory
	return b.Bytes()
})

// previewSize is the longer side of a preview, in pixels.
const previewSize = 256

func (v view) preview() (answer, error) {
	if v.clouds() {
		return answer{status: http.StatusOK, ctype: "image/png", body: blank()}, nil
	}
	f := v.frames[0]
	raw, err := v.s.store.ReadImage(*v.task.Data, f.Source)
	if err != nil {
		return answer{}, err
	}
	body, ctype, err := redraw(raw, drawing{orientation: f.Orientation, quality: 95, longest: previewSize})
	if err != nil {
		return answer{}, detail(http.StatusNotImplemented, "The sandbox cannot draw %s: %v.", f.Name, err)
	}
	return answer{status: http.StatusOK, ctype: ctype, body: body}, nil
}

func (s *Server) getPreview(q *query) (answer, error) {
	t, err := s.myTask(q, q.id(0))
	switch {
	case err != nil:
		return answer{}, err
	case t.Data == nil:
		return answer{}, plain(http.StatusNotFound, "Task image preview not found")
	case !t.Imported():
		return answer{}, quoted(http.StatusNotFound, "Task has no media")
	case t.Mode == "interpolation":
		return answer{}, noPictures()
	}
	frames, err := s.store.Frames(q.ctx, *t.Data)
	if err != nil {
		return answer{}, err
	}
	return view{s: s, task: t, frames: frames}.preview()
}

// chunk answers a zip of chunk_size images, named by their place in it.
func (v view) chunk(number int) (answer, error) {
	size := max(1, *v.task.ChunkSize)
	last := (len(v.frames) - 1) / size
	if number < 0 || number > last {
		return answer{}, quoted(http.StatusBadRequest, "Invalid chunk number '%d'. The chunk number should be in the [0, %d] range", number, last)
	}
	frames := v.frames[number*size : min(len(v.frames), (number+1)*size)]
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, f := range frames {
		body, _, err := v.bytes(f)
		if err != nil {
			return answer{}, err
		}
		ending := path.Ext(f.Name)
		if !v.original && !v.clouds() {
			ending = ".jpeg"
		}
		if err := addStored(z, fmt.Sprintf("%06d%s", i, ending), body); err != nil {
			return answer{}, err
		}
	}
	if err := z.Close(); err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, ctype: "application/zip", body: b.Bytes(), header: http.Header{"X-Checksum": {checksum(b.Bytes())}, "Accept-Ranges": {"bytes"}}}
	if at := v.task.ChunksUpdated; at != nil {
		a.header.Set("X-Updated-Date", strings.Trim(string(storage.EncodeJSON(at)), `"`))
	}
	return a, nil
}

func addStored(z *zip.Writer, name string, body []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

// checksum is CVAT's: of the chunk's length, then of its first 1000 bytes.
func checksum(chunk []byte) string {
	sum := crc32.ChecksumIEEE([]byte(strconv.Itoa(len(chunk))))
	return strconv.FormatUint(uint64(crc32.Update(sum, crc32.IEEETable, chunk[:min(1000, len(chunk))])), 10)
}

// contextQuality is that of the JPEGs that context images become.
const contextQuality = 100

// contextImages answers a zip of the images that belong to a frame, each encoded again as a JPEG and under its
// name with the ending .jpg (A112). The number counts the frames of the source, as far as start_frame and
// frame_filter leave some out, although it is checked as one of the task's (A113).
func (v view) contextImages(number int) (answer, error) {
	if number < 0 || number >= len(v.frames) {
		return answer{}, v.outOfRange(number)
	}
	p := importer.ReadSticky(v.task.Params)
	at := number - *v.task.StartFrame
	if at < 0 || at%p.Step() != 0 || at/p.Step() >= len(v.frames) {
		return answer{}, detail(http.StatusNotImplemented, "The sandbox does not keep the context images of frames that start_frame or frame_filter left out.")
	}
	related := v.frames[at/p.Step()].Related
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, src := range related {
		raw, err := v.s.store.ReadImage(*v.task.Data, src)
		if err != nil {
			return answer{}, readServed(src, err)
		}
		body, _, err := redraw(raw, drawing{quality: contextQuality})
		if err != nil {
			return answer{}, crashed() // of an image that cannot be drawn, which was imported all the same (A111)
		}
		base := path.Base(src.Name)
		if err := addStored(z, strings.TrimSuffix(base, path.Ext(base))+".jpg", body); err != nil {
			return answer{}, err
		}
	}
	if err := z.Close(); err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, body: b.Bytes()}
	if len(related) > 0 {
		a.ctype = "application/zip"
	}
	return a, nil
}

// imageTypes are the MIME types of originals, by ending.
var imageTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp",
	".tif": "image/tiff", ".tiff": "image/tiff", ".webp": "image/x-webp", ".jp2": "image/jp2", ".ppm": "image/x-portable-pixmap", ".pgm": "image/x-portable-graymap",
}

func imageType(name string) string {
	if t := imageTypes[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}
