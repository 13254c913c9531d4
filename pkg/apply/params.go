package apply

import (
	"encoding/json"
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const predefined = "predefined" // the sorting_method that sends the order, too

// newTask is the task as CVAT is asked to create it: with its marker in bug_tracker.
func newTask(d plan.Desired, project int) cvat.NewTask {
	t := cvat.NewTask{Overlap: new(int)}
	carry(d.Settings, &t)
	t.Name, t.ProjectID, t.BugTracker = d.Task, project, plan.Marker(d.Hash)
	return t
}

// dataParams are all the parameters of an import: those of a failed attempt would stick.
func dataParams(d plan.Desired) cvat.DataParams {
	s := d.Settings
	p := cvat.DataParams{
		ImageQuality:  manifest.DefaultImageQuality,
		SortingMethod: manifest.DefaultSortingMethod,
		UseCache:      manifest.DefaultUseCache || d.Payload.Served(), // nothing is copied until somebody looks at it
	}
	carry(s, &p)
	if s.Validation != nil {
		p.Validation = &cvat.ValidationParams{}
		carry(s.Validation, p.Validation)
	}
	p.SortingMethod = orderOf(d)
	if v := d.Video; v != nil {
		setSpan(&p, *v)
	}
	if d.Payload.Kind == plan.PayloadCloud {
		p.CloudStorageID = &d.Payload.Storage
	}
	return p
}

// setSpan says which frames of a video are taken. The end is left to CVAT where it is the file's: what it counts there
// beyond cvatplan's count is seen after the import, and not cut off without a word.
func setSpan(p *cvat.DataParams, v plan.Video) {
	if v.Start > 0 {
		p.StartFrame = &v.Start
	}
	step := v.Step
	switch stop := v.Stop(); {
	case !v.CutsEnd():
	case stop == 0:
		step = v.Total // CVAT takes a stop_frame of 0 for none
	default:
		p.StopFrame = &stop
	}
	if step > 1 {
		p.FrameFilter = fmt.Sprintf("step=%d", step)
	}
}

// orderOf is the sorting_method that CVAT is asked for: what it reads by itself is named in its order.
func orderOf(d plan.Desired) string {
	method := or(d.Settings.SortingMethod, manifest.DefaultSortingMethod)
	if d.Kind == manifest.KindVideo {
		return manifest.DefaultSortingMethod // a video has its own order, whatever is asked for (CVAT 2.73)
	}
	if d.Payload.Served() && method != "random" {
		return predefined
	}
	return method
}

// carry sets what a request has a field for and the manifest writes: settings have CVAT's own names and shapes, so
// their JSON is the request's.
func carry(written, request any) {
	data, err := json.Marshal(written)
	if err == nil {
		err = json.Unmarshal(data, request)
	}
	if err != nil {
		panic(fmt.Sprintf("settings of another shape than CVAT's: %v", err)) // TestEverySettingIsSent would have failed
	}
}

func labels(in []manifest.Label) []cvat.Label {
	out := make([]cvat.Label, len(in))
	for i, l := range in {
		out[i] = cvat.Label{Name: l.Name, Color: l.Color, Type: l.Type, SVG: l.SVG, Attributes: attributes(l.Attributes)}
		if len(l.Sublabels) > 0 {
			out[i].Sublabels = labels(l.Sublabels)
		}
	}
	return out
}

func attributes(in []manifest.Attribute) []cvat.Attribute {
	out := make([]cvat.Attribute, len(in))
	for i, a := range in {
		out[i] = cvat.Attribute{Name: a.Name, Mutable: a.Mutable, InputType: a.InputType, DefaultValue: a.DefaultValue, Values: a.Values}
	}
	return out
}

func or[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
