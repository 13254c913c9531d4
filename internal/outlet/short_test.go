package outlet

import (
	"bytes"
	"errors"
	"testing"
)

// A short secret may be a word or a number that is everywhere: what is taken out must leave the output readable, and JSON valid.
func TestAShortSecretIsTakenOutWhereItIsOne(t *testing.T) {
	var s Secrets
	s.Add("hunter2", "test", "2024", `a"<1`, "abc")
	for in, want := range map[string]string{
		"wrong: hunter2":                     "wrong: " + Redacted,
		"hunter2":                            Redacted,
		`{"detail":"hunter2"}`:               `{"detail":"` + Redacted + `"}`,
		"run_hunter2.mcap hunter23 xhunter2": "run_" + Redacted + ".mcap hunter23 xhunter2",
		"hunter2hunter2 hunter2":             "hunter2hunter2 " + Redacted,
		`a"<1 a\"\u003c1 a&#34;&lt;1.`:       Redacted + " " + Redacted + " " + Redacted + ".",
		"a test of 2024 frames, test: 2024":  "a test of 2024 frames, test: 2024",
		`{"name":"test","frames":2024}`:      `{"name":"test","frames":2024}`,
		`{"password": "test"}`:               `{"password": "` + Redacted + `"}`,
		`{\"password\":\"2024\"}`:            `{\"password\":\"` + Redacted + `\"}`,
		"password&#34;: &#34;test&#34;":      "password&#34;: &#34;" + Redacted + "&#34;",
		"https://bob:test@h/test?sig=2024":   "https://bob:" + Redacted + "@h/test?sig=" + Redacted,
		"API_KEY=test Bearer 2024":           "API_KEY=" + Redacted + " Bearer " + Redacted,
		"monkey: test http://127.0.0.1:2024": "monkey: test http://127.0.0.1:2024",
		"abc token: abc":                     "abc token: abc",
	} {
		for size := 1; size <= len(in); size++ {
			var b bytes.Buffer
			w := s.Writer(&b)
			for from := 0; from < len(in); from += size {
				_, _ = w.Write([]byte(in[from:min(from+size, len(in))]))
			}
			if err := w.Flush(); err != nil || b.String() != want {
				t.Fatalf("%q in pieces of %d: got %q, want %q", in, size, b.String(), want)
			}
		}
	}
}

// A plan that is to be saved is refused for a credential, not for a name that is equal to one.
func TestARefusingWriterTakesAShortSecretForOneWhereItIsMarked(t *testing.T) {
	var s Secrets
	s.Add("hunter2", "test")
	for in, refused := range map[string]bool{
		`{"name":"hunter2","task":"test"}`: false, "http://bob:hunter2@h": true, "http://bob:test@h": true, "?token=test": true,
	} {
		for size := 1; size <= len(in); size++ {
			w := s.Refusing(new(bytes.Buffer))
			var err error
			for from := 0; from < len(in) && err == nil; from += size {
				_, err = w.Write([]byte(in[from:min(from+size, len(in))]))
			}
			if errors.Is(err, ErrSecret) != refused {
				t.Errorf("%q in pieces of %d: %v", in, size, err)
			}
		}
	}
}
