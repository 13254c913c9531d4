package planner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// addAnnotations reads the predictions of the tasks that are to be made or finished, one task after the other, so that
// the plan knows what each is given, and which are blocked by what cannot be placed. What is read is not kept.
func (p *pass) addAnnotations(ctx context.Context) (learned bool, err error) {
	asked := false
	for _, c := range p.Plan.Changes {
		i, ok := p.first[plan.NameOf(c.Task)]
		if !ok || !unfinished(c) || p.Tasks[i].Annotations == nil || len(p.Desired[i].Problems) > 0 {
			continue
		}
		if !asked {
			if p.labels, err = p.plannedLabels(ctx, p.server); err != nil {
				return false, err
			}
			asked = true
		}
		in := target(p.Tasks[i], predictable(p.Tasks[i], p.plannedFrames(i)), p.labels)
		in.OnlyCount = true
		given, _, problems := p.annotationsOf(ctx, p.Tasks[i], in)
		p.Desired[i].Annotations, p.Desired[i].Problems = given, append(p.Desired[i].Problems, problems...)
		learned = learned || given != nil || len(problems) > 0
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
	return learned, nil
}

// plannedFrames are those of a task, with their sizes where the plan read its images.
func (p *Project) plannedFrames(i int) []prediction.Frame {
	frames := make([]prediction.Frame, len(p.Desired[i].Frames))
	for k, name := range p.Desired[i].Frames {
		frames[k] = prediction.Frame{Name: name}
		if pixels := p.pixels[i]; len(pixels) == len(frames) {
			frames[k].Width, frames[k].Height = pixels[k].Width, pixels[k].Height
		}
	}
	return frames
}

// unfinished are the changes whose tasks have not been given their annotations.
func unfinished(c plan.Change) bool {
	switch c.Action {
	case plan.Create, plan.Resume, plan.Wait, plan.Replace, plan.Wanted:
		return true
	}
	return false
}

// plannedLabels are the project's labels once the plan is carried out; nil if they are not known.
func (p *Project) plannedLabels(ctx context.Context, server Reader) ([]cvat.Label, error) {
	if server == nil || !p.Actual.Exists {
		return cvatLabels(p.Wanted.Labels), nil
	}
	labels, err := server.Labels(ctx, p.Actual.Scope.ProjectID)
	if err != nil {
		return nil, err
	}
	for i := range labels {
		for _, r := range p.Plan.Project.Renames {
			if plan.NameOf(labels[i].Name) == plan.NameOf(r.Before) {
				labels[i].Name = r.After
			}
		}
	}
	return append(labels, cvatLabels(p.Plan.Project.Labels)...), nil
}

// cvatLabels are a manifest's labels, which are written as CVAT's are.
func cvatLabels(labels []manifest.Label) []cvat.Label {
	data, err := json.Marshal(labels)
	var out []cvat.Label
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("planner: labels that are no JSON: %v", err)) // our own types: a bug
	}
	return out
}

// predictable are the frames of a task, and behind them those of the other parts of its bag.
func predictable(t source.Task, frames []prediction.Frame) []prediction.Frame {
	for _, name := range t.Elsewhere() {
		frames = append(frames, prediction.Frame{Name: name, Elsewhere: true})
	}
	return frames
}

// framesOf are frames as the server tells them.
func framesOf(metas []cvat.FrameMeta) []prediction.Frame {
	frames := make([]prediction.Frame, len(metas))
	for i, f := range metas {
		frames[i] = prediction.Frame{Name: f.Name, Width: f.Width, Height: f.Height}
	}
	return frames
}

// annotationsOf are what a task is given, in numbers and in shapes, and what is wrong with it.
func (p *Project) annotationsOf(ctx context.Context, t source.Task, in prediction.Target) (*plan.Annotations, []cvat.Shape, []diag.Diagnostic) {
	found, noFrame, err := p.openPredictions(ctx, t)
	var placed prediction.Placed
	if err == nil {
		placed, err = found.Place(in)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && t.Annotations.Optional:
		return nil, nil, nil
	case err != nil:
		return nil, nil, []diag.Diagnostic{unreadPredictions(t, err)}
	}
	a := &plan.Annotations{From: t.Annotations.Shown, Hash: found.Hash(), Labels: []plan.LabelCount{}, NoFrame: noFrame, LowScore: placed.LowScore, Repeated: placed.Repeated, Tags: placed.Tags, Tracked: placed.Tracked}
	for _, l := range placed.Labels {
		a.Labels = append(a.Labels, plan.LabelCount(l))
	}
	if t.Annotations.Unplaced == skipUnplaced {
		for _, u := range placed.Unplaced {
			a.Unplaced = append(a.Unplaced, u.String())
		}
		return a, placed.Annotations.Shapes, nil
	}
	return a, placed.Annotations.Shapes, unplacedProblems(t, placed.Unplaced)
}

const skipUnplaced = "skip" // of manifest.Annotations.Unplaced

// predictions are those of a file, or of a topic for one task.
type predictions interface {
	Hash() string // of what was read
	Place(prediction.Target) (prediction.Placed, error)
}

// openPredictions reads a task's predictions; noFrame counts the messages of a topic that are near no frame. Errors, those
// of placing them too, name the file, or the topic, as the manifest does.
func (p *Project) openPredictions(ctx context.Context, t source.Task) (found predictions, noFrame int, err error) {
	if t.Annotations.Path == "" {
		found, noFrame, err = readTopic(ctx, t)
	} else {
		found, err = p.predictions.open(ctx, t.Annotations)
	}
	if err != nil {
		return nil, 0, predictionError(t, err)
	}
	return namedPredictions{found, t}, noFrame, nil
}

func predictionError(t source.Task, err error) error {
	return fmt.Errorf("predictions %s: %w", wording.Safe(t.Annotations.Shown), err)
}

// namedPredictions name themselves in errors.
type namedPredictions struct {
	found predictions
	of    source.Task
}

func (n namedPredictions) Hash() string { return n.found.Hash() }

func (n namedPredictions) Place(t prediction.Target) (prediction.Placed, error) {
	placed, err := n.found.Place(t)
	if err != nil {
		err = predictionError(n.of, err)
	}
	return placed, err
}

// readTopic reads what the messages of a topic say, and gives it to the frames that are nearest in time: by the headers'
// stamps, or by receive times where the frames have no other.
func readTopic(ctx context.Context, t source.Task) (prediction.Found, int, error) {
	topic := prediction.NewTopic()
	n := 0
	err := t.EachMessage(ctx, t.Annotations.Shown, func(m source.TopicMessage) error {
		n++
		if !prediction.Known(m.Type) {
			return fmt.Errorf("its messages are %s, which says nothing of images", wording.Safe(m.Type))
		}
		err := topic.Add(prediction.Message{Type: m.Type, Encoding: m.Encoding, Schema: m.Schema, Data: m.Data, LogNS: m.LogNS}, t.Annotations.ByLog)
		if err != nil {
			return fmt.Errorf("message %d: %w", n, err)
		}
		return nil
	})
	if err != nil {
		return prediction.Found{}, 0, err
	}
	var frames []prediction.Stamp
	err = source.Origins(ctx, t, func(r index.Record) error {
		if r.StampNS != nil {
			frames = append(frames, prediction.Stamp{Frame: r.Name, NS: *r.StampNS})
		}
		return nil
	})
	found, noFrame := topic.Match(frames, t.Annotations.Within)
	return found, noFrame, err
}

func target(t source.Task, frames []prediction.Frame, labels []cvat.Label) prediction.Target {
	return prediction.Target{Frames: frames, Labels: labels, MinScore: t.Annotations.MinScore, Rename: t.Annotations.Labels}
}

func predictionProblem(t source.Task, text string) diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodePredictions, Text: text, Task: t.Name, Pos: t.Annotations.Pos}
}

func unreadPredictions(t source.Task, err error) diag.Diagnostic {
	p := predictionProblem(t, err.Error())
	p.Code = diag.CodeOr(p.Code, err)
	return p
}

// unplacedProblems are what cannot be placed, the most frequent first.
func unplacedProblems(t source.Task, unplaced []prediction.Unplaced) []diag.Diagnostic {
	var problems []diag.Diagnostic
	for i, u := range unplaced {
		if i == maxReasons {
			problems = append(problems, predictionProblem(t, fmt.Sprintf("predictions %s: %d more reasons", wording.Safe(t.Annotations.Shown), len(unplaced)-i)))
			break
		}
		p := predictionProblem(t, fmt.Sprintf("predictions %s: %s", wording.Safe(t.Annotations.Shown), u))
		p.Hint = diag.Do(diag.HintWrite, "unplaced: skip, to leave out what cannot be placed")
		problems = append(problems, p)
	}
	return problems
}

// maxReasons is how many kinds of annotations that cannot be placed are reported for one task.
const maxReasons = 10

// checkPlaces says what cannot be placed in frames whose sizes are known by now.
func (p *Project) checkPlaces(ctx context.Context, c plan.Change, frames []source.Frame) []diag.Diagnostic {
	i := p.first[plan.NameOf(c.Task)]
	t, planned := p.Tasks[i], c.Desired.Annotations
	if planned == nil {
		return nil
	}
	found, _, err := p.openPredictions(ctx, t)
	if err == nil && found.Hash() != planned.Hash {
		err = &changedError{t.Annotations.Shown}
	}
	if err != nil {
		return []diag.Diagnostic{predictionProblem(t, err.Error())}
	}
	if t.Annotations.Unplaced == skipUnplaced {
		return nil
	}
	read := make([]prediction.Frame, len(frames))
	for i, f := range frames {
		read[i] = prediction.Frame{Name: f.Name, Width: f.Width, Height: f.Height}
	}
	only := target(t, predictable(t, read), p.labels)
	only.OnlyCount = true
	placed, err := found.Place(only)
	if err != nil {
		return []diag.Diagnostic{predictionProblem(t, err.Error())}
	}
	return unplacedProblems(t, placed.Unplaced)
}

// A changedError is a file that is another one than when the plan was made.
type changedError struct{ file string }

func (e *changedError) Error() string {
	return fmt.Sprintf("predictions %s changed since the plan was made", wording.Safe(e.file))
}

// Code is that of a plan that is no longer true.
func (e *changedError) Code() diag.Code { return diag.CodeOutOfDate }

// Annotations are what a task is given, with the server's ids and the frames as it has them. It is meant for
// [apply.Options].
func (p *Project) Annotations(ctx context.Context, c plan.Change, labels []cvat.Label, frames []cvat.FrameMeta) (cvat.Annotations, error) {
	i, ok := p.first[plan.NameOf(c.Task)]
	if !ok || p.Tasks[i].Annotations == nil {
		return cvat.Annotations{}, fmt.Errorf("task %s: no manifest gives it annotations", c.Task)
	}
	t := p.Tasks[i]
	found, _, err := p.openPredictions(ctx, t)
	switch {
	case err != nil:
		return cvat.Annotations{}, err
	case found.Hash() != c.Desired.Annotations.Hash:
		return cvat.Annotations{}, &changedError{t.Annotations.Shown}
	}
	in := predictable(t, framesOf(frames))
	placed, err := found.Place(target(t, in, labels))
	if err != nil {
		return cvat.Annotations{}, err
	}
	if len(placed.Unplaced) > 0 && t.Annotations.Unplaced != skipUnplaced {
		return cvat.Annotations{}, fmt.Errorf("predictions %s: %s", wording.Safe(t.Annotations.Shown), placed.Unplaced[0])
	}
	return placed.Annotations, ctx.Err()
}
