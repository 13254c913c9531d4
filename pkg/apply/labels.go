package apply

import (
	"context"
	"errors"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// renameLabels gives labels the names that the manifest has for them now. It reads them right
// before, each time: what another run, or a person, has renamed by then is done.
func (r *run) renameLabels(ctx context.Context, project int, renames []plan.LabelRename) error {
	for try := 1; len(renames) > 0; try++ {
		have, err := r.server.Labels(ctx, project)
		if err != nil {
			return err
		}
		due := dueNames(renames, have)
		if len(due) == 0 {
			return nil
		}
		err = r.server.RenameLabels(ctx, project, due)
		if err != nil && (try == labelTries || errors.Is(err, cvat.ErrNotAuthorised)) {
			return err
		}
		if try > labelTries {
			return errUnsettled
		}
		if err != nil {
			err = r.pause(ctx, time.Duration(try)*time.Second)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dueNames are the labels that still have their old names, where the new ones are free.
func dueNames(renames []plan.LabelRename, have []cvat.Label) []cvat.LabelName {
	byName := make(map[plan.Name]cvat.Label, len(have))
	for _, l := range have {
		byName[plan.NameOf(l.Name)] = l
	}
	var due []cvat.LabelName
	for _, rename := range renames {
		_, done := byName[plan.NameOf(rename.After)]
		if l, there := byName[plan.NameOf(rename.Before)]; there && !done {
			due = append(due, cvat.LabelName{ID: l.ID, Name: rename.After, Color: l.Color})
		}
	}
	return due
}
