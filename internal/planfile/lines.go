package planfile

import (
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// The lines of a file, as schema/planfile.schema.json describes them. Their types are
// first in each, where [Is] and the reader look for them.
const (
	typeHeader  = "saved_plan"
	typeProject = "project"
	typeTask    = "task"
	typeServer  = "server_task"
	typeEnd     = "end"
)

type headerLine struct {
	Type          string         `json:"type"`
	FormatVersion string         `json:"format_version"`
	Version       string         `json:"cvatplan_version,omitempty"`
	Server        string         `json:"server,omitempty"`
	Manifests     []manifestLine `json:"manifests"`
}

type manifestLine struct {
	Path string `json:"path"`
	Hash string `json:"sha256"`
}

type projectLine struct {
	Type          string           `json:"type"`
	Server        string           `json:"server"`
	Organization  string           `json:"organization"`
	ProjectID     int              `json:"id,omitempty"`
	Project       string           `json:"name"`
	Exists        bool             `json:"exists"`
	Dimension     string           `json:"dimension,omitempty"`
	Unclaimed     bool             `json:"unclaimed,omitempty"`
	EmptyProjects []int            `json:"empty_projects,omitempty"`
	Labels        []manifest.Label `json:"labels,omitempty"`
	Guide         *string          `json:"guide,omitempty"`
	LabelUses     []plan.LabelUse  `json:"label_uses,omitempty"`
	NotAsked      int              `json:"not_asked,omitempty"`
	Uncompared    int              `json:"uncompared,omitempty"`
	Users         map[string]int   `json:"users,omitzero"` // nil is not asked for, empty is none
	Options       optionsPart      `json:"options"`
}

type optionsPart struct {
	Project      wantedProject `json:"project"`
	Skip         []skipPart    `json:"skip,omitempty"`
	Target       []string      `json:"target,omitempty"`
	Shard        string        `json:"shard,omitempty"`
	CreateAnyway []string      `json:"create_anyway,omitempty"`
	ReplaceEmpty bool          `json:"replace_empty,omitempty"`
	CheckFrames  bool          `json:"check_frames,omitempty"`
	IndexOnly    bool          `json:"index_only,omitempty"`
	Ignore       plan.Ignored  `json:"ignore,omitempty"`
	Update       []string      `json:"update,omitzero"` // nil is as the tasks say
	DeleteLabels []string      `json:"delete_labels,omitempty"`
}

type wantedProject struct {
	ID     int              `json:"id,omitempty"`
	Name   string           `json:"name,omitempty"`
	Create *bool            `json:"create,omitempty"`
	Labels []manifest.Label `json:"labels,omitempty"`
	Guide  *string          `json:"guide,omitempty"`
	Update []string         `json:"update,omitempty"`
}

type skipPart struct {
	Task   string `json:"task"`
	Reason string `json:"reason,omitempty"`
}

type taskLine struct {
	Type     string            `json:"type"`
	Task     string            `json:"name"`
	Action   string            `json:"action,omitempty"` // left out of tasks that are not targeted, as their frames are
	Was      []string          `json:"was,omitempty"`
	Update   []string          `json:"update,omitempty"`
	Bag      string            `json:"bag,omitempty"`
	Camera   string            `json:"camera,omitempty"`
	Kind     manifest.Kind     `json:"kind,omitempty"`    // left out of images
	Payload  *payloadPart      `json:"payload,omitempty"` // left out of uploads
	Video    *plan.Video       `json:"video,omitempty"`   // in place of frames
	Hash     string            `json:"archive,omitempty"`
	Bytes    int64             `json:"bytes"`
	Settings manifest.Settings `json:"settings"`
	Origin   positionPart      `json:"origin"`
	Problems []problemPart     `json:"problems,omitempty"`
	Frames   []string          `json:"frames,omitempty"`

	Annotations  *plan.Annotations `json:"annotations,omitempty"`
	Context      []plan.Context    `json:"context,omitempty"`
	Related      []int             `json:"related,omitempty"` // context images of each frame
	ServerFiles  []string          `json:"server_files,omitempty"`
	ContextFiles []string          `json:"context_files,omitempty"`
	Sizes        []int64           `json:"sizes,omitempty"`
	Sums         []string          `json:"sums,omitempty"`
}

type payloadPart struct {
	Kind     plan.PayloadKind `json:"kind"`
	Root     string           `json:"root"`
	Storage  int              `json:"storage,omitempty"`
	Manifest string           `json:"manifest,omitempty"`
}

type problemPart struct {
	Code diag.Code `json:"code"`
	Text string    `json:"text"`
	Hint string    `json:"hint,omitempty"`
}

type positionPart struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type serverLine struct {
	Type           string            `json:"type"`
	ID             int               `json:"id"`
	Name           string            `json:"name"`
	ProjectID      int               `json:"project_id,omitempty"`
	ProjectName    string            `json:"project,omitempty"`
	BugTracker     string            `json:"bug_tracker,omitempty"`
	HasData        bool              `json:"has_data,omitempty"`
	Size           int               `json:"size"`
	Dimension      string            `json:"dimension,omitempty"`
	Owner          string            `json:"owner,omitempty"`
	Import         string            `json:"import,omitempty"`
	ImportError    string            `json:"import_error,omitempty"`
	Settings       manifest.Settings `json:"settings"`
	Jobs           []plan.Job        `json:"jobs,omitzero"` // nil is not asked for
	Given          *plan.Given       `json:"given,omitempty"`
	Holds          string            `json:"holds,omitempty"` // the wanted task whose frames it was proven to hold
	URL            string            `json:"url,omitempty"`
	Related        []int             `json:"related,omitempty"`
	Elsewhere      bool              `json:"elsewhere,omitempty"`        // in another project
	FramesAsWanted bool              `json:"frames_as_wanted,omitempty"` // in place of them
	Frames         []string          `json:"frames,omitzero"`            // nil is not asked for
}

type endLine struct {
	Type   string `json:"type"`
	Lines  int    `json:"lines"` // before this one
	SHA256 string `json:"sha256"`
}
