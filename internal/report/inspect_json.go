package report

import (
	"io"
	"math"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/survey"
)

// InspectJSON writes what bags hold as one document (schema/inspect.schema.json). Times are strings
// of nanoseconds since 1970: JSON's readers keep no more than 53 bits of a number.
func InspectJSON(w io.Writer, bags []survey.Bag) error {
	doc := struct {
		FormatVersion string       `json:"format_version"`
		Bags          []inspectDoc `json:"bags"`
	}{FormatVersion, []inspectDoc{}}
	for _, b := range bags {
		doc.Bags = append(doc.Bags, inspectDocOf(b))
	}
	return writeJSON(w, doc, "  ")
}

type inspectDoc struct {
	Path        string      `json:"path"`
	Kind        string      `json:"kind"`
	Bytes       int64       `json:"bytes,omitempty"`
	First       string      `json:"first_ns,omitempty"`
	Last        string      `json:"last_ns,omitempty"`
	Messages    int         `json:"messages,omitempty"`
	Images      int         `json:"images,omitempty"`
	Unsupported int         `json:"unsupported_images,omitempty"`
	Clouds      int         `json:"point_clouds,omitempty"`
	Others      int         `json:"other_files,omitempty"`
	Video       *videoDoc   `json:"video,omitempty"`
	Videos      []videoDoc  `json:"videos,omitempty"` // in a directory
	Bags        []bagsDoc   `json:"bags,omitempty"`   // in a directory that is none itself
	Cameras     []cameraDoc `json:"cameras"`
	Topics      []topicDoc  `json:"topics"`
	Warnings    []string    `json:"warnings"`
}

// A videoDoc is what the tables of a video file say.
type videoDoc struct {
	Path   string  `json:"path,omitempty"` // from its directory
	Bytes  int64   `json:"bytes,omitempty"`
	Codec  string  `json:"codec"`
	Width  int     `json:"width"`
	Height int     `json:"height"`
	Frames int     `json:"frames"`
	Rate   float64 `json:"fps,omitempty"`
	Last   string  `json:"last_pts_ns"`
}

func videoDocOf(c survey.Clip) videoDoc {
	return videoDoc{
		Codec: c.Codec, Width: c.Width, Height: c.Height, Frames: c.Frames,
		Rate: math.Round(c.Rate()*1000) / 1000, Last: strconv.FormatInt(c.Last, 10),
	}
}

// A bagsDoc is what could be under a manifest's bags:.
type bagsDoc struct {
	Path  string `json:"path"`
	Count int    `json:"count"`
}

// A cameraDoc is what could be under a manifest's cameras:, and what it would take.
type cameraDoc struct {
	Name   string   `json:"name"`
	Topics []string `json:"topics,omitempty"` // that it needs to be given
	Images int      `json:"images"`
}

type topicDoc struct {
	Name     string    `json:"topic"`
	Type     string    `json:"type"`
	Encoding string    `json:"message_encoding"`
	Count    int       `json:"count"`
	First    string    `json:"first_ns,omitempty"`
	Last     string    `json:"last_ns,omitempty"`
	Rate     float64   `json:"hz,omitempty"`
	Cloud    bool      `json:"point_cloud,omitempty"`
	Image    *imageDoc `json:"image,omitempty"`
}

// An imageDoc is an image topic's first message, and what a manifest makes of the topic.
type imageDoc struct {
	Encoding    string `json:"encoding,omitempty"`
	Format      string `json:"format,omitempty"`
	Width       int    `json:"width,omitempty"`
	Height      int    `json:"height,omitempty"`
	Bytes       int    `json:"message_bytes,omitempty"`
	Stamp       string `json:"header_ns,omitempty"`
	FrameID     string `json:"frame_id,omitempty"`
	Ext         string `json:"ext,omitempty"`
	Passthrough bool   `json:"passthrough"`
	Usable      bool   `json:"usable"`
	Camera      string `json:"camera,omitempty"`
	Instead     string `json:"taken_instead,omitempty"`
	Problem     string `json:"problem,omitempty"`
	Hint        string `json:"hint,omitempty"`
}

func inspectDocOf(b survey.Bag) inspectDoc {
	d := inspectDoc{
		Path: b.Path, Kind: string(b.Kind), Bytes: b.Bytes, First: nanoseconds(b.First), Last: nanoseconds(b.Last),
		Messages: b.Messages, Images: b.Images, Unsupported: b.Unsupported, Clouds: b.Clouds, Others: b.Others,
		Cameras: []cameraDoc{}, Topics: []topicDoc{}, Warnings: append([]string{}, b.Notes...),
	}
	if v := b.Video; v != nil {
		of := videoDocOf(*v)
		d.Video = &of
	}
	for _, v := range b.Videos {
		of := videoDocOf(v)
		of.Path, of.Bytes = v.Path, v.Bytes
		d.Videos = append(d.Videos, of)
	}
	for _, in := range b.Holds {
		d.Bags = append(d.Bags, bagsDoc{in.Path, in.Count})
	}
	for _, c := range b.Cameras {
		d.Cameras = append(d.Cameras, cameraDoc{c.Name, c.Topics, c.Images})
	}
	for _, t := range b.Topics {
		d.Topics = append(d.Topics, topicDocOf(t))
	}
	return d
}

func topicDocOf(t survey.Topic) topicDoc {
	d := topicDoc{
		Name: t.Name, Type: t.Type, Encoding: t.Encoding, Count: t.Count,
		First: nanoseconds(t.First), Last: nanoseconds(t.Last), Rate: math.Round(t.Rate()*1000) / 1000, Cloud: t.Cloud,
	}
	if !t.Image {
		return d
	}
	p := t.Pixels
	d.Image = &imageDoc{
		Encoding: p.Encoding, Format: p.Format, Width: p.Width, Height: p.Height, Bytes: t.Size,
		Stamp: nanoseconds(t.Stamp), FrameID: t.Frame, Ext: p.Ext, Passthrough: p.Passthrough,
		Usable: t.Usable(), Camera: t.Camera, Instead: t.Instead,
	}
	if p.Problem != nil {
		d.Image.Problem = p.Problem.Error()
		d.Image.Hint = advice.Of(p.Problem)
	}
	return d
}

// nanoseconds is a time as a string; 0, which is not known, is empty.
func nanoseconds(ns int64) string {
	if ns == 0 {
		return ""
	}
	return strconv.FormatInt(ns, 10)
}
