package source

import (
	"testing"

	"github.com/cvatplan/cvatplan/internal/store"
)

func TestWindowsPathsInGlobs(t *testing.T) {
	for pattern, want := range map[string]string{
		`2026-*\`:         `2026-*/`,
		`runs\2026-*\cam`: `runs/2026-*/cam`,
		`runs/2026-*/`:    `runs/2026-*/`,
		`run\[1\]\`:       `run\[1\]/`, // as init writes it
		`a\{b\}`:          `a\{b\}`,
		`ä\ö`:             `ä/ö`,
		`end\`:            `end/`,
		``:                ``,
	} {
		if got := slashes(pattern, '\\'); got != want {
			t.Errorf("on Windows %q becomes %q, want %q", pattern, got, want)
		}
		if got := slashes(pattern, '/'); got != pattern {
			t.Errorf("elsewhere %q becomes %q", pattern, got)
		}
	}
}

func TestWindowsPathsInNames(t *testing.T) {
	for name, c := range map[string]struct {
		bag                   bagRef
		root                  string
		wantBag, wantParent   string
		wantDate, wantRelPath string
	}{
		"a day below the root": {
			bagRef{rel: "2026-03-04", store: store.Local{Root: `C:\data`}}, `C:\data\orchard`, "2026-03-04", "orchard", "2026-03-04", "2026-03-04",
		},
		"deeper": {
			bagRef{rel: "north/run7.mcap", store: store.Local{Root: `C:\data`}, file: true}, `C:\data`, "run7", "north", "", "north/run7.mcap",
		},
		"the root itself": {
			bagRef{rel: ".", store: store.Local{Root: `C:\data\2026-03-04`}}, `C:\data\2026-03-04`, "2026-03-04", "2026-03-04", "", ".",
		},
		"a share": {
			bagRef{rel: "run1", store: store.Local{Root: `C:\data`}}, `\\nas\data`, "run1", "data", "", "run1",
		},
	} {
		c.bag.root = c.root
		v := bagVars(&c.bag, "jai_cam")
		if v.Bag != c.wantBag || v.Parent != c.wantParent || v.Date != c.wantDate || v.Rel != c.wantRelPath {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
