package plan

import (
	"testing"
)

func change(a Action, frames int, bytes int64) Change {
	upload := a == Create || a == Resume
	if !upload {
		bytes = 0
	}
	return Change{Action: a, Frames: frames, Bytes: bytes, Upload: upload}
}

func repeat(n int, c Change) []Change {
	out := make([]Change, n)
	for i := range out {
		out[i] = c
	}
	return out
}

// The line is read by scripts: a change here breaks them.
func TestSummaryLine(t *testing.T) {
	for name, c := range map[string]struct {
		plans []Plan
		line  string
	}{
		"nothing": {nil, "Plan: 0 to create, 0 to resume, 0 in conflict, 0 drifted, 0 unchanged. 0 images, 0 B to upload."},
		"the design's": {
			[]Plan{
				{Changes: append(repeat(3, change(Create, 160, 800<<20)), repeat(12, change(NoOp, 10, 0))...)},
				{Changes: []Change{change(Resume, 32, 8<<20), change(Drift, 4, 0)}},
			},
			"Plan: 3 to create, 1 to resume, 0 in conflict, 1 drifted, 12 unchanged. 512 images, 2.4 GiB to upload.",
		},
		"all": {
			[]Plan{{Changes: []Change{
				change(Create, 1, 1000), change(Resume, 0, 0), change(Wait, 1, 0), change(Replace, 1, 0), change(Blocked, 1, 0), change(Conflict, 1, 0),
				change(Drift, 1, 0), change(Renamed, 1, 0), change(NoOp, 1, 0), change(Skipped, 1, 0), change(Unmanaged, 1, 0),
			}}},
			"Plan: 1 to create, 1 to resume, 1 in conflict, 1 drifted, 1 unchanged, 1 waiting, 1 to replace, 1 blocked, 1 skipped, 1 unmanaged, 1 renamed. 1 image, 1000 B to upload.",
		},
		"sizes unknown":      {[]Plan{{Changes: []Change{change(Create, 2, -1)}}}, "Plan: 1 to create, 0 to resume, 0 in conflict, 0 drifted, 0 unchanged. 2 images to upload."},
		"some sizes unknown": {[]Plan{{Changes: []Change{change(Create, 2, -1), change(Create, 2, 2048)}}}, "Plan: 2 to create, 0 to resume, 0 in conflict, 0 drifted, 0 unchanged. 4 images, at least 2.0 KiB to upload."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Count(c.plans...).String(); got != c.line {
				t.Errorf("got  %s\nwant %s", got, c.line)
			}
		})
	}
}

func TestExitCodesFollowTheCounts(t *testing.T) {
	changes := map[Action]bool{Create: true, Resume: true, Wait: true, Replace: true, Update: true}
	problems := map[Action]bool{Blocked: true, Conflict: true, Renamed: true}
	for _, a := range Actions {
		p := Plan{Changes: []Change{{Action: a}}}
		if Count(p).Changes() != changes[a] || Count(p).Problems() != problems[a] {
			t.Errorf("%s: changes %v, problems %v", a, Count(p).Changes(), Count(p).Problems())
		}
	}
}

func TestCreationsAreCountedOverAllPlans(t *testing.T) {
	two := []Plan{{Changes: []Change{{Action: Create}}}, {Changes: []Change{{Action: Create}, {Action: Resume}}}}
	if n := Count(two...).Create; n != 2 {
		t.Errorf("%d creations, want 2", n)
	}
}
