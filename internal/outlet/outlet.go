// Package outlet is the one place where output leaves the process: whatever prints, writes a summary
// or a file goes through a [Writer]. It takes known secrets out, and makes visible what a terminal, a
// browser or a reviewer's eye would obey or not see: escape sequences, control characters, marks of
// the writing direction.
//
// Escapes are written as \u001b: valid in the strings of JSON, so that a program reads the same value,
// and as plain to people. Text for people is made safe before (wording.Safe); this is what holds where
// that was forgotten.
package outlet

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

// Redacted replaces a secret.
const Redacted = "**redacted**"

// minSecret is the least length of a secret that is taken out, in bytes: a shorter one is a word that
// is everywhere.
const minSecret = 8

// Secrets are what must not leave. The zero value knows none; it may be used by several goroutines.
type Secrets struct {
	// Encodings are ways of writing that forms of output have in addition to those of JSON, HTML, URLs and Go;
	// set before the first Add.
	Encodings []func(string) string

	mu   sync.RWMutex
	list [][]byte // with their encodings, longest first
}

// Add makes secrets known, with the ways in which text, JSON, HTML and URLs write them.
func (s *Secrets) Add(secrets ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range secrets {
		secret = strings.TrimSpace(secret)
		if len(secret) < minSecret {
			continue
		}
		for _, form := range s.forms(secret) {
			s.insert([]byte(form))
		}
	}
}

func (s *Secrets) insert(form []byte) {
	at := len(s.list)
	for i, have := range s.list {
		if bytes.Equal(have, form) {
			return
		}
		if len(have) < len(form) {
			at = min(at, i)
		}
	}
	s.list = append(s.list, nil)
	copy(s.list[at+1:], s.list[at:])
	s.list[at] = form
}

// forms are the ways in which a secret may be written.
func (s *Secrets) forms(secret string) []string {
	quoted := strconv.Quote(secret)
	inJSON, _ := json.Marshal(secret) // a string always encodes
	all := []string{
		secret, quoted[1 : len(quoted)-1], string(inJSON[1 : len(inJSON)-1]),
		html.EscapeString(secret), inTemplate.Replace(html.EscapeString(secret)), url.QueryEscape(secret), url.PathEscape(secret),
	}
	for _, encode := range s.Encodings {
		all = append(all, encode(secret))
	}
	return all
}

// inTemplate is what html/template does beyond html.
var inTemplate = strings.NewReplacer("+", "&#43;")

// In reports whether text holds a secret.
func (s *Secrets) In(text []byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, secret := range s.list {
		if bytes.Contains(text, secret) {
			return true
		}
	}
	return false
}

// redact replaces the secrets in text, and says how many bytes at its end may be the beginning of one.
func (s *Secrets) redact(text []byte) (clean []byte, open int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, secret := range s.list {
		if bytes.Contains(text, secret) {
			text = bytes.ReplaceAll(text, secret, []byte(Redacted))
		}
	}
	for _, secret := range s.list {
		open = max(open, beginning(text, secret))
	}
	return text, open
}

// beginning is the length of the longest end of text that a secret begins with.
func beginning(text, secret []byte) int {
	for n := min(len(secret)-1, len(text)); n > 0; n-- {
		if bytes.HasSuffix(text, secret[:n]) {
			return n
		}
	}
	return 0
}
