package outlet

import (
	"bytes"
	"iter"
	"regexp"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A short secret is one of minSecret to Long-1 bytes, in one of its forms.
type short struct {
	form     []byte
	ordinary bool // letters alone or digits alone: it may mean something else
}

// lookBehind is how much of what was written before says what a short secret is, in bytes.
const lookBehind = 64

// What is before a word that is a credential, whatever the word: a key of that name; a URL's user, where the URL's host follows.
var (
	credentialKey = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)((token|secret|passw(or)?d|passphrase|api_?key|signature|auth|(^|[^a-z])(pass|pwd|key|sig))` +
			`([\\"']|&#34;)*\s*[:=]\s*([\\"']|&#34;)*|bearer )$`)
	})
	urlUser = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`://[^\s/@:]*:$`) })
)

func (s *Secrets) addShort(secret string) {
	ordinary := ordinary(secret)
	for _, form := range s.forms(secret) {
		added := short{[]byte(form), ordinary}
		if !slices.ContainsFunc(s.few, func(have short) bool { return bytes.Equal(have.form, added.form) }) {
			s.few = append(s.few, added)
		}
	}
}

func ordinary(secret string) bool {
	letters, digits := 0, 0
	for _, r := range secret {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		default:
			return false
		}
	}
	return letters == 0 || digits == 0
}

// words are the places where the secret is a word by itself. At an end that is not the last one it may go on.
func (s short) words(text []byte, from int, end bool) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := from; ; {
			i := bytes.Index(text[at:], s.form)
			if i < 0 {
				return
			}
			at += i
			last, _ := utf8.DecodeLastRune(text[:at])
			next, _ := utf8.DecodeRune(text[at+len(s.form):])
			ends := at+len(s.form) == len(text)
			if !alphanumeric(last) && !alphanumeric(next) && (end || !ends) && !yield(at) {
				return
			}
			at++
		}
	}
}

func alphanumeric(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// credentials are those of its places that say what it is.
func (s short) credentials(text []byte) iter.Seq[int] {
	return func(yield func(int) bool) {
		for at := range s.words(text, 0, true) {
			if s.isCredential(text, at) && !yield(at) {
				return
			}
		}
	}
}

func (s short) isCredential(text []byte, at int) bool {
	before := text[max(0, at-lookBehind):at]
	return credentialKey().Match(before) || bytes.HasPrefix(text[at+len(s.form):], []byte("@")) && urlUser().Match(before)
}

// redact replaces the secret in text, which follows on what was written.
func (s short) redact(written, text []byte, end bool) []byte {
	if !bytes.Contains(text, s.form) {
		return text
	}
	whole := slices.Concat(written, text)
	var clean []byte
	done := len(written)
	for at := range s.words(whole, len(written), end) {
		if at >= done && (!s.ordinary || s.isCredential(whole, at)) {
			clean = append(append(clean, whole[done:at]...), Redacted...)
			done = at + len(s.form)
		}
	}
	return append(clean, whole[done:]...)
}

// open is how many bytes at the end of text may be the secret, or its beginning.
func (s short) open(text []byte) int {
	if bytes.HasSuffix(text, s.form) {
		return len(s.form)
	}
	return beginning(text, s.form)
}
