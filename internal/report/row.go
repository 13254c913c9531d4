package report

import (
	"math"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// cells measures text as a terminal shows it: CJK is two cells wide, a combining
// mark none. The locale is left out of it, so that the output does not depend on it.
var cells = &runewidth.Condition{StrictEmojiNeutral: true}

// Beyond this a long name pushes its own line instead of everybody's columns.
const widestName = 60

// Below this the reason goes to a line of its own.
const narrowestReason = 28

// indent is where names begin: two blanks, the symbol, a blank, the longest word, two blanks.
const indent = 2 + 2 + len("unmanaged") + 2

// A row is the line of one change or of one result; its texts are not yet escaped.
type row struct {
	sign               sign
	name, frames, size string
	reason             string
}

func rowOf(c plan.Change) row {
	return row{signOf(c.Action), c.Task, frames(c.Frames), size(c), reason(c)}
}

// frames is a count of frames, empty where there are none.
func frames(n int) string {
	if n == 0 {
		return ""
	}
	return wording.Count(n, "frame", "frames")
}

// repeats reports whether a row has the word and the reason of the row above it, which says them for both.
func (r row) repeats(above row) bool { return r.sign == above.sign && r.reason == above.reason }

// columns are the widths of the aligned columns, in cells, over all rows.
type columns struct{ name, frames, size int }

func (k *columns) fit(r row) {
	if w := cells.StringWidth(wording.Safe(r.name)); w <= widestName {
		k.name = max(k.name, w)
	}
	k.frames = max(k.frames, len(r.frames))
	k.size = max(k.size, len(r.size))
}

// lead is the start of every row: symbol and word.
func (t *text) lead(s sign) string {
	word := s.word + strings.Repeat(" ", max(0, len("unmanaged")-len(s.word)))
	return "  " + t.Palette.paint(s.colour, s.symbol+" "+word) + "  "
}

// row writes symbol and word, name, frames, size and reason.
func (t *text) row(r row) {
	room := t.nameRoom()
	width := min(t.columns.name, room)
	name := Shortened(wording.Safe(r.name), room)
	line := name + pad(name, width)
	at := indent + max(cells.StringWidth(name), width)
	for _, cell := range []struct {
		text  string
		width int
	}{{r.frames, t.columns.frames}, {r.size, t.columns.size}} {
		if cell.width > 0 {
			line += "  " + pad(cell.text, cell.width) + cell.text
			at += 2 + cell.width
		}
	}
	t.reason(t.lead(r.sign)+line, at+2, wording.Safe(r.reason))
}

// narrowestName is how much of a name a narrow terminal shows all the same.
const narrowestName = 16

// nameRoom is how wide a name may be next to the other columns, in cells.
func (t *text) nameRoom() int {
	if t.Width == 0 {
		return math.MaxInt
	}
	room := t.Width - indent
	for _, width := range []int{t.columns.frames, t.columns.size} {
		if width > 0 {
			room -= 2 + width
		}
	}
	return max(room, narrowestName)
}

// Shortened leaves out the middle of a name that is wider than so many cells of a terminal: names mostly differ at
// their ends.
func Shortened(s string, room int) string {
	over := cells.StringWidth(s) - room
	if over <= 0 {
		return s
	}
	head := (room - 1) / 2
	return cells.Truncate(s, head, "") + cells.TruncateLeft(s, head+over+1, "…")
}

// reason ends a line that is at cell at, and goes on below itself; where that
// leaves too little room, it begins on the next line.
func (t *text) reason(line string, at int, s string) {
	fits := t.Width == 0 || s == "" || at+cells.StringWidth(s) <= t.Width
	if fits || t.Width-at >= narrowestReason {
		t.line(strings.TrimRight(line+"  "+t.wrap(s, at), " "))
		return
	}
	t.line(strings.TrimRight(line, " "))
	t.line(strings.Repeat(" ", indent+2) + t.wrap(s, indent+2))
}

func pad(s string, width int) string {
	return strings.Repeat(" ", max(0, width-cells.StringWidth(s)))
}

// wrap breaks s so that no line passes the terminal's width.
func (t *text) wrap(s string, at int) string { return wrapped(s, at, t.Width) }

// Fitted breaks s between words so that no line passes a terminal of so many cells; all lines begin at cell at. Words
// wider than that lose their middle, but for addresses. A width of 0 breaks nothing.
func Fitted(s string, at, width int) string {
	words := strings.Split(s, " ")
	for i, w := range words {
		if width >= at+narrowestReason && !strings.Contains(w, "://") {
			words[i] = Shortened(w, width-at)
		}
	}
	return wrapped(strings.Join(words, " "), at, width)
}

// wrapped breaks s between words so that no line passes the terminal's width, where
// words allow; all lines begin at cell at. A very narrow terminal wraps by itself.
func wrapped(s string, at, width int) string {
	if width < at+narrowestReason {
		return s
	}
	var b strings.Builder
	col := at
	for i, word := range strings.Split(s, " ") {
		w := cells.StringWidth(word)
		switch {
		case i == 0:
		case col+1+w > width:
			b.WriteString("\n" + strings.Repeat(" ", at))
			col = at
		default:
			b.WriteByte(' ')
			col++
		}
		b.WriteString(word)
		col += w
	}
	return b.String()
}
