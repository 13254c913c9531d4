package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/survey"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// InspectTable writes what bags hold for a person: a heading per bag, its topics or cameras, what is
// wrong with it, and the cameras: of a manifest that would take its images. What is wider than a terminal of so many
// cells goes on below itself; 0 is none.
func InspectTable(w io.Writer, bags []survey.Bag, p Palette, width int) error {
	for i, b := range bags {
		if i > 0 {
			fmt.Fprintln(w)
		}
		path, what := wording.Safe(b.Path), strings.Join(headingOf(b), ", ")
		if width > 0 && cells.StringWidth(path)+2+cells.StringWidth(what) > width {
			fmt.Fprintf(w, "%s\n  %s\n", p.paint(bold, Shortened(path, width)), Fitted(what, 2, width))
		} else {
			fmt.Fprintf(w, "%s  %s\n", p.paint(bold, path), what)
		}
		if err := table(w, rowsOf(b), width); err != nil {
			return err
		}
		for _, n := range b.Notes {
			fmt.Fprintf(w, "  %s %s\n", p.paint(yellow, "warning:"), wording.Safe(n))
		}
	}
	return nil
}

func headingOf(b survey.Bag) []string {
	if b.Kind == survey.Directory {
		parts := []string{"a directory", wording.Count(b.Images, "image", "images")}
		if b.Unsupported > 0 {
			parts = append(parts, fmt.Sprintf("%s that CVAT does not take", wording.Count(b.Unsupported, "image", "images")))
		}
		if b.Clouds > 0 {
			parts = append(parts, wording.Count(b.Clouds, "point cloud", "point clouds"))
		}
		if len(b.Videos) > 0 {
			parts = append(parts, wording.Count(len(b.Videos), "video", "videos"))
		}
		if b.Others > 0 {
			parts = append(parts, wording.Count(b.Others, "other file", "other files"))
		}
		return append(parts, spanOf(b)...)
	}
	if v := b.Video; v != nil {
		return []string{"a video", wording.Bytes(b.Bytes), format(*v), wording.Count(v.Frames, "frame", "frames"), duration(v.Last-v.First) + " from the first to the last"}
	}
	return append([]string{kindNames[string(b.Kind)], wording.Bytes(b.Bytes), wording.Count(b.Messages, "message", "messages")}, spanOf(b)...)
}

// format is what videos of one camera have in common.
func format(v survey.Clip) string {
	s := fmt.Sprintf("%s %dx%d", v.Codec, v.Width, v.Height)
	if r := v.Rate(); r > 0 {
		s += fmt.Sprintf(" at %.4g fps", r)
	}
	return s
}

var kindNames = map[string]string{
	"rosbag": "ROS 1 bag", "mcap": "MCAP", "sqlite3": "rosbag2 SQLite file", "rosbag2": "rosbag2 directory",
}

func spanOf(b survey.Bag) []string {
	if b.First == 0 && b.Last == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s from %s", duration(b.Last-b.First), instant(b.First))}
}

// duration is rounded to what a person compares: milliseconds below a minute, else seconds.
func duration(ns int64) string {
	d := time.Duration(ns)
	if d < time.Minute {
		return fmt.Sprintf("%.3f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

func instant(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02 15:04:05 UTC") }

// rowsOf are the lines of the table, the first one its header; none where there is nothing to list.
func rowsOf(b survey.Bag) [][]string {
	if b.Kind == survey.Directory {
		return cameraRows(b)
	}
	if len(b.Topics) == 0 {
		return nil
	}
	rows := [][]string{{"TOPIC", "TYPE", "COUNT", "RATE", "FIRST IMAGE", "CAMERA"}}
	for _, t := range b.Topics {
		rows = append(rows, []string{t.Name, t.Type, fmt.Sprint(t.Count), rate(t), firstImage(t), cameraCell(t)})
	}
	return rows
}

// cameraRows lists a directory's cameras; where it is no bag itself, its bags too.
func cameraRows(b survey.Bag) [][]string {
	rows := clipRows(b.Videos)
	for _, in := range b.Holds {
		rows = append(rows, []string{"bags", in.Path, fmt.Sprint(in.Count)})
	}
	thing := "image"
	if b.Images == 0 && len(b.Videos) > 0 {
		thing = "frame"
	}
	for _, c := range b.Cameras {
		rows = append(rows, []string{"camera", c.Name, wording.Count(c.Images, thing, thing+"s")})
	}
	if b.Unclaimed > 0 && len(b.Cameras) > 0 {
		rows = append(rows, []string{"-", "no camera's", wording.Count(b.Unclaimed, thing, thing+"s")})
	}
	return rows
}

// clipRows adds up videos of one format.
func clipRows(videos []survey.Clip) (rows [][]string) {
	of := make(map[string][]survey.Clip)
	var formats []string
	for _, v := range videos {
		f := format(v)
		if of[f] == nil {
			formats = append(formats, f)
		}
		of[f] = append(of[f], v)
	}
	for _, f := range formats {
		frames, bytes, last := 0, int64(0), int64(0)
		for _, v := range of[f] {
			frames, bytes, last = frames+v.Frames, bytes+v.Bytes, last+v.Last-v.First
		}
		rows = append(rows, []string{wording.Count(len(of[f]), "video", "videos"), f, fmt.Sprintf("%s, %s, %s", wording.Count(frames, "frame", "frames"), duration(last), wording.Bytes(bytes))})
	}
	return rows
}

func rate(t survey.Topic) string {
	if r := t.Rate(); r > 0 {
		return fmt.Sprintf("%.1f Hz", r)
	}
	return "-"
}

// firstImage says what the first message holds: pixels, encoding, what becomes of it, bytes; and that
// its header has no stamp, so that the receive time is taken.
func firstImage(t survey.Topic) string {
	switch {
	case !t.Image || t.Count == 0:
		return "-"
	case t.Pixels.Problem != nil && t.Pixels.Encoding == "":
		return "?"
	}
	var parts []string
	if t.Pixels.Width > 0 {
		parts = append(parts, fmt.Sprintf("%dx%d", t.Pixels.Width, t.Pixels.Height))
	}
	parts = append(parts, t.Pixels.Encoding)
	if t.Pixels.Problem == nil && !t.Pixels.Passthrough {
		parts = append(parts, "as "+t.Pixels.Ext)
	}
	s := strings.Join(parts, " ") + ", " + wording.Bytes(int64(t.Size))
	if t.Usable() && t.Stamp == 0 {
		s += ", no stamp"
	}
	return s
}

// cameraCell says which camera of a manifest would take the topic, or why none.
func cameraCell(t survey.Topic) string {
	switch {
	case t.Cloud:
		return "one of kind: pointcloud, with topics:"
	case !t.Image:
		return "-"
	case t.Count == 0:
		return "no messages"
	case t.Pixels.Problem != nil:
		return "cannot be used: " + t.Pixels.Problem.Error()
	case t.Instead != "":
		return t.Camera + ", from " + t.Instead
	case !t.ByName:
		return t.Camera + ", with topics:"
	}
	return t.Camera
}

// table writes rows in columns; those that are wider than the terminal, as a name and what belongs to it below.
func table(w io.Writer, rows [][]string, width int) error {
	if len(rows) == 0 {
		return nil
	}
	lines := make([][]string, len(rows))
	for i, row := range rows {
		lines[i] = []string{""} // two blanks before each line
		for _, cell := range row {
			lines[i] = append(lines[i], wording.Safe(cell))
		}
	}
	text := aligned(lines, func(int) bool { return true })
	if widest := widestLine(text); width > 0 && widest > width {
		text = below(lines, width)
	}
	_, err := io.WriteString(w, text)
	return err
}

func widestLine(text string) (widest int) {
	for line := range strings.Lines(text) {
		widest = max(widest, cells.StringWidth(strings.TrimSuffix(line, "\n")))
	}
	return widest
}

// below writes the first cell of each row on a line, and the others under it. Lines begin with an empty cell.
func below(lines [][]string, width int) string {
	var b strings.Builder
	for _, line := range lines {
		name := line[1]
		rest := slices.DeleteFunc(slices.Clone(line[2:]), func(s string) bool { return s == "-" })
		b.WriteString("  " + Shortened(name, width-2) + "\n")
		b.WriteString("      " + Fitted(strings.Join(rest, "; "), 6, width) + "\n")
	}
	return b.String()
}
