package bag

import (
	"bytes"
	"cmp"
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// The files in testdata/made are one recording, written by the Python library
// with fewer and fewer of the parts that an MCAP file may have.
func TestEveryMCAPOfThePythonWriterIsReadAlike(t *testing.T) {
	var list []struct {
		Topic, SHA256 string
		Log           int64 `json:",string"`
	}
	if err := json.Unmarshal(readFile(t, filepath.Join("testdata", "made", "messages.json")), &list); err != nil {
		t.Fatal(err)
	}
	var want []said
	for _, m := range list {
		want = append(want, said{m.Topic, m.Log, m.SHA256})
	}
	slices.SortStableFunc(want, func(x, y said) int { return cmp.Compare(x.Log, y.Log) })
	paths, err := filepath.Glob(filepath.Join("testdata", "made", "*.mcap"))
	if err != nil || len(paths) < 20 {
		t.Fatalf("%d files, error %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			b := open(t, path, Options{Strict: true})
			if diff := gocmp.Diff(want, readAll(t, b)); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
			json := Topic{Name: "/json", Type: "foxglove.CompressedImage", Encoding: "json", SchemaEncoding: "jsonschema",
				Schema: []byte(`{"type": "object"}`), Count: 8, First: 1700000000010000000, Last: 1700000000200000000}
			if diff := gocmp.Diff(json, b.Topics()[0]); diff != "" {
				t.Errorf("topic (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLinkedBlocksOfLZ4AreUnpacked(t *testing.T) {
	unpack := func(name string) []byte {
		src := readFile(t, filepath.Join("testdata", "lz4", name))
		bound, err := lz4Bound(src)
		if err != nil {
			t.Fatal(err)
		}
		data, err := unpackLZ4(nil, src, bound)
		if err != nil || !lz4Sound(src, data) {
			t.Errorf("%s: error %v, or its checksum does not fit", name, err)
		}
		return data
	}
	linked, independent := unpack("linked.lz4"), unpack("independent.lz4")
	if len(linked) < 200_000 || !bytes.Equal(linked, independent) {
		t.Errorf("%d bytes linked, %d independent, which differ", len(linked), len(independent))
	}
}
