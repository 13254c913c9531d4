package report

import (
	"bytes"
	"testing"
)

func TestPathsAreSortedAndListedOnce(t *testing.T) {
	cases := map[string]struct {
		in   []string
		want string
	}{
		"none":    {nil, ""},
		"some":    {[]string{"b/2.jpg", "a/1.jpg", "b/2.jpg"}, "a/1.jpg\nb/2.jpg\n"},
		"windows": {[]string{`C:\data\1.jpg`}, "C:\\data\\1.jpg\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := string(render(t, func(b *bytes.Buffer) error { return Paths(b, c.in) })); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPathThatWouldBeReadAsTwoIsAnError(t *testing.T) {
	var b bytes.Buffer
	if err := Paths(&b, []string{"a", "b\n/etc/passwd"}); err == nil || b.Len() > 0 {
		t.Errorf("error %v, %d bytes written", err, b.Len())
	}
}
