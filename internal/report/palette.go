package report

// A Palette colours words for a terminal; the zero Palette colours nothing.
// Colour is never the only sign: each change also has its symbol and word.
type Palette struct{ on bool }

// Colour says that the output is coloured; take it from [ChoosePalette].
func (p Palette) Colour() bool { return p.on }

// ChoosePalette decides about colour. flag is --color: "always" and "never"
// win over everything; with "auto" (or "") NO_COLOR in the environment says no
// (https://no-color.org), then CLICOLOR_FORCE, other than 0, says yes
// (https://bixense.com/clicolors), then TERM=dumb and CLICOLOR=0 say no, and
// else a terminal gets colour, and nothing else does.
func ChoosePalette(flag string, getenv func(string) string, terminal bool) Palette {
	switch {
	case flag == "always":
		return Palette{on: true}
	case flag == "never", getenv("NO_COLOR") != "":
		return Palette{}
	case getenv("CLICOLOR_FORCE") != "" && getenv("CLICOLOR_FORCE") != "0":
		return Palette{on: true}
	case getenv("CLICOLOR") == "0", getenv("TERM") == "dumb":
		return Palette{}
	}
	return Palette{on: terminal}
}

// A colour is an SGR parameter. Only the sixteen colours that a user's theme
// defines are used, so that the output is legible on light and dark.
type colour string

const (
	none    colour = ""
	bold    colour = "1"
	faint   colour = "2"
	red     colour = "31"
	green   colour = "32"
	yellow  colour = "33"
	magenta colour = "35"
	cyan    colour = "36"
)

// paint colours s, which must be harmless already (see [wording.Safe]).
func (p Palette) paint(c colour, s string) string {
	if !p.on || c == none || s == "" {
		return s
	}
	return "\x1b[" + string(c) + "m" + s + "\x1b[0m"
}
