package wording

import (
	"strings"
	"testing"
)

func TestWordsForPeople(t *testing.T) {
	tests := map[string]struct{ got, want string }{
		"one":          {Count(1, "image", "images"), "1 image"},
		"none":         {Count(0, "entry", "entries"), "0 entries"},
		"a short line": {Clip("line", 80), "line"},
		"a long line":  {Clip(strings.Repeat("é", 81), 80), strings.Repeat("é", 80) + "…"},
		"few names":    {FirstFew([]string{"a", "b"}, 3), "a, b"},
		"many names":   {FirstFew([]string{"a", "b", "c", "d"}, 3), "a, b, c, …"},
		"no name":      {FirstFew(nil, 3), ""},
	}
	for name, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", name, tt.got, tt.want)
		}
	}
}
