// Package source turns a manifest into the tasks that it asks for: which bags, which
// frames of which camera, under which names; and, for what will be uploaded, bytes.
//
// It works in steps of rising cost, so that a plan of a million files reads none:
//
//   - [Scan] lists directories (their entries' types only, no stat per file) and the
//     indexes of recordings, and gives every task with its frames' names, in the order
//     in which CVAT will hold them;
//   - [Bytes] asks for the sizes of one task's frames;
//   - [CheckHeaders] reads one task's image headers;
//   - [Measure] reads one task's frames once, whole: size, SHA-256, CRC-32, header;
//   - [Trace] does so for the index: where each frame comes from, too (package index).
//
// A bag is a directory of images or a recording (a ROS 1 .bag, an .mcap, a rosbag2);
// what a task needs of either is behind one small interface, [frame.Source], and nothing outside
// this package and those below it knows whether a frame is a file.
//
// Bad input never stops the rest: it is a [diag.Diagnostic] that names the file, and where it
// concerns one task, that task's [Task.Desired] carries it, so that the plan blocks it.
//
// A bag in a cloud storage or on a share that the server reads by itself (package store's Served)
// gives tasks whose frames have names and nothing else: no step but Scan reads them.
//
// A bag that is not here, or is here only as a pointer of Git LFS or git-annex, is
// planned by its committed index, where the manifest names one ([Task.OnlyIndexed]): its
// frames have names, sizes and sums, and cannot be opened.
//
// # What becomes a frame
//
// Files with an extension that CVAT imports, hidden files left out. A camera takes the
// files that one of its globs fits; without globs, those whose path in the bag has its
// name as a whole token (jai_cam takes jai_cam_0001.jpg and jai_cam/1.png, not
// jai_camera_1.jpg). A file that two names fit belongs to the longer one.
// Symbolic links are followed, and keep their own name.
package source

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// Options are what the command line adds to a manifest.
type Options struct {
	Root string // where bag paths begin; empty: the manifest's Root
	// At opens a root; nil: [store.At], which cannot open what only a server of tasks can list.
	At func(ctx context.Context, root string) (store.Store, error)

	Now time.Time // settle is counted back from it; zero: now

	// ReadWhole lets recordings in stores on other machines be read as those here are: whole, where
	// they have no index, and the headers of all messages at once. Without it the first are blocked, and
	// the others are read where their frames' names count ([Task.Exact]).
	ReadWhole bool

	Strict    bool // damage of a recording is an error, not a warning
	IndexOnly bool // tasks whose committed index does not fit, or that have none, are blocked

	TempDir string // where frames are spooled and recordings unpacked; empty: [os.TempDir]

	Memory *memory.Budget // shared with all other scans; nil: one of [memory.Default] for this scan
}

// A Task is one bag seen by one camera, as the manifest asks for it.
type Task struct {
	Name     string // NFC and trimmed, as CVAT would trim it
	Bag      string // the bag's path from the root, with slashes
	Camera   string // empty where the manifest names no cameras
	Kind     manifest.Kind
	Settings manifest.Settings
	Was      []string // names that it had before
	Update   []string // what may be changed in it once it exists
	Origin   manifest.Position
	Problems []diag.Diagnostic // what blocks it
	Deferred string            // why it is left alone for now (its bag has not settled); empty: it is not
	Parts    *Parts            // how its frames are given to several tasks; nil: they are one task's
	Index    string            // the file of the committed index that can replace its bag; empty: none

	Annotations *Annotations // what it is given once it has its frames; nil: nothing

	frames   frames
	sameStem string // says which frames differ in their extension only; empty: none
}

// Annotations say where a task's predictions are.
type Annotations struct {
	*manifest.Annotations
	Path  string // of the file; empty: they are in a topic
	Shown string // the file, or the topic, as the manifest writes it, its variables replaced
	ByLog bool   // the frames' times are receive times
}

// Frames are the names under which CVAT will hold the frames, in its order (for
// sorting_method random: in byte order). The slice must not be changed.
func (t Task) Frames() []string { return t.frames.names }

// Close gives up what is kept for a recording's frames to be opened again: the spool of
// what [Measure] had to encode, and the recording itself once all of its tasks were
// closed. Frames can still be opened, at the cost of doing so again; then the task is to
// be closed again. Of tasks of images it does nothing.
func (t Task) Close() error {
	if t.frames.source == nil {
		return nil
	}
	err := t.frames.source.Close()
	for _, s := range t.frames.context {
		if s.source != nil {
			err = errors.Join(err, s.source.Close())
		}
	}
	return err
}

// Desired is the task as the plan compares it: no hash, no bytes yet.
func (t Task) Desired() plan.Desired {
	d := plan.Desired{
		Task: t.Name, Bag: t.Bag, Camera: t.Camera, Kind: t.Kind, Settings: t.Settings, Was: t.Was, Update: t.Update,
		Related: t.frames.related(), Context: t.frames.coverage(),
		Frames: t.frames.names, Origin: t.Origin, Payload: t.frames.payload, Video: t.frames.video, Bytes: -1, Problems: slices.Clone(t.Problems),
	}
	if d.Payload.Served() { // all is known of them that ever will be
		d.ServerFiles, d.ContextFiles = t.frames.served, t.frames.servedContext()
		d.Hash, d.Bytes = d.Payload.Identity(slices.Concat(d.ServerFiles, d.Frames, d.ContextFiles)), 0
	}
	return d
}

func compareProblems(a, b diag.Diagnostic) int {
	return cmp.Or(
		cmp.Compare(b.Severity, a.Severity),
		cmp.Compare(a.Pos.File, b.Pos.File), cmp.Compare(a.Pos.Line, b.Pos.Line),
		cmp.Compare(a.Task, b.Task), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text),
	)
}
