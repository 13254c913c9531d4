package report

import "testing"

func TestColourIsChosenByFlagThenEnvironmentThenTerminal(t *testing.T) {
	cases := map[string]struct {
		flag     string
		env      map[string]string
		terminal bool
		want     bool
	}{
		"a terminal":                        {"auto", nil, true, true},
		"a pipe":                            {"auto", nil, false, false},
		"always into a pipe":                {"always", nil, false, true},
		"always wins over NO_COLOR":         {"always", map[string]string{"NO_COLOR": "1"}, false, true},
		"never on a terminal":               {"never", map[string]string{"CLICOLOR_FORCE": "1"}, true, false},
		"NO_COLOR on a terminal":            {"auto", map[string]string{"NO_COLOR": "1"}, true, false},
		"an empty NO_COLOR says nothing":    {"auto", map[string]string{"NO_COLOR": ""}, true, true},
		"NO_COLOR wins over CLICOLOR_FORCE": {"auto", map[string]string{"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, true, false},
		"CLICOLOR_FORCE into a pipe":        {"auto", map[string]string{"CLICOLOR_FORCE": "1"}, false, true},
		"CLICOLOR_FORCE=0 forces nothing":   {"auto", map[string]string{"CLICOLOR_FORCE": "0"}, false, false},
		"CLICOLOR=0":                        {"auto", map[string]string{"CLICOLOR": "0"}, true, false},
		"a dumb terminal":                   {"auto", map[string]string{"TERM": "dumb"}, true, false},
		"no flag is auto":                   {"", nil, true, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := ChoosePalette(c.flag, func(k string) string { return c.env[k] }, c.terminal)
			if got.Colour() != c.want {
				t.Errorf("colour = %v, want %v", got.Colour(), c.want)
			}
		})
	}
}

func TestWithoutColourNothingIsPainted(t *testing.T) {
	if got := (Palette{}).paint(red, "x"); got != "x" {
		t.Errorf("painted %q without colour", got)
	}
	if got, want := (Palette{on: true}).paint(red, "x"), "\x1b[31mx\x1b[0m"; got != want {
		t.Errorf("painted %q, want %q", got, want)
	}
}
