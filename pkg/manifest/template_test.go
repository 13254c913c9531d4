package manifest

import (
	"errors"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/advice"
)

var wholeVars = Vars{
	Camera: "jai_cam", Bag: "2026-03-04", Parent: "north", Rel: "north/2026-03-04", Date: "2026-03-04",
	Path: "color/0007.jpg", Name: "0007", Ext: "jpg", Topic: "/jai/image",
	Stamp: ptr(int64(1772618400_000000042)), Log: ptr(int64(5)), Seq: ptr(int64(12)), Index: 7,
}

func TestTemplatesPutValuesIn(t *testing.T) {
	for text, want := range map[string]string{
		"{camera}_{bag}":       "jai_cam_2026-03-04",
		"{bag}/{path}":         "2026-03-04/color/0007.jpg",
		"{stamp_ns}.{ext}":     "1772618400000000042.jpg",
		"{stamp_s}":            "1772618400.000000042",
		"{log_ns}":             "0000000000000000005",
		"{index}-{index:06}":   "7-000007",
		"{seq:04}{seq:01}":     "001212",
		"{parent}{rel}{topic}": "northnorth/2026-03-04jai/image",
		"{name}@{date}":        "0007@2026-03-04",
		"{{{bag}}}":            "{2026-03-04}",
		"{{bag}}":              "{bag}",
		"plain é":              "plain é",
	} {
		tpl, err := parseFrameName(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := tpl.Execute(wholeVars); got != want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestAVariableWithoutAValueIsAnErrorThatNamesTheBag(t *testing.T) {
	for name, want := range map[string]string{
		"date":     "{date} has no value for bag run7: neither its name nor a directory above it holds a date",
		"parent":   "{parent} has no value for bag run7: it lies in the root itself",
		"camera":   "{camera} has no value for bag run7: the manifest names no cameras",
		"rel":      "{rel} has no value for bag run7: it is empty",
		"topic":    "{topic} has no value for bag run7: its frames are files, not messages",
		"path":     "{path} has no value for bag run7: its frames are messages, not files",
		"stamp_ns": "{stamp_ns} has no value for bag run7: a frame has no time stamp",
		"stamp_s":  "{stamp_s} has no value for bag run7: a frame has no time stamp",
		"log_ns":   "{log_ns} has no value for bag run7: a frame has no receive time",
		"seq":      "{seq} has no value for bag run7: a frame has no sequence number",
	} {
		tpl, err := parseFrameName("x{" + name + "}")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Execute(Vars{Bag: "run7"}); err == nil || err.Error() != want || got != "" {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
}

func TestEveryVariableIsKnownToExecute(t *testing.T) {
	for _, name := range frameVariables {
		tpl, err := parseFrameName("{" + name + "}")
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Execute(wholeVars); got == "" || err != nil || !tpl.Uses(name) || tpl.Uses("x") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestATemplatesMistakeIsReportedAtItsPlace(t *testing.T) {
	for text, want := range map[string]struct {
		offset     int
		text, hint string
	}{
		"é{bga}":        {1, "unknown variable {bga}", "did you mean {bag}?"},
		"{camera":       {0, "{ opens a variable that is not closed", "write {{ for a literal brace"},
		"a{b{bag}":      {1, "{ opens a variable that is not closed", "write {{ for a literal brace"},
		"{{}":           {2, "} closes no variable", "write }} for a literal brace"},
		"{index}":       {0, "unknown variable {index}", "{index} belongs to a frame, and can be in frame_name only"},
		"{bag:06}":      {0, "{bag} takes no width", "only {index}, {seq} and {part} can be padded"},
		"{ bag }":       {0, "unknown variable { bag }", "known are {camera}, {bag}, {parent}, {rel}, {date}, {part}"},
		"{clock}x{bag}": {0, "unknown variable {clock}", "known are {camera}, {bag}, {parent}, {rel}, {date}, {part}"},
	} {
		_, err := parseTaskName(text)
		var got templateErrors
		if !errors.As(err, &got) || len(got) != 1 || got[0].Offset != want.offset || got[0].Text != want.text || advice.Words(got[0].Hint) != want.hint {
			t.Errorf("%s: got %+v, want %+v", text, got, want)
		}
	}
	for _, width := range []string{"6", "0", "00", "020", "0x", "006", ""} {
		if _, err := parseFrameName("{index:" + width + "}"); err == nil {
			t.Errorf("width %q is taken", width)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{"{camera}_{bag}", "{{{bag}}}", "{index:06}", "{", "}", "{}", "é{stamp_s}{", "{index:099999999999}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := parseFrameName(text)
		if err != nil {
			var wrong templateErrors
			if !errors.As(err, &wrong) || len(wrong) == 0 {
				t.Fatalf("%q: %+v", text, err)
			}
			for _, w := range wrong {
				if w.Offset >= len([]rune(text)) || w.Text == "" {
					t.Fatalf("%q: %+v", text, w)
				}
			}
			return
		}
		got, err := tpl.Execute(wholeVars)
		if err != nil || tpl.String() != text {
			t.Fatalf("%q: %v", text, err)
		}
		if !strings.ContainsAny(text, "{}") && got != text {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func BenchmarkFrameName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DefaultFrameName.Execute(wholeVars); err != nil {
			b.Fatal(err)
		}
	}
}
