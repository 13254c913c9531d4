package source

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/diag"
)

// cloudMessage is a foxglove.PointCloud of these coordinates.
func cloudMessage(t *testing.T, second int, xyz ...float64) []byte {
	t.Helper()
	var data []byte
	for _, v := range xyz {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
	}
	message, err := json.Marshal(map[string]any{
		"timestamp": map[string]int{"sec": second}, "frame_id": "lidar", "point_stride": 12, "data": data,
		"fields": []map[string]any{{"name": "x", "type": 7}, {"name": "y", "offset": 4, "type": 7}, {"name": "z", "offset": 8, "type": 7}},
	})
	check(t, err)
	return message
}

// cloudBag is a recording of those messages, on a topic next to one of images.
func cloudBag(t *testing.T, messages ...[]byte) (root string) {
	t.Helper()
	root = t.TempDir()
	w, err := bagtest.Create(filepath.Join(root, "run.mcap"), bagtest.Format{})
	check(t, err)
	for i, m := range messages {
		check(t, w.Write(bagtest.Topic{Name: "/points", Type: "foxglove.PointCloud", Encoding: "json", SchemaEncoding: "jsonschema", Schema: "{}"}, int64(i)*1e9, m))
		check(t, w.Write(bagtest.Topic{Name: "/lidar/image", Type: "foxglove.CompressedImage", Encoding: "json", SchemaEncoding: "jsonschema", Schema: "{}"}, int64(i)*1e9, []byte("{}")))
	}
	check(t, w.Close())
	return root
}

const lidar = "cameras: [{name: lidar, kind: pointcloud, topics: [/points]FRAMES}]\nbags: [run.mcap]"

func TestMessagesOfPointsBecomeClouds(t *testing.T) {
	ctx := context.Background()
	root := cloudBag(t, cloudMessage(t, 3, 1, 2, 3), cloudMessage(t, 1, 1, 2, 3, math.NaN(), 5, 6, 7, 8, 9))
	scan := func() Task {
		tasks, problems := Scan(ctx, parse(t, strings.Replace(lidar, "FRAMES", "", 1)), Options{Root: root})
		if len(tasks) != 1 || len(diag.Errors(problems)) > 0 || len(tasks[0].Problems) > 0 {
			t.Fatal(tasks, problems)
		}
		return tasks[0]
	}
	task := scan()
	if diff := cmp.Diff([]string{"run/lidar_0000000001000000000.pcd", "run/lidar_0000000003000000000.pcd"}, task.Frames()); diff != "" {
		t.Error(diff)
	}
	frames, problems := Measure(ctx, task)
	if len(problems) != 1 || problems[0].Code != diag.CodeDroppedPoints || !strings.Contains(problems[0].Text, "1 point of 1 point cloud,") {
		t.Error(problems)
	}
	if frames[0].Width != 2 || frames[1].Width != 1 || frames[0].Height != 1 {
		t.Errorf("%+v", frames)
	}
	again, _ := Measure(ctx, scan())
	for i := range frames {
		r, err := frames[i].Open()
		check(t, err)
		data, err := io.ReadAll(r)
		check(t, err)
		if again[i].Sum != frames[i].Sum || int64(len(data)) != frames[i].Size || !strings.HasPrefix(string(data), "VERSION 0.7\nFIELDS x y z\n") {
			t.Errorf("%q", data)
		}
	}
	if _, found := CheckHeaders(ctx, scan()); len(found) != 1 || found[0].Code != diag.CodeDroppedPoints {
		t.Error(found)
	}
}

func TestACloudWithoutPointsIsABadFrame(t *testing.T) {
	ctx := context.Background()
	root := cloudBag(t, cloudMessage(t, 1, 1, 2, 3), cloudMessage(t, 2, math.NaN(), 2, 3), cloudMessage(t, 3)[:40])
	for _, tt := range []struct {
		frames string
		kept   int
	}{{"", 3}, {", frames: {bad: skip}", 1}} {
		tasks, _ := Scan(ctx, parse(t, strings.Replace(lidar, "FRAMES", tt.frames, 1)), Options{Root: root})
		task, found := CheckHeaders(ctx, tasks[0])
		frames, measured := Measure(ctx, tasks[0])
		blocked := len(diag.Errors(measured))+len(diag.Errors(tasks[0].Problems)) > 0
		if (tt.frames == "") != blocked || tt.frames != "" && (len(frames) != tt.kept || len(task.Frames()) != tt.kept) {
			t.Errorf("%q: %d frames, %d by headers: %v, %v", tt.frames, len(frames), len(task.Frames()), found, measured)
		}
	}
}

func TestAPointerInPlaceOfACloudIsNamed(t *testing.T) {
	root := t.TempDir()
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:" + strings.Repeat("a", 64) + "\nsize 12345\n"
	for _, name := range []string{"1.bin", "2.pcd"} {
		check(t, os.MkdirAll(filepath.Join(root, "run"), 0o755))
		check(t, os.WriteFile(filepath.Join(root, "run", name), []byte(pointer), 0o644))
		tasks, _ := Scan(context.Background(), parse(t, "cameras: [{name: lidar, kind: pointcloud, files: ['*']}]\nbags: [run/]"), Options{Root: root})
		if _, err := Bytes(context.Background(), tasks[0]); err == nil || !strings.Contains(err.Error(), "Git LFS pointer") {
			t.Errorf("%s: %v", name, err)
		}
		if _, problems := Measure(context.Background(), tasks[0]); len(problems) == 0 || problems[0].Code != diag.CodeLFSPointer {
			t.Errorf("%s: %v", name, problems)
		}
		check(t, os.Remove(filepath.Join(root, "run", name)))
	}
}

func TestFieldsThatACloudHasNotAreNamed(t *testing.T) {
	root := cloudBag(t, cloudMessage(t, 1, 1, 2, 3))
	tasks, _ := Scan(context.Background(), parse(t, strings.Replace(lidar, "FRAMES", ", fields: [x, y, z, ring]", 1)), Options{Root: root})
	if len(tasks) != 1 || len(tasks[0].Problems) == 0 || !strings.Contains(tasks[0].Problems[0].Text, `has no field "ring"; it has x y z`) {
		t.Error(tasks)
	}
}

// nuScenes' files have a fifth number in each point, which CVAT would take for the next point's first.
func TestFilesOfNuScenesAreTakenWhole(t *testing.T) {
	root := tree(t, "run/lidar/")
	name := filepath.Join(root, "run", "lidar", "n015__LIDAR_TOP__1532402927647951.pcd.bin")
	check(t, os.WriteFile(name, make([]byte, 40), 0o666))
	tasks, _ := Scan(context.Background(), parse(t, "cameras: [{name: lidar, kind: pointcloud}]\nbags: [run/]"), Options{Root: root})
	if diff := cmp.Diff([]string{"run/lidar/n015__LIDAR_TOP__1532402927647951.pcd"}, tasks[0].Frames()); diff != "" {
		t.Fatal(diff)
	}
	frames, problems := Measure(context.Background(), tasks[0])
	if len(problems) > 0 || frames[0].Width != 2 {
		t.Fatalf("%+v, %v", frames, problems)
	}
	r, err := frames[0].Open()
	check(t, err)
	data, err := io.ReadAll(r)
	check(t, err)
	if !strings.HasPrefix(string(data), "VERSION 0.7\nFIELDS x y z intensity ring\nSIZE 4 4 4 4 4\n") || int64(len(data)) != frames[0].Size {
		t.Errorf("%q", data)
	}
	if stamp := tasks[0].frames.source.Origin(0).StampNS; stamp == nil || *stamp != 1532402927647951000 {
		t.Error(stamp)
	}
}
