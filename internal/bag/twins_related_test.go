package bag

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A recordingMade is what a test writes: messages of some topics, a second apart, and how much of the file is kept.
type recordingMade struct {
	topics   string // with spaces between them
	from     int64  // seconds
	messages int    // of each topic
	cut      bool   // its second half is missing
	more     string // in each message
}

// The same recording under related names, whatever its bytes, is taken once: the one with most messages. What only looks
// like it is taken, too.
func TestARepairedOrConvertedCopyIsReadOnce(t *testing.T) {
	whole := recordingMade{topics: "/a /b", from: 100, messages: 20}
	cut := whole
	cut.cut = true
	fewer := recordingMade{topics: "/a /b", from: 100, messages: 15}
	other := recordingMade{topics: "/c", from: 100, messages: 20}
	one := recordingMade{topics: "/a", from: 100, messages: 20}
	later := recordingMade{topics: "/a /b", from: 500, messages: 20}
	for name, tt := range map[string]struct {
		files map[string]recordingMade
		left  map[string]string // what is read in its place
	}{
		"repaired":                     {map[string]recordingMade{"run.bag": cut, "run-fixed.bag": whole}, map[string]string{"run.bag": "run-fixed.bag"}},
		"recovered in another format":  {map[string]recordingMade{"run.bag": cut, "run_recovered.mcap": whole}, map[string]string{"run.bag": "run_recovered.mcap"}},
		"recovered in part":            {map[string]recordingMade{"run.mcap": whole, "run_recovered.mcap": fewer}, map[string]string{"run_recovered.mcap": "run.mcap"}},
		"reindexing was stopped":       {map[string]recordingMade{"run.bag": cut, "run.orig.bag": whole}, map[string]string{"run.bag": "run.orig.bag"}},
		"three of them":                {map[string]recordingMade{"run.bag": whole, "run.orig.bag": cut, "fixed_run.mcap": fewer}, map[string]string{"run.orig.bag": "run.bag", "fixed_run.mcap": "run.bag"}},
		"still being written to":       {map[string]recordingMade{"run.bag.active": cut, "run.bag": whole}, map[string]string{"run.bag.active": "run.bag"}},
		"converted directories":        {map[string]recordingMade{"a": whole, "a_mcap": whole}, map[string]string{"a_mcap": "a"}},
		"a directory of a file":        {map[string]recordingMade{"run.bag": whole, "run": whole}, map[string]string{"run.bag": "run"}},
		"one topic of several":         {map[string]recordingMade{"run.bag": whole, "run_new.bag": one}, nil},
		"fewer, not said to be damage": {map[string]recordingMade{"run.bag": whole, "run_new.bag": fewer}, nil},
		"another camera":               {map[string]recordingMade{"run.bag": one, "run_fixed.bag": other, "run_mcap": {topics: "/d", from: 100, messages: 20}}, nil},
		"two recorders of one name":    {map[string]recordingMade{"run.mcap": one, "run.orig.mcap": other, "run": other}, map[string]string{"run.orig.mcap": "run"}},
		"another time":                 {map[string]recordingMade{"run.bag": whole, "run_fixed.bag": later, "run.orig.bag": later}, map[string]string{"run_fixed.bag": "run.orig.bag"}},
		"robots of one simulation":     {map[string]recordingMade{"run_r1.bag": whole, "run_r2.bag": {topics: "/a /b", from: 100, messages: 20, more: "x"}}, nil},
		"splits":                       {map[string]recordingMade{"a_0.mcap": whole, "a_1.mcap": later}, nil},
		"only said to be compressed":   {map[string]recordingMade{"run_lz4.bag": whole, "run_bz2.bag": {topics: "/a /b", from: 100, messages: 20, more: "x"}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, r := range tt.files {
				r.write(t, filepath.Join(dir, name))
			}
			left := map[string]string{}
			for _, twin := range Twins(t.Context(), store.At(dir), ".", slices.Sorted(maps.Keys(tt.files))) {
				left[twin.Name] = twin.Of
			}
			if tt.left == nil {
				tt.left = map[string]string{}
			}
			if diff := gocmp.Diff(tt.left, left); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func (r recordingMade) write(t *testing.T, path string) {
	t.Helper()
	ros1 := strings.HasSuffix(path, ".bag") || strings.HasSuffix(path, ".active")
	w, err := bagtest.Create(path, bagtest.Format{ChunkSize: 300})
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.messages {
		for _, topic := range strings.Fields(r.topics) {
			of := bagtest.Topic{Name: topic, Type: "std_msgs/msg/String", Encoding: "cdr", SchemaEncoding: "ros2msg", Schema: "string data\n"}
			if ros1 {
				of = bagtest.Topic{Name: topic, Type: "std_msgs/String", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "string data\n"}
			}
			if err := w.Write(of, (r.from+int64(i))*1e9, []byte("1234"+r.more)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); r.cut && (err != nil || os.Truncate(path, info.Size()/2) != nil) {
		t.Fatal("not cut")
	}
}
