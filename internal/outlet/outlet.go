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

// The lengths of secrets, in bytes. From Long on one is taken out wherever it is. A shorter one may be a word or a number that
// is everywhere (test, admin, 2024), so it is taken out where it is a word by itself, and where it could be an ordinary word only
// next to what makes it a credential; see short.go. Below minSecret nothing is taken out: little would be left.
const (
	Long      = 8
	minSecret = 4
)

// Secrets are what must not leave. The zero value knows none; it may be used by several goroutines.
type Secrets struct {
	// Encodings are ways of writing that forms of output have in addition to those of JSON, HTML, URLs and Go;
	// set before the first Add.
	Encodings []func(string) string

	mu   sync.RWMutex
	list [][]byte // with their encodings, longest first; of Long and more
	few  []short  // the shorter ones
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
		if len(secret) < Long {
			s.addShort(secret)
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

// forms are the ways in which a secret may be written: a form of output may hold a text that quotes it.
func (s *Secrets) forms(secret string) []string {
	var all []string
	for _, text := range []string{
		secret, inJSON(secret), inGo(secret), inYAML.Replace(secret), inShell.Replace(secret), url.QueryEscape(secret), url.PathEscape(secret),
	} {
		all = append(all, text, inJSON(text), inGo(text), inCSV.Replace(text), html.EscapeString(text), inTemplate.Replace(html.EscapeString(text)))
		for _, encode := range s.Encodings {
			all = append(all, encode(text))
		}
	}
	return all
}

func inGo(text string) string {
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

func inJSON(text string) string {
	quoted, _ := json.Marshal(text) // a string always encodes
	return string(quoted[1 : len(quoted)-1])
}

// Marks that are doubled, or left and written apart, within those of their kind; and what html/template does beyond html.
var (
	inCSV      = strings.NewReplacer(`"`, `""`)
	inYAML     = strings.NewReplacer(`'`, `''`)
	inShell    = strings.NewReplacer(`'`, `'\''`)
	inTemplate = strings.NewReplacer("+", "&#43;")
)

// In reports whether text holds a secret: one that is taken out wherever it is, or a shorter one as a credential.
func (s *Secrets) In(text []byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, secret := range s.list {
		if bytes.Contains(text, secret) {
			return true
		}
	}
	for _, secret := range s.few {
		for range secret.credentials(text) {
			return true
		}
	}
	return false
}

// redact replaces the secrets in text, of which the first bytes were written before and stay, and says how many bytes at its end
// may be the beginning of one. At an end there is nothing that may follow.
func (s *Secrets) redact(text []byte, before int, end bool) (clean []byte, open int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	written, text := text[:before:before], text[before:]
	for _, secret := range s.list {
		if bytes.Contains(text, secret) {
			text = bytes.ReplaceAll(text, secret, []byte(Redacted))
		}
	}
	for _, secret := range s.few {
		text = secret.redact(written, text, end)
	}
	if end {
		return text, 0
	}
	for _, secret := range s.list {
		open = max(open, beginning(text, secret))
	}
	for _, secret := range s.few {
		open = max(open, secret.open(text))
	}
	return text, open
}

// longest is the length of the longest secret.
func (s *Secrets) longest() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if len(s.list) == 0 {
		return Long
	}
	return len(s.list[0])
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
