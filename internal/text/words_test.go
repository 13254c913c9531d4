package text

import (
	"strings"
	"testing"
)

func TestWordsForPeople(t *testing.T) {
	tests := map[string]struct{ got, want string }{
		"one":               {Count(1, "image", "images"), "1 image"},
		"none":              {Count(0, "entry", "entries"), "0 entries"},
		"a plain name":      {Printable("é 1.jpg"), "é 1.jpg"},
		"an escape":         {Printable("\x1b[31m"), `"\x1b[31m"`},
		"what is not UTF-8": {Printable("a\xff"), `"a\xff"`},
		"a short line":      {Clip("line"), "line"},
		"a long line":       {Clip(strings.Repeat("é", 81)), strings.Repeat("é", 80) + "…"},
		"few names":         {FirstFew([]string{"a", "b"}, 3), "a, b"},
		"many names":        {FirstFew([]string{"a", "b", "c", "d"}, 3), "a, b, c, …"},
		"no name":           {FirstFew(nil, 3), ""},
	}
	for name, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", name, tt.got, tt.want)
		}
	}
}
