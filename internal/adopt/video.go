package adopt

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A clip is what a task takes of a video. Its Total is known of a file that is at hand, else it ends with the last
// frame that is taken.
type clip struct {
	plan.Video
}

// clipOf is what CVAT says of a video; nil where no manifest takes its file.
func clipOf(meta *cvat.DataMeta) *clip {
	c := &clip{plan.Video{File: path.Base(meta.Frames[0].Name), Start: meta.StartFrame, Step: meta.Step(), Count: meta.Size}}
	c.Total = c.Stop() + 1
	if !video.Named(c.File) || c.Check() != nil {
		return nil
	}
	return c
}

// frames are the settings that take these frames, and the selection by which an index knows them: without an end where
// that is the file's.
func (c *clip) frames() (settings map[string]string, selection string) {
	settings = map[string]string{}
	var said []string
	add := func(key string, n int) {
		settings[key] = strconv.Itoa(n)
		said = append(said, key+"="+strconv.Itoa(n))
	}
	if c.Start > 0 {
		add("start", c.Start)
	}
	if c.CutsEnd() {
		add("stop", c.Stop())
	}
	if c.Step > 1 {
		add("every", c.Step)
	}
	return settings, strings.Join(said, " ")
}

// findVideo says where below the root a task's video is: the one of its name that has these frames. Of several of that
// name it is the one whose directory the task's name tells of.
func (m *images) findVideo(ctx context.Context, in store.Store, t *task) []dir {
	var found []dir
	best, total := -1, 0
	for _, d := range m.videos[t.video.File] {
		tables, err := frame.NewVideoFile(in, d.rel, "", frame.Span{}).Tables(ctx)
		if err != nil || len(tables.Times) <= t.video.Stop() {
			continue
		}
		switch like := likeness(t.Name, path.Dir(d.rel)); {
		case like > best:
			best, total, found = like, len(tables.Times), []dir{d}
		case like == best:
			found = append(found, d)
		}
	}
	if len(found) != 1 {
		return nil // of several that are alike none is it for sure
	}
	t.video.Total = total
	return found
}
