package contract

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// points are n points as KITTI's .bin has them.
func points(n int) []byte {
	var b []byte
	for i := range 4 * n {
		b = binary.LittleEndian.AppendUint32(b, uint32(0x3f800000+i)) // near 1
	}
	return b
}

// cloud is a PCD of n points of those in a .bin.
func cloud(n int, data string) []byte {
	return fmt.Appendf(nil, "VERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH %d\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS %d\nDATA %s\n%s", n, n, data, points(n))
}

// cloudProject is a project without tasks.
func cloudProject(t *testing.T, s *suite) func(*cvat.NewTask) {
	t.Helper()
	p := s.ownProject(t)
	return func(n *cvat.NewTask) { n.ProjectID = p.ID }
}

var cloudQuestions = []question{
	{330, "a project takes images or point clouds, as its import tells; the task stays behind, and none can be moved in", func(t *testing.T, s *suite) {
		in := cloudProject(t, s)
		clouds := s.imported(t, []file{{"a.pcd", cloud(3, "binary")}}, naturally, in)
		p, err := s.Project(t.Context(), *clouds.ProjectID)
		if err != nil || p.Dimension != "3d" {
			t.Errorf("%+v, %v", p, err)
		}
		images := s.task(t, in).ID
		s.upload(t, images, "a.zip", zipped(pictures("a.jpg")))
		r := s.finish(t, images, naturally)
		failedWith(t, r, "ValidationError: [ErrorDetail(string='Media type (image) of the task must be compatible with other tasks in the project (point_cloud)', code='invalid')]")
		left, err := s.Task(t.Context(), images)
		if err != nil || !left.HasData() || left.Imported() {
			t.Errorf("%+v, %v", left, err)
		}
		flat := cloudProject(t, s) // which takes images once it has some; a task without data would have no dimension
		project := *s.imported(t, pictures("a.jpg"), naturally, flat).ProjectID
		s.raw(t, "PATCH", fmt.Sprintf("/api/tasks/%d", clouds.ID), text(object{"project_id": project})).want(t, 400, `["Dimension (3d) of the task must be the same as other tasks in project (2d)"]`)
		other := s.task(t, flat).ID
		s.upload(t, other, "a.zip", zipped([]file{{"a.pcd", cloud(3, "binary")}}))
		failedWith(t, s.finish(t, other, naturally), "Media type (point_cloud) of the task must be compatible with other tasks in the project (image)")
	}},
	{331, "of a .pcd the import reads the header alone", func(t *testing.T, s *suite) {
		in, whole := cloudProject(t, s), cloud(3, "binary")
		task := s.imported(t, []file{
			{"1.pcd", whole[:len(whole)-10]}, {"2.pcd", cloud(3, "zip")}, {"3.pcd", append([]byte("# a comment\n"), cloud(4, "binary_compressed")...)},
			{"4.pcd", bytes.Replace(whole, []byte("WIDTH 3"), []byte("WIDTH 7"), 1)}, {"5.pcd", bytes.Replace(whole, []byte("FIELDS x y z intensity"), []byte("FIELDS a b"), 1)},
		}, naturally, in)
		meta, err := s.DataMeta(t.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := []cvat.FrameMeta{{Name: "1.pcd", Width: 3, Height: 1}, {Name: "2.pcd", Width: 3, Height: 1}, {Name: "3.pcd", Width: 4, Height: 1}, {Name: "4.pcd", Width: 7, Height: 1}, {Name: "5.pcd", Width: 3, Height: 1}}
		if diff := cmp.Diff(want, meta.Frames); diff != "" {
			t.Error(diff)
		}
		for bad, why := range map[string]string{
			"this is none\n": "Unsupported pcd version None", "none": "line 0: invalid line format", "": "Unsupported pcd version None", string(whole[:16]): "line 1: invalid line format",
			"VERSION 0.8\nDATA ascii\n": "Unsupported pcd version 0.8", "VERSION 0.7\n\n": "line 1: invalid line format",
		} {
			id := s.task(t, in).ID
			s.upload(t, id, "a.zip", zipped([]file{{"d/b.pcd", []byte(bad)}}))
			r := s.finish(t, id, naturally)
			failedWith(t, r, "Could not read pcd file 'b.pcd': "+why)
		}
		id := s.task(t, in).ID
		s.upload(t, id, "a.zip", zipped([]file{{"b.pcd", whole[:30]}}))
		failedWith(t, s.finish(t, id, naturally), "KeyError: 'WIDTH'")
	}},
	{332, "a .bin becomes a .pcd of x, y, z and intensity, under the name with .pcd", func(t *testing.T, s *suite) {
		in := cloudProject(t, s)
		task := s.imported(t, []file{{"d/10.bin", points(5)}, {"d/9.bin", points(2)}}, naturally, in)
		if diff := cmp.Diff([]string{"d/9.pcd", "d/10.pcd"}, s.frames(t, task.ID)); diff != "" {
			t.Error(diff)
		}
		if have := s.original(t, task.ID, 1); !bytes.Equal(have, cloud(5, "binary")) {
			t.Errorf("%q", have)
		}
		id := s.task(t, in).ID
		s.upload(t, id, "a.zip", zipped([]file{{"d/1.bin", points(2)[:30]}}))
		failedWith(t, s.finish(t, id, naturally), "Could not read pcd file '1.bin': failed to parse bin pcd point at pos 30")
	}},
	{333, "images next to point clouds are their context, in four layouts, and in none they fail the import", func(t *testing.T, s *suite) {
		p, in := picture(1), cloudProject(t, s)
		task := s.imported(t, []file{
			{"1/a.pcd", cloud(1, "binary")}, {"1/a.jpg", p},
			{"2/b/b.pcd", cloud(1, "binary")}, {"2/b/left.jpg", p}, {"2/b/right.jpg", p},
			{"3/pointcloud/c.d.pcd", cloud(1, "binary")}, {"3/related_images/c.d_pcd/x.jpg", p},
			{"4/velodyne_points/data/5.bin", points(1)}, {"4/image_00/data/5.jpg", p}, {"4/IMAGE_02/data/5.jpg", p},
			{"5/e.pcd", cloud(1, "binary")},
		}, naturally, in)
		meta, err := s.DataMeta(t.Context(), task.ID)
		if err != nil {
			t.Fatal(err)
		}
		related := map[string]int{}
		for _, f := range meta.Frames {
			related[f.Name] = f.Related
		}
		want := map[string]int{"1/a.pcd": 1, "2/b/b.pcd": 2, "3/pointcloud/c.d.pcd": 1, "4/velodyne_points/data/5.pcd": 2, "5/e.pcd": 0}
		if diff := cmp.Diff(want, related); diff != "" {
			t.Error(diff)
		}
		id := s.task(t, in).ID // as images have their context, which clouds do not
		s.upload(t, id, "a.zip", zipped([]file{{"e.pcd", cloud(1, "binary")}, {"related_images/e_pcd/x.jpg", p}}))
		failedWith(t, s.finish(t, id, naturally), "ValueError: Combined media types are not supported, found: images, 3d point clouds. Scenes: ")
	}},
	{334, "a frame of a 3D task is the .pcd that was sent, in each quality", func(t *testing.T, s *suite) {
		in, whole := cloudProject(t, s), cloud(3, "binary")
		task := s.imported(t, []file{{"a.pcd", whole}}, naturally, in)
		if task.Dimension != "3d" || task.Mode != "annotation" || task.Size != 1 {
			t.Errorf("%+v", task)
		}
		for _, quality := range []string{"original", "compressed"} {
			e := s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/data?%s", task.ID, url.Values{"type": {"frame"}, "number": {"0"}, "quality": {quality}}.Encode()), "")
			if e.whole != string(whole) || e.header.Get("Content-Type") != "image/x.point-cloud-data" {
				t.Errorf("%s: %s %q", quality, e.header.Get("Content-Type"), e.body)
			}
		}
		if e := s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/data?type=chunk&number=0&quality=compressed", task.ID), ""); !strings.Contains(e.whole, "000000.pcd") {
			t.Errorf("%d %.100q", e.status, e.body)
		}
		if e := s.raw(t, "GET", fmt.Sprintf("/api/tasks/%d/preview", task.ID), ""); e.header.Get("Content-Type") != "image/png" {
			t.Errorf("%d %s", e.status, e.header.Get("Content-Type"))
		}
	}},
	{335, "a first point cloud without points fails the import, and so does validation", func(t *testing.T, s *suite) {
		in := cloudProject(t, s)
		id := s.task(t, in).ID
		s.upload(t, id, "a.zip", zipped([]file{{"a.pcd", cloud(0, "binary")}, {"b.pcd", cloud(1, "binary")}}))
		failedWith(t, s.finish(t, id, naturally), "ZeroDivisionError: integer division or modulo by zero")
		s.imported(t, []file{{"a.pcd", cloud(1, "binary")}, {"b.pcd", cloud(0, "binary")}}, naturally, in)
		id, count := s.task(t, in).ID, 1
		s.upload(t, id, "a.zip", zipped([]file{{"a.pcd", cloud(1, "binary")}, {"b.pcd", cloud(1, "binary")}}))
		p := naturally
		p.Validation = &cvat.ValidationParams{Mode: "gt", FrameSelectionMethod: "random_uniform", FrameCount: &count}
		failedWith(t, s.finish(t, id, p), `Validation is not available in 'point_cloud' tasks.`)
	}},
	{336, "point clouds stand in the order of a list, whose sizes are believed", func(t *testing.T, s *suite) {
		id := s.task(t, cloudProject(t, s)).ID
		names := []string{"c.pcd", "a.pcd", "b.pcd"}
		s.upload(t, id, "a.zip", zipped([]file{{"a.pcd", cloud(1, "binary")}, {"b.pcd", cloud(2, "binary")}, {"c.pcd", cloud(3, "binary")}}))
		s.upload(t, id, "a.jsonl", []byte(orderFile(names)))
		p := naturally
		p.SortingMethod = "predefined"
		if r := s.finish(t, id, p); r.Status != cvat.StatusFinished {
			t.Fatalf("%s: %s", r.Status, r.Message)
		}
		meta, err := s.DataMeta(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		want := []cvat.FrameMeta{{Name: "c.pcd", Width: 48, Height: 32}, {Name: "a.pcd", Width: 48, Height: 32}, {Name: "b.pcd", Width: 48, Height: 32}}
		if diff := cmp.Diff(want, meta.Frames); diff != "" {
			t.Error(diff)
		}
	}},
	{337, "point clouds of a cloud storage or the share are frames by their names there, a .bin of the storage as .pcd; one of the share fails", func(t *testing.T, s *suite) {
		b, in := s.bucket(t), cloudProject(t, s)
		for name, data := range map[string][]byte{
			"pointcloud/2.pcd": cloud(3, "binary"), "pointcloud/1.pcd": cloud(2, "binary"), "related_images/2_pcd/left.jpg": picture(0), "a.bin": points(4),
		} {
			b.write(t, name, data)
		}
		task := s.task(t, in).ID
		keys := []string{b.set + "pointcloud/2.pcd", b.set + "pointcloud/1.pcd"}
		if _, err := s.ImportServerFiles(t.Context(), task, b.params(append(slices.Clone(keys), b.set+"related_images/2_pcd/left.jpg")...)); err != nil {
			t.Fatal(err)
		}
		if r := s.end(t, task); r.Status != cvat.StatusFinished {
			t.Fatal(r.Message)
		}
		meta, err := s.DataMeta(t.Context(), task)
		if err != nil || !slices.Equal(meta.Names(), keys) || !slices.Equal(meta.RelatedFiles(), []int{1, 0}) || meta.Frames[0].Width != 3 {
			t.Errorf("%+v, %v", meta, err)
		}
		s.says(t, fmt.Sprintf("/api/tasks/%d/data/meta", task), `"storage":"cloud_storage"`)
		if got := s.original(t, task, 1); !slices.Equal(got, cloud(2, "binary")) {
			t.Errorf("%q", got)
		}
		task = s.task(t, in).ID
		if _, err := s.ImportServerFiles(t.Context(), task, b.params(b.set+"a.bin")); err != nil {
			t.Fatal(err)
		}
		if r := s.end(t, task); r.Status != cvat.StatusFinished || !slices.Equal(s.frames(t, task), []string{b.set + "a.pcd"}) {
			t.Errorf("%+v", r)
		}
		if got := s.original(t, task, 0); !slices.Equal(got, cloud(4, "binary")) {
			t.Errorf("%q", got)
		}
		set := s.share(t, map[string][]byte{"1.pcd": cloud(2, "binary"), "2.bin": points(4)})
		for name, status := range map[string]string{"1.pcd": cvat.StatusFinished, "2.bin": cvat.StatusFailed} {
			task = s.task(t, in).ID
			if _, err := s.ImportServerFiles(t.Context(), task, cvat.DataParams{ImageQuality: 70, SortingMethod: "predefined", UseCache: true, ServerFiles: []string{set + name}}); err != nil {
				t.Fatal(err)
			}
			if r := s.end(t, task); r.Status != status {
				t.Errorf("%s: %+v", name, r)
			}
		}
	}},
}
