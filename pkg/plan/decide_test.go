package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/limits"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

const project = 7

var (
	hash  = strings.Repeat("a", 64)
	other = strings.Repeat("b", 64)
)

func want(name string, frames ...string) Desired {
	return Desired{Task: name, Bag: "run", Camera: "cam", Frames: frames, Hash: hash, Bytes: 100}
}

func task(id int, size int, bugTracker string) Task {
	return Task{ID: id, Name: "t", ProjectID: project, Size: size, HasData: size > 0, BugTracker: bugTracker, Owner: "ann"}
}

func with(t Task, s ImportState, message string) Task {
	t.HasData, t.Import, t.ImportError = true, s, message
	return t
}

func named(t Task, frames ...string) Task {
	t.Frames = frames
	return t
}

// outcome is what a table says of a change.
type outcome struct {
	Action Action
	Code   diag.Code
	ID     int
	Upload bool
}

func TestDecideByTheTableOfActions(t *testing.T) {
	target := Options{Target: []string{"t"}, ReplaceEmpty: true}
	replace := Options{ReplaceEmpty: true}
	poisoned := "utils.dataset_manifest.errors.InvalidImageError: failed to parse image file 'c.jpg'\n"
	killed := "Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); "
	elsewhere := Task{ID: 3, Name: "t", ProjectID: 8, ProjectName: "other", Size: 2}

	for name, c := range map[string]struct {
		named   []Task
		o       Options
		desired func(*Desired)
		want    outcome
	}{
		"create: no task of that name":     {nil, Options{}, nil, outcome{Create, "no_task", 0, true}},
		"create: one elsewhere is another": {[]Task{elsewhere}, Options{}, nil, outcome{Create, "no_task", 0, true}},
		"one here beats one elsewhere":     {[]Task{elsewhere, task(5, 2, "")}, Options{}, nil, outcome{NoOp, "matches", 5, false}},
		"resume: nothing sent":             {[]Task{task(1, 0, Marker(hash))}, Options{}, nil, outcome{Resume, "unfinished", 1, true}},
		"resume: record says finished":     {[]Task{with(task(1, 0, Marker(hash)), ImportFinished, "")}, Options{}, nil, outcome{Resume, "unfinished", 1, true}},
		"resume: not measured yet":         {[]Task{task(1, 0, Marker(other))}, Options{}, func(d *Desired) { d.Hash = "" }, outcome{Resume, "unfinished", 1, true}},
		"resume: imported, not verified":   {[]Task{task(1, 2, Marker(hash))}, Options{}, nil, outcome{Resume, "unverified", 1, false}},
		"resume: a failed import that another attempt may cure": {[]Task{with(task(1, 0, Marker(hash)), ImportFailed, killed)}, Options{}, nil,
			outcome{Resume, "import_failed", 1, true}},
		"wait: queued":  {[]Task{with(task(1, 0, Marker(hash)), ImportQueued, "")}, Options{}, nil, outcome{Wait, "importing", 1, false}},
		"wait: started": {[]Task{with(task(1, 0, Marker(hash)), ImportStarted, "")}, Options{}, nil, outcome{Wait, "importing", 1, false}},
		"replace: permanent failure": {[]Task{with(task(1, 0, Marker(hash)), ImportFailed, poisoned)}, Options{}, nil,
			outcome{Replace, "import_failed", 1, false}},
		"replace: permanent failure, allowed": {[]Task{with(task(1, 0, Marker(hash)), ImportFailed, poisoned)}, replace, nil,
			outcome{Replace, "import_failed", 1, true}},
		"replace: perhaps retryable, but named": {[]Task{with(task(1, 0, Marker(hash)), ImportFailed, killed)}, target, nil,
			outcome{Replace, "import_failed", 1, true}},
		"replace: the hash differs":            {[]Task{task(1, 0, Marker(other))}, Options{}, nil, outcome{Replace, "files_changed", 1, false}},
		"replace: a deletion was cut off":      {[]Task{task(1, 0, Tombstone)}, Options{}, func(d *Desired) { d.Hash = "" }, outcome{Replace, "files_changed", 1, false}},
		"replace: not ours, but named":         {[]Task{task(1, 0, "")}, target, nil, outcome{Replace, "taken_over", 1, true}},
		"blocked: not ours, a glob names none": {[]Task{task(1, 0, "")}, Options{Target: []string{"*"}, ReplaceEmpty: true}, nil, outcome{Blocked, "empty_foreign", 1, false}},
		"blocked: empty, not ours":             {[]Task{task(1, 0, "")}, Options{}, nil, outcome{Blocked, "empty_foreign", 1, false}},
		"blocked: half a marker is not ours":   {[]Task{task(1, 0, "cvatplan:1:abc")}, Options{}, nil, outcome{Blocked, "empty_foreign", 1, false}},
		"blocked: importing, not ours":         {[]Task{with(task(1, 0, "JIRA-1"), ImportStarted, "")}, target, nil, outcome{Blocked, "importing_foreign", 1, false}},
		"blocked: importing other files":       {[]Task{with(task(1, 0, Marker(other)), ImportQueued, "")}, replace, nil, outcome{Blocked, "importing_other_archive", 1, false}},
		"blocked: bad frames": {nil, Options{}, func(d *Desired) { d.Problems = []Diagnostic{{Code: diag.CodeCorruptImage, Text: "a.jpg: no image"}} },
			outcome{Blocked, "corrupt_image", 0, false}},
		"blocked: bad frames of one that differs": {[]Task{task(1, 3, "")}, Options{}, func(d *Desired) { d.Problems = []Diagnostic{{Code: diag.CodeUnreadable}} },
			outcome{Blocked, "unreadable", 1, false}},
		"blocked: bad frames of one that is not verified": {[]Task{task(1, 2, Marker(hash))}, Options{}, func(d *Desired) { d.Problems = []Diagnostic{{Code: diag.CodeUnreadable}} },
			outcome{Blocked, "unreadable", 1, false}},
		"bad frames of one that is done matter not": {[]Task{task(1, 2, "")}, Options{}, func(d *Desired) { d.Problems = []Diagnostic{{Code: diag.CodeUnreadable}} },
			outcome{NoOp, "matches", 1, false}},
		"blocked: above 25 GiB":                          {nil, Options{}, func(d *Desired) { d.Bytes = limits.MaxUpload - 100 }, outcome{Blocked, "too_large", 0, false}},
		"create: just below 25 GiB":                      {nil, Options{}, func(d *Desired) { d.Bytes = limits.MaxUpload - 1000 }, outcome{Create, "no_task", 0, true}},
		"blocked: validation frames that are not there":  {nil, Options{}, validated(manifest.Validation{Frames: []string{"b", "c"}}), outcome{Blocked, "bad_validation", 0, false}},
		"blocked: more validation frames than there are": {nil, Options{}, validated(manifest.Validation{FrameCount: number(3)}), outcome{Blocked, "bad_validation", 0, false}},
		"blocked: validation frames fill a job": {nil, Options{}, func(d *Desired) {
			validated(manifest.Validation{FramesPerJobCount: number(2)})(d) // of a job of both frames
			d.Settings.SegmentSize = number(30)
		}, outcome{Blocked, "bad_validation", 0, false}},
		"blocked: validation frames per job, of one job":   {nil, Options{}, validated(manifest.Validation{FramesPerJobCount: number(1)}), outcome{Blocked, "bad_validation", 0, false}},
		"create: all are validation frames":                {nil, Options{}, validated(manifest.Validation{FrameCount: number(2)}), outcome{Create, "no_task", 0, true}},
		"create: named validation frames":                  {nil, Options{}, validated(manifest.Validation{Frames: []string{"b"}}), outcome{Create, "no_task", 0, true}},
		"no-op: of one that is done, validation is a note": {[]Task{task(1, 2, "")}, Options{}, validated(manifest.Validation{FrameCount: number(3)}), outcome{NoOp, "matches", 1, false}},
		"conflict: two with frames":                        {[]Task{task(1, 2, ""), task(2, 2, Marker(hash))}, Options{}, nil, outcome{Conflict, "several_tasks", 1, false}},
		"drift: count":                                     {[]Task{task(1, 3, "")}, Options{}, nil, outcome{Drift, "frames_differ", 1, false}},
		"drift: names":                                     {[]Task{named(task(1, 2, ""), "a", "c")}, Options{}, nil, outcome{Drift, "names_differ", 1, false}},
		"drift: ours, of other files":                      {[]Task{task(1, 2, Marker(other))}, replace, nil, outcome{Drift, "archive_differs", 1, false}},
		"no-op":                                            {[]Task{task(1, 2, "JIRA-1")}, Options{}, nil, outcome{NoOp, "matches", 1, false}},
		"no-op: the order does not matter":                 {[]Task{named(task(1, 2, ""), "b", "a")}, Options{}, nil, outcome{NoOp, "matches", 1, false}},
		"no-op: a stranger's empty next to it":             {[]Task{task(1, 0, ""), task(2, 2, "")}, Options{}, nil, outcome{NoOp, "matches", 2, false}},
		"leftover of ours next to it":                      {[]Task{task(1, 0, Marker(hash)), task(2, 2, "")}, Options{}, nil, outcome{Resume, "leftover", 2, false}},
		"an importing one next to it is no leftover": {[]Task{with(task(1, 0, Marker(hash)), ImportStarted, ""), task(2, 2, "")}, Options{}, nil,
			outcome{NoOp, "matches", 2, false}},
		"importing beats empty":    {[]Task{task(1, 0, Marker(hash)), with(task(2, 0, Marker(hash)), ImportQueued, "")}, Options{}, nil, outcome{Wait, "importing", 2, false}},
		"the lowest id of empties": {[]Task{task(9, 0, Marker(hash)), task(4, 0, Marker(hash))}, Options{}, nil, outcome{Resume, "unfinished", 4, true}},
		"skipped": {nil, Options{Skip: []manifest.Skip{{Task: "t", Reason: "lens cap on"}}}, nil,
			outcome{Skipped, "skip", 0, false}},
	} {
		t.Run(name, func(t *testing.T) {
			d := want("t", "a", "b")
			if c.desired != nil {
				c.desired(&d)
			}
			got := Decide(d, c.named, project, c.o)
			if diff := cmp.Diff(c.want, outcome{got.Action, got.Reason.Code, got.ID, got.Upload}); diff != "" {
				t.Errorf("decision (-want +got):\n%s%+v", diff, got.Reason)
			}
			if got.Upload != (got.Bytes != 0) {
				t.Errorf("upload %v, but %d bytes to send", got.Upload, got.Bytes)
			}
		})
	}
}

func TestALeftoverIsOursEmptyAndNotImporting(t *testing.T) {
	got := Decide(want("t", "a", "b"), []Task{
		task(1, 0, ""), task(2, 0, Marker(other)), with(task(3, 0, Marker(hash)), ImportStarted, ""), task(4, 2, Marker(hash)), task(5, 0, Marker(hash)),
	}, project, Options{})
	var ids []int
	for _, l := range got.Leftovers {
		ids = append(ids, l.ID)
	}
	if diff := cmp.Diff([]int{2, 5}, ids); diff != "" {
		t.Error(diff)
	}
}

func TestDriftShowsBothValues(t *testing.T) {
	got := Decide(want("t", "a", "b"), []Task{named(task(1, 3, ""), "b", "c", "c")}, project, Options{})
	if diff := cmp.Diff([]any{State{Frames: 3}, State{Frames: 2}, []string{"a"}, []string{"c", "c"}},
		[]any{got.Before, got.After, got.Missing, got.Extra}); diff != "" {
		t.Error(diff)
	}
}

func TestAMarkerIsAMarkerToTheLetter(t *testing.T) {
	for text, ours := range map[string]bool{
		Marker(hash): true, Tombstone: true,
		"": false, "cvatplan:1:": false, "cvatplan:2:" + hash: false, Marker(hash) + " ": false,
		Marker(strings.ToUpper(hash)): false, Marker(hash[1:]): false, Marker(hash + "0"): false,
		"https://jira/" + Marker(hash): false, ProjectMarker: false,
	} {
		if got, ok := ParseMarker(text); ok != ours || ok && Marker(got) != text {
			t.Errorf("ParseMarker(%q) = %q, %v", text, got, ok)
		}
	}
}

func TestCurableByCVATsOwnMessages(t *testing.T) {
	for message, want := range map[string]bool{
		"utils.dataset_manifest.errors.InvalidImageError: failed to parse image file 'c.jpg'\n":                                                                                                false,
		"PIL.UnidentifiedImageError: cannot identify image file '<cvat-home>/data/data/83/raw/a.jpg'\n":                                                                                        false,
		"IndexError: Invalid index number: 1, Maximum allowed index is 0\n":                                                                                                                    false,
		"ValueError: Only one video, audio, archive, pdf, zip or many image, directory can be used: 2 zip(s) found\n":                                                                          false,
		"rest_framework.exceptions.ValidationError: [ErrorDetail(string='Media type (image) of the task must be compatible with other tasks in the project (point_cloud)', code='invalid')]\n": false,
		"rest_framework.exceptions.ValidationError: [ErrorDetail(string=\"Could not read pcd file 'a.pcd': line 2: invalid line format\", code='invalid')]\n":                                  false,
		"ZeroDivisionError: integer division or modulo by zero\n":                                                                                                                              false,
		"zipfile.BadZipFile: File is not a zip file\n":                                                                                                                                         false,
		"Work-horse terminated unexpectedly; waitpid returned 9 (signal 9); ":                                                                                                                  true,
		"FileNotFoundError: [Errno 2] No such file or directory: '<cvat-home>/data/data/1/raw/cvatplan-1.zip'\n":                                                                               true,
		"TypeError: '<' not supported between instances of 'NoneType' and 'int'\n":                                                                                                             true,
		"": true,
	} {
		if got := retryable(message); got != want {
			t.Errorf("retryable(%q) = %v", message, got)
		}
	}
}

func validated(v manifest.Validation) func(*Desired) {
	return func(d *Desired) { d.Settings.Validation = &v }
}

func number(n int) *int { return &n }
