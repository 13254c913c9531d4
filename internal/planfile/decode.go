package planfile

import (
	"encoding/hex"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func (in *reader) current() *Project { return &in.file.Projects[len(in.file.Projects)-1] }

func (in *reader) project(line []byte) error {
	var l projectLine
	if err := in.decode(line, &l); err != nil {
		return err
	}
	o := plan.Options{
		Project: manifest.Project{ID: l.Options.Project.ID, Name: l.Options.Project.Name, Create: l.Options.Project.Create, Labels: l.Options.Project.Labels, Update: l.Options.Project.Update},
		Target:  l.Options.Target, CreateAnyway: l.Options.CreateAnyway,
		ReplaceEmpty: l.Options.ReplaceEmpty, CheckFrames: l.Options.CheckFrames, Update: l.Options.Update, DeleteLabels: l.Options.DeleteLabels,
		IndexOnly: l.Options.IndexOnly, Ignore: l.Options.Ignore,
	}
	if l.Options.Shard != "" {
		if err := o.Shard.UnmarshalText([]byte(l.Options.Shard)); err != nil {
			return err
		}
	}
	if g := l.Options.Project.Guide; g != nil {
		o.Project.Guide = &manifest.Guide{Text: *g} // its images are read where it is carried out
	}
	for _, s := range l.Options.Skip {
		o.Skip = append(o.Skip, manifest.Skip{Task: s.Task, Reason: s.Reason})
	}
	in.file.Projects = append(in.file.Projects, Project{Options: o, Have: plan.Actual{
		Scope:  plan.Scope{Server: l.Server, Organization: l.Organization, ProjectID: l.ProjectID, Project: l.Project},
		Exists: l.Exists, Dimension: l.Dimension, Unclaimed: l.Unclaimed, EmptyProjects: l.EmptyProjects, Labels: l.Labels, Guide: l.Guide, LabelUses: l.LabelUses, NotAsked: l.NotAsked, Uncompared: l.Uncompared, Users: l.Users,
	}})
	in.actions = append(in.actions, map[plan.Name]plan.Action{})
	in.frames = map[plan.Name][]string{}
	return nil
}

func (in *reader) task(line []byte) error {
	var l taskLine
	if err := in.decode(line, &l); err != nil {
		return err
	}
	images, err := l.images()
	if err != nil {
		return in.wrong(err)
	}
	if l.Video != nil {
		if err := l.Video.Check(); err != nil {
			return in.wrong(err)
		}
		l.Frames = l.Video.Names()
	}
	d := plan.Desired{
		Task: l.Task, Was: l.Was, Update: l.Update, Bag: l.Bag, Camera: l.Camera, Kind: l.Kind, Video: l.Video, Settings: l.Settings, Frames: l.Frames, Annotations: l.Annotations,
		Origin: manifest.Position(l.Origin), Hash: l.Hash, Bytes: l.Bytes,
		Context: l.Context, Related: l.Related, ServerFiles: l.ServerFiles, ContextFiles: l.ContextFiles,
	}
	if d.Related != nil && len(d.Related) != len(d.Frames) {
		return in.wrong(fmt.Errorf("%d frames have %d numbers of context images", len(d.Frames), len(d.Related)))
	}
	if l.Payload != nil {
		d.Payload = plan.Payload(*l.Payload)
	}
	for _, p := range l.Problems {
		d.Problems = append(d.Problems, p.diagnostic())
	}
	if l.Action != "" {
		in.actions[len(in.actions)-1][plan.NameOf(l.Task)] = plan.Action(l.Action)
	}
	if _, several := in.frames[plan.NameOf(l.Task)]; !several {
		in.frames[plan.NameOf(l.Task)] = l.Frames
	}
	p := in.current()
	p.Want, p.Images = append(p.Want, d), append(p.Images, images)
	return nil
}

// diagnostic is a problem whose hint is in words by now.
func (p problemPart) diagnostic() diag.Diagnostic {
	d := diag.Diagnostic{Severity: diag.Error, Code: p.Code, Text: p.Text}
	if p.Hint != "" {
		d.Hint = diag.Do(diag.HintVerbatim, p.Hint)
	}
	return d
}

// images are what was measured of the frames, of all or of none.
func (l taskLine) images() ([]Image, error) {
	if len(l.Sizes) != len(l.Sums) || len(l.Sums) > 0 && len(l.Sums) != len(l.Frames) {
		return nil, fmt.Errorf("%d frames have %d sizes and %d sums", len(l.Frames), len(l.Sizes), len(l.Sums))
	}
	var images []Image
	for i, sum := range l.Sums {
		image := Image{Size: l.Sizes[i]}
		if len(sum) != hex.EncodedLen(len(image.Sum)) {
			return nil, fmt.Errorf("%.40q is not a sum", sum)
		}
		if _, err := hex.Decode(image.Sum[:], []byte(sum)); err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	return images, nil
}

func (in *reader) server(line []byte) error {
	var l serverLine
	if err := in.decode(line, &l); err != nil {
		return err
	}
	t := plan.Task{
		ID: l.ID, Name: l.Name, ProjectID: l.ProjectID, ProjectName: l.ProjectName, BugTracker: l.BugTracker,
		HasData: l.HasData, Size: l.Size, Dimension: l.Dimension, Owner: l.Owner, Import: plan.ImportState(l.Import), ImportError: l.ImportError,
		Settings: l.Settings, Given: l.Given, Frames: l.Frames, Holds: l.Holds, Jobs: l.Jobs, URL: l.URL, Related: l.Related,
	}
	if l.FramesAsWanted {
		t.Frames = in.frames[plan.NameOf(l.Name)]
	}
	if t.Related != nil && len(t.Related) != len(t.Frames) {
		return in.wrong(fmt.Errorf("%d frames have %d numbers of context images", len(t.Frames), len(t.Related)))
	}
	have := &in.current().Have
	if l.Elsewhere {
		have.Elsewhere = append(have.Elsewhere, t)
		return nil
	}
	have.Tasks = append(have.Tasks, t)
	return nil
}
