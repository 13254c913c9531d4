package bag

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Warning says what could not be read from a damaged recording, counted over
// one file and one kind of damage.
type Warning struct {
	File     string    // the path of the damaged file
	Text     string    // the kind of damage, e.g. "chunk cannot be decompressed"
	First    string    // where it was first met, and how it showed
	Places   int       // how many times it was met
	Messages int64     // messages known to be lost by it; 0 where the file no longer tells
	Bytes    int64     // bytes that no record could be made of; 0 where messages are counted
	Hint     diag.Hint // how it can be read after all; the zero Hint: in no way
}

func (w Warning) String() string { return w.File + ": " + w.inFile() }

// inFile is the warning where it is known of which file it is.
func (w Warning) inFile() string {
	var s strings.Builder
	s.WriteString(w.Text)
	if w.Places > 1 {
		fmt.Fprintf(&s, ", %d times", w.Places)
	}
	if w.Messages > 0 {
		fmt.Fprintf(&s, ", %s lost", wording.Count(int(w.Messages), "message", "messages"))
	}
	if w.Bytes > 0 {
		fmt.Fprintf(&s, ", %s lost", wording.Count(int(w.Bytes), "byte", "bytes"))
	}
	if w.First != "" {
		fmt.Fprintf(&s, " (%s)", w.First)
	}
	return s.String()
}

// A DamageError is the first damage met under [Options].Strict.
type DamageError struct{ Warning Warning }

func (e *DamageError) Error() string { return e.Warning.String() }

// warnings collects damage, or refuses it if strict.
type warnings struct {
	strict bool
	mu     sync.Mutex
	list   []Warning
	lost   map[place]bool // messages that were counted
}

// add counts one more place of damage; the error is nil unless strict.
func (w *warnings) add(d Warning) error {
	d.Places = max(d.Places, 1)
	if w.strict {
		return &DamageError{d}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.list, func(o Warning) bool { return o.File == d.File && o.Text == d.Text })
	if i < 0 {
		w.list = append(w.list, d)
		return nil
	}
	w.list[i].Places += d.Places
	w.list[i].Messages += d.Messages
	w.list[i].Bytes += d.Bytes
	return nil
}

// lose counts one message, unless it was counted before.
func (w *warnings) lose(p place, d Warning) error {
	w.mu.Lock()
	known := w.lost[p]
	if w.lost == nil {
		w.lost = map[place]bool{}
	}
	w.lost[p] = true
	w.mu.Unlock()
	if known && !w.strict {
		return nil
	}
	return w.add(d)
}

func (w *warnings) all() []Warning {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.list)
}
