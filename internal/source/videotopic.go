package source

import (
	"context"
	"errors"
	"fmt"
	"path"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/remux"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// fromPackets makes the task of a topic whose messages are packets of a video: one MP4 of them all. How many frames it
// has, and which messages they show, only the packets tell, so that all of the topic is read.
func (s scanner) fromPackets(ctx context.Context, v view, topics []bag.Topic, codec remux.Codec, first int64) (Task, []diag.Diagnostic, error) {
	t := v.task()
	t.Kind, t.frames.bad, t.frames.sized = manifest.KindVideo, "error", false
	if problem := s.unfitPackets(ctx, v, topics); problem != nil {
		t.blockAll([]diag.Diagnostic{*problem})
		return t, nil, nil
	}
	log := v.frames.Stamp == "log"
	video := recording.NewVideo(s.cache, v.bag.store, v.bag.rel, topics, codec, log)
	scan, err := video.Scan(ctx)
	if problem, own := packetsProblem(v.bag, topics[0], err); own {
		t.blockAll([]diag.Diagnostic{problem})
		return t, nil, video.Close()
	}
	if err != nil {
		return t, nil, errors.Join(err, video.Close())
	}
	defer video.Settle()
	taken := v.take(&t, videoName(v, topics[0].Name), scan.Received, first, topics[0].Name)
	if taken == nil {
		return t, nil, video.Close()
	}
	video.Span = frame.Span{First: taken.Start, Step: taken.Step}
	t.frames.source = video
	others := leftOut(t, topics[0], scan.Left)
	if scan.NoStamps > 0 {
		others = append(others, unstampedNote(t, scan.NoStamps))
	}
	return t, others, nil
}

// videoName is the name under which CVAT gets a topic's video.
func videoName(v view, topic string) string {
	name := v.cameraName()
	if name == "" {
		name = recording.CameraName(topic)
	}
	return recording.ValidName(name) + ".mp4"
}

// unfitPackets is why a topic is not read as a video; nil: it is.
func (s scanner) unfitPackets(ctx context.Context, v view, topics []bag.Topic) *diag.Diagnostic {
	if len(topics) > 1 {
		p := severalStreams(&manifest.Camera{Name: videoName(v, topics[0].Name)}, topics)
		if v.camera != nil {
			p = severalStreams(v.camera, topics)
		}
		return &p
	}
	if problem := v.unfitForVideo(); problem != nil {
		return problem
	}
	if !store.Here(v.bag.store) && !s.readWhole {
		p := needsWhole(v.bag, &bag.WholeError{File: v.bag.rel, Bytes: v.bag.bytes(ctx), Why: fmt.Sprintf("has a video in topic %s, whose packets tell its frames", wording.Safe(topics[0].Name))})
		return &p
	}
	return nil
}

// bytes is the size of the recording's files.
func (b bagRef) bytes(ctx context.Context) (total int64) {
	for _, name := range recordingFiles(ctx, &b) {
		if info, err := b.store.Stat(ctx, path.Join(b.rel, name)); err == nil && !info.IsDir() {
			total += info.Size()
		}
	}
	return total
}

// packetsProblem is what is wrong with a video; false: it is the recording that cannot be read, or nothing is.
func packetsProblem(b *bagRef, topic bag.Topic, err error) (p diag.Diagnostic, own bool) {
	var unsupported *remux.UnsupportedError
	var empty *remux.EmptyError
	p = diag.Diagnostic{Severity: diag.Error, Code: diag.CodeBadVideo, Hint: diag.Do(diag.HintRepublishTopic)}
	switch {
	case errors.As(err, &unsupported):
		p.Text = fmt.Sprintf("bag %s: message %d of %s: %s", wording.Safe(b.rel), unsupported.Message, wording.Safe(topic.Name), wording.Safe(unsupported.Text))
	case errors.As(err, &empty):
		p.Text = fmt.Sprintf("bag %s: video of %s: %s", wording.Safe(b.rel), wording.Safe(topic.Name), wording.Safe(empty.Error()))
	default:
		return p, false
	}
	return p, true
}

// leftOut says which packets of a video are not in it.
func leftOut(t Task, topic bag.Topic, left []remux.Left) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, l := range left {
		severity := diag.Warning
		if l.Reason == remux.Empty || l.Reason == remux.Repeated {
			severity = diag.Note
		}
		list = append(list, diag.Diagnostic{
			Severity: severity, Code: diag.CodeVideoPackets, Task: t.Name, Pos: t.Origin,
			Text: fmt.Sprintf("task %s: of %s, %s: left out, from message %d on", wording.Safe(t.Name), wording.Safe(topic.Name), wording.Safe(l.String()), l.First),
		})
	}
	return list
}

// take selects frames as CVAT can, a span and a step, and names them; nil, with the task blocked, where that gives none. stamps are
// those of all frames of the file, ascending; seconds count from first.
func (v view) take(t *Task, file string, stamps []int64, first int64, example string) *plan.Video {
	sel := selector{Frames: v.frames, stamps: stamps, first: first}
	kept, err := sel.pick(len(stamps))
	if err != nil || len(kept) == 0 {
		t.blockSelection(err, len(stamps), example)
		return nil
	}
	taken := plan.Video{File: file, Total: len(stamps), Start: kept[0], Step: max(v.frames.Every, 1), Count: len(kept)}
	if taken.Count == 1 {
		taken.Step = 1
	}
	if err := taken.Check(); err != nil {
		t.block(diag.CodeBadVideo, diag.Hint{}, "bag %s: %v: that is more than a task can have", wording.Safe(v.bag.rel), err)
		return nil
	}
	t.frames.names, t.frames.video, t.frames.dir = taken.Names(), &taken, v.bag.path()
	return &taken
}
