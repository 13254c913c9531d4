package survey

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// A draft is all that a first manifest says.
type draft struct {
	Guess
	server              string // empty: the embedded one
	root, project, task string
}

// Modeline tells editors the schema of the manifest that it begins.
const Modeline = "# yaml-language-server: $schema=https://raw.githubusercontent.com/cvatplan/cvatplan/main/schema/cvatplan.schema.json"

// comments begin at this column, or behind a longer line.
const commentColumn = 35

func (d draft) text() []byte {
	lines := []string{
		Modeline,
		"version: 1",
		"server:",
	}
	if d.server != "" {
		lines = append(lines, "  url: "+Scalar(d.server))
	} else {
		lines = append(lines, remark("  url: sandbox:.sandbox", "the embedded server, to try it out; put your CVAT's address here"))
	}
	if d.root != "." {
		lines = append(lines, remark("root: "+Scalar(d.root), "where bag paths begin"))
	}
	lines = append(lines,
		"project:",
		"  name: "+Scalar(d.project),
		remark("  create: true", "if there is none of that name"),
		remark("  # labels: "+d.labels(), "what is to be annotated: without labels nothing can be"),
	)
	lines = append(lines, d.cameras()...)
	lines = append(lines,
		"task:",
		"  name: "+Quoted(d.task),
		d.segments(),
		"bags:",
	)
	for _, b := range d.Bags {
		lines = append(lines, remark("  - path: "+Quoted(b.Path), wording.Count(b.Count, "bag", "bags")))
		if len(b.Exclude) > 0 {
			lines = append(lines, remark("    exclude: ["+strings.Join(quotedAll(b.Exclude), ", ")+"]", "recordings next to the images"))
		}
		if len(b.Cameras) > 0 {
			lines = append(lines, "    cameras: ["+strings.Join(quotedAll(b.Cameras), ", ")+"]")
		}
		lines = append(lines, remark("    settle: 10m", "leave a bag alone while a file of it is younger"))
		if b.Bare {
			lines = append(lines, remark("    optional: true", "no image of a camera"))
		}
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}

func (d draft) cameras() []string {
	if len(d.Cameras) == 0 && d.Kind == manifest.KindPointCloud {
		return []string{"cameras:", `  - {name: lidar, kind: pointcloud, files: ["**"], topics: ["**"]}`}
	}
	if len(d.Cameras) == 0 {
		return []string{"# cameras: names tell none apart, so a bag is one task; a camera is {name: …, files: [GLOB]}"}
	}
	about := ""
	if d.Left > 0 {
		about = d.count(d.Left) + " of no camera here"
	}
	lines := []string{remark("cameras:", about)}
	for _, c := range d.Cameras {
		lines = append(lines, remark("  - name: "+Scalar(c.Name), d.count(c.Images)+" in "+wording.Count(c.Bags, "bag", "bags")))
		if d.Kind == manifest.KindPointCloud {
			lines = append(lines, "    kind: pointcloud")
		}
		if len(c.Topics) > 0 {
			lines = append(lines, "    topics: ["+strings.Join(quotedAll(c.Topics), ", ")+"]")
		}
	}
	return lines
}

// segments is how a task is divided into jobs.
func (d draft) segments() string {
	if d.Videos {
		return remark("  # segment_size: 500", "frames a job; without it a task is one job")
	}
	return remark("  # segment_size: 10", "images a job; without it a task is one job")
}

// labels are an example of such as are drawn in frames of the kind.
func (d draft) labels() string {
	if d.Kind == manifest.KindPointCloud {
		return "[{name: car, type: cuboid}]"
	}
	return "[apple, {name: leaf, type: polygon}]"
}

// count is how many frames of the kind.
func (d draft) count(n int) string {
	if d.Kind == manifest.KindPointCloud {
		return wording.Count(n, "point cloud", "point clouds")
	}
	if d.Videos {
		return wording.Count(n, "frame", "frames")
	}
	return wording.Count(n, "image", "images")
}

func remark(line, comment string) string {
	if comment == "" {
		return line
	}
	return fmt.Sprintf("%-*s # %s", commentColumn-1, line, comment)
}

var (
	plainScalar = regexp.MustCompile(`^[A-Za-z_./][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$`)
	yamlWords   = []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", ".nan", ".inf"}
)

// Scalar quotes what YAML would not take for this text.
func Scalar(s string) string {
	if plainScalar.MatchString(s) && !slices.Contains(yamlWords, strings.ToLower(s)) {
		return s
	}
	return Quoted(s)
}

// Quoted is a string of JSON, which YAML reads as it is.
func Quoted(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSpace(b.String())
}

func quotedAll(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = Quoted(s)
	}
	return out
}
