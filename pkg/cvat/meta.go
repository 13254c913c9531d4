package cvat

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

// DataMeta lists the frames of a task.
type DataMeta struct {
	Size         int // frames; deleted ones count
	ChunkSize    int
	ImageQuality int
	Frames       []FrameMeta // in frame order; of a video a single one
	Deleted      []int
	StartFrame   int    // of a video: the number in the file of the first frame
	FrameFilter  string // of a video: "step=N" where only every Nth frame was taken
}

// Names are the frames' names, in frame order; of a video's frames those of [DataMeta.Each].
func (m *DataMeta) Names() []string {
	frames := m.Each()
	names := make([]string, len(frames))
	for i, f := range frames {
		names[i] = f.Name
	}
	return names
}

// RelatedFiles are the numbers of context images of the frames; nil if none has any.
func (m *DataMeta) RelatedFiles() []int {
	if !slices.ContainsFunc(m.Frames, func(f FrameMeta) bool { return f.Related > 0 }) {
		return nil
	}
	counts := make([]int, len(m.Frames))
	for i, f := range m.Frames {
		counts[i] = f.Related
	}
	return counts
}

// A FrameMeta is one frame. Width and Height are in pixels as shown, so swapped
// where EXIF turns the image.
type FrameMeta struct {
	Name          string `json:"name"`
	Width, Height int
	Related       int `json:"related_files"` // context images; no release before 2.39 knows them
}

// Step is how many frames of a video lie between two that were taken, one of them included: 1 where all were.
func (m *DataMeta) Step() int {
	if n, err := strconv.Atoi(strings.TrimPrefix(m.FrameFilter, "step=")); err == nil && n > 0 {
		return n
	}
	return 1
}

// Each gives the frames one by one. Those of a video, of which CVAT keeps a single size and no names, get the names
// that it exports them under.
func (m *DataMeta) Each() []FrameMeta {
	if len(m.Frames) != 1 || m.Size <= 1 && !isVideo(m.Frames[0].Name) {
		return m.Frames
	}
	step := m.Step()
	frames := make([]FrameMeta, min(m.Size, maxFrames))
	for i := range frames {
		frames[i] = m.Frames[0]
		frames[i].Name = fmt.Sprintf("frame_%06d", m.StartFrame+i*step)
	}
	return frames
}

// isVideo tells a video of one frame from an image, by the endings of videos that cvatplan sends.
func isVideo(name string) bool {
	return slices.Contains([]string{".mp4", ".mov", ".mkv", ".webm", ".avi"}, strings.ToLower(path.Ext(name)))
}

// data/meta is read frame by frame, 91 bytes each on CVAT 2.73. These bound all of it, and
// the memory that a server can make it take; a single value is bound as an answer is.
const (
	maxMeta   = 512 << 20 // bytes
	maxFrames = 2 << 20
)

// DataMeta lists the frames of an imported task; ask only if its size is above
// 0, since the answer for others differs between versions (400, 500, or none).
//
//cvat:operation GET /api/tasks/{id}/data/meta
func (c *Client) DataMeta(ctx context.Context, taskID int) (*DataMeta, error) {
	var meta *DataMeta
	q := get(fmt.Sprintf("/api/tasks/%d/data/meta", taskID), nil)
	err := c.do(ctx, q, func(resp *http.Response) (err error) {
		defer resp.Body.Close()
		meta, err = readMeta(bufio.NewReader(resp.Body), maxFrames)
		return err
	})
	return meta, err
}

// readMeta decodes data/meta one frame at a time, so that the memory it takes is
// that of the names, of most frames at most.
func readMeta(r io.Reader, most int) (*DataMeta, error) {
	meta := &DataMeta{}
	in := &limited{r: r, left: maxAnswer}
	dec := json.NewDecoder(in)
	if err := expect(dec, json.Delim('{')); err != nil {
		return nil, err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, metaError(err)
		}
		if err := meta.read(dec, in, key, most); err != nil {
			return nil, metaError(err)
		}
	}
	if err := expect(dec, json.Delim('}')); err != nil {
		return nil, err
	}
	return meta, nil
}

func (m *DataMeta) read(dec *json.Decoder, in *limited, key json.Token, most int) error {
	switch key {
	case "size":
		return dec.Decode(&m.Size)
	case "chunk_size":
		return dec.Decode(&m.ChunkSize)
	case "image_quality":
		return dec.Decode(&m.ImageQuality)
	case "deleted_frames":
		return dec.Decode(&m.Deleted)
	case "start_frame":
		return dec.Decode(&m.StartFrame)
	case "frame_filter":
		return dec.Decode(&m.FrameFilter)
	case "frames":
		return m.readFrames(dec, in, most)
	}
	var ignored json.RawMessage
	return dec.Decode(&ignored)
}

func (m *DataMeta) readFrames(dec *json.Decoder, in *limited, most int) error {
	start, err := dec.Token()
	if err != nil || start == nil { // null
		return err
	}
	if start != json.Delim('[') {
		return &answerError{Reason: "frames is not a list", notCVAT: true}
	}
	for dec.More() {
		if in.left = maxAnswer; len(m.Frames) == most || dec.InputOffset() > maxMeta {
			return &answerError{Reason: "frames do not end"}
		}
		var f FrameMeta
		if err := dec.Decode(&f); err != nil {
			return err
		}
		m.Frames = append(m.Frames, f)
	}
	_, err = dec.Token()
	return err
}

func expect(dec *json.Decoder, want json.Delim) error {
	got, err := dec.Token()
	if err != nil {
		return metaError(err)
	}
	if got != want {
		return &answerError{Reason: fmt.Sprintf("%v in place of %v", got, want), notCVAT: true}
	}
	return nil
}

// metaError tells JSON that was cut, or is none, from a connection that broke.
func metaError(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax), errors.As(err, &kind):
		return &answerError{Reason: harmless(err.Error()), notCVAT: true, cause: err}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return &answerError{Reason: "JSON that ends early", early: true, cause: err}
	}
	return err
}
