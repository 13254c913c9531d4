package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/observe"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const labelTries = 3

// changeLabels renames, changes, adds and deletes labels, in this order: what is changed is known by its new
// name, and a name is free before it is given again.
func (r *run) changeLabels(ctx context.Context, project int, change plan.ProjectChange) error {
	updates := []func([]cvat.Label) ([]cvat.LabelUpdate, []string){}
	if len(change.Renames) > 0 {
		updates = append(updates, func(have []cvat.Label) ([]cvat.LabelUpdate, []string) { return dueNames(change.Renames, have) })
	}
	if len(change.Updates) > 0 {
		updates = append(updates, func(have []cvat.Label) ([]cvat.LabelUpdate, []string) { return r.dueUpdates(change.Updates, have) })
	}
	for _, due := range updates {
		if err := r.updateLabels(ctx, project, due); err != nil {
			return err
		}
	}
	if err := r.addLabels(ctx, project, change.Labels); err != nil || len(change.Deletes) == 0 {
		return err
	}
	return r.updateLabels(ctx, project, func(have []cvat.Label) ([]cvat.LabelUpdate, []string) { return dueDeletions(change.Deletes, have) })
}

// updateLabels sends what is due until nothing is. It reads the labels right before, each time: what another
// run, or a person, has done by then is done. due also says what it does, in words.
func (r *run) updateLabels(ctx context.Context, project int, due func([]cvat.Label) ([]cvat.LabelUpdate, []string)) error {
	for try := 1; ; try++ {
		have, err := r.server.Labels(ctx, project)
		if err != nil {
			return err
		}
		updates, texts := due(have)
		if len(updates) == 0 {
			return nil
		}
		err = r.server.UpdateLabels(ctx, project, updates)
		switch {
		case err == nil && try <= labelTries:
			r.changed(texts)
		case err == nil:
			return errUnsettled
		default:
			if err := r.pauseAfter(ctx, try, err); err != nil {
				return err
			}
		}
	}
}

// pauseAfter waits before labels are sent again; err is given back where that is of no use.
func (r *run) pauseAfter(ctx context.Context, try int, err error) error {
	if try >= labelTries || errors.Is(err, cvat.ErrNotAuthorised) {
		return err
	}
	return r.pause(ctx, time.Duration(try)*time.Second)
}

func (r *run) changed(texts []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Project.Changed = append(r.result.Project.Changed, texts...)
}

// dueNames are the labels that still have their old names, where the new ones are free.
func dueNames(renames []plan.LabelRename, have []cvat.Label) (due []cvat.LabelUpdate, texts []string) {
	byName := labelsByName(have)
	for _, rename := range renames {
		_, done := byName[plan.NameOf(rename.After)]
		if l, there := byName[plan.NameOf(rename.Before)]; there && !done {
			due = append(due, cvat.LabelUpdate{ID: l.ID, Name: rename.After, Color: l.Color})
			texts = append(texts, fmt.Sprintf("label %s renamed to %s", rename.Before, rename.After))
		}
	}
	return due, texts
}

// dueUpdates are the planned changes that are still to be made. A value that is another one than when the plan
// was made was set by somebody meanwhile: it is kept, and the next plan shows it.
func (r *run) dueUpdates(updates []plan.LabelUpdate, have []cvat.Label) (due []cvat.LabelUpdate, texts []string) {
	byName := labelsByName(have)
	var left []string
	for _, u := range updates {
		want := slices.IndexFunc(r.plan.Options.Project.Labels, func(l manifest.Label) bool { return plan.NameOf(l.Name) == plan.NameOf(u.Label) })
		l, there := byName[plan.NameOf(u.Label)]
		if !there || want < 0 {
			continue
		}
		send, kept, any := u.Remaining(r.plan.Options.Project.Labels[want], observe.Label(l))
		for _, f := range kept {
			left = append(left, fmt.Sprintf("label %s: its %s is %s now, which it was not when it was planned: left alone", u.Label, f.Key, shown(f.Before)))
		}
		if any {
			due = append(due, labelUpdate(send, l))
			texts = append(texts, fmt.Sprintf("label %s changed", u.Label))
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Project.Warnings = left // of the last look alone
	return due, texts
}

// labelUpdate is what is to be sent, with the ids that the server has for it.
func labelUpdate(send manifest.Label, have cvat.Label) cvat.LabelUpdate {
	u := cvat.LabelUpdate{ID: have.ID, Name: send.Name, Color: send.Color, Type: send.Type, Attributes: attributes(send.Attributes)}
	for _, s := range send.Sublabels {
		for _, h := range have.Sublabels {
			if plan.NameOf(h.Name) == plan.NameOf(s.Name) {
				u.Sublabels = append(u.Sublabels, labelUpdate(s, h))
			}
		}
	}
	return u
}

func dueDeletions(deletes []plan.LabelUse, have []cvat.Label) (due []cvat.LabelUpdate, texts []string) {
	byName := labelsByName(have)
	for _, d := range deletes {
		if l, there := byName[plan.NameOf(d.Label)]; there {
			due = append(due, cvat.LabelUpdate{ID: l.ID, Name: l.Name, Color: l.Color, Deleted: true})
			texts = append(texts, fmt.Sprintf("label %s deleted", d.Label))
		}
	}
	return due, texts
}

func labelsByName(labels []cvat.Label) map[plan.Name]cvat.Label {
	m := make(map[plan.Name]cvat.Label, len(labels))
	for _, l := range labels {
		m[plan.NameOf(l.Name)] = l
	}
	return m
}

// addLabels adds those that the project lacks by now: another run may be adding them too.
func (r *run) addLabels(ctx context.Context, project int, wanted []manifest.Label) error {
	for try := 1; len(wanted) > 0; try++ {
		have, err := r.server.Labels(ctx, project)
		if err != nil {
			return err
		}
		lacking := lackingLabels(wanted, have)
		if len(lacking) == 0 {
			return nil
		}
		err = r.server.AddLabels(ctx, project, labels(lacking))
		if err == nil {
			r.labelled(lacking)
			return nil
		}
		if err := r.pauseAfter(ctx, try, err); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) labelled(added []manifest.Label) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range added {
		r.result.Project.Labels = append(r.result.Project.Labels, l.Name)
	}
}

func lackingLabels(wanted []manifest.Label, have []cvat.Label) []manifest.Label {
	names := labelsByName(have)
	var lacking []manifest.Label
	for _, l := range wanted {
		if _, there := names[plan.NameOf(l.Name)]; !there {
			lacking = append(lacking, l)
		}
	}
	return lacking
}
