package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/outlet"
	sandboxapi "github.com/cvatplan/cvatplan/internal/sandbox/api"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// hostile is text that a terminal obeys in each of its ways: OSC, CSI, marks of direction, C1 as UTF-8; and
// hostileBytes a C1 byte that is no UTF-8.
const (
	hostile      = "a\x1b]0;x\x07\x1b[2J\u202e\u009b1mz"
	hostileBytes = hostile + "\x9b31m"
)

// copied is a credential of the machine that somebody wrote into a recording, or into a label.
const copied = "copied-canary-4711"

// obeyed are the characters of it that must leave in no form but escaped.
const obeyed = "\x1b\x07\u202e\u009b"

// isSafe reports whether nothing of the text would be obeyed, and no credential is in it; raw C1 bytes are no
// character of UTF-8.
func isSafe(text string) bool {
	return !strings.ContainsAny(text, obeyed) && utf8.ValidString(text) && !strings.Contains(text, copied)
}

// rosMessage packs the fields of a ROS message, in CDR or as ROS 1 does: strings, numbers, bytes.
func rosMessage(cdr bool, values ...any) []byte {
	var b []byte
	pad := func() {
		for cdr && len(b)%4 != 0 {
			b = append(b, 0)
		}
	}
	if cdr {
		b = append(b, 0, 1, 0, 0)
	} else {
		b = append(b, 0, 0, 0, 0) // seq
	}
	for _, v := range values {
		switch v := v.(type) {
		case string:
			if cdr {
				v += "\x00"
			}
			pad()
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
		case uint32:
			pad()
			b = binary.LittleEndian.AppendUint32(b, v)
		case byte:
			b = append(b, v)
		case []byte:
			pad()
			b = append(binary.LittleEndian.AppendUint32(b, uint32(len(v))), v...)
		}
	}
	return b
}

// hostileRecording writes a recording all of whose texts are hostile: of its topics one holds images, one
// images of an encoding that is not known, one garbage, and one what is no image.
func hostileRecording(t *testing.T, path string, f bagtest.Format, text string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o777))
	w, err := bagtest.Create(path, f)
	must(t, err)
	cdr, encoding, image, compressed := true, "cdr", "sensor_msgs/msg/Image", "sensor_msgs/msg/CompressedImage"
	if strings.HasSuffix(path, ".bag") {
		cdr, encoding, image, compressed = false, "ros1", "sensor_msgs/Image", "sensor_msgs/CompressedImage"
	}
	picture := noise(t, 4, 1)
	for i := range uint32(2) {
		at := int64(1700000000+i) * 1e9
		stamp, frame := 1700000000+i, text
		for _, m := range []struct {
			topic, kind, encoding string
			data                  []byte
		}{
			{"/cam" + text + "/compressed", compressed, encoding, rosMessage(cdr, stamp, uint32(0), frame, "png", picture)},
			{"/raw" + text, image, encoding, rosMessage(cdr, stamp, uint32(0), frame, uint32(1), uint32(1), text, byte(0), uint32(1), []byte{1})},
			{"/bad" + text, compressed, encoding, rosMessage(cdr, stamp, uint32(0), frame, text, []byte("no image"))},
			{"/other" + text, "pkg/" + text, text, []byte("x")},
		} {
			must(t, w.Write(bagtest.Topic{Name: m.topic, Type: m.kind, Encoding: m.encoding, SchemaEncoding: text, Schema: text}, at, m.data))
		}
	}
	must(t, w.Close())
}

// replaced is a file's content with something in it replaced by text of the same length.
func replaced(t *testing.T, path, old, with string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	if len(old) != len(with) || !bytes.Contains(content, []byte(old)) {
		t.Fatalf("%s holds no %q", path, old)
	}
	return strings.ReplaceAll(string(content), old, with)
}

// hostileBags are recordings, their metadata and what is in place of recordings, one entry of data each.
func hostileBags(t *testing.T, data string) {
	t.Helper()
	for name, text := range map[string]string{"text": hostile + copied, "bytes": hostileBytes} {
		hostileRecording(t, filepath.Join(data, name+"-1.bag"), bagtest.Format{Compression: "lz4"}, text)
		hostileRecording(t, filepath.Join(data, name+"-killed.bag"), bagtest.Format{NoIndex: true}, text)
		hostileRecording(t, filepath.Join(data, name+"-1.mcap"), bagtest.Format{Compression: "zstd"}, text)
		hostileRecording(t, filepath.Join(data, name+"-killed.mcap"), bagtest.Format{NoIndex: true}, text)
	}
	// YAML and SQLite hold text that is UTF-8
	hostileRecording(t, filepath.Join(data, "rosbag2"), bagtest.Format{}, hostile)
	hostileRecording(t, filepath.Join(data, "without"), bagtest.Format{NoMetadata: true}, hostile)
	hostileRecording(t, filepath.Join(data, "packed"), bagtest.Format{Compression: "file"}, hostile)
	writeFiles(t, data, map[string]string{
		"packing.bag":                      replaced(t, filepath.Join(data, "text-1.bag"), "compression=lz4", "compression=\x1b[J"),
		"packing.mcap":                     replaced(t, filepath.Join(data, "text-1.mcap"), "zstd", "\x1b[2J"),
		"version.bag":                      "#ROSBAG V\x1b[2J\n",
		"old.bag":                          "#ROSRECORD V1.\x1b[2J\u202e\n",
		"page.bag":                         "<!DOCTYPE html><title>" + hostile + "</title>",
		"pointer.mcap":                     "version https://git-lfs.github.com/spec/v1\noid sha256:" + hostile + "\nsize 12345\n",
		"text.db3":                         "SQLite format 3\x00" + hostile,
		"metadata-bytes/metadata.yaml":     "rosbag2_bagfile_information: {version: 9, x: " + hostileBytes + "}",
		"metadata-list/metadata.yaml":      "- \"" + escapedYAML + "\"",
		"metadata-none/metadata.yaml":      "rosbag2_bagfile_information: {version: \"" + escapedYAML + "\", \"" + escapedYAML + "\": 1}",
		"metadata-names/metadata.yaml":     hostileMetadata("sqlite3", "", ""),
		"metadata-storage/metadata.yaml":   hostileMetadata(escapedYAML, "", ""),
		"metadata-packing/metadata.yaml":   hostileMetadata("sqlite3", escapedYAML, "FILE"),
		"metadata-mode/metadata.yaml":      hostileMetadata("sqlite3", "zstd", escapedYAML),
		"metadata-names/left_over.db3":     replaced(t, filepath.Join(data, "rosbag2/rosbag2_0.db3"), "", ""),
		"metadata-storage/rosbag2_0.db3":   replaced(t, filepath.Join(data, "rosbag2/rosbag2_0.db3"), "", ""),
		"metadata-packing/rosbag2_0.db3":   replaced(t, filepath.Join(data, "rosbag2/rosbag2_0.db3"), "", ""),
		"metadata-mode/rosbag2_0.db3":      replaced(t, filepath.Join(data, "rosbag2/rosbag2_0.db3"), "", ""),
		"metadata-names/b\u202e_extra.db3": "",
	})
}

// escapedYAML is hostile as a YAML string writes it.
const escapedYAML = `a\x1b]0;x\a\x1b[2J\u202e\x9b1mz`

func hostileMetadata(storage, format, mode string) string {
	topic := `{name: "/cam` + escapedYAML + `/compressed", type: "` + escapedYAML + `", serialization_format: "` + escapedYAML + `"}`
	return `rosbag2_bagfile_information:
  version: 9
  storage_identifier: "` + storage + `"
  compression_format: "` + format + `"
  compression_mode: "` + mode + `"
  ros_distro: "` + escapedYAML + `"
  duration: {nanoseconds: 1000000000}
  starting_time: {nanoseconds_since_epoch: 1700000000000000000}
  message_count: 8
  relative_file_paths: ["rosbag2_0.db3", "` + escapedYAML + `_1.db3"]
  files: [{path: "` + escapedYAML + `", message_count: 1}]
  topics_with_message_count: [{message_count: 4, topic_metadata: ` + topic + `}]
`
}

// What a recording says of itself is written by whoever recorded it: it is shown, and obeyed nowhere.
func TestNothingOfARecordingIsObeyedByATerminal(t *testing.T) {
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	hostileBags(t, data)
	srv := cvattest.Start(t)
	must(t, seedHostile(t, srv))
	head := "version: 1\nserver: {url: " + srv.URL + "}\nroot: data\nproject: {name: p, create: true}\ntask: {name: '{camera}_{rel}'}\n"
	writeFiles(t, dir, map[string]string{
		"all.yaml": head + "cameras: [{name: cam, topics: ['/cam*/compressed', '/raw*', '/bad*', '/other*']}]\nbags: ['*']\n",
		"taken.yaml": head + "cameras: [{name: cam, topics: ['/cam*/compressed']}]\n" +
			"bags: [{path: text-1.bag, index: text.jsonl}, bytes-1.bag, text-1.mcap, bytes-1.mcap, rosbag2, without, packed]\n",
		"indexed.yaml":  head + "cameras: [{name: cam, topics: ['/cam*/compressed']}]\nbags: [{path: gone.bag, index: hostile.jsonl}]\n",
		"hostile.jsonl": `{"type":"index","` + hostile + `":"` + hostile + "\"}\n",
	})
	all, taken, indexed := filepath.Join(dir, "all.yaml"), filepath.Join(dir, "taken.yaml"), filepath.Join(dir, "indexed.yaml")
	env := map[string]string{"CVAT_ACCESS_TOKEN": srv.Token, "AWS_SECRET_ACCESS_KEY": copied, "HOME": dir, "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary.md")}
	saved, out, draft := filepath.Join(dir, "saved.plan"), filepath.Join(dir, "out"), filepath.Join(dir, "draft.yaml")
	pulled := filepath.Join(dir, "pulled")
	for _, args := range [][]string{
		{"inspect", data}, {"inspect", "--output", "json", filepath.Join(data, "text-1.bag")}, {"inspect", "--strict", filepath.Join(data, "packing.mcap")}, {"init", "--output", draft, data},
		{"validate", "--files", all}, {"plan", "--verbose", all}, {"plan", "--output", "json", all}, {"plan", "--output", "markdown", "--step-summary", all}, {"plan", "--output", "html", all},
		{"plan", indexed}, {"plan", "--check", "images", "--strict", taken}, {"plan", "--output", "paths", taken}, {"frames", taken}, {"frames", "--output", "csv", "--out", out, taken}, {"frames", "--renew", taken},
		{"plan", "--out", saved, taken}, {"show", saved}, {"apply", "--auto-approve", "--output", "json", "--step-summary", all}, {"apply", "--auto-approve", "--verbose", taken},
		{"frames", "--ids", taken}, {"status", taken}, {"status", "--output", "json", taken}, {"status", "--output", "html", taken},
		{"pull", "--all", "--to", pulled, "--format", "jsonl,coco,yolo", taken}, {"doctor", taken},
		{"import", "--server", srv.URL, "--output", filepath.Join(dir, "imported.yaml"), "--index", filepath.Join(dir, "index"), "q" + hostile},
	} {
		t.Run(strings.Join(args[:len(args)-1], " "), func(t *testing.T) {
			text, code := called(env, args...)
			if !isSafe(text) || code == exitCrash {
				t.Errorf("exit code %d\n%q", code, text)
			}
			for line := range strings.Lines(text) {
				if strings.HasPrefix(line, "{\"") && !json.Valid([]byte(line)) {
					t.Errorf("no JSON: %s", line)
				}
			}
		})
	}
	files := []string{out, draft, env["GITHUB_STEP_SUMMARY"], filepath.Join(dir, "text.jsonl")}
	must(t, filepath.WalkDir(pulled, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err == nil && d.Name() == ".cvatplan":
			return fs.SkipDir // its own memory
		case err == nil && !d.IsDir():
			files = append(files, path)
		}
		return err
	}))
	for _, file := range files {
		if content, err := os.ReadFile(file); err != nil || !isSafe(string(content)) || !isSafe(file) {
			t.Errorf("%q: %v\n%q", file, err, content)
		}
	}
	if len(files) < 20 {
		t.Errorf("pulled too little: %q", files)
	}
	// it is shown, and not left out
	if text, _ := called(env, "frames", taken); !strings.Contains(text, `"topic":"/cama\u001b]0;x\u0007\u001b[2J\u202e\u009b1mz`+outlet.Redacted+`/compressed"`) {
		t.Errorf("%s", text)
	}
}

// seedHostile fills a project whose name, labels and tasks somebody else chose.
func seedHostile(t *testing.T, srv *cvattest.Server) error {
	t.Helper()
	for _, project := range []string{"p", "q" + hostile} {
		id, err := srv.Sandbox.SeedProject(t.Context(), project, "label"+copied+hostile)
		if err != nil {
			return err
		}
		if err := srv.Sandbox.SeedTasks(t.Context(), id, []sandboxapi.SeedTask{{Name: "task" + hostile, BugTracker: hostile, Frames: []string{"run" + hostile + "/" + hostile + ".png"}}}); err != nil {
			return err
		}
	}
	return nil
}
