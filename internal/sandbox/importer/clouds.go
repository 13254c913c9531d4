package importer

import (
	"bufio"
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
)

// The media types of a task, with the dimension of each.
const (
	mediaImages = "image"
	mediaClouds = "point_cloud"
)

// detect tells a 3D import from a 2D one: one point cloud among the files makes it 3D, and images are context then.
func (i *importer) detect() error {
	i.media, i.dimension = mediaImages, "2d"
	for _, name := range slices.Sorted(maps.Keys(i.sources)) {
		if !pointCloud(name) {
			continue
		}
		i.media, i.dimension = mediaClouds, "3d"
		if err := i.cloud(name); err != nil {
			return err
		}
	}
	if err := i.checkProject(); err != nil {
		return err
	}
	if i.media == mediaClouds && i.p.Validation != nil {
		return invalid("Validation is not available in '%s' tasks.", i.media)
	}
	return nil
}

// checkProject refuses another kind of media than the other tasks of the project hold (A114).
func (i *importer) checkProject() error {
	if i.task.Project == nil {
		return nil
	}
	var held string
	err := i.store.Reader.QueryRowContext(i.ctx, `SELECT media_type FROM tasks WHERE project_id = ? AND media_type <> '' ORDER BY id LIMIT 1`, *i.task.Project).Scan(&held)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case held != i.media:
		return invalid("Media type (%s) of the task must be compatible with other tasks in the project (%s)", i.media, held)
	}
	return nil
}

// cloud reads the header of a point cloud, and no more (A115); a .bin becomes a .pcd (A116).
func (i *importer) cloud(name string) error {
	if strings.ToLower(path.Ext(name)) == ".bin" {
		return i.convertBin(name)
	}
	src := i.sources[name]
	r, closer, err := src.Open(i.store.Path(i.data, src))
	if err != nil {
		return err
	}
	defer closer.Close()
	h, err := readCloud(io.NewSectionReader(r, 0, r.Size()))
	if err != nil {
		return unreadCloud(name, err)
	}
	i.clouds[name] = h
	return nil
}

func unreadCloud(name string, err error) error {
	if own := (*importError)(nil); errors.As(err, &own) {
		return err
	}
	return invalid("Could not read pcd file '%s': %v", path.Base(name), err)
}

// maxCloudHeader is how much of a PCD is read for its header. CVAT has no bound there.
const maxCloudHeader = 1 << 20

// readCloud reads a PCD's header as CVAT does, line by line up to one that has DATA in it.
func readCloud(r io.Reader) (header, error) {
	said := map[string]string{}
	limited := &io.LimitedReader{R: r, N: maxCloudHeader}
	lines := bufio.NewReader(limited)
	for n := 0; ; n++ {
		line, err := lines.ReadString('\n')
		if err != nil && limited.N == 0 {
			return header{}, notHere(fmt.Sprintf("point clouds with a header of more than %d bytes", maxCloudHeader))
		}
		if line == "" && err != nil {
			break
		}
		if !utf8.ValidString(line) {
			return header{}, fmt.Errorf("line %d: failed to parse pcd header", n)
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		key, value, ok := strings.Cut(line, " ")
		if !ok {
			return header{}, fmt.Errorf("line %d: invalid line format", n)
		}
		said[strings.ToUpper(key)] = strings.TrimSpace(value)
		if strings.Contains(line, "DATA") {
			break
		}
	}
	version, ok := said["VERSION"]
	if !ok {
		//lint:ignore ST1005 CVAT's words
		return header{}, errors.New("Unsupported pcd version None")
	}
	if !regexp.MustCompile(`^0?\.[1-7]$`).MatchString(version) {
		//lint:ignore ST1005 CVAT's words
		return header{}, fmt.Errorf("Unsupported pcd version %s", version)
	}
	h := header{format: "pcd"}
	for _, key := range []string{"WIDTH", "HEIGHT"} {
		if _, ok := said[key]; !ok {
			return header{}, failure("KeyError", "'%s'", key)
		}
	}
	h.width, _ = strconv.Atoi(said["WIDTH"])
	h.height, _ = strconv.Atoi(said["HEIGHT"])
	return h, nil
}

// convertBin writes the PCD of a KITTI .bin, whose points are 16 bytes each, in its place.
func (i *importer) convertBin(name string) error {
	src := i.sources[name]
	named := strings.TrimSuffix(name, path.Ext(name)) + ".pcd"
	if src.Place == storage.SharePlace { // where it is looked for, and is not (A123)
		return noFile("<share>/" + named)
	}
	points, err := i.store.ReadImage(i.data, src)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if len(points)%16 != 0 {
		return unreadCloud(name, fmt.Errorf("failed to parse bin pcd point at pos %d", len(points)))
	}
	n := len(points) / 16
	var b bytes.Buffer
	fmt.Fprintf(&b, "VERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH %d\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS %d\nDATA binary\n", n, n)
	b.Write(points)
	file := filepath.Join(i.raw, filepath.FromSlash(named))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	if err := i.store.Dir.Replace(file, b.Bytes()); err != nil {
		return err
	}
	delete(i.sources, name)
	i.sources[named], i.clouds[named] = storage.Source{Name: named}, header{width: n, height: 1, format: "pcd"}
	for k, other := range i.names {
		if other == name {
			i.names[k] = named
		}
	}
	return nil
}

// relateClouds takes the images out, which are context of the clouds that lie as one of four layouts has it (A117).
func (i *importer) relateClouds() error {
	scenes := map[string]string{} // clouds, by their paths without the extension
	for name := range i.clouds {
		scenes[strings.TrimSuffix(name, path.Ext(name))] = name
	}
	var clouds, unknown []string
	for _, name := range i.names {
		if pointCloud(name) {
			clouds = append(clouds, name)
		} else if scene, ok := sceneOf(name, scenes); ok {
			i.related[scene] = append(i.related[scene], i.sources[name])
		} else {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) > 0 {
		return failure("ValueError", "Combined media types are not supported, found: images, 3d point clouds. Scenes: %s. Unknown files: %s", FirstFew(clouds), FirstFew(unknown))
	}
	i.sortRelated()
	i.names = clouds
	return nil
}

var kittiImages = regexp.MustCompile(`(?i)^image_\d+`)

// sceneOf is the cloud that an image is context of: the cloud of its name next to it, the one that is called as its
// directory is, the one in pointcloud/ next to its related_images/NAME_pcd/, or KITTI's.
func sceneOf(image string, scenes map[string]string) (string, bool) {
	dir, stem := path.Dir(image), strings.TrimSuffix(path.Base(image), path.Ext(image))
	up := path.Dir(dir)
	candidates := []string{path.Join(dir, stem), path.Join(dir, path.Base(dir))}
	if path.Base(up) == "related_images" {
		name := path.Base(dir)
		if at := strings.LastIndex(name, "_"); at >= 0 {
			name = name[:at]
		}
		candidates = append(candidates, path.Join(path.Dir(up), "pointcloud", name))
	}
	if path.Base(dir) == "data" && kittiImages.MatchString(path.Base(up)) {
		candidates = append(candidates, path.Join(path.Dir(up), "velodyne_points", "data", stem))
	}
	for _, c := range candidates {
		if scene, ok := scenes[c]; ok {
			return scene, true
		}
	}
	return "", false
}

// noZero is Python's error of a cloud without points, by whose size the import divides.
func noZero(h header) error {
	if h.width*h.height == 0 {
		return failure("ZeroDivisionError", "integer division or modulo by zero")
	}
	return nil
}
