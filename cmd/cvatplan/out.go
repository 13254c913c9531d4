package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/report"
)

// checkOut refuses what cannot be saved, or what saving would destroy, before anything is read.
func (c planCmd) checkOut() error {
	switch {
	case c.Out == "":
		return nil
	case c.Offline:
		return usageError{errors.New("--out saves what the server has, too, and --offline says not to ask it")}
	}
	info, err := os.Stat(c.Out)
	switch {
	case err != nil: // there is none, or saving it will say why not
		return nil
	case !info.Mode().IsRegular():
		return usageError{fmt.Errorf("--out %s: it is no file", c.Out)}
	case info.Size() > 0 && !planfile.IsFile(c.Out):
		return usageError{fmt.Errorf("--out %s: it is there and no saved plan, so it is not overwritten", c.Out)}
	}
	return nil
}

// reading is closer for a plan that is saved: it holds the hash of each archive that is to be sent.
func (c planCmd) reading() reading {
	if c.Out != "" {
		return readContents
	}
	return c.planFlags.reading()
}

// save keeps the plan that was shown. It names whom and what the dataset is about, so it is for its owner alone.
func (c planCmd) save(a *app, sessions []*session) error {
	if c.Out == "" {
		return nil
	}
	f := planfile.File{Version: versionString(), Server: a.Server}
	for _, s := range sessions {
		for _, m := range s.manifests {
			f.Manifests = append(f.Manifests, planfile.Manifest{Path: filepath.ToSlash(m.File), Hash: m.Hash()})
		}
		f.Projects = append(f.Projects, s.saved())
	}
	if err := replaceFile(c.Out, 0o600, func(w io.Writer) error { return planfile.Write(w, f) }); err != nil {
		return fmt.Errorf("save the plan to %s: %w", c.Out, err)
	}
	if !a.Quiet {
		fmt.Fprintf(a.stderr, "cvatplan: saved the plan; carry it out with: cvatplan apply %s\n", report.Safe(c.Out))
	}
	return nil
}

// saved is all that the session's plan was made of.
func (s *session) saved() planfile.Project {
	return planfile.Project{Want: s.want, Images: s.sums, Have: s.have, Options: s.plan.Options}
}
