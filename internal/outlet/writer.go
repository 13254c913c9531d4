package outlet

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// ErrSecret is what a [Secrets.Refusing] writer ends with.
var ErrSecret = errors.New("it would hold a credential that is known here; nothing was written")

// A Style says which escape sequences of its own the program writes to a terminal.
type Style int

// The styles; a pipe and a file have none.
const (
	Plain   Style = iota
	Colours       // SGR: colours and bold
	Cursor        // colours, and moving the cursor, as progress bars do
)

// styles are the sequences that each style lets through.
var styles = map[Style]*regexp.Regexp{
	Colours: regexp.MustCompile(`^\x1b\[[0-9;]*m`),
	Cursor:  regexp.MustCompile(`^(\x1b\[[0-9;?]*[A-HJKmhl]|\r)`),
}

// A Writer passes on what is fit to leave. It keeps back an end that may go on as a secret or a
// character; Flush gives that out. It may be used by several goroutines.
type Writer struct {
	secrets *Secrets
	to      io.Writer

	mu     sync.Mutex
	style  Style
	kept   []byte
	before []byte // the end of what was written, before it was escaped
	err    error
}

// Writer makes one over to.
func (s *Secrets) Writer(to io.Writer) *Writer { return &Writer{secrets: s, to: to} }

// Unwrap is what it writes to.
func (w *Writer) Unwrap() io.Writer { return w.to }

// Allow lets more of the program's own escape sequences through.
func (w *Writer) Allow(s Style) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.style = max(w.style, s)
}

// Write takes all of p, unless what it writes to fails.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.take(p, false)
	if w.err != nil {
		return 0, w.err
	}
	return len(p), nil
}

// Flush writes what was kept back.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.take(nil, true)
	return w.err
}

func (w *Writer) take(p []byte, end bool) {
	clean, open := w.secrets.redact(slices.Concat(w.before, w.kept, p), len(w.before), end)
	if !end {
		open = max(open, unfinished(clean))
	}
	going := clean[:len(clean)-open]
	w.put(going)
	w.kept = slices.Clone(clean[len(going):])
	w.before = append(w.before, going[max(0, len(going)-lookBehind):]...)
	w.before = slices.Clone(w.before[max(0, len(w.before)-lookBehind):])
}

func (w *Writer) put(clean []byte) {
	if len(clean) > 0 && w.err == nil {
		_, w.err = w.to.Write(w.escape(clean))
	}
}

// unfinished is the length of an end that the next Write may complete: a character, a line's end, an
// escape sequence.
func unfinished(text []byte) int {
	const longest = 16 // of the program's own sequences
	for n := 1; n <= min(longest, len(text)); n++ {
		switch c := text[len(text)-n]; {
		case c == '\x1b', c == '\r' && n == 1:
			return n
		case n < utf8.UTFMax && utf8.RuneStart(c) && !utf8.FullRune(text[len(text)-n:]):
			return n
		case !('0' <= c && c <= '?' || c == '['):
			if n >= utf8.UTFMax || utf8.RuneStart(c) {
				return 0
			}
		}
	}
	return 0
}

// escape makes visible what is not, but for the lines' ends, tabs and the program's own sequences.
func (w *Writer) escape(text []byte) []byte {
	out := make([]byte, 0, len(text))
	own := styles[w.style]
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '\n' || r == '\t', r == '\r' && i+1 < len(text) && text[i+1] == '\n':
			out = append(out, byte(r))
		case r == utf8.RuneError && size == 1:
			out = fmt.Appendf(out, `\x%02x`, text[i])
		case wording.Visible(r):
			out = append(out, text[i:i+size]...)
		case own != nil && own.Match(text[i:]):
			size = len(own.Find(text[i:]))
			out = append(out, text[i:i+size]...)
		default:
			out = AppendEscape(out, r)
		}
		i += size
	}
	return out
}

// AppendEscape appends \u001b or its like, in surrogates beyond 16 bits: as JSON has it.
func AppendEscape(out []byte, r rune) []byte {
	if r > 0xffff {
		high, low := utf16.EncodeRune(r)
		return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(out, `\u%04x`, r)
}

// Refusing is a writer to to that fails with [ErrSecret] rather than write a secret: for files that
// would not be the same without it. It alters nothing.
func (s *Secrets) Refusing(to io.Writer) io.Writer { return &refusing{secrets: s, to: to} }

type refusing struct {
	secrets *Secrets
	to      io.Writer
	tail    []byte
}

func (w *refusing) Write(p []byte) (int, error) {
	seen := append(w.tail, p...)
	if w.secrets.In(seen) {
		return 0, ErrSecret
	}
	w.tail = slices.Clone(seen[max(0, len(seen)-w.secrets.longest()-lookBehind):])
	return w.to.Write(p)
}
