package manifest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// Settings are what CVAT itself keeps of a task, under CVAT's names; nil is not written, or
// not known. Manifests are decoded and merged by going over its fields, and its JSON stands
// in saved plans and in JSON output: a new setting needs a field here, and nothing more for
// any of these. How it compares, package plan says.
type Settings struct {
	SegmentSize       *int        `json:"segment_size,omitempty"` // frames in a job; 0: all
	Overlap           *int        `json:"overlap,omitempty"`      // frames that neighbouring jobs share
	ImageQuality      *int        `json:"image_quality,omitempty"`
	ChunkSize         *int        `json:"chunk_size,omitempty"` // frames
	ConsensusReplicas *int        `json:"consensus_replicas,omitempty"`
	SortingMethod     *string     `json:"sorting_method,omitempty"` // lexicographical, natural, predefined, random
	Subset            *string     `json:"subset,omitempty"`
	BugTracker        *string     `json:"bug_tracker,omitempty"`
	Assignee          *string     `json:"assignee,omitempty"` // user name
	UseCache          *bool       `json:"use_cache,omitempty"`
	Validation        *Validation `json:"validation,omitempty"`
	SourceStorage     *Storage    `json:"source_storage,omitempty"`
	TargetStorage     *Storage    `json:"target_storage,omitempty"`
	Jobs              *Jobs       `json:"jobs,omitempty"` // not CVAT's: who is given them
}

// Jobs say who is given a task's annotation jobs, and in which stage.
type Jobs struct {
	Assignees      []string `json:"assignee,omitempty"` // user names, chosen from by a stable hash
	By             string   `json:"by,omitempty"`       // what the hash is of: job (default), or task, so that one person has all of it
	Stage          string   `json:"stage,omitempty"`    // annotation, validation, acceptance
	OnlyUnassigned *bool    `json:"only_unassigned,omitempty"`
}

// Validation is CVAT's ground truth job, mode gt.
type Validation struct {
	Mode                 string   `json:"mode"`
	FrameSelectionMethod string   `json:"frame_selection_method,omitempty"` // random_uniform, random_per_job, manual
	FrameCount           *int     `json:"frame_count,omitempty"`
	FrameShare           *float64 `json:"frame_share,omitempty"`
	FramesPerJobCount    *int     `json:"frames_per_job_count,omitempty"`
	FramesPerJobShare    *float64 `json:"frames_per_job_share,omitempty"`
	RandomSeed           *int     `json:"random_seed,omitempty"`
	Frames               []string `json:"frames,omitempty"`
}

// A Storage is where CVAT takes annotations from, or puts exports.
type Storage struct {
	Location       string `json:"location"`                   // local or cloud_storage
	CloudStorageID int    `json:"cloud_storage_id,omitempty"` // of cloud_storage
}

// String is as people say it.
func (s Storage) String() string {
	if s.Location != "cloud_storage" {
		return s.Location
	}
	return fmt.Sprintf("cloud storage %d", s.CloudStorageID)
}

// UpdateKeys are what update: may name; all is all of them.
var UpdateKeys = []string{"subset", "bug_tracker", "assignee", "jobs", "labels", "guide", "annotations", "all"}

// settingKeys are the settings' names, in the fields' order.
var settingKeys = func() []string {
	fields := reflect.TypeFor[Settings]()
	keys := make([]string, fields.NumField())
	for i := range keys {
		keys[i], _, _ = strings.Cut(fields.Field(i).Tag.Get("json"), ",")
	}
	return keys
}()

// Keys are the settings' names, as manifests and CVAT write them, in the fields' order.
func (Settings) Keys() []string { return slices.Clone(settingKeys) }

// Value is what the setting of that key is, of the type that its field points to; nil if it
// is not written.
func (s Settings) Value(key string) any {
	field := reflect.ValueOf(s).Field(slices.Index(settingKeys, key))
	if field.IsNil() {
		return nil
	}
	return field.Elem().Interface()
}

// overriddenBy returns the settings with those of top that are written.
func (s Settings) overriddenBy(top Settings) Settings {
	below, above := reflect.ValueOf(&s).Elem(), reflect.ValueOf(top)
	for i := range above.NumField() {
		if !above.Field(i).IsNil() {
			below.Field(i).Set(above.Field(i))
		}
	}
	return s
}

// settings reads what is written of CVAT's own settings.
func (l *loader) settings(n *node) Settings {
	var s Settings
	fields := reflect.ValueOf(&s).Elem()
	for i, key := range settingKeys {
		value := n.get(key)
		switch field := fields.Field(i).Addr().Interface().(type) {
		case **int:
			*field = value.intPtr()
		case **string:
			*field = value.strPtr()
		case **bool:
			*field = value.boolPtr()
		case **Validation:
			*field = l.validation(value)
		case **Storage:
			*field = l.storage(value)
		case **Jobs:
			*field = l.jobs(value)
		}
	}
	return s
}

func (l *loader) jobs(n *node) *Jobs {
	if n == nil || n.kind != mapping {
		return nil
	}
	return &Jobs{
		Assignees: l.assignees(n.get("assignee")), By: n.get("by").str(), Stage: n.get("stage").str(),
		OnlyUnassigned: n.get("only_unassigned").boolPtr(),
	}
}

func (l *loader) storage(n *node) *Storage {
	if n == nil || n.kind != mapping {
		return nil
	}
	s := &Storage{Location: n.get("location").str(), CloudStorageID: n.get("cloud_storage_id").integer()}
	switch id := n.field("cloud_storage_id"); {
	case s.Location == "cloud_storage" && id == nil:
		l.report(n.at, diag.Do(diag.HintWrite, "cloud_storage_id: N, the number in the address of its page in CVAT"), "location cloud_storage needs cloud_storage_id")
	case s.Location == "local" && id != nil:
		l.report(id.at, diag.Do(diag.HintWrite, "location: cloud_storage, or leave cloud_storage_id out"), "cloud_storage_id does not go with location local")
	}
	return s
}
