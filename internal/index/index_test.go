package index

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/schema"
)

var update = flag.Bool("update", false, "write the golden files again")

func ptr[T any](v T) *T { return &v }

// records are one of each kind: a file, a message, one that the server knows, names that need escaping, a video's frame.
var records = []Record{
	{
		Task: "jai_cam_2026-03-04", Name: "2026-03-04/jai_cam_0001.jpg", Bag: "2026-03-04", Camera: "jai_cam", Path: "jai_cam_0001.jpg",
		Width: 320, Height: 240, Size: 7471, SHA256: strings.Repeat("9a", 32),
	},
	{
		Task: "jai_cam_run7", Name: "run7/jai_cam_1700000000000000000.jpg", Frame: 1, Bag: "run7.bag", Camera: "jai_cam",
		Topic: "/jai_cam/image_raw/compressed", Message: ptr(5), Seq: ptr(int64(0)), HeaderNS: ptr(int64(0)), LogNS: ptr(int64(1700000000012345678)),
		PublishNS: ptr(int64(1700000000012345677)), FrameID: "jai_cam_optical", Encoding: "jpeg", StampNS: ptr(int64(1700000000012345678)), Index: ptr(5),
		Width: 64, Height: 48, Size: 1313, SHA256: strings.Repeat("0b", 32), Selection: "every=5 limit=15", ChosenBy: "laplacian/1 dhash64/1", Judged: 40,
		Context: []Context{{Name: "left.png", Topic: "/left", Message: ptr(7), StampNS: ptr(int64(1700000000012345000)), Size: 9, SHA256: strings.Repeat("1c", 32)}, {Name: "map.jpg", Path: "map/1.jpg", Size: 8, SHA256: strings.Repeat("2c", 32)}},
	},
	{
		Task: "a, \"b\"\nc", Name: "<ü&>/=1+1.png", Bag: "ü", Path: "=1+1.png", TaskID: 12, ServerFrame: ptr(0), JobID: 34,
		StampNS: ptr(int64(-1)), Size: 1, SHA256: strings.Repeat("ff", 32),
	},
	{
		Task: "front_run7", Name: "frame_000010", Frame: 2, Bag: "run7.mp4", Camera: "front", Path: "run7.mp4",
		PTSNS: ptr(int64(333333333)), Index: ptr(10), Size: 5000, SHA256: strings.Repeat("0c", 32), Selection: "every=5",
	},
}

func written(t *testing.T, w func(*bytes.Buffer) Writer, records ...Record) []byte {
	t.Helper()
	var b bytes.Buffer
	out := w(&b)
	for _, r := range records {
		if err := out.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func jsonlOf(b *bytes.Buffer) Writer { return NewJSONL(b) }
func csvOf(b *bytes.Buffer) Writer   { return NewCSV(b) }

func TestListingsAreAsTheyWere(t *testing.T) {
	for name, got := range map[string][]byte{
		"frames.jsonl": written(t, jsonlOf, records...),
		"frames.csv":   written(t, csvOf, records...),
		"empty.csv":    written(t, csvOf),
	} {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got; if it is meant, go test ./internal/index -update):\n%s", path, diff)
		}
	}
	if empty := written(t, jsonlOf); len(empty) != 0 {
		t.Errorf("no records give %q", empty)
	}
}

func TestALineIsWhatItsSchemaSays(t *testing.T) {
	s, err := jsonschema.CompileString("frames.schema.json", string(schema.Frame))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(written(t, jsonlOf, records...)) {
		var doc any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s: %#v", line, err)
		}
	}
}

// The record, the schema and the CSV name the same keys.
func TestEveryKeyIsInTheSchemaAndInTheCSV(t *testing.T) {
	var s struct{ Properties map[string]any }
	if err := json.Unmarshal(schema.Frame, &s); err != nil {
		t.Fatal(err)
	}
	columns := map[string]bool{}
	for _, c := range Columns() {
		columns[c] = true
	}
	kind := reflect.TypeFor[Record]()
	for i := range kind.NumField() {
		key, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		if s.Properties[key] == nil || !columns[key] {
			t.Errorf("%s is not in both the schema and the CSV", key)
		}
	}
	if len(s.Properties) != kind.NumField() || len(columns) != kind.NumField() {
		t.Errorf("the record has %d keys, the schema %d, the CSV %d", kind.NumField(), len(s.Properties), len(columns))
	}
}

func read(text string) (got []Record, err error) {
	err = Read(strings.NewReader(text), func(r Record) error {
		got = append(got, r)
		return nil
	})
	return got, err
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	got, err := read("\n" + string(written(t, jsonlOf, records...)) + "\r\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(records, got); diff != "" {
		t.Error(diff)
	}
	if sum := got[0].Sum(); sum[0] != 0x9a || sum[31] != 0x9a {
		t.Errorf("SHA-256 %x", sum)
	}
}

func TestWhatIsWrongWithAListingIsSaid(t *testing.T) {
	good := `{"task":"t","name":"a.jpg","frame":0,"bag":"b","path":"a.jpg","size":3,"sha256":"` + strings.Repeat("ab", 32) + `"}`
	with := func(old, new string) string { return good + "\n" + strings.Replace(good, old, new, 1) }
	tests := map[string]struct{ text, want string }{
		"a later version's key": {with(`"task"`, `"later":[1],"task"`), ""},
		"CSV":                   {"task,name\n", "line 1: not a JSON object; an index is JSON Lines, as cvatplan frames writes it"},
		"half a line":           {good + "\n" + good[:40], "line 2: not a record: unexpected end of JSON input"},
		"a number for a time":   {with(`"frame"`, `"log_ns":5,"frame"`), "line 2: not a record: json: "},
		"no bag":                {with(`"bag":"b",`, ""), "line 2: it names no bag"},
		"no name":               {with(`"name":"a.jpg",`, ""), "line 2: it names no frame (name)"},
		"from nowhere":          {with(`"path":"a.jpg",`, ""), "line 2: it has neither path nor topic"},
		"empty":                 {with(`"size":3`, `"size":0`), "line 2: a frame of 0 bytes"},
		"no sum":                {with(`"sha256":"abab`, `"sha256":"xyab`), `line 2: sha256 "xyab`},
		"half a sum":            {with(`abab`, ``), `line 2: sha256 "abab`},
		"neither size nor sum":  {strings.NewReplacer(`,"size":3`, "", `,"sha256":"`+strings.Repeat("ab", 32)+`"`, "").Replace(good), ""},
		"no end":                {good + "\n" + strings.Repeat("x", maxLine+1), "line 2: longer than 1048576 bytes"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := read(tt.text)
			if got := ""; err != nil {
				got = err.Error()
				if tt.want == "" || !strings.HasPrefix(got, tt.want) {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
			} else if tt.want != "" {
				t.Errorf("it is read; want %s", tt.want)
			}
		})
	}
}

func TestAVisitorEndsTheReading(t *testing.T) {
	enough := errors.New("enough")
	n := 0
	err := Read(bytes.NewReader(written(t, jsonlOf, records...)), func(Record) error { n++; return enough })
	if n != 1 || !errors.Is(err, enough) {
		t.Errorf("%d records, %v", n, err)
	}
}

func FuzzReadNeverPanics(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "frames.jsonl"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Fuzz(func(t *testing.T, b []byte) {
		Read(bytes.NewReader(b), func(r Record) error {
			if r.Bag == "" || r.Name == "" || r.Size < 0 || r.Size == 0 && r.SHA256 != "" {
				t.Errorf("%+v is no frame", r)
			}
			return nil
		})
	})
}
