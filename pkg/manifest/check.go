package manifest

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// characters reports control characters that an escape ("\x07") brought into a
// value. Line breaks belong only where text may be long.
func (l *loader) characters(n *node, key string) {
	for _, item := range n.items {
		l.characters(item, key)
	}
	for _, f := range n.fields {
		l.character(f.at, f.name, "a key")
		l.characters(f.value, f.name)
	}
	l.character(n.at, n.text, key)
}

func (l *loader) character(at Position, text, key string) {
	long := key == "svg" || key == "reason"
	for _, r := range text {
		if !isControl(r) || long && strings.ContainsRune("\n\r\t", r) {
			continue
		}
		if r == '\n' {
			l.report(at, diag.Hint{}, "%s must be one line", clip(key))
			return
		}
		l.report(at, diag.Hint{}, "control character U+%04X in %s", r, clip(key))
		return
	}
}

func (l *loader) serverURL(n *node) {
	if n.str() == "" {
		return
	}
	u, err := url.Parse(n.str())
	switch {
	case environment.MatchString(strings.TrimPrefix(n.str(), "sandbox:")):
		l.report(n.at, diag.Do(diag.HintServerOutside), "~ and environment variables are not expanded in a manifest")
	case err != nil:
		l.report(n.at, diag.Do(diag.HintWrite, "https://HOST or https://HOST:PORT"), "url is not an address")
	case u.User != nil:
		l.report(n.at, diag.Do(diag.HintKeepSecretsOut), "credentials never belong in a manifest")
	case slices.Contains([]string{"tasks", "projects", "jobs", "api", "auth", "organizations"}, firstSegment(u.Path)):
		l.report(n.at, diag.Do(diag.HintWrite, u.Scheme+"://"+u.Host), "url names a page of CVAT, not the server")
	}
}

func firstSegment(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return first
}

// globs reports patterns that doublestar cannot read.
func (l *loader) globs(patterns []*node) {
	for _, p := range patterns {
		if p.str() != "" && !doublestar.ValidatePattern(p.str()) {
			l.report(p.at, diag.Do(diag.HintEscapeBrackets), "%q is not a glob", clip(p.str()))
		} else if n := alternatives(p.str()); n > maxAlternatives {
			l.report(p.at, diag.Hint{}, "%q has more than %d alternatives in its braces", clip(p.str()), maxAlternatives)
		}
	}
}

// maxAlternatives bounds what {a,b} in a pattern multiplies to: each is looked for by itself.
const maxAlternatives = 1000

// alternatives is how many patterns without braces a glob means, or more than [maxAlternatives].
func alternatives(glob string) int {
	all, choices := 1, []int(nil) // of the braces that are open
	for i := 0; i < len(glob) && all <= maxAlternatives; i++ {
		switch c := glob[i]; {
		case c == '\\':
			i++
		case c == '{':
			choices = append(choices, 1)
		case c == ',' && len(choices) > 0:
			choices[len(choices)-1]++
		case c == '}' && len(choices) > 0:
			all *= choices[len(choices)-1]
			choices = choices[:len(choices)-1]
		}
	}
	return all
}

var environment = regexp.MustCompile(`^~/|\$\{|\$[A-Z]`)

// unexpanded reports a path that counts on a shell.
func (l *loader) unexpanded(n *node) {
	if environment.MatchString(n.str()) {
		l.report(n.at, diag.Do(diag.HintRootOutside), "~ and environment variables are not expanded in a manifest")
	}
}

// bagKey reports a bag such as "path:run7", which was meant as a mapping.
func (l *loader) bagKey(n *node) {
	key, _, found := strings.Cut(n.str(), ":")
	if found && theShape().keys[key] != "" {
		l.report(n.at, diag.Do(diag.HintWrite, key+": and a blank"), "%q is a path here, not a mapping", clip(n.str()))
	}
}

// bagPaths reports patterns that are no globs below the root.
func (l *loader) bagPaths(patterns ...*node) {
	l.globs(patterns)
	for _, p := range patterns {
		l.unexpanded(p)
		slashed := strings.TrimSuffix(p.str(), "/")
		switch {
		case slices.Contains(strings.Split(slashed, "/"), ".."):
			l.report(p.at, diag.Do(diag.HintRaiseRoot), "%q leaves the root", clip(p.str()))
		case path.IsAbs(slashed):
			l.report(p.at, diag.Do(diag.HintMakeRelative), "%q is absolute; bag paths begin at the root", clip(p.str()))
		}
	}
}

// predictionSource reports annotations that come from nowhere, or from two places.
func (l *loader) predictionSource(n *node) {
	file, topic, format, within := n.field("file"), n.field("topic"), n.field("format"), n.field("within")
	switch {
	case file == nil && topic == nil:
		l.report(n.at, diag.Do(diag.HintWrite, "file: and format:, or topic:"), "annotations needs file or topic")
	case file != nil && topic != nil:
		l.report(topic.at, diag.Hint{}, "annotations has both file and topic")
	case file != nil && format == nil:
		l.report(n.at, diag.Do(diag.HintWrite, "format: coco, jsonl or yolo"), "annotations needs format")
	case file != nil && within != nil:
		l.report(within.at, diag.Hint{}, "within is for a topic: a file's frames are found by name")
	case topic != nil && format != nil:
		l.report(format.at, diag.Hint{}, "format is for a file: a topic's messages say their type")
	}
}

// Mark begins the bug_tracker of a task or project that is being made; a manifest gives none that does.
const Mark = "cvatplan:"

func (l *loader) bugTracker(n *node) {
	if strings.HasPrefix(n.str(), Mark) {
		l.report(n.at, diag.Hint{}, "bug_tracker must not begin with "+Mark+", the mark of a task that is being made")
	}
}

// template parses a template and moves the columns of its errors to the variables.
func (l *loader) template(n *node, parse func(string) (*Template, error)) *Template {
	if n.str() == "" {
		return nil
	}
	t, err := parse(n.str())
	var wrong templateErrors
	errors.As(err, &wrong)
	for _, w := range wrong {
		l.report(l.inside(n, w.Offset), w.Hint, "%s", w.Text)
	}
	return t
}

// inside returns the position of a character within a scalar, as far as the
// source shows the text as it is: not with escapes, nor over several lines.
func (l *loader) inside(n *node, offset int) Position {
	at := n.at
	line := l.line(at)
	for quote := 0; quote <= 1; quote++ {
		runes := []rune(line)
		if len(runes) >= quote && strings.HasPrefix(string(runes[quote:]), n.text) {
			at.Column += quote + offset
			return at
		}
	}
	return at
}

// taskName parses a task's name, in which the number of a part is to be found again.
func (l *loader) taskName(n *node) *Template {
	t := l.template(n, parseTaskName)
	if t != nil && t.count("part") > 1 {
		l.report(n.at, diag.Hint{}, "{part} may be in a name once")
	}
	return t
}

// frameName parses a frame_name, which names a file in an archive.
func (l *loader) frameName(n *node) *Template {
	s := n.str()
	switch {
	case strings.HasPrefix(s, "/"):
		l.report(n.at, diag.Hint{}, "frame_name must not begin with /")
	case strings.Contains(s, `\`):
		l.report(n.at, diag.Do(diag.HintUseSlashes), "frame_name must not hold a backslash")
	case slices.ContainsFunc(strings.Split(s, "/"), func(p string) bool { return p == ".." || p == "." }):
		l.report(n.at, diag.Hint{}, "frame_name must not hold . or .. as a directory")
	}
	return l.template(n, parseFrameName)
}

// cameraNames reports cameras of one name, and names in bags that no camera has.
func (l *loader) cameraNames(root *node) {
	l.uniqueNames(root.list("cameras"), "camera")
	known := map[string]bool{"": true} // which the schema reports
	var names []string
	for _, c := range root.list("cameras") {
		name := nameOf(c).str()
		known[name] = true
		if name != "" {
			names = append(names, name)
		}
	}
	for _, b := range root.list("bags") {
		for _, name := range b.list("cameras") {
			if !known[name.str()] && !l.full() {
				l.report(name.at, cameraHint(name.str(), names), "unknown camera %q", clip(name.str()))
			}
		}
	}
}

func cameraHint(name string, known []string) diag.Hint {
	if len(known) == 0 {
		return diag.Do(diag.HintNoCameras)
	}
	if near := wording.Nearest(name, known); near != "" {
		return diag.Do(diag.HintDidYouMean, strconv.Quote(near))
	}
	return diag.Do(diag.HintKnownAre, fmt.Sprintf("%q", known[:min(len(known), 12)]))
}

// onlyOfImages reports what a camera of point clouds says and only images have.
func (l *loader) onlyOfImages(camera *node) {
	for owner, keys := range map[string][]string{
		"task": {"image_quality", "validation", "annotations"}, "frames": {"encode", "quality", "depth"},
	} {
		for _, key := range keys {
			if f := camera.get(owner).field(key); f != nil {
				l.report(f.at, diag.Do(diag.HintCorrectOrLeaveOut), "%s is of images, and the camera is of kind: pointcloud", key)
			}
		}
	}
}

// fields reports points without a place.
func (l *loader) fields(n *node) {
	if n == nil || n.kind != list {
		return
	}
	for _, axis := range []string{"x", "y", "z"} {
		if !slices.Contains(n.strings(), axis) {
			l.report(n.at, diag.Hint{}, "fields lacks %s, without which a point has no place", axis)
		}
	}
}

// cameraVariable reports {camera} in templates of a manifest without cameras.
func (l *loader) cameraVariable(root *node) {
	if root.get("cameras") != nil || l.baseless {
		return
	}
	for _, owner := range append([]*node{root}, root.list("bags")...) {
		for _, key := range []string{"name", "frame_name"} {
			n, parse := owner.get("task").get(key), parseFrameName
			if key == "name" {
				parse = parseTaskName
			}
			t, err := parse(n.str())
			if err == nil && t.Uses("camera") {
				at := strings.LastIndex(n.str(), "{camera}")
				l.report(l.inside(n, utf8.RuneCountInString(n.str()[:at])), diag.Do(diag.HintListCameras),
					"{camera} has no value: the manifest names no cameras")
			}
		}
	}
}

// frameRange reports selections that contradict themselves.
func (l *loader) frameRange(n *node, f Frames) {
	if every := n.field("every_seconds"); f.Every > 0 && every != nil {
		l.report(every.at, diag.Do(diag.HintLeaveOneOut), "every and every_seconds exclude each other")
	}
	if f.Start != nil && f.Stop != nil && f.Start.after(f.Stop) {
		l.report(n.get("stop").at, diag.Hint{}, "stop lies before start")
	}
	if f.Depth != nil && f.Depth.Min >= f.Depth.Max {
		l.report(n.get("depth").at, diag.Hint{}, "depth.max must be above depth.min")
	}
}

// after compares instants of one kind; those of two kinds compare in a bag only.
func (i *Instant) after(j *Instant) bool {
	switch {
	case i.Index != nil && j.Index != nil:
		return *i.Index > *j.Index
	case i.Seconds != nil && j.Seconds != nil:
		return *i.Seconds > *j.Seconds
	case i.Time != nil && j.Time != nil:
		return i.Time.After(*j.Time)
	}
	return false
}

// selectedBy says which keys each frame_selection_method takes, one of them.
var selectedBy = map[string][]string{
	"random_uniform": {"frame_count", "frame_share"},
	"random_per_job": {"frames_per_job_count", "frames_per_job_share"},
	"manual":         {"frames"},
}

func (l *loader) selection(n *node, method string) {
	own, known := selectedBy[method]
	if !known {
		return
	}
	var written []string
	for _, f := range n.fields {
		switch {
		case slices.Contains(own, f.name):
			written = append(written, f.name)
		case f.name == "random_seed" && method == "manual",
			slices.Contains(slices.Concat(selectedBy["random_uniform"], selectedBy["random_per_job"], selectedBy["manual"]), f.name):
			l.report(f.at, diag.Hint{}, "%s does not go with frame_selection_method %s", f.name, method)
		}
	}
	switch {
	case len(written) == 0:
		l.report(n.at, diag.Hint{}, "frame_selection_method %s needs %s", method, strings.Join(own, ", or "))
	case len(written) > 1:
		l.report(n.at, diag.Do(diag.HintLeaveOneOut), "%s exclude each other", strings.Join(written, " and "))
	}
}
