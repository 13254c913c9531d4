package source

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// selectionOf says how frames are selected, made and named, as far as frames: and frame_name say
// anything beyond their defaults: "every=5 limit=15". An index keeps it: one that was written for
// another selection no longer says which frames a task has.
func selectionOf(f manifest.Frames, name *manifest.Template) string {
	var s []string
	add := func(format string, args ...any) { s = append(s, fmt.Sprintf(format, args...)) }
	if f.Start != nil {
		add("start=%s", instantOf(f.Start))
	}
	if f.Stop != nil {
		add("stop=%s", instantOf(f.Stop))
	}
	if f.Every > 1 {
		add("every=%d", f.Every)
	}
	if f.EverySeconds > 0 {
		add("every_seconds=%s", plainFloat(f.EverySeconds))
	}
	if by := contentOf(f); by.SharpestOf > 1 {
		add("sharpest_of=%d", by.SharpestOf)
	}
	if by := contentOf(f); by.Distinct > 0 {
		add("distinct=%d", by.Distinct)
	}
	if f.Limit > 0 {
		add("limit=%d", f.Limit)
	}
	if f.Spread != nil && *f.Spread && f.Limit > 0 {
		add("spread")
	}
	if f.Stamp == "log" {
		add("stamp=log")
	}
	if f.Encode == "jpeg" {
		add("jpeg=%d", f.Quality)
	}
	if f.Depth != nil {
		add("depth=%s-%s", plainFloat(f.Depth.Min), plainFloat(f.Depth.Max))
	}
	if name != nil && !name.Equal(manifest.DefaultFrameName) && !name.Equal(manifest.DefaultMessageName) {
		add("frame_name=%s", name)
	}
	return strings.Join(s, " ")
}

func instantOf(at *manifest.Instant) string {
	switch {
	case at.Index != nil:
		return strconv.Itoa(*at.Index)
	case at.Seconds != nil:
		return plainFloat(*at.Seconds) + "s"
	}
	return at.Time.UTC().Format(time.RFC3339Nano)
}

func plainFloat(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
