package manifest

import (
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// manifest builds the Manifest from a tree, and reports what no schema can say.
// It takes what fits and passes over the rest, so that all mistakes come at once.
func (l *loader) manifest(root *node) *Manifest {
	m := &Manifest{
		File:    l.files[0].name,
		Dir:     l.files[0].dir,
		Version: root.get("version").integer(),
		Server:  l.server(root.get("server")),
		Root:    l.files[0].dir,
		Project: l.project(root.get("project")),
		Task:    l.task(root.get("task")),
		Pull:    l.pull(root.get("pull")),
		Update:  root.get("update").strings(),
	}
	for _, code := range root.get("ignore").strings() {
		m.Ignore = append(m.Ignore, diag.Code(code))
	}
	m.hash = hash(root, m.Project.Guide)
	if named := l.root(root.get("root")); named != "" {
		m.Root, m.RootPos = named, root.get("root").at
	}
	for _, n := range root.list("cameras") {
		m.Cameras = append(m.Cameras, l.camera(n))
	}
	for _, n := range root.list("bags") {
		m.Bags = append(m.Bags, l.bag(n))
	}
	for _, n := range root.list("skip") {
		m.Skip = append(m.Skip, l.skip(n))
	}
	l.cameraNames(root)
	l.contextCameras(root)
	l.cameraVariable(root)
	return m
}

// root is where bag paths begin; "" if it is not written.
func (l *loader) root(n *node) string {
	if n.str() == "" {
		return ""
	}
	l.unexpanded(n)
	if isAddress(n.str()) {
		return n.str()
	}
	return l.join(n)
}

// isAddress tells s3://bucket/prefix, https://host/dir, cloud:NAME/prefix and share:/path from paths.
func isAddress(root string) bool {
	for _, scheme := range []string{"s3://", "https://", "http://", "cloud:", "share:"} {
		if strings.HasPrefix(root, scheme) {
			return true
		}
	}
	return false
}

// list returns the items of the list under a key.
func (n *node) list(name string) []*node {
	if v := n.get(name); v != nil && v.kind == list {
		return v.items
	}
	return nil
}

func (l *loader) server(n *node) Server {
	if n == nil {
		return Server{}
	}
	s := Server{Organization: n.get("organization").str(), Pos: n.at}
	url := n.get("url")
	s.URL = strings.TrimRight(url.str(), "/")
	if dir, ok := strings.CutPrefix(url.str(), "sandbox:"); ok {
		s.URL = url.str()
		l.serverURL(url)
		s.Sandbox = l.join(&node{at: url.at, value: dir})
		return s
	}
	l.serverURL(url)
	return s
}

func (l *loader) project(n *node) Project {
	if n == nil {
		return Project{}
	}
	p := Project{
		ID:     n.get("id").integer(),
		Name:   n.get("name").str(),
		Create: n.get("create").boolPtr(),
		Guide:  l.guide(n.get("guide")),
		Pos:    n.at,
	}
	if create := n.field("create"); create != nil && n.get("id") != nil && p.Create != nil && *p.Create {
		l.report(create.at, diag.Do(diag.HintProjectByName), "a project named by id exists already: it cannot be created")
	}
	for _, item := range n.list("labels") {
		p.Labels = append(p.Labels, l.label(item, "any"))
	}
	l.uniqueNames(n.list("labels"), "label")
	return p
}

func (l *loader) pull(n *node) Pull {
	if n == nil {
		return Pull{}
	}
	p := Pull{
		Formats: n.get("formats").strings(), Merge: n.get("merge").str(),
		Stage: n.get("stage").str(), State: n.get("state").str(), Jobs: n.get("jobs").str(),
	}
	if to := n.get("to"); to.str() != "" {
		l.unexpanded(to)
		p.To = l.join(to)
	}
	return p
}

// nameOf is where an entry that may be short for {name: …} has its name.
func nameOf(n *node) *node {
	if n.kind == scalar {
		return n
	}
	return n.get("name")
}

func (l *loader) camera(n *node) Camera {
	l.globs(n.list("files"))
	l.globs(n.list("topics"))
	kind := Kind(n.get("kind").str())
	switch kind {
	case "images":
		kind = KindImages
	case KindPointCloud:
		l.onlyOfImages(n)
		l.fields(n.get("fields"))
	}
	if f := n.field("fields"); f != nil && kind != KindPointCloud {
		l.report(f.at, diag.Hint{}, "fields is of cameras of kind: pointcloud")
	}
	return Camera{
		Name:   nameOf(n).str(),
		Kind:   kind,
		Fields: n.get("fields").strings(),
		Files:  n.get("files").strings(),
		Topics: n.get("topics").strings(),
		Task:   l.task(n.get("task")),
		Frames: l.frames(n.get("frames")),
		Pos:    n.at,

		Context: l.contexts(n),
	}
}

func (l *loader) bag(n *node) Bag {
	path := n.get("path")
	if n.kind == scalar {
		path = n
		l.bagKey(n)
	}
	l.bagPaths(path)
	l.bagPaths(n.list("exclude")...)
	b := Bag{
		Path:    path.str(),
		Root:    l.root(n.get("root")),
		Exclude: n.get("exclude").strings(),
		Settle:  l.settle(n.get("settle"), "settle"),
		Cameras: n.get("cameras").strings(),
		Frames:  l.frames(n.get("frames")),
		Task:    l.task(n.get("task")),
		Pos:     n.at,
	}
	if partial := n.get("partial").boolPtr(); partial != nil {
		b.Partial = *partial
	}
	if optional := n.get("optional").boolPtr(); optional != nil {
		b.Optional = *optional
	}
	if index := n.get("index"); index.str() != "" {
		b.Index = l.join(index)
	}
	return b
}

func (l *loader) skip(n *node) Skip {
	task := n.get("task")
	if n.kind == scalar {
		task = n
	}
	l.globs([]*node{task})
	return Skip{Task: task.str(), Reason: n.get("reason").str(), Pos: n.at}
}

func (l *loader) frames(n *node) Frames {
	if n == nil {
		return Frames{}
	}
	f := Frames{
		Start:  l.instant(n.get("start")),
		Stop:   l.instant(n.get("stop")),
		Every:  n.get("every").integer(),
		Limit:  n.get("limit").integer(),
		Spread: n.get("spread").boolPtr(),

		SharpestOf: n.get("sharpest_of").integer(),
		Distinct:   n.get("distinct").intPtr(),

		Bad:     n.get("bad").str(),
		Stamp:   n.get("stamp").str(),
		Encode:  n.get("encode").str(),
		Quality: n.get("quality").integer(),
		Pos:     n.at,
	}
	if s := n.get("every_seconds").number(); s != nil {
		f.EverySeconds = *s
	}
	if depth := n.get("depth"); depth != nil {
		low, high := depth.get("min").number(), depth.get("max").number()
		if low != nil && high != nil {
			f.Depth = &Depth{Min: *low, Max: *high}
		}
	}
	l.frameRange(n, f)
	return f
}

func (l *loader) task(n *node) TaskSettings {
	if n == nil {
		return TaskSettings{}
	}
	l.bugTracker(n.get("bug_tracker"))
	s := TaskSettings{
		Name:      l.taskName(n.get("name")),
		FrameName: l.frameName(n.get("frame_name")),
		Was:       l.was(n.get("was")),
		Assignees: l.assignees(n.get("assignee")),
		MaxFrames: n.get("max_frames").integer(),
		Grow:      n.get("grow").str(),
		Settings:  l.settings(n),

		Annotations: l.annotations(n.get("annotations")),
	}
	s.Assignee = nil // one of Assignees, once the bag is known
	return s
}

func (l *loader) annotations(n *node) *Annotations {
	if n == nil || n.kind != mapping {
		return nil
	}
	a := &Annotations{Format: n.get("format").str(), Unplaced: n.get("unplaced").str(), Pos: n.at}
	if file := n.get("file"); file != nil {
		l.unexpanded(file)
		a.File, a.Dir = l.template(file, parseTaskName), l.file(file.at.File).dir
	}
	a.Topic, a.Within = l.template(n.get("topic"), parseTaskName), defaultWithin
	if within := l.settle(n.get("within"), "within"); within != nil {
		a.Within = *within
	}
	l.predictionSource(n)
	if score := n.get("min_score").number(); score != nil {
		a.MinScore = *score
	}
	if optional := n.get("optional").boolPtr(); optional != nil {
		a.Optional = *optional
	}
	if labels := n.get("labels"); labels != nil {
		a.Labels = make(map[string]string, len(labels.fields))
		for _, f := range labels.fields {
			a.Labels[f.name] = f.value.str()
		}
	}
	return a
}

// was takes one template or several.
func (l *loader) was(n *node) []*Template {
	if n == nil {
		return nil
	}
	items := n.items
	if n.kind == scalar {
		items = []*node{n}
	}
	templates := []*Template{}
	for _, item := range items {
		if t := l.taskName(item); t != nil {
			templates = append(templates, t)
		}
	}
	return templates
}

// assignees takes one name or several; an empty list is not nil: no one is assigned.
func (l *loader) assignees(n *node) []string {
	if name := n.strPtr(); name != nil {
		return []string{*name}
	}
	if n == nil {
		return nil
	}
	l.uniqueNames(n.items, "assignee")
	return n.strings()
}

func (l *loader) validation(n *node) *Validation {
	if n == nil || n.kind != mapping {
		return nil
	}
	v := &Validation{
		Mode:                 n.get("mode").str(),
		FrameSelectionMethod: n.get("frame_selection_method").str(),
		FrameCount:           n.get("frame_count").intPtr(),
		FrameShare:           n.get("frame_share").number(),
		FramesPerJobCount:    n.get("frames_per_job_count").intPtr(),
		FramesPerJobShare:    n.get("frames_per_job_share").number(),
		RandomSeed:           n.get("random_seed").intPtr(),
		Frames:               n.get("frames").strings(),
	}
	l.selection(n, v.FrameSelectionMethod)
	return v
}
