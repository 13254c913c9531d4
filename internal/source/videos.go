package source

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// videos gives the tasks of a bag that is videos: one file, or a directory without images in which
// each camera has one. Only the file's tables are read, which tell how many frames there are.
func (s scanner) videos(ctx context.Context, b *bagRef, l contents) outcome {
	o := outcome{totals: newTotals(s.m)}
	hold := s.unsettled(ctx, b, l.videos)
	mine, ambiguous := s.divideVideos(b, l.videos, &o.totals)
	for _, c := range s.cameras(b) {
		i := s.index(c)
		if c != nil && c.Kind == manifest.KindPointCloud {
			continue
		}
		v := newView(s.m, b, c)
		var t Task
		switch problem := ambiguous[i]; {
		case problem != nil:
			t = v.task()
			t.blockAll([]diag.Diagnostic{*problem})
		case len(mine[i]) == 0:
			o.totals.withoutVideo(i, b)
			continue
		case len(mine[i]) > 1:
			t = v.task()
			t.blockAll([]diag.Diagnostic{severalVideos(b, c, mine[i])})
		default:
			t = s.fromVideo(ctx, v, mine[i][0])
		}
		o.totals.taken[i]++
		t.Deferred = hold
		o.tasks = append(o.tasks, t)
	}
	if len(o.tasks) > 0 {
		return o
	}
	return s.emptyBag(b, diag.Diagnostic{
		Severity: diag.Warning, Code: diag.CodeNoImages, Pos: b.pos(), Hint: diag.Do(diag.HintCheckCameraFiles),
		Text: fmt.Sprintf("bag %s has %s, but none of a camera: %s", wording.Safe(b.rel), wording.Count(len(l.videos), "video", "videos"), wording.Safe(l.videos[0])),
	}, o)
}

// divideVideos gives each camera its videos, or what is wrong with them. A file that is a bag belongs to the camera that its
// name, else its path, tells; where the bag is of one camera alone, that takes what no other does.
func (s scanner) divideVideos(b *bagRef, videos []string, sum *totals) (mine [][]string, ambiguous []*diag.Diagnostic) {
	n := max(1, len(s.m.Cameras))
	mine, ambiguous = make([][]string, n), make([]*diag.Diagnostic, n)
	if len(s.m.Cameras) == 0 {
		mine[0] = videos
		return mine, ambiguous
	}
	var left []string
	for _, at := range videos {
		switch owner, between := s.videoOwner(b, at); owner {
		case camera.Unmatched:
			left = append(left, at)
		case camera.Ambiguous:
			p := diag.Diagnostic{
				Severity: diag.Error, Code: diag.CodeTwoCameras, Hint: diag.Do(diag.HintNarrowGlobs),
				Text: fmt.Sprintf("%s fits files: of both %s and %s", wording.Safe(b.store.Path(b.fileAt(at))), s.m.Cameras[between[0]].Name, s.m.Cameras[between[1]].Name),
			}
			ambiguous[between[0]], ambiguous[between[1]] = &p, &p
		default:
			mine[owner] = append(mine[owner], at)
		}
	}
	sum.videos.add(b, left)
	return mine, ambiguous
}

// videoOwner is the camera that takes a video of a bag.
func (s scanner) videoOwner(b *bagRef, at string) (owner int, between [2]int) {
	owner = camera.Unmatched
	if m := s.matchers[manifest.KindImages]; m != nil {
		owner, between = m.VideoOwner(at, b.fileAt(at))
	}
	if only := s.cameras(b); owner == camera.Unmatched && len(only) == 1 && only[0] != nil && len(only[0].Files) == 0 {
		owner = s.index(only[0])
	}
	return owner, between
}

// fileAt is a file of the bag in the store: of a bag that is one file, that.
func (b bagRef) fileAt(at string) string {
	if b.file {
		return b.rel
	}
	return path.Join(b.rel, at)
}

func severalVideos(b *bagRef, c *manifest.Camera, videos []string) diag.Diagnostic {
	whose := ""
	if c != nil {
		whose = " of camera " + wording.Safe(c.Name)
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeSeveralVideos, Hint: diag.Do(diag.HintVideoForEachBag, b.rel+"/*"+path.Ext(videos[0])),
		Text: fmt.Sprintf("bag %s has %d videos%s, and a task takes one: %s", wording.Safe(b.rel), len(videos), whose, wording.Safe(wording.FirstFew(videos, 3))),
	}
}

// fromVideo makes the task of a video.
func (s scanner) fromVideo(ctx context.Context, v view, at string) Task {
	t := v.task()
	t.Kind, t.frames.bad, t.frames.sized = manifest.KindVideo, "error", false
	name := v.bag.fileAt(at)
	if !store.Here(v.bag.store) && !s.readWhole && video.Scans(name) {
		size := int64(-1)
		if info, err := v.bag.store.Stat(ctx, name); err == nil {
			size = info.Size()
		}
		t.blockAll([]diag.Diagnostic{needsWhole(v.bag, &bag.WholeError{File: name, Bytes: size, Why: "has no table of its frames"})})
		return t
	}
	file := frame.NewVideoFile(v.bag.store, name, at, frame.Span{Step: 1})
	tables, err := file.Tables(ctx)
	if err != nil {
		t.blockAll([]diag.Diagnostic{badVideo(ctx, v.bag, name, err)})
		return t
	}
	if problem := v.unfitForVideo(); problem != nil {
		t.blockAll([]diag.Diagnostic{*problem})
		return t
	}
	if isTime(v.frames.Start) || isTime(v.frames.Stop) {
		t.blockAll([]diag.Diagnostic{v.unfit("frames: start: and stop: as times of day: give numbers of frames, or seconds from the video's start")})
		return t
	}
	v.takeFrames(&t, at, name, tables)
	if p := v.videoGap(name, tables); p != nil {
		p.Task, p.Pos = t.Name, t.Origin
		t.Problems = append(t.Problems, *p)
	}
	return t
}

// videoGap says that packets seem to be missing, of codecs whose packets do not tell it (see [packetCheck]): there the decoder
// may give fewer frames than the tables have.
func (v view) videoGap(name string, tables *video.File) *diag.Diagnostic {
	if !slices.Contains([]string{"mpeg4", "vp8", "vp9"}, tables.Codec) {
		return nil
	}
	gaps := tables.Gaps()
	if len(gaps) == 0 {
		return nil
	}
	missing := 0
	for _, g := range gaps {
		missing += g.Missing
	}
	return &diag.Diagnostic{
		Severity: diag.Warning, Code: diag.CodeVideoPackets,
		Text: fmt.Sprintf("%s: by its times %s missing, the first after frame %d: if packets were lost there, CVAT's decoder may give fewer frames than the file tells of, and the import is then found to differ",
			wording.Safe(v.bag.store.Path(name)), wording.Count(missing, "frame is", "frames are"), gaps[0].Before),
	}
}

// takeFrames selects frames as CVAT can: a span, and a step.
func (v view) takeFrames(t *Task, at, name string, tables *video.File) {
	if taken := v.take(t, path.Base(name), tables.Times, 0, at); taken != nil {
		if err := frameFault(manifest.KindVideo, taken.File); err != nil {
			t.block(diag.CodeBadFrameName, diag.Do(diag.HintRenameFrame), "%s: %v", wording.Safe(v.bag.store.Path(name)), err)
		}
		t.frames.source = frame.NewVideoFile(v.bag.store, name, at, frame.Span{First: taken.Start, Step: taken.Step})
	}
}

// unfitForVideo is what the manifest asks for of a video that CVAT cannot do; nil: nothing.
func (v view) unfitForVideo() *diag.Diagnostic {
	f, what := v.frames, ""
	switch {
	case f.EverySeconds > 0:
		what = "frames: every_seconds: CVAT takes every so many frames (every:)"
	case f.Limit > 0 && f.Spread != nil && *f.Spread:
		what = "frames: spread: CVAT takes every so many frames (every:)"
	case contentOf(f).Any():
		what = keysOf(contentOf(f)) + ": CVAT takes every so many frames (every:)"
	case v.camera != nil && len(v.camera.Context) > 0:
		what = "context: CVAT shows context images with images and point clouds"
	case v.settings.FrameName != nil:
		what = "frame_name: CVAT names the frames of a video by their numbers"
	case v.settings.MaxFrames > 0:
		what = "max_frames: a video is one task; segment_size divides it into jobs"
	case v.inParts():
		what = "grow: part: a video is one task, and a file of it does not grow"
	case v.settings.Validation != nil && len(v.settings.Validation.Frames) > 0:
		what = "validation: frames: CVAT chooses the ground truth frames of a video by itself (random_uniform, random_per_job)"
	default:
		return nil
	}
	p := v.unfit(what)
	return &p
}

// unfit is a setting that a video cannot have.
func (v view) unfit(what string) diag.Diagnostic {
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeVideoSetting, Hint: diag.Do(diag.HintSettingOfImages),
		Text: fmt.Sprintf("bag %s is a video, which cannot have %s", wording.Safe(v.bag.rel), what),
	}
}

func isTime(at *manifest.Instant) bool { return at != nil && at.Time != nil }

// badVideo says why a file gives no task.
func badVideo(ctx context.Context, b *bagRef, name string, err error) diag.Diagnostic {
	p := diag.Diagnostic{Severity: diag.Error, Code: diag.CodeBadVideo, Text: wording.Safe(b.store.Path(name)) + ": " + reason(err)}
	var own *video.Error
	if !errors.As(err, &own) {
		p.Code = diag.CodeOr(diag.CodeBadVideo, err)
		return p
	}
	head, _ := store.Head(ctx, b.store, name, content.MaxPointer)
	if code, what := content.Pointer(head); code != "" {
		p.Code, p.Text = code, wording.Safe(b.store.Path(name))+": "+what+", not the video"
		p.Hint = FetchCommand(code, b.store.Path(name), b.path())
		return p
	}
	p.Hint = diag.Do(diag.HintRecordAgain)
	if own.Count {
		p.Code, p.Hint = diag.CodeVideoFrames, diag.Do(diag.HintEncodeAgain)
	}
	return p
}

// withoutVideo counts a bag that has no video of a camera. One file is of one camera, and says nothing of the others, unless
// none has any.
func (t *totals) withoutVideo(i int, b *bagRef) {
	if b.file {
		t.passed[i].add(b, []string{b.rel})
		return
	}
	t.missing[i].add(b, []string{b.rel})
}

// Video is what is sent of a task whose frames are one file; false: they are not.
func (t Task) Video() (plan.Video, bool) {
	if t.frames.video == nil {
		return plan.Video{}, false
	}
	return *t.frames.video, true
}

// videoSource is where the task's video is; nil where an index replaces it, or there is none.
func (t Task) videoSource() frame.Video {
	if t.frames.source == nil {
		return nil
	}
	return t.frames.source.Video()
}

// videosIn are the videos of a bag that holds no images; of a bag that is one, that.
func videosIn(b *bagRef, l contents) []string {
	if b.file {
		return []string{path.Base(b.rel)}
	}
	return slices.Clone(l.videos)
}
