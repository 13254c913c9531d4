package outlet

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestASecretLeavesInNoFormAndInNoPieces(t *testing.T) {
	const secret = `tok"en+/<é>&123`
	var s Secrets
	s.Add("  "+secret+"\n", "short12")
	for name, text := range map[string]string{
		"plain": secret, "twice": secret + secret, "quoted": `"tok\"en+/<é>&123"`, "JSON": `"tok\"en+/\u003cé\u003e\u0026123"`,
		"HTML": "tok&#34;en+/&lt;é&gt;&amp;123", "CSV": `tok""en+/<é>&123`, "JSON of a quoted text": `tok\\\"en+/\u003cé\u003e\u0026123`,
		"query": "tok%22en%2B%2F%3C%C3%A9%3E%26123", "path": "tok%22en+%2F%3C%C3%A9%3E&123",
	} {
		t.Run(name, func(t *testing.T) {
			in := "a " + text + " z tok\n"
			for _, size := range []int{1, 2, 3, 7, 1 << 10} {
				var b bytes.Buffer
				w := s.Writer(&b)
				for from := 0; from < len(in); from += size {
					if _, err := w.Write([]byte(in[from:min(from+size, len(in))])); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Flush(); err != nil {
					t.Fatal(err)
				}
				if got := b.String(); !strings.Contains(got, Redacted) || strings.Contains(got, "123") || !strings.HasSuffix(got, " z tok\n") {
					t.Errorf("size %d: %q", size, got)
				}
			}
		})
	}
	var b bytes.Buffer
	w := s.Writer(&b)
	_, _ = w.Write([]byte("a short word\n"))
	if b.String() != "a short word\n" {
		t.Errorf("%q", b.String())
	}
}

func TestWhatATerminalWouldObeyIsShown(t *testing.T) {
	for name, c := range map[string]struct {
		style    Style
		in, want string
	}{
		"lines stay":                  {Plain, "a\tb\r\nc\n", "a\tb\r\nc\n"},
		"graphic stays":               {Plain, "é 果 🍎\u00a0", "é 果 🍎\u00a0"},
		"CSI":                         {Plain, "\x1b[31mx", `\u001b[31mx`},
		"OSC":                         {Colours, "\x1b]8;;http://evil\x07x", `\u001b]8;;http://evil\u0007x`},
		"C1":                          {Plain, "\u009b31m\u0085", `\u009b31m\u0085`},
		"bidi and zero width":         {Plain, "\u202e\u2066\u200b", `\u202e\u2066\u200b`},
		"tag character":               {Plain, "\U000e0041", `\udb40\udc41`},
		"no UTF-8":                    {Plain, "\x9bx", `\x9bx`},
		"CR over a line":              {Plain, "good\rbad\n", `good\u000dbad` + "\n"},
		"colours where they are on":   {Colours, "\x1b[1;31mx\x1b[0m\x1b[2J", "\x1b[1;31mx\x1b[0m" + `\u001b[2J`},
		"cursor where there is a bar": {Cursor, "\x1b[3A\x1b[J\rx\x1b]0;t\x07", "\x1b[3A\x1b[J\rx" + `\u001b]0;t\u0007`},
	} {
		t.Run(name, func(t *testing.T) {
			for _, whole := range []bool{true, false} {
				var b bytes.Buffer
				w := new(Secrets).Writer(&b)
				w.Allow(c.style)
				step := 1
				if whole {
					step = len(c.in)
				}
				for from := 0; from < len(c.in); from += step {
					_, _ = w.Write([]byte(c.in[from:min(from+step, len(c.in))]))
				}
				_ = w.Flush()
				if b.String() != c.want {
					t.Errorf("whole %v: %q, want %q", whole, b.String(), c.want)
				}
			}
		})
	}
}

func TestAFailureToWriteIsReported(t *testing.T) {
	full := errors.New("no space")
	w := new(Secrets).Writer(failing{full})
	if _, err := w.Write([]byte("x")); !errors.Is(err, full) {
		t.Error(err)
	}
	if err := w.Flush(); !errors.Is(err, full) {
		t.Error(err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestARefusingWriterAltersNothingAndStopsBeforeASecret(t *testing.T) {
	var s Secrets
	s.Add("hunter2hunter2")
	var b bytes.Buffer
	w := s.Refusing(&b)
	if _, err := w.Write([]byte("\x1b\u202ehunter2")); err != nil || b.String() != "\x1b\u202ehunter2" {
		t.Errorf("%v: %q", err, b.String())
	}
	if _, err := w.Write([]byte("hunter2")); !errors.Is(err, ErrSecret) {
		t.Errorf("%v: %q", err, b.String())
	}
}

func FuzzWhatLeavesIsVisible(f *testing.F) {
	f.Add([]byte("a\x1b[0m\u202e\xffhunter2hunter2"), 3)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		var s Secrets
		s.Add("hunter2hunter2")
		var b bytes.Buffer
		w := s.Writer(&b)
		r := iotest.OneByteReader(bytes.NewReader(in))
		piece := make([]byte, 1+uint(size)%9)
		for {
			n, err := r.Read(piece)
			_, _ = w.Write(piece[:n])
			if err != nil {
				break
			}
		}
		_ = w.Flush()
		if got := b.Bytes(); s.In(got) || !utf8.Valid(got) || bytes.ContainsAny(got, "\x1b\u202e\u009b") {
			t.Errorf("%q became %q", in, got)
		}
	})
}
