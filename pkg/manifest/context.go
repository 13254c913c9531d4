package manifest

import (
	"path"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// contexts are a camera's context: entries; one that is a string names a camera.
func (l *loader) contexts(camera *node) []Context {
	var all []Context
	taken := map[string]bool{}
	for _, n := range camera.list("context") {
		c := l.context(n)
		if c.Name != "" && taken[c.Name] {
			l.report(n.at, diag.Do(diag.HintWrite, "name: and another one"), "two entries of context are called %q: CVAT shows the images of a frame by their names", clip(c.Name))
		}
		taken[c.Name] = true
		all = append(all, c)
	}
	return all
}

func (l *loader) context(n *node) Context {
	l.globs(n.list("files"))
	l.globs(n.list("topics"))
	c := Context{
		Name: n.get("name").str(), Camera: contextCamera(n).str(),
		Files: n.get("files").strings(), Topics: n.get("topics").strings(),
		Within: defaultWithin, Pos: n.at,
	}
	if within := l.settle(n.get("within"), "within"); within != nil {
		c.Within = *within
	}
	if n.kind == mapping {
		l.contextSource(n)
	}
	if c.Name == "" {
		c.Name = c.Camera
	}
	if c.Name == "" && len(c.Topics) > 0 {
		c.Name = topicWord(c.Topics[0])
	}
	if c.Name == "" && (c.Files != nil || c.Topics != nil) {
		l.report(n.at, diag.Do(diag.HintWrite, "name: and what CVAT is to call the images"), "context needs a name where files or a glob choose the images")
	}
	return c
}

// contextCamera is where an entry of context names a camera.
func contextCamera(n *node) *node {
	if n.kind == scalar {
		return n
	}
	return n.get("camera")
}

// contextSource reports an entry that names no images, or a camera and others.
func (l *loader) contextSource(n *node) {
	camera, files, topics := n.field("camera"), n.field("files"), n.field("topics")
	switch {
	case camera == nil && files == nil && topics == nil:
		l.report(n.at, diag.Do(diag.HintWrite, "camera: NAME, topics: or files:"), "context needs camera, topics or files")
	case camera != nil && (files != nil || topics != nil):
		l.report(camera.at, diag.Do(diag.HintLeaveOneOut), "a camera has its files and topics by itself")
	}
}

// genericWords are the parts of topics that say what is in them, not what made it.
var genericWords = map[string]bool{"compressed": true, "compresseddepth": true, "image": true, "image_raw": true, "image_rect": true, "image_rect_color": true, "image_color": true}

// topicWord is the last part of a topic that names what made its images: thermal of /thermal/image_raw; "" of a glob.
func topicWord(topic string) string {
	if strings.ContainsAny(topic, "*?[{\\") {
		return ""
	}
	for at := strings.Trim(topic, "/"); at != "" && at != "."; at = path.Dir(at) {
		if word := path.Base(at); !genericWords[strings.ToLower(word)] {
			return word
		}
	}
	return path.Base(topic)
}

// contextCameras reports entries of context that name no other camera of the manifest.
func (l *loader) contextCameras(root *node) {
	known, clouds := map[string]bool{}, map[string]bool{}
	var names []string
	for _, c := range root.list("cameras") {
		if name := nameOf(c).str(); name != "" {
			known[name] = true
			clouds[name] = Kind(c.get("kind").str()) == KindPointCloud
			names = append(names, name)
		}
	}
	for _, c := range root.list("cameras") {
		for _, n := range c.list("context") {
			switch name := contextCamera(n); {
			case name.str() == "" || l.full():
			case !known[name.str()]:
				l.report(name.at, cameraHint(name.str(), names), "unknown camera %q", clip(name.str()))
			case clouds[name.str()]:
				l.report(name.at, diag.Hint{}, "camera %s has point clouds, and context is images", clip(name.str()))
			case name.str() == nameOf(c).str():
				l.report(name.at, diag.Hint{}, "camera %s cannot be its own context", clip(name.str()))
			}
		}
	}
}
