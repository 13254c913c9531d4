package source

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/pcd"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// relatedDir is the folder, next to the frames, in which CVAT looks for context images.
const relatedDir = plan.RelatedImages

// A series is context images of a task's frames that one entry of context: gives.
type series struct {
	name   string       // the entry's; of images that lie in related_images folders: that
	source frame.Source // of each image that is used, once; nil where only an index tells of them
	files  []string     // by image: its name in CVAT, such as left.png
	keys   []string     // by image: its name on the server, where that reads it by itself; else nil
	uses   []use        // by frame
	unread bool         // which there are is known only once messages are read

	byNumber bool // they were paired by the numbers in files' names, which carry no times
}

// A use is one image next to one frame. An image may be next to several frames.
type use struct {
	frame, image int
	apart        uint64 // ns
}

// contextPath is where CVAT looks for a context image of a frame: only the last dot of the frame's file name becomes "_".
// What lies elsewhere it drops without a word. Of point clouds, which lie in cloudDir, the folder is next to that.
func contextPath(frame, file string) string {
	dir, base := path.Split(frame)
	if pcd.Named(base) {
		dir = strings.TrimSuffix(dir, cloudDir+"/")
	}
	ext := path.Ext(base)
	folder := base[:len(base)-len(ext)]
	if ext != "" {
		folder += "_" + ext[1:]
	}
	return dir + relatedDir + "/" + folder + "/" + file
}

// only is the series for some of the frames, with the images that these use.
func (s series) only(kept []int) series {
	byFrame := make(map[int][]use, len(s.uses))
	for _, u := range s.uses {
		byFrame[u.frame] = append(byFrame[u.frame], u)
	}
	some := s
	some.uses = nil
	for now, was := range kept {
		for _, u := range byFrame[was] {
			some.uses = append(some.uses, use{now, u.image, u.apart})
		}
	}
	return some.compact()
}

// without leaves out images, by their places.
func (s series) without(bad map[int]bool) series {
	if len(bad) > 0 {
		s.uses = slices.DeleteFunc(slices.Clone(s.uses), func(u use) bool { return bad[u.image] })
	}
	return s.compact()
}

// compact drops images that no frame uses.
func (s series) compact() series {
	place := make([]int, len(s.files))
	for _, u := range s.uses {
		place[u.image] = 1
	}
	var used []int
	for i, is := range place {
		if is > 0 {
			place[i] = len(used)
			used = append(used, i)
		}
	}
	if len(used) == len(s.files) {
		return s
	}
	s.files, s.uses = frame.Pick(s.files, used), slices.Clone(s.uses)
	if s.keys != nil {
		s.keys = frame.Pick(s.keys, used)
	}
	if s.source != nil {
		s.source = s.source.Only(used)
	}
	for i := range s.uses {
		s.uses[i].image = place[s.uses[i].image]
	}
	return s
}

// task is the series' images as a task's frames, to be read and judged as those are.
func (s series) task(t Task) Task {
	t.Kind, t.frames = manifest.KindImages, frames{names: s.files, source: s.source, bad: t.frames.bad, dir: t.frames.dir}
	return t
}

// related is how many context images each frame has; nil where none has any.
func (f frames) related() []int {
	if !slices.ContainsFunc(f.context, func(s series) bool { return len(s.uses) > 0 }) {
		return nil
	}
	counts := make([]int, len(f.names))
	for _, s := range f.context {
		for _, u := range s.uses {
			counts[u.frame]++
		}
	}
	return counts
}

// coverage is how many of the frames have context images, for each series.
func (f frames) coverage() []plan.Context {
	var list []plan.Context
	for _, s := range f.context {
		c := plan.Context{Name: s.name, Images: len(s.uses), Unread: s.unread, ByNumber: s.byNumber}
		last := -1
		for _, u := range s.uses {
			if u.frame != last {
				c.Frames++
			}
			last = u.frame
			c.Worst = max(c.Worst, time.Duration(u.apart))
		}
		list = append(list, c)
	}
	return list
}

// Covered is the task's coverage by context images, now that its frames are measured.
func (t Task) Covered(frames []Frame) []plan.Context {
	list := t.frames.coverage()
	if _, only := t.OnlyIndexed(); only {
		return list
	}
	place := make(map[string]int, len(list))
	for i, c := range list {
		list[i], place[c.Name] = plan.Context{Name: c.Name, ByNumber: c.ByNumber}, i
	}
	for _, f := range frames {
		last := -1
		for _, image := range f.Context {
			i := place[image.series]
			c := &list[i]
			c.Images++
			if i != last {
				c.Frames++
			}
			last = i
			c.Worst = max(c.Worst, time.Duration(image.apart))
		}
	}
	return list
}

// addContext gives the frames the candidates of a series that are nearest in time, whose stamps are theirs. It is a
// warning if no frame has one.
func (t *Task) addContext(name string, within time.Duration, stamps []int64, of candidates) []diag.Diagnostic {
	times := make([]int64, len(t.frames.names))
	for i := range times {
		stamp := t.frames.source.Origin(i).StampNS
		if stamp == nil {
			t.block(diag.CodeNoStamps, diag.Do(diag.HintStampContext), "context %s: no time stamps in the names of %s, such as %s", wording.Safe(name), t.described(), wording.Safe(t.frames.source.Where(i)))
			return nil
		}
		times[i] = *stamp
	}
	pairs := nearest(times, stamps, int64(within))
	t.addPairs(series{name: name}, pairs, of)
	if len(pairs) > 0 {
		return nil
	}
	missing := fmt.Sprintf("within %s: the bag has none", within)
	if near := nearest(times, stamps, 1<<63-1); len(near) > 0 {
		best := slices.MinFunc(near, func(a, b pairing) int { return cmp.Compare(a.apart, b.apart) })
		missing = fmt.Sprintf("within %s; the nearest is %s away", within, time.Duration(best.apart).Round(time.Millisecond))
	}
	return t.withoutContext(name, missing)
}

// The candidates of a series are the images that its entry may take.
type candidates struct {
	open func(used []int) frame.Source // the source of some of them
	file func(candidate int) string    // how CVAT is to call one
}

// addPairs adds a series with the images that the pairs name.
func (t *Task) addPairs(s series, pairs []pairing, of candidates) {
	var used []int
	place := make(map[int]int)
	for _, p := range pairs {
		image, known := place[p.candidate]
		if !known {
			image = len(used)
			place[p.candidate] = image
			used = append(used, p.candidate)
			s.files = append(s.files, of.file(p.candidate))
		}
		s.uses = append(s.uses, use{p.time, image, p.apart})
	}
	if len(used) > 0 {
		s.source = of.open(used)
		if file := s.files[0]; len(file) > maxFrameName || ignoredByCVAT(file) {
			t.block(diag.CodeBadFrameName, diag.Do(diag.HintWrite, "name: and another one"), "context image %s: CVAT takes names of %d bytes, and drops what has __MACOSX or .DS_Store in them", wording.Safe(wording.Clip(file, 80)), maxFrameName)
		}
	}
	t.frames.context = append(t.frames.context, s)
}

// withoutContext is the warning that no frame has an image of a series.
func (t *Task) withoutContext(name, missing string) []diag.Diagnostic {
	if len(t.frames.names) == 0 || len(t.Problems) > 0 {
		return nil
	}
	return []diag.Diagnostic{{
		Severity: diag.Warning, Code: diag.CodeNoContext, Task: t.Name, Pos: t.Origin,
		Text: fmt.Sprintf("task %s: no frame has an image of %s %s", wording.Safe(t.Name), wording.Safe(name), missing),
	}}
}

// described are the task's frames, for people.
func (t Task) described() string {
	if t.Camera == "" {
		return "its frames"
	}
	return "camera " + wording.Safe(t.Camera)
}

// measureContext reads each context image once, and gives those of each frame as they lie in the archive.
func (t Task) measureContext(ctx context.Context, part frame.Part) ([][]Frame, []diag.Diagnostic) {
	if len(t.frames.context) == 0 {
		return nil, nil
	}
	byFrame := make([][]Frame, len(t.frames.names))
	var problems []diag.Diagnostic
	for _, s := range t.frames.context {
		if s.source == nil {
			continue
		}
		images, report := make([]Frame, len(s.files)), make([]diag.Diagnostic, len(s.files))
		of := s.task(t)
		damage := s.source.Each(ctx, part, func(i int, o frame.Opened, err error) {
			images[i], report[i] = of.measure(ctx, i, o, err)
			images[i].from = o.From
		})
		kept, found := of.keep(report)
		problems = append(append(problems, inContext(s.name, found)...), t.found(damage)...)
		good := make([]bool, len(images))
		for _, i := range kept {
			good[i] = true
		}
		white := 0
		for _, f := range images {
			if f.grey16 {
				white++
			}
		}
		if white > 0 {
			problems = append(problems, t.shownWhite(s.name, white))
		}
		for _, u := range s.uses {
			if good[u.image] {
				f := images[u.image]
				f.Name, f.series, f.apart = contextPath(t.frames.names[u.frame], f.Name), s.name, u.apart
				byFrame[u.frame] = append(byFrame[u.frame], f)
			}
		}
	}
	return byFrame, problems
}

// shownWhite says that CVAT shows context images otherwise than frames (measured on 2.73): it cuts what is above 255, where it brings a
// frame of 16 bits to the range of 8.
func (t Task) shownWhite(series string, n int) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Warning, Code: diag.CodeContextBits, Task: t.Name, Pos: t.Origin, Hint: diag.Do(diag.HintEightBits),
		Text: fmt.Sprintf("context %s: %s grey in 16 bits, of which CVAT shows all above 255 as white", wording.Safe(series), wording.Count(n, "image is", "images are")),
	}
}

// checkContext reads the headers of the context images, and leaves out what cannot be used where the manifest says so.
func (t *Task) checkContext(ctx context.Context) []diag.Diagnostic {
	var problems []diag.Diagnostic
	all := slices.Clone(t.frames.context)
	for k, s := range all {
		if s.source == nil {
			continue
		}
		report := make([]diag.Diagnostic, len(s.files))
		of := s.task(*t)
		damage := s.source.Each(ctx, frame.Header, func(i int, o frame.Opened, err error) { _, report[i] = of.header(i, o, err) })
		kept, found := of.keep(report)
		problems = append(append(problems, inContext(s.name, found)...), t.found(damage)...)
		bad := make(map[int]bool)
		for i := range report {
			bad[i] = true
		}
		for _, i := range kept {
			delete(bad, i)
		}
		all[k] = s.without(bad)
	}
	t.frames.context = all
	return problems
}

// inContext says of problems that they are of context images.
func inContext(name string, problems []diag.Diagnostic) []diag.Diagnostic {
	for i := range problems {
		problems[i].Text = "context " + wording.Safe(name) + ": " + problems[i].Text
	}
	return problems
}

// contextBytes is what the context images add to the archive; -1 where a size is not known before an image is encoded.
func (t Task) contextBytes(ctx context.Context) (total int64, err error) {
	for _, s := range t.frames.context {
		if s.source == nil {
			continue
		}
		sizes, report := s.task(t).sizes(ctx)
		if _, problems := s.task(t).keep(report); len(diag.Errors(problems)) > 0 {
			return total, inContext(s.name, diag.Errors(problems))[0]
		}
		for _, u := range s.uses {
			if sizes[u.image] < 0 {
				return -1, ctx.Err()
			}
			total += sizes[u.image]
		}
	}
	return total, ctx.Err()
}
