package adopt

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/survey"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func scalar(s string) string { return survey.Scalar(s) }

// text is the manifest.
func (a *adoption) text() []byte {
	lines := []string{
		survey.Modeline,
		fmt.Sprintf("# The tasks of project %d %s as they are: cvatplan plan finds nothing to do.", a.project.ID, wording.Safe(a.project.Name)),
	}
	lines = append(lines, a.remarks()...)
	lines = append(lines, "version: 1", "server:", "  url: "+scalar(a.serverURL()))
	if a.o.Organization != "" {
		lines = append(lines, "  organization: "+scalar(a.o.Organization))
	}
	lines = append(lines, "root: "+scalar(a.layout.root), "project:", fmt.Sprintf("  id: %d # %s", a.project.ID, wording.Safe(a.project.Name)))
	lines = append(lines, a.labelsPart()...)
	lines = append(lines, a.camerasPart()...)
	lines = append(lines, a.layout.taskPart()...)
	lines = append(lines, "bags:")
	for _, e := range a.entries() {
		lines = append(lines, e.lines()...)
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

// labelsPart are the project's labels; one that a manifest cannot say whole stands by its name alone, which asks for
// nothing else of it.
func (a *adoption) labelsPart() []string {
	if len(a.labels) == 0 {
		return nil
	}
	lines := []string{"  labels:"}
	for _, label := range a.labels {
		if fault := a.faults[label.Name]; fault != "" {
			lines = append(lines, "    # By its name alone: "+wording.Safe(fault))
			label = cvat.Label{Name: label.Name}
		}
		lines = append(lines, labelLines(label, "    ")...)
	}
	return lines
}

// camerasPart is empty where all tasks hold the images of whole bags.
func (a *adoption) camerasPart() []string {
	l := a.layout
	if l.cameras == nil {
		if only := a.onlyCamera(); only != "" {
			return []string{"cameras:", fmt.Sprintf("  - {name: %s, kind: %s, files: [%q]}", only, string(l.kind), "**")}
		}
		return nil
	}
	lines := []string{"cameras:"}
	for _, c := range l.cameras {
		lines = append(lines, "  - name: "+scalar(c))
		if l.kind != manifest.KindImages {
			lines = append(lines, "    kind: "+string(l.kind))
		}
		if own := l.settings.cameras[c]; len(own) > 0 {
			lines = append(lines, "    task: "+flow(own))
		}
	}
	return lines
}

// taskPart is what all tasks have in common.
func (l *layout) taskPart() []string {
	lines := []string{"task:", "  name: " + survey.Quoted(l.name)}
	if l.frameName != underBag && l.frameName != "" {
		lines = append(lines, "  frame_name: "+survey.Quoted(l.frameName))
	}
	if len(l.parted) > 0 {
		lines = append(lines, "  grow: part")
	}
	for _, k := range keys {
		if v := l.settings.all[k.name]; v != "" {
			lines = append(lines, "  "+k.name+": "+v)
		}
	}
	return lines
}

// mostRemarks is how many tasks are named that are left out.
const mostRemarks = 20

func (a *adoption) remarks() []string {
	var lines []string
	indexed := 0
	for _, t := range a.layout.tasks {
		if t.indexed {
			indexed++
		}
	}
	if indexed > 0 {
		_, file := a.indexFile()
		lines = append(lines, fmt.Sprintf("# The images of %s were not found: %s has the names of their frames,", wording.Count(indexed, "task", "tasks"), wording.Safe(file)),
			"# which is all that plan, status and pull need.")
	}
	for i, left := range a.leftOut {
		if i == mostRemarks {
			lines = append(lines, fmt.Sprintf("# and %d more are left out", len(a.leftOut)-i))
			break
		}
		lines = append(lines, "# Left out: "+left)
	}
	return lines
}

// serverURL is the server as a manifest in this file names it.
func (a *adoption) serverURL() string {
	if dir, ok := strings.CutPrefix(a.o.Server, "sandbox:"); ok {
		return "sandbox:" + relativeTo(filepath.Dir(a.o.File), dir)
	}
	return a.o.Server
}

// An entry is one of bags:.
type entry struct {
	path  string
	index string
	count int
	own
}

// own is what a bag has of its own.
type own struct {
	task   map[string]string
	frames map[string]string // of a video
}

func (o own) equal(other own) bool {
	return maps.Equal(o.task, other.task) && maps.Equal(o.frames, other.frames)
}

func (o own) empty() bool { return len(o.task)+len(o.frames) == 0 }

func (e entry) lines() []string {
	line := "  - path: " + survey.Quoted(e.path)
	if e.count > 1 {
		line += fmt.Sprintf(" # %d bags", e.count)
	}
	lines := []string{line}
	if e.index != "" {
		lines = append(lines, "    index: "+scalar(e.index))
	}
	if len(e.frames) > 0 {
		lines = append(lines, "    frames: "+flow(e.frames))
	}
	if len(e.task) > 0 {
		lines = append(lines, "    task: "+flow(e.task))
	}
	return lines
}

// entries are globs for the bags that are in one directory, and entries of bags that differ from the others.
func (a *adoption) entries() []entry {
	_, index := a.indexFile()
	groups := map[string][]*task{}
	seen := map[string]bool{}
	for _, t := range a.layout.tasks {
		if !seen[t.bag] {
			seen[t.bag] = true
			groups[a.glob(t)] = append(groups[a.glob(t)], t)
		}
	}
	var globs, single []entry
	for _, glob := range slices.SortedFunc(maps.Keys(groups), wording.Compare) {
		bags := groups[glob]
		whole := a.layout.style != listed && len(bags) >= 3 && a.complete(bags)
		e := entry{path: glob, count: len(bags)}
		if bags[0].indexed {
			e.index = index
		}
		own := a.own(bags[0])
		shared := whole && !slices.ContainsFunc(bags, func(t *task) bool { return !own.equal(a.own(t)) })
		if shared {
			e.own = own
		}
		if whole {
			globs = append(globs, e)
		}
		for _, t := range bags {
			own := a.own(t)
			if whole && (shared || own.empty()) {
				continue
			}
			e := entry{path: pathOf(t), own: own}
			if t.indexed && !whole {
				e.index = index
			}
			single = append(single, e)
		}
	}
	return append(globs, single...)
}

// complete reports whether the bags are all that is in their directory.
func (a *adoption) complete(bags []*task) bool {
	for _, t := range bags {
		if t.indexed {
			if len(a.images.dirs) > 0 {
				return false // what else a glob would match is not known
			}
			continue
		}
		i := slices.IndexFunc(t.images, func(d dir) bool { return d.rel == t.bag })
		if t.images[i].kids != len(bags) {
			return false
		}
	}
	return true
}

// glob matches a bag and those next to it that are of its kind.
func (a *adoption) glob(t *task) string {
	all := "*/"
	if file := !t.indexed && slices.ContainsFunc(t.images, func(d dir) bool { return d.rel == t.bag && d.file }); file {
		all = "*" + path.Ext(t.bag)
	}
	if parent := path.Dir(t.bag); parent != "." {
		return survey.EscapeGlob(parent) + "/" + all
	}
	return all
}

func pathOf(t *task) string {
	if !t.indexed && slices.ContainsFunc(t.images, func(d dir) bool { return d.rel == t.bag && d.file }) {
		return survey.EscapeGlob(t.bag)
	}
	return survey.EscapeGlob(t.bag) + "/"
}

// own is what a bag has of its own.
func (a *adoption) own(t *task) own {
	o := own{task: maps.Clone(a.layout.settings.bags[t.bag])}
	if o.task == nil {
		o.task = map[string]string{}
	}
	if name := a.layout.names[t]; name != a.layout.name {
		o.task["name"] = survey.Quoted(name)
	}
	if name := a.layout.frameNames[t]; name != a.layout.frameName {
		o.task["frame_name"] = survey.Quoted(name)
	}
	if t.video != nil {
		o.frames, _ = t.video.frames()
	}
	return o
}

// flow is a mapping in one line.
func flow(values map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(values)) {
		parts = append(parts, k+": "+values[k])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

var labelID = regexp.MustCompile(`data-label-id="(\d+)"`)

// labelLines are a label whole. A skeleton's drawing names its points as the manifest does.
func labelLines(l cvat.Label, indent string) []string {
	lines := []string{indent + "- name: " + scalar(l.Name)}
	add := func(key, value string) { lines = append(lines, indent+"  "+key+": "+value) }
	if l.Color != "" {
		add("color", survey.Quoted(l.Color))
	}
	if t := cmp.Or(l.Type, "any"); t != "any" {
		add("type", t)
	}
	if len(l.Attributes) > 0 {
		lines = append(lines, indent+"  attributes:")
		for _, at := range l.Attributes {
			lines = append(lines, indent+"    - "+attribute(at))
		}
	}
	if len(l.Sublabels) > 0 {
		names := map[string]string{}
		lines = append(lines, indent+"  sublabels:")
		for _, sub := range l.Sublabels {
			names[strconv.Itoa(sub.ID)] = sub.Name
			lines = append(lines, labelLines(sub, indent+"    ")...)
		}
		svg := labelID.ReplaceAllStringFunc(l.SVG, func(m string) string {
			return "data-label-name=" + strconv.Quote(names[labelID.FindStringSubmatch(m)[1]])
		})
		add("svg", survey.Quoted(svg))
	}
	return lines
}

func attribute(a cvat.Attribute) string {
	values, err := json.Marshal(a.Values)
	if err != nil {
		panic(err) // texts always encode
	}
	s := fmt.Sprintf("{name: %s, input_type: %s, mutable: %t, values: %s", survey.Quoted(a.Name), a.InputType, a.Mutable, values)
	if a.DefaultValue != "" {
		s += ", default_value: " + survey.Quoted(a.DefaultValue)
	}
	return s + "}"
}
