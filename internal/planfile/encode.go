package planfile

import (
	"encoding/hex"
	"slices"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

func header(f File) headerLine {
	h := headerLine{Type: typeHeader, FormatVersion: FormatVersion, Version: f.Version, Server: f.Server, Manifests: []manifestLine{}}
	for _, m := range f.Manifests {
		h.Manifests = append(h.Manifests, manifestLine(m))
	}
	return h
}

func projectOf(p Project) projectLine {
	h, o := p.Have, p.Options
	l := projectLine{
		Type: typeProject, Server: h.Scope.Server, Organization: h.Scope.Organization, ProjectID: h.Scope.ProjectID,
		Project: h.Scope.Project, Exists: h.Exists, Dimension: h.Dimension, Unclaimed: h.Unclaimed, EmptyProjects: h.EmptyProjects,
		Labels: h.Labels, Guide: h.Guide, LabelUses: h.LabelUses, NotAsked: h.NotAsked, Uncompared: h.Uncompared, Users: h.Users,
		Options: optionsPart{
			Project: wantedProject{ID: o.Project.ID, Name: o.Project.Name, Create: o.Project.Create, Labels: o.Project.Labels, Update: o.Project.Update},
			Target:  o.Target, Shard: o.Shard.String(), CreateAnyway: o.CreateAnyway, ReplaceEmpty: o.ReplaceEmpty, CheckFrames: o.CheckFrames, Update: o.Update, DeleteLabels: o.DeleteLabels, IndexOnly: o.IndexOnly, Ignore: o.Ignore,
		},
	}
	if g := o.Project.Guide; g != nil {
		l.Options.Project.Guide = &g.Text
	}
	for _, s := range o.Skip {
		l.Options.Skip = append(l.Options.Skip, skipPart{s.Task, s.Reason})
	}
	return l
}

func taskOf(d plan.Desired, action plan.Action, images []Image) taskLine {
	l := taskLine{
		Type: typeTask, Task: d.Task, Action: string(action), Was: d.Was, Update: d.Update, Bag: d.Bag, Camera: d.Camera, Kind: d.Kind, Hash: d.Hash, Bytes: d.Bytes,
		Settings: d.Settings, Origin: positionPart(d.Origin), Frames: d.Frames, Annotations: d.Annotations,
		Context: d.Context, Related: d.Related, ServerFiles: d.ServerFiles, ContextFiles: d.ContextFiles,
	}
	if d.Video != nil {
		l.Video, l.Frames = d.Video, nil
	}
	if d.Payload.Served() {
		p := payloadPart(d.Payload)
		l.Payload = &p
	}
	for _, p := range d.Problems {
		l.Problems = append(l.Problems, problemPart{p.Code, p.Text, advice.Words(p.Hint)})
	}
	for _, i := range images {
		l.Sizes = append(l.Sizes, i.Size)
		l.Sums = append(l.Sums, hex.EncodeToString(i.Sum[:]))
	}
	return l
}

func serverOf(t plan.Task, wanted []string) serverLine {
	l := serverLine{
		Type: typeServer, ID: t.ID, Name: t.Name, ProjectID: t.ProjectID, ProjectName: t.ProjectName,
		BugTracker: t.BugTracker, HasData: t.HasData, Size: t.Size, Dimension: t.Dimension, Owner: t.Owner, Import: string(t.Import),
		ImportError: t.ImportError, Settings: t.Settings, Given: t.Given, Holds: t.Holds, Jobs: t.Jobs, URL: t.URL, Frames: t.Frames, Related: t.Related,
	}
	if len(t.Frames) > 0 && slices.Equal(t.Frames, wanted) {
		l.Frames, l.FramesAsWanted = nil, true
	}
	return l
}
