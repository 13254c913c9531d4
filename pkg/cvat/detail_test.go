package cvat

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// The bodies are those of CVAT 2.73.
func TestEveryShapeOfErrorIsRead(t *testing.T) {
	tests := map[string]struct{ body, text, rqID string }{
		"detail":       {`{"detail":"Invalid token."}`, "Invalid token.", ""},
		"field":        {`{"name":["This field is required."]}`, "name: This field is required.", ""},
		"two fields":   {`{"b":["x","y"],"a":["z"]}`, "a: z; b: x; b: y", ""},
		"nested field": {`{"labels":[{},{"attributes":[{"mutable":["This field is required."]}]}]}`, "labels[1].attributes[0].mutable: This field is required.", ""},
		"no field":     {`{"non_field_errors":["Unable to log in with provided credentials."]}`, "Unable to log in with provided credentials.", ""},
		"list":         {`["Adding more data is not supported"]`, "Adding more data is not supported", ""},
		"string":       {`"Task has no media"`, "Task has no media", ""},
		"bare text":    {"There is no request with specified id", "There is no request with specified id", ""},
		"django": {"<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>\n",
			"Server Error (500)", ""},
		"nginx": {"<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
			"413 Request Entity Too Large", ""},
		"untitled page": {"<p>hello</p>", "a page of HTML", ""},
		"request":       {`{"rq_id":"action=create&target=task&target_id=35"}`, "an import is already under way", "action=create&target=task&target_id=35"},
		"empty":         {"", "", ""},
		"null":          {"null", "", ""},
		"ansi":          {`["\u001b[31mred\u001b[0m\u202eliar\u0000"]`, `\x1b[31mred\x1b[0m\u202eliar\x00`, ""},
		"lines":         {"one\r\n\ttwo", "one two", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			text, rqID := detail([]byte(tt.body))
			if diff := cmp.Diff([]string{tt.text, tt.rqID}, []string{text, rqID}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDetailIsBounded(t *testing.T) {
	tests := map[string]string{
		"long":    strings.Repeat("日本", 1<<20),
		"control": strings.Repeat("\x1b", 1<<20),
		"deep":    strings.Repeat(`[`, 5000) + strings.Repeat(`]`, 5000),
		"deeper":  strings.Repeat(`{"a":[`, 3000) + `"x"` + strings.Repeat(`]}`, 3000),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			text, _ := detail([]byte(body))
			if len(text) > maxDetail || !utf8.ValidString(text) {
				t.Errorf("%d bytes, valid %v", len(text), utf8.ValidString(text))
			}
		})
	}
}

func FuzzDetail(f *testing.F) {
	for _, seed := range []string{`{"detail":"x"}`, `["x"]`, `"x"`, "<title>x</title>", `{"a":[{"b":["c"]}]}`, "\x1b[2J", `{"rq_id":1}`, "{", "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text, _ := detail(body)
		if len(text) > maxDetail || !utf8.ValidString(text) || !wording.IsSafe(text) {
			t.Errorf("detail(%q) = %q", body, text)
		}
	})
}
