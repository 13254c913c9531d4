package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// rawMessage is a sensor_msgs/Image of mono8.
func rawMessage(cdr bool, stamp uint32, encoding string, width, height uint32, pixels int) []byte {
	return rosMessage(cdr, stamp, uint32(0), "cam", height, width, encoding, byte(0), width, bytes.Repeat([]byte{7}, pixels))
}

// badMessages are messages of which no image comes, whatever their neighbours are.
func badMessages(t *testing.T, cdr bool) map[string][]byte {
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 6)), nil))
	whole, png := b.Bytes(), noise(t, 8, 1)
	compressed := func(format string, payload []byte) []byte {
		return rosMessage(cdr, uint32(5), uint32(0), "cam", format, payload)
	}
	flipped := bytes.Clone(png)
	flipped[bytes.Index(png, []byte("IHDR"))+15] ^= 1
	return map[string][]byte{
		"compressed: no payload":                compressed("jpeg", nil),
		"compressed: text":                      compressed("jpeg", []byte("hello world, this is no image")),
		"compressed: zeros":                     compressed("png", make([]byte, 500)),
		"compressed: JPEG that is cut":          compressed("jpeg", whole[:len(whole)-20]),
		"compressed: JPEG of a header":          compressed("jpeg", whole[:20]),
		"compressed: PNG that is cut":           compressed("png", png[:len(png)-12]),
		"compressed: PNG of a wrong checksum":   compressed("png", flipped),
		"compressed: web page":                  compressed("jpeg", []byte("<!DOCTYPE html><html>")),
		"compressed: length beyond the message": append(compressed("jpeg", nil)[:len(compressed("jpeg", nil))-4], 0xff, 0xff, 0, 0),
		"raw: of no pixels":                     rawMessage(cdr, 5, "mono8", 0, 0, 0),
		"raw: too few pixels":                   rawMessage(cdr, 5, "mono8", 8, 6, 40),
		"raw: a damaged encoding":               rawMessage(cdr, 5, "mo\x00\x01o8", 8, 6, 48),
		"raw: an empty encoding":                rawMessage(cdr, 5, "", 8, 6, 48),
		"raw: a huge width":                     rawMessage(cdr, 5, "mono8", 1<<31, 6, 48),
		"any: no bytes":                         {},
		"any: four bytes":                       {0, 1, 0, 0},
	}
}

// A damaged message among good ones is found by all that reads images, whatever holds it and wherever it is; bad: skip
// leaves it out, and it alone.
func TestADamagedMessageIsJudgedAlikeByAll(t *testing.T) {
	kinds := slices.Sorted(maps.Keys(badMessages(t, true)))
	files := []string{"run.bag", "run.mcap", "run"}
	for k, name := range kinds {
		for f, file := range files {
			for place := range 3 {
				if !everything() && (k%3 != f || k/3%3 != place) || fewest() && k%2 == 1 {
					continue
				}
				t.Run(fmt.Sprintf("%s at %d in %s", name, place, file), func(t *testing.T) {
					t.Parallel()
					judgeMessages(t, name, file, place)
				})
			}
		}
	}
}

func judgeMessages(t *testing.T, kind, file string, place int) {
	dir := t.TempDir()
	cdr, topic := true, bagtest.Topic{Name: "/cam/image", Type: "sensor_msgs/msg/CompressedImage", Encoding: "cdr", SchemaEncoding: "ros2msg"}
	if file == "run.bag" {
		cdr, topic.Type, topic.Encoding, topic.SchemaEncoding = false, "sensor_msgs/CompressedImage", "ros1", "ros1msg"
	}
	good := func(i uint32) []byte { return rosMessage(cdr, 10+i, uint32(0), "cam", "png", noise(t, 8, uint64(i))) }
	if strings.HasPrefix(kind, "raw") {
		topic.Type = strings.Replace(topic.Type, "CompressedImage", "Image", 1)
		good = func(i uint32) []byte { return rawMessage(cdr, 10+i, "mono8", 8, 6, 48) }
	}
	w, err := bagtest.Create(filepath.Join(dir, file), bagtest.Format{})
	must(t, err)
	for i := range uint32(3) {
		data := good(i)
		if int(i) == place {
			data = badMessages(t, cdr)[kind]
		}
		must(t, w.Write(topic, 1_700_000_000e9+int64(i)*1e9, data))
	}
	must(t, w.Close())
	manifest := "version: 1\nserver: {url: 'sandbox:" + filepath.ToSlash(dir) + "/%s'}\nproject: {name: p, create: true}\nbags: [{path: " + file + ", frames: {bad: %s}}]\n"
	writeFiles(t, dir, map[string]string{"error.yaml": fmt.Sprintf(manifest, "a", "error"), "skip.yaml": fmt.Sprintf(manifest, "b", "skip")})
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"inspect " + file, exitOK, "cam"},
		{"plan --check images error.yaml", exitConflict, "1 blocked"},
		{"validate --files error.yaml", exitError, "message " + fmt.Sprint(place)},
		{"frames error.yaml", exitError, "message " + fmt.Sprint(place)},
		{"apply --auto-approve error.yaml", exitConflict, "0 done"},
		{"plan --check images skip.yaml", exitOK, "2 images"},
		{"validate --files skip.yaml", exitOK, "1 task, 2 frames"},
		{"apply --auto-approve skip.yaml", exitOK, "1 done, 0 failed, 0 unchanged, 1 project created. 2 images"},
		{"plan --check frames skip.yaml", exitOK, "1 unchanged"},
	} {
		in := strings.Fields(c.args)
		in[len(in)-1] = filepath.Join(dir, in[len(in)-1])
		if text, code := called(map[string]string{"HOME": dir}, in...); code != c.code || !strings.Contains(text, c.says) {
			t.Errorf("%s, the bad one at %d: exit code %d, want %d and %q\n%s", c.args, place, code, c.code, c.says, text)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "a", "tasks")); err == nil {
		t.Error("something was made")
	}
}
