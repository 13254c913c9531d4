package manifest

import (
	"fmt"
	"strconv"
	"strings"
)

// Vars are the values of a template's variables. An empty string or a nil pointer
// is a variable without a value: naming it in a template is then an error.
type Vars struct {
	Camera string // the camera's name; empty where the manifest names no cameras
	Bag    string // the bag's base name, without .bag or .mcap
	Parent string // the name of the directory that holds the bag
	Rel    string // the bag's path from the root, with slashes
	Date   string // the date in the bag's name or above it, as 2026-03-04
	Part   int    // which part of the bag the task is, from 1

	Path  string // the frame's path in the bag, with slashes
	Name  string // its base name without the extension
	Ext   string // the extension without the dot
	Topic string // its topic, as the recording has it

	Stamp *int64 // the chosen time, ns since the epoch
	Log   *int64 // the receive time, ns since the epoch
	Seq   *int64 // of a ROS 1 header
	Index int    // the frame's number among all frames of the camera in the bag, from 0
}

var (
	taskVariables  = []string{"camera", "bag", "parent", "rel", "date", "part"}
	frameVariables = []string{
		"bag", "path", "camera", "topic", "stamp_ns", "stamp_s", "log_ns", "seq", "index",
		"ext", "name", "parent", "rel", "date",
	}
	paddable = []string{"index", "seq", "part"}
)

// Execute puts the values in. Its error names the bag and the variable without a value.
func (t *Template) Execute(v Vars) (string, error) {
	out := make([]byte, 0, len(t.text)+64)
	for _, p := range t.parts {
		if p.name == "" {
			out = append(out, p.literal...)
			continue
		}
		before := len(out)
		out = v.append(out, p)
		if len(out) == before {
			return "", v.missing(p.name)
		}
	}
	return string(out), nil
}

func (v *Vars) append(out []byte, p part) []byte {
	switch p.name {
	case "camera":
		return append(out, v.Camera...)
	case "bag":
		return append(out, v.Bag...)
	case "parent":
		return append(out, v.Parent...)
	case "rel":
		return append(out, v.Rel...)
	case "date":
		return append(out, v.Date...)
	case "path":
		return append(out, v.Path...)
	case "name":
		return append(out, v.Name...)
	case "ext":
		return append(out, v.Ext...)
	case "topic":
		return append(out, strings.TrimPrefix(v.Topic, "/")...) // a frame's name begins with none
	default:
		return v.appendNumber(out, p)
	}
}

func (v *Vars) appendNumber(out []byte, p part) []byte {
	switch p.name {
	case "stamp_ns":
		return appendPadded(out, v.Stamp, 19)
	case "stamp_s":
		return appendSeconds(out, v.Stamp)
	case "part":
		n := int64(v.Part)
		return appendPadded(out, &n, p.width)
	case "log_ns":
		return appendPadded(out, v.Log, 19)
	case "seq":
		return appendPadded(out, v.Seq, p.width)
	default: // index
		n := int64(v.Index)
		return appendPadded(out, &n, p.width)
	}
}

// appendPadded pads with zeros on the left, so that names sort as their numbers do.
func appendPadded(out []byte, n *int64, width int) []byte {
	if n == nil {
		return out
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], *n, 10)
	for range width - len(text) {
		out = append(out, '0')
	}
	return append(out, text...)
}

// appendSeconds writes seconds with nine decimals.
func appendSeconds(out []byte, ns *int64) []byte {
	if ns == nil {
		return out
	}
	out = strconv.AppendInt(out, *ns/1e9, 10)
	rest := *ns % 1e9
	return appendPadded(append(out, '.'), &rest, 9)
}

// why says where each value would come from.
var why = map[string]string{
	"camera":   "the manifest names no cameras",
	"date":     "neither its name nor a directory above it holds a date",
	"parent":   "it lies in the root itself",
	"path":     "its frames are messages, not files",
	"name":     "its frames are messages, not files",
	"topic":    "its frames are files, not messages",
	"stamp_ns": "a frame has no time stamp",
	"stamp_s":  "a frame has no time stamp",
	"log_ns":   "a frame has no receive time",
	"seq":      "a frame has no sequence number",
}

func (v *Vars) missing(name string) error {
	reason := why[name]
	if reason == "" {
		reason = "it is empty"
	}
	return fmt.Errorf("{%s} has no value for bag %s: %s", name, v.Bag, reason)
}
