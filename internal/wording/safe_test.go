package wording

import (
	"testing"
	"unicode/utf8"
)

func TestSafeShowsWhatATerminalWouldObey(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"plain":                 {"jai_cam_2026-03-04", "jai_cam_2026-03-04"},
		"unicode stays":         {"Obstgärten 果樹園 🍎", "Obstgärten 果樹園 🍎"},
		"windows path stays":    {`C:\data\run7`, `C:\data\run7`},
		"ansi colour":           {"\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		"osc hyperlink":         {"\x1b]8;;http://evil\x07x", `\x1b]8;;http://evil\x07x`},
		"8-bit csi":             {"a\u009b31m", `a\u009b31m`},
		"raw 8-bit csi":         {"a\x9b31m", `a\x9b31m`},
		"line breaks":           {"a\r\nb\tc", `a\x0d\nb\tc`},
		"line separator":        {"a\u2028b", `a\u2028b`},
		"bidi override":         {"abc\u202egpj.exe", `abc\u202egpj.exe`},
		"bidi isolate":          {"\u2066x\u2069", `\u2066x\u2069`},
		"zero width":            {"a\u200bb\ufeffc", `a\u200bb\ufeffc`},
		"tag character":         {"a\U000e0041", `a\U000e0041`},
		"nul and delete":        {"\x00\x7f", `\x00\x7f`},
		"the replacement rune":  {"\ufffd", "\ufffd"},
		"cut in a rune's bytes": {"a\xe6\x9e", `a\xe6\x9e`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := Safe(c.in); got != c.want {
				t.Errorf("Safe(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzSafeIsHarmlessAndStable(f *testing.F) {
	f.Add("a\x1b[0m\u202e\xff")
	f.Fuzz(func(t *testing.T, s string) {
		got := Safe(s)
		if !IsSafe(got) || !utf8.ValidString(got) || Safe(got) != got {
			t.Errorf("Safe(%q) = %q is not harmless", s, got)
		}
	})
}
