package planfile

import "github.com/cvatplan/cvatplan/pkg/plan"

// FormatVersion is the format's; a reader refuses any that is newer, since what it does
// not know may change what is to be done.
const FormatVersion = "1.0"

// A File is what one run of plan decided.
type File struct {
	Version   string // of the cvatplan that saved it
	Server    string // as --server gave it; empty: the manifests name theirs
	Manifests []Manifest
	Projects  []Project
}

// A Manifest is one that the plan was made of.
type Manifest struct {
	Path string // as it was given, with slashes
	Hash string // [manifest.Manifest.Hash]
}

// A Project is all that one plan was made of.
type Project struct {
	Want    []plan.Desired
	Images  [][]Image // parallel to Want: what was measured of each frame; nil where nothing was
	Have    plan.Actual
	Options plan.Options
}

// Plan is the plan that [plan.Diff] makes of it.
func (p Project) Plan() plan.Plan { return plan.Diff(p.Want, p.Have, p.Options) }

// An Image is enough of a measured frame to tell which of a task's images changed. That
// any did, the archive's hash tells.
type Image struct {
	Size int64   // bytes
	Sum  [8]byte // the first of its SHA-256
}

// Plans are the plans of all projects.
func (f File) Plans() []plan.Plan {
	plans := make([]plan.Plan, len(f.Projects))
	for i, p := range f.Projects {
		plans[i] = p.Plan()
	}
	return plans
}
