package source

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// recording gives the tasks of a bag file or a rosbag2 directory, or says what is wrong with it. While it is still being
// copied, its tasks are left alone, whether it can be read by now or not.
func (s scanner) recording(ctx context.Context, b *bagRef) outcome {
	o := s.openRecording(ctx, b)
	if hold := s.unsettled(ctx, b, recordingFiles(ctx, b)); hold != "" {
		for i := range o.tasks {
			o.tasks[i].Deferred = hold
		}
	}
	return o
}

func (s scanner) openRecording(ctx context.Context, b *bagRef) outcome {
	select {
	case s.heavy <- struct{}{}:
		defer func() { <-s.heavy }()
	case <-ctx.Done():
		return outcome{}
	}
	var o outcome
	err := s.cache.Use(ctx, b.store, b.rel, func(r *bag.Bag) (err error) {
		o, err = s.topics(ctx, b, r)
		return err
	})
	if err != nil && ctx.Err() == nil {
		var unread *bag.UnreadError
		if errors.As(err, &unread) {
			return s.blocked(b, unreadFiles(ctx, b, unread.Files)...)
		}
		return s.blocked(b, s.unopened(ctx, b, err))
	}
	return o
}

// unreadFiles names each file of a rosbag2 that gives nothing: a task made without its frames could not be
// given them later.
func unreadFiles(ctx context.Context, b *bagRef, files []bag.Unread) []diag.Diagnostic {
	var list []diag.Diagnostic
	hidden := 0
	for _, f := range files {
		if f.Hidden {
			hidden++
			continue
		}
		list = append(list, unreadFile(ctx, b, f))
	}
	if hidden > 0 {
		list = append(list, diag.Diagnostic{
			Severity: diag.Error, Code: diag.CodeIncompleteBag, Hint: diag.Do(diag.HintBringBagFiles),
			Text: fmt.Sprintf("bag %s lacks %s named by its metadata.yaml; names are not shown, since that lies outside the repository of the manifest",
				wording.Safe(b.rel), wording.Count(hidden, "file", "files")),
		})
	}
	for i := range list {
		if p := &list[i]; b.partial() && p.Code == diag.CodeIncompleteBag { // there is nothing to make tasks of without it
			p.Hint = diag.Do(diag.HintBringABagFile)
		}
	}
	return list
}

// unreadFile says why a file of a recording gives nothing.
func unreadFile(ctx context.Context, b *bagRef, f bag.Unread) diag.Diagnostic {
	said := fmt.Sprintf("bag %s: its file %s ", wording.Safe(b.rel), wording.Safe(path.Base(f.Name)))
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeIncompleteBag, Hint: diag.Do(diag.HintBringBagFiles)}
	head, err := store.Head(ctx, b.store, f.Name, content.MaxPointer)
	code, name := content.Pointer(head)
	var whole *bag.WholeError
	switch {
	case errors.As(f.Err, &whole):
		return needsWhole(b, whole)
	case errors.Is(f.Err, fs.ErrNotExist):
		p.Text = said + "is missing"
		if link, ok := BrokenLink(ctx, b.store, f.Name); ok {
			p.Code, p.Text = link.Code, p.Text+": "+wording.Safe(link.Text)
			p.Hint = cmp.Or(link.Hint, p.Hint)
		} else if len(f.Unlisted) > 0 {
			p.Text += "; there, but not in metadata.yaml: " + wording.Safe(wording.FirstFew(f.Unlisted, 3))
			p.Hint = diag.Do(diag.HintRenameBagFile)
		}
	case err == nil && code != "":
		p.Code, p.Text, p.Hint = code, said+"is "+name+", not the recording", FetchCommand(code, b.store.Path(f.Name), b.path())
	case err == nil && len(head) == 0:
		p.Text = said + "is empty (0 bytes)"
	case err == nil && errors.As(f.Err, new(*bag.StartError)):
		p.Text = said + "is not a recording: " + content.Describe(head)
	default:
		p.Text = said + "cannot be read: " + reason(f.Err)
	}
	return p
}

// foreignMetadata reports whether the metadata.yaml of a rosbag2 of this machine is reached by a link that the manifest's
// repository holds and that leads out of it: whoever wrote that link may have no right to read what it leads to. A root
// elsewhere is what the manifest's author named: there it is what leads out of the root and out of the bag, too.
func (s scanner) foreignMetadata(root, dir string) bool {
	at, err := filepath.EvalSymlinks(filepath.Join(dir, "metadata.yaml"))
	switch {
	case err != nil || s.m.Shows(at): // on another machine, nothing is
		return false
	case s.m.Shows(root):
		return true
	}
	return !leadsInto(root, at) && !leadsInto(dir, at)
}

// leadsInto reports whether a path without links lies below a directory.
func leadsInto(dir, path string) bool {
	top, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false
	}
	abs, err := filepath.Abs(path)
	top, topErr := filepath.Abs(top)
	rel, relErr := filepath.Rel(top, abs)
	return err == nil && topErr == nil && relErr == nil && filepath.IsLocal(rel)
}

// needsWhole says what it costs to open a file of a store on another machine that has no index.
func needsWhole(b *bagRef, e *bag.WholeError) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeReadWhole, Hint: diag.Do(diag.HintReadWhole),
		Text: fmt.Sprintf("bag %s: %s %s: it would be read whole, %s", wording.Safe(b.rel), wording.Safe(path.Base(e.File)), e.Why, wording.Bytes(e.Bytes)),
	}
}

// partial reports whether the manifest wants tasks of a bag that lacks some of its files.
func (b bagRef) partial() bool {
	return slices.ContainsFunc(b.entries, func(e *manifest.Bag) bool { return e.Partial })
}

// unopened says why a recording gives nothing; a pointer of Git LFS is no damage.
func (s scanner) unopened(ctx context.Context, b *bagRef, err error) diag.Diagnostic {
	var whole *bag.WholeError
	if errors.As(err, &whole) {
		return needsWhole(b, whole)
	}
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeOr(diag.CodeUnreadableBag, err), Text: fmt.Sprintf("bag %s: %v", wording.Safe(b.rel), err), Hint: diag.HintOf(err)}
	if errors.As(err, new(*bag.SeveralError)) {
		p.Hint = diag.Do(diag.HintMatchRecordings, b.rel+"/*")
	}
	head, openErr := store.Head(ctx, b.store, b.rel, content.MaxPointer)
	if link, ok := BrokenLink(ctx, b.store, b.rel); ok && errors.Is(openErr, fs.ErrNotExist) {
		p.Code, p.Hint, p.Text = link.Code, link.Hint, fmt.Sprintf("bag %s: %s", wording.Safe(b.rel), wording.Safe(link.Text))
	}
	if openErr != nil {
		return p
	}
	if code, name := content.Pointer(head); code != "" {
		p.Code, p.Text = code, fmt.Sprintf("bag %s: %s, not the recording", wording.Safe(b.rel), name)
		p.Hint = FetchCommand(code, b.path(), filepath.Dir(b.path()))
	} else if len(head) == 0 {
		p.Text = fmt.Sprintf("bag %s is empty (0 bytes)", wording.Safe(b.rel))
	} else if errors.As(err, new(*bag.StartError)) {
		p.Text = fmt.Sprintf("bag %s: not a recording: %s", wording.Safe(b.rel), content.Describe(head))
	}
	return p
}

// topics gives each camera its topics and makes the tasks.
func (s scanner) topics(ctx context.Context, b *bagRef, r *bag.Bag) (outcome, error) {
	o := outcome{totals: newTotals(s.m)}
	o.totals.recordings = 1
	unread := r.Unread()
	costs := slices.ContainsFunc(unread, func(f bag.Unread) bool { return errors.As(f.Err, new(*bag.WholeError)) })
	if len(unread) > 0 && (costs || !b.partial()) {
		return s.blocked(b, unreadFiles(ctx, b, unread)...), nil
	}
	topics, clouds := recording.ImageTopics(r), []bag.Topic(nil)
	if s.matchers[manifest.KindPointCloud] != nil {
		clouds = recording.CloudTopics(r)
	}
	d := dividedTopics{first: firstReceived(slices.Concat(topics, clouds)), heads: headCache{}}
	d.mine, d.problems = s.divideTopics(b, topics, clouds, &o.totals)
	for _, camera := range s.cameras(b) {
		if err := s.cameraTopics(ctx, newView(s.m, b, camera), r, d, &o); err != nil {
			return o, err
		}
	}
	o.problems = append(o.problems, damage(b, r)...)
	for _, note := range r.Notes() {
		o.problems = append(o.problems, diag.Diagnostic{Severity: diag.Note, Code: diag.CodeSameRecording, Text: "bag " + wording.Safe(b.rel+": "+note), Pos: b.pos()})
	}
	if len(o.tasks) == 0 {
		return s.emptyRecording(b, topics, clouds, o), nil
	}
	return o, nil
}

// dividedTopics are a recording's topics by the camera's place in the manifest, and what all of its tasks share.
type dividedTopics struct {
	mine     [][]bag.Topic
	problems []*diag.Diagnostic // nil: the camera's topics are clear
	first    int64              // nanoseconds: when the recording's first image was received
	heads    headCache
}

// cameraTopics adds the task of one camera, or counts that the recording has nothing for it.
func (s scanner) cameraTopics(ctx context.Context, v view, r *bag.Bag, d dividedTopics, o *outcome) error {
	i := s.index(v.camera)
	depths, err := recording.DepthsOf(ctx, r, d.mine[i])
	if err != nil {
		return err
	}
	chosen := d.mine[i]
	clouds, byName := v.kind() == manifest.KindPointCloud, v.camera != nil && len(v.camera.Topics) == 0
	if !clouds {
		chosen = recording.Choose(chosen, depths)
	}
	if byName && !clouds {
		chosen = compressedOf(chosen, depths, v.camera.Name)
	}
	around, err := s.topicContexts(ctx, v, r, d.mine, d.problems)
	if err != nil {
		return err
	}
	t, others, err := s.fromTopics(ctx, v, r, chosen, d, around)
	if err != nil {
		return err
	}
	if t == nil {
		o.totals.missing[i].add(v.bag, []string{v.bag.rel})
		return nil
	}
	o.totals.taken[i]++ // blocked or not
	o.tasks = append(o.tasks, *t)
	o.problems = append(o.problems, others...)
	if !clouds {
		list, same := choices(t, byName, chosen, d.mine[i], depths)
		o.problems = append(o.problems, list...)
		o.totals.sameTopics.join(same)
	}
	return nil
}

// divideTopics gives each camera its topics, or what is wrong with them.
func (s scanner) divideTopics(b *bagRef, images, clouds []bag.Topic, sum *totals) ([][]bag.Topic, []*diag.Diagnostic) {
	n := max(1, len(s.m.Cameras))
	mine, problems := make([][]bag.Topic, n), make([]*diag.Diagnostic, n)
	var left []string
	for i, t := range slices.Concat(images, clouds) {
		owner, between := 0, [2]int{}
		kind := manifest.KindImages
		if i >= len(images) {
			kind = manifest.KindPointCloud
		}
		if len(s.m.Cameras) > 0 {
			owner, between = s.topicOwner(t.Name, kind)
		}
		switch owner {
		case camera.Unmatched:
			if s.topicOfContext(t.Name) || s.onlyClouds() && kind == manifest.KindImages {
				continue
			}
			left = append(left, strings.TrimPrefix(t.Name, "/"))
		case camera.Ambiguous:
			p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeTwoCameras, Hint: diag.Do(diag.HintNarrowGlobs), Text: fmt.Sprintf(
				"topic %s of bag %s fits topics: of both %s and %s", wording.Safe(t.Name), wording.Safe(b.rel), s.m.Cameras[between[0]].Name, s.m.Cameras[between[1]].Name)}
			problems[between[0]], problems[between[1]] = &p, &p
		default:
			mine[owner] = append(mine[owner], t)
		}
	}
	sum.topics.add(b, left)
	return mine, problems
}

// topicOwner is the camera of a kind that takes a topic.
func (s scanner) topicOwner(topic string, kind manifest.Kind) (owner int, between [2]int) {
	matcher := s.matchers[kind]
	if matcher == nil {
		return camera.Unmatched, between
	}
	return matcher.TopicOwner(topic)
}

// fromTopics makes the task of a camera's topics; nil if it has none.
func (s scanner) fromTopics(ctx context.Context, v view, r *bag.Bag, chosen []bag.Topic, d dividedTopics, around []topicContext) (*Task, []diag.Diagnostic, error) {
	problem := d.problems[s.index(v.camera)]
	switch {
	case problem != nil:
	case len(chosen) == 0:
		return nil, nil, nil
	case v.camera != nil && len(v.camera.Topics) == 0 && len(chosen) > 1:
		p := severalStreams(v.camera, chosen)
		problem = &p
	}
	if problem != nil {
		t := v.task()
		t.blockAll([]diag.Diagnostic{*problem})
		return &t, nil, nil
	}
	t, others, err := s.fromMessages(ctx, v, r, chosen, d, around)
	return &t, others, err
}

// choices says which of a camera's topics that hold the same images are taken, where they do not hold as many,
// or not in the same depth. Where the camera's name alone chose one, all others were passed over. Tasks whose topics hold the
// same are only counted.
func choices(t *Task, byName bool, chosen, all []bag.Topic, d recording.Depths) (list []diag.Diagnostic, equal occurrences) {
	for _, c := range chosen {
		from := recording.StreamOf(c.Name, all)
		if byName && len(chosen) == 1 {
			from = all
		}
		other, same := recording.Passed(c, from, d)
		if len(same) > 0 {
			equal = occurrences{n: 1, bags: 1, example: fmt.Sprintf("%s, not %s (%s each)", c.Name, same[0].Name, wording.Count(c.Count, "message", "messages"))}
		}
		for _, twin := range other {
			list = append(list, diag.Diagnostic{
				Severity: diag.Note, Code: diag.CodeTopicChoice, Task: t.Name, Pos: t.Origin,
				Text: fmt.Sprintf("task %s: %s (%s) is taken, not %s (%s)", wording.Safe(t.Name),
					wording.Safe(c.Name), wording.Count(c.Count, "message", "messages"), wording.Safe(twin.Name), wording.Count(twin.Count, "message", "messages")),
			})
		}
	}
	return list, equal
}

// firstReceived is when the bag's first image was received: where its seconds begin.
func firstReceived(topics []bag.Topic) int64 {
	var first int64
	for _, t := range topics {
		if t.Count > 0 && (first == 0 || t.First < first) {
			first = t.First
		}
	}
	return first
}

// damage is what of the recording could not be read so far.
func damage(b *bagRef, r *bag.Bag) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, w := range r.Warnings() {
		said := fmt.Sprintf("bag %s is damaged: %s, %s", wording.Safe(b.rel), inFile(b, w), wording.Count(w.Places, "time", "times"))
		if w.Messages > 0 {
			said += fmt.Sprintf(", %s lost", wording.Count(int(w.Messages), "message", "messages"))
		}
		if w.Bytes > 0 {
			said += fmt.Sprintf(", %s lost", wording.Count(int(w.Bytes), "byte", "bytes"))
		}
		if w.First != "" {
			said += "; first: " + wording.Safe(w.First)
		}
		list = append(list, diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeDamagedBag, Text: said, Hint: w.Hint, Pos: b.pos()})
	}
	return list
}

// inFile is what is wrong, with the file of a recording of several.
func inFile(b *bagRef, w bag.Warning) string {
	if w.File == b.path() {
		return w.Text
	}
	return wording.Safe(filepath.Base(w.File)) + " " + w.Text
}

// emptyRecording is a recording with nothing for the manifest.
func (s scanner) emptyRecording(b *bagRef, topics, clouds []bag.Topic, o outcome) outcome {
	p := diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeNoImages, Pos: b.pos(), Text: fmt.Sprintf("bag %s has no image topics", wording.Safe(b.rel))}
	if len(topics) > 0 {
		p.Text = fmt.Sprintf("bag %s has %s, but none of a camera: %s", wording.Safe(b.rel), wording.Count(len(topics), "image topic", "image topics"), wording.Safe(topics[0].Name))
		p.Hint = diag.Do(diag.HintCheckCameraTopics)
	} else if len(clouds) > 0 {
		p.Text = fmt.Sprintf("bag %s has %s of point clouds, but none of a camera: %s", wording.Safe(b.rel), wording.Count(len(clouds), "topic", "topics"), wording.Safe(clouds[0].Name))
		p.Hint = diag.Do(diag.HintCheckCameraTopics)
	}
	return s.emptyBag(b, p, o)
}

// recordingFiles are the files that a recording consists of, from the bag.
func recordingFiles(ctx context.Context, b *bagRef) []string {
	if b.file {
		return []string{"."}
	}
	entries, _ := b.store.List(ctx, b.rel)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// compressedOf keeps the compressed one of two streams of a camera that its name alone chooses, where they are of one device.
func compressedOf(topics []bag.Topic, d recording.Depths, name string) []bag.Topic {
	if len(topics) == 2 && !camera.SamePlace(topics[0].Name, topics[1].Name, name) {
		return topics
	}
	return recording.CompressedOf(topics, d)
}

// severalStreams says why a camera's name alone does not choose a topic.
func severalStreams(c *manifest.Camera, topics []bag.Topic) diag.Diagnostic {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	streams := "image streams"
	if c.Kind == manifest.KindPointCloud {
		streams = "topics of point clouds"
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeSeveralTopics,
		Text: fmt.Sprintf("camera %s fits %d %s: %s", wording.Safe(c.Name), len(topics), streams, wording.Safe(strings.Join(names, ", "))),
		Hint: diag.Do(diag.HintChooseTopic, names[0]),
	}
}
