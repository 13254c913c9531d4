package manifest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func ptr[T any](v T) *T { return &v }

// withoutPlaces compares manifests by what they say.
var withoutPlaces = cmp.Options{cmpopts.IgnoreTypes(Position{}), cmpopts.IgnoreUnexported(Manifest{})}

func mustLoad(t *testing.T, path string) *Manifest {
	t.Helper()
	m, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func read(t *testing.T, text string) *Manifest {
	t.Helper()
	m, err := Parse("cvatplan.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// problems parses a manifest that is wrong and returns what is wrong with it.
func problems(t *testing.T, data string) []Diagnostic {
	t.Helper()
	m, err := Parse("m.yaml", []byte(data))
	var e *Error
	if m != nil || !errors.As(err, &e) || len(e.Problems) == 0 {
		t.Fatalf("got %v, %v; want problems", m, err)
	}
	return e.Problems
}

func TestTheDocumentedManifestLoads(t *testing.T) {
	m := mustLoad(t, "testdata/good/documented.yaml")
	dir := filepath.Join("testdata", "good")
	want := &Manifest{
		File:    "testdata/good/documented.yaml",
		Dir:     dir,
		Version: 1,
		Server:  Server{URL: "https://cvat.example.com", Organization: "orchard"},
		Root:    filepath.Join("testdata", "data"),
		Project: Project{
			Name: "Orchard 2026", Create: ptr(true),
			Labels: []Label{{Name: "apple"}, {Name: "leaf", Type: "polygon", Color: "#33cc33"}},
		},
		Cameras: []Camera{
			{Name: "jai_cam"},
			{
				Name: "realsenseD435", Files: []string{"**/color/*.{png,jpg}"},
				Topics: []string{"/realsenseD435/color/image_raw/compressed"},
			},
		},
		Task: TaskSettings{
			Name: DefaultTaskName, FrameName: DefaultFrameName,
			Settings: Settings{SegmentSize: ptr(10), Overlap: ptr(0), ImageQuality: ptr(70), SortingMethod: ptr("natural")},
		},
		Bags: []Bag{
			{Path: "2026-*/", Exclude: []string{"2026-03-0[1-3]/"}, Settle: ptr(10 * time.Minute)},
			{Path: "2026-1[12]-*/", Task: TaskSettings{Settings: Settings{SegmentSize: ptr(20), Subset: ptr("val")}}},
			{Path: "run7.mcap", Cameras: []string{"jai_cam"}, Frames: Frames{Every: 5, Limit: 15}, Optional: true},
			{Path: "2025-*/"},
		},
		Skip: []Skip{{Task: "jai_cam_2026-03-04", Reason: "lens cap on"}, {Task: "*_old"}},
	}
	if diff := cmp.Diff(want, m, withoutPlaces); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := m.Bags[1].Pos; got != (Position{File: m.File, Line: 27, Column: 5}) {
		t.Errorf("the second bag is at %v", got)
	}
}

func TestEverySettingIsRead(t *testing.T) {
	m := mustLoad(t, "testdata/good/everything.yaml")
	want := TaskSettings{
		Name: DefaultTaskName, FrameName: DefaultMessageName, Was: []*Template{mustParse(parseTaskName, "old_{bag}")}, Assignees: []string{"alice", "bob"},
		MaxFrames: 500, Grow: "part",
		Annotations: &Annotations{
			File: mustParse(parseTaskName, "found/{bag}.json"), Dir: filepath.Join("testdata", "good"), Format: "coco", Within: defaultWithin, MinScore: 0.3,
			Labels: map[string]string{"car": "vehicle"}, Optional: true, Unplaced: "skip",
		},
		Settings: Settings{
			SegmentSize: ptr(10), Overlap: ptr(2),
			ImageQuality: ptr(80), ChunkSize: ptr(36), SortingMethod: ptr("lexicographical"), Subset: ptr("train"),
			BugTracker: ptr("https://jira.example.com/7"), UseCache: ptr(false), ConsensusReplicas: ptr(2),
			Validation: &Validation{
				Mode: "gt", FrameSelectionMethod: "random_uniform", FrameShare: ptr(0.05), RandomSeed: ptr(7),
			},
			SourceStorage: &Storage{Location: "cloud_storage", CloudStorageID: 3},
			TargetStorage: &Storage{Location: "local"},
			Jobs:          &Jobs{Assignees: []string{"ann", "bob"}, By: "task", Stage: "validation", OnlyUnassigned: ptr(false)},
		},
	}
	if diff := cmp.Diff(want, m.Task, withoutPlaces); diff != "" {
		t.Errorf("task (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"subset", "assignee"}, m.Update); diff != "" {
		t.Errorf("update (-want +got)\n%s", diff)
	}
	bag := Bag{
		Path: "run7", Index: filepath.Join("testdata", "good", "index", "run7.jsonl"), Partial: true, Settle: ptr(36 * time.Hour),
		Frames: Frames{
			Start: &Instant{Seconds: ptr(90.0)}, Stop: &Instant{Time: ptr(time.Date(2026, 3, 4, 10, 0, 0, 0, time.UTC))},
			EverySeconds: 0.5, SharpestOf: 5, Distinct: ptr(6), Limit: 15, Spread: ptr(true), Bad: "skip", Stamp: "log", Encode: "jpeg", Quality: 85,
			Depth: &Depth{Min: 0.3, Max: 5},
		},
		Task: TaskSettings{Assignees: []string{}, Settings: Settings{Validation: &Validation{
			Mode: "gt", FrameSelectionMethod: "manual", Frames: []string{"a/1.jpg"},
		}}},
	}
	if diff := cmp.Diff(bag, m.Bags[0], withoutPlaces); diff != "" {
		t.Errorf("bag (-want +got)\n%s", diff)
	}
}

func TestEverySelectionOfValidationFrames(t *testing.T) {
	for written, want := range map[string]Validation{
		"random_uniform, frame_count: 3":           {FrameCount: ptr(3)},
		"random_uniform, frame_share: 1":           {FrameShare: ptr(1.0)},
		"random_per_job, frames_per_job_count: 2":  {FramesPerJobCount: ptr(2)},
		"random_per_job, frames_per_job_share: .5": {FramesPerJobShare: ptr(0.5)},
		"manual, frames: [a, b]":                   {Frames: []string{"a", "b"}},
	} {
		m := read(t, "version: 1\nproject: {name: p}\nbags: [a]\ntask: {validation: {mode: gt, frame_selection_method: "+written+"}}\n")
		want.Mode, want.FrameSelectionMethod = "gt", strings.Split(written, ",")[0]
		if diff := cmp.Diff(&want, m.Task.Validation); diff != "" {
			t.Errorf("%s (-want +got)\n%s", written, diff)
		}
	}
}

func TestLabelsAreReadFromCVATsRawForm(t *testing.T) {
	want := []Label{
		{
			Name: "apple", Color: "#ff0000", Type: "rectangle",
			Attributes: []Attribute{
				{Name: "ripe", Mutable: true, InputType: "checkbox", DefaultValue: "false", Values: []string{"false"}},
				{Name: "size", InputType: "number", DefaultValue: "5", Values: []string{"0", "100", "0.5"}},
			},
		},
		{
			Name: "branch", Type: "skeleton",
			SVG:       `<circle data-node-id="1" data-label-name="stem"></circle><circle data-node-id="2" data-label-name="tip"></circle>`,
			Sublabels: []Label{{Name: "stem", Type: "points"}, {Name: "tip", Type: "points"}},
		},
	}
	for _, file := range []string{"labels_file.yaml", "labels_short.yaml", "labels_inline.yaml"} {
		t.Run(file, func(t *testing.T) {
			m := mustLoad(t, filepath.Join("testdata/good", file))
			if diff := cmp.Diff(want, m.Project.Labels, withoutPlaces); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestACameraThatIsOnlyANameIsWrittenShort(t *testing.T) {
	const text = "version: 1\nproject: {name: p}\ncameras: [%s, {name: left, files: [l.png]}]\nbags: [{path: a, cameras: [jai_cam]}]"
	short, err := Parse("short.yaml", fmt.Appendf(nil, text, "jai_cam"))
	if err != nil {
		t.Fatal(err)
	}
	long, err := Parse("long.yaml", fmt.Appendf(nil, text, "{name: jai_cam}"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(long.Cameras, short.Cameras, withoutPlaces); diff != "" || len(short.Cameras) != 2 {
		t.Errorf("(-long +short)\n%s", diff)
	}
}

func TestExtendsMergesMappingsAndReplacesLists(t *testing.T) {
	m := mustLoad(t, "testdata/good/day/cvatplan.yaml")
	want := TaskSettings{Name: DefaultTaskName, Settings: Settings{SegmentSize: ptr(20), Overlap: ptr(2), Subset: ptr("val")}}
	if diff := cmp.Diff(want, m.Task); diff != "" {
		t.Errorf("task (-want +got)\n%s", diff)
	}
	if got := fmt.Sprint(len(m.Cameras), m.Cameras[0].Name, len(m.Bags), m.Bags[0].Path); got != "1left1day2" {
		t.Errorf("lists: %s", got)
	}
	if m.Project.Name != "Orchard" || !*m.Project.Create || m.Server.Organization != "orchard" {
		t.Errorf("project %+v, server %+v", m.Project, m.Server)
	}
}

func TestPathsBeginAtTheFileThatWritesThem(t *testing.T) {
	m := mustLoad(t, "testdata/good/day/cvatplan.yaml")
	good := filepath.Join("testdata", "good")
	for what, got := range map[string][2]string{
		"root":    {m.Root, filepath.Join(good, "data")},
		"sandbox": {m.Server.Sandbox, filepath.Join(good, ".sandbox")},
		"index":   {m.Bags[0].Index, filepath.Join(good, "day", "index.jsonl")},
		"dir":     {m.Dir, filepath.Join(good, "day")},
	} {
		if got[0] != got[1] {
			t.Errorf("%s is %s, want %s", what, got[0], got[1])
		}
	}
	if got := filepath.ToSlash(m.Project.Pos.String()); got != "testdata/good/day/cvatplan.yaml:3:10" {
		t.Errorf("the project is at %s", got)
	}
	if got := filepath.ToSlash(m.Project.Labels[0].Pos.String()); got != "testdata/good/labels.json:2:3" {
		t.Errorf("the label is at %s", got)
	}
}

func TestAnchorsAndMergeKeysWork(t *testing.T) {
	m := read(t, `
version: 1
project: {name: p}
x-base: &base {overlap: 1, segment_size: 5}
x-more: &more {overlap: 2, subset: val}
task: {<<: [*base, *more], segment_size: 7}
bags: [{path: a, task: *base}, {path: b, task: {<<: *more}}]
`)
	want := []Settings{
		{Overlap: ptr(1), SegmentSize: ptr(7), Subset: ptr("val")},
		{Overlap: ptr(1), SegmentSize: ptr(5)},
		{Overlap: ptr(2), Subset: ptr("val")},
	}
	if diff := cmp.Diff(want, []Settings{m.Task.Settings, m.Bags[0].Task.Settings, m.Bags[1].Task.Settings}); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

const small = "version: 1\nproject: {name: p}\nbags: [2026-03-04, \"b\"]\n"

func TestEncodingsOfTextFilesAreRead(t *testing.T) {
	for name, data := range map[string]string{
		"plain":           small,
		"byte order mark": "\xef\xbb\xbf" + small,
		"CRLF":            strings.ReplaceAll(small, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(small, "\n", "\r"),
		"document marks":  "%YAML 1.1\n---\n" + small + "...\n",
		"comments":        "# a\n\n" + small + "# b",
		"JSON":            `{"version": 1, "project": {"name": "p"}, "bags": ["2026-03-04", "b"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			m := read(t, data)
			if m.Bags[0].Path != "2026-03-04" || m.Hash() != read(t, small).Hash() {
				t.Errorf("got %+v", m)
			}
		})
	}
}

func TestWhatCannotBeReadIsNamedWithItsPlace(t *testing.T) {
	deep := "version: 1\nx-deep: " + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "\n"
	for name, c := range map[string]struct{ data, want string }{
		"UTF-16":          {"\xff\xfev\x00e\x00", "m.yaml: the file is UTF-16"},
		"Latin-1":         {"version: 1\nproject: {name: \xe4pfel}\n", "m.yaml:2:17: byte 0xe4 is not UTF-8"},
		"cut off UTF-8":   {"version: 1\nroot: \xc3", "m.yaml:2:7: byte 0xc3 is not UTF-8"},
		"NUL":             {"version: 1\nroot: a\x00b\n", "m.yaml:2:8: control character U+0000"},
		"escape":          {"root: \x1b[31m", "m.yaml:1:7: control character U+001B"},
		"next line":       {"version: 1\u0085root: a", "m.yaml:1:11: control character U+0085"},
		"line separator":  {"version: 1\u2028root: a", "m.yaml:1:11: invisible line separator U+2028"},
		"second BOM":      {"version: 1\nroot: \ufeffa", "m.yaml:2:7: byte order mark within the text"},
		"text direction":  {"version: 1\nroot: a\u202eb", "m.yaml:2:8: control character U+202E"},
		"too large":       {"#" + strings.Repeat("x", maxFileSize), "m.yaml: the file is larger than 4 MiB"},
		"too deep":        {deep, "m.yaml:2:73: values are nested more than 64 deep"},
		"alias bomb":      {bomb(9, 9), "m.yaml:7:11: aliases unfold to more than 250000 values or 8 MiB"},
		"alias of much":   {"version: 1\nx-a: &a " + strings.Repeat("x", 1<<20) + "\nbags: [" + strings.Repeat("*a, ", 10) + "]", "m.yaml:3:32: aliases unfold to more than 250000 values or 8 MiB"},
		"too many values": {"version: 1\nbags: [" + strings.Repeat("a, ", maxValues) + "]", "m.yaml:2:749993: the file holds more than 250000 keys and values"},
		"alias of itself": {"version: 1\nx-a: &a {b: *a}\n", "m.yaml:2:13: alias *a contains itself"},
		"nothing":         {"", "m.yaml:1:1: the file is empty"},
		"blanks":          {"\n\n  \n", "m.yaml:1:1: the file is empty"},
		"only a mark":     {"---\n", "m.yaml:2:1: the manifest is empty; it must be a mapping"},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, p := range problems(t, c.data) {
				got = append(got, p.Pos.String()+": "+p.Text)
			}
			if !slices.Contains(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestJSONIsReadAsStrictlyAsYAML(t *testing.T) {
	for name, c := range map[string]struct{ data, want string }{
		"duplicate key": {"{\"version\": 1,\n \"version\": 1}", "m.json:2:2: duplicate key \"version\""},
		"too deep":      {strings.Repeat("[", 100) + strings.Repeat("]", 100), "m.json:1:66: values are nested more than 64 deep"},
		"huge number":   {"{\"version\":\r\n1e999}", "m.json:2:1: 1e999 is not a number that can be used"},
		"wrong type":    {"{\"version\": 1.5}", "m.json:1:13: version must be a whole number, not the number 1.5"},
		"null":          {"{\"é\": 1, \"task\": null}", "m.json:1:18: task is empty; it must be a mapping"},
		"two values":    {"{}\n{}", "m.json:2:1: JSON: invalid character '{' after top-level value"},
		"cut off":       {"{\"version\": ", "m.json:1:12: JSON: unexpected end of JSON input"},
		"too many":      {"[" + strings.Repeat("1,", maxValues) + "1]", "m.json:1:500000: the file holds more than 250000 keys and values"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("m.json", []byte(c.data))
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			var got []string
			for _, p := range e.Problems {
				got = append(got, p.Pos.String()+": "+p.Text)
			}
			if !slices.Contains(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// bomb is the billion laughs: each level holds the one before it several times.
func bomb(levels, times int) string {
	var b strings.Builder
	b.WriteString("x-0: &a0 ha\n")
	for i := 1; i <= levels; i++ {
		alias := fmt.Sprintf("*a%d, ", i-1)
		fmt.Fprintf(&b, "x-%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(alias, times), ", "))
	}
	return b.String()
}

func TestAManifestJustBelowTheLimitLoads(t *testing.T) {
	text := small + "#"
	read(t, text+strings.Repeat("x", maxFileSize-len(text)))
}

func TestAReportIsBoundedAndHarmless(t *testing.T) {
	var many strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&many, "\"k%d\\e[31m\": 1\n", i)
	}
	_, err := Parse("m.yaml", []byte(many.String()))
	report := err.Error()
	if len(err.(*Error).Problems) > maxProblems || strings.Count(report, "\n") > 5*shown {
		t.Errorf("%d problems, %d lines", len(err.(*Error).Problems), strings.Count(report, "\n"))
	}
	if strings.ContainsRune(report, '\x1b') {
		t.Error("an escape reaches the terminal")
	}
}

func TestALongLineIsCutAroundItsCaret(t *testing.T) {
	p := problems(t, "version: 1\nproject: {name: p}\nbags: ["+strings.Repeat("a, ", 200)+"7, "+strings.Repeat("b, ", 200)+"]\n")[0]
	line, caret, _ := strings.Cut(p.Excerpt, "\n")
	if len(line) > excerptWidth+4 || line[strings.IndexByte(caret, '^')] != '7' {
		t.Errorf("got\n%s", p.Excerpt)
	}
}

func TestTheCaretIsUnderWideCharacters(t *testing.T) {
	p := problems(t, "version: 1\nproject: {name: p}\nskip: [{task: 苹果, tsak: é}]\nbags: [a]\n")[0]
	want := "    skip: [{task: 苹果, tsak: é}]\n                        ^"
	if p.Excerpt != want {
		t.Errorf("got\n%s\nwant\n%s", p.Excerpt, want)
	}
}

func TestSecretsAreNotRepeated(t *testing.T) {
	for name, data := range map[string]string{
		"key":          "token: hunter2\n",
		"flow":         "server: {password: hunter2}\n",
		"quoted":       "server: {\"access-token\": \"hunter2\"}\n",
		"URL":          "server: {url: \"https://a:hunter2@h\"}\n",
		"broken URL":   "server: {url: \"https://a:hunter2@h:x\"}\n",
		"URL, slash":   "server: {url: \"https://a:hunt/hunter2@h\"}\n",
		"syntax error": "password: hunter2: x\n",
		"CVAT's":       "CVAT_ACCESS_TOKEN: hunter2\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("m.yaml", []byte(data))
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestLoadSaysWhyAFileCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := Load(filepath.Join(dir, "none.yaml")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
	if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), "read manifest: ") {
		t.Errorf("directory: %v", err)
	}
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, make([]byte, 2*maxFileSize), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(large); err == nil || !strings.Contains(err.Error(), "larger than 4 MiB") {
		t.Errorf("large: %v", err)
	}
}

func TestEveryExampleLoads(t *testing.T) {
	files, err := filepath.Glob("../../examples/*/cvatplan.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		mustLoad(t, file)
	}
}

// A program must know what not to repeat before it prints what is wrong, so it sees each file, however wrong.
func TestEachFileIsSeenWhateverIsWrongWithIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	files := map[string]string{
		"m.yaml":      "extends: base.yaml\nproject: {name: p, labels: labels.json}\nunknown: 1\n",
		"base.yaml":   "version: 1\nbags: [a\n",
		"labels.json": "[{",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var seen []string
	if _, err := Load(filepath.Join(dir, "m.yaml"), func(text []byte) { seen = append(seen, string(text)) }); err == nil {
		t.Error("no mistake was found")
	}
	if want := []string{files["m.yaml"], files["base.yaml"], files["labels.json"]}; !slices.Equal(seen, want) {
		t.Errorf("saw %q, want %q", seen, want)
	}
}
