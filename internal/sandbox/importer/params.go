package importer

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// Params are the parameters of an upload. Those that a request names stay with the
// Data row, a failed attempt's too, until another request names them again (A43).
type Params struct {
	ChunkSize     *int     `json:"chunk_size,omitempty"`
	ImageQuality  *int     `json:"image_quality,omitempty"`
	StartFrame    *int     `json:"start_frame,omitempty"`
	StopFrame     *int     `json:"stop_frame,omitempty"`
	FrameFilter   *string  `json:"frame_filter,omitempty"`
	SortingMethod *string  `json:"sorting_method,omitempty"`
	StorageMethod *string  `json:"storage_method,omitempty"`
	ServerFiles   []string `json:"server_files,omitempty"`
	RemoteFiles   []string `json:"remote_files,omitempty"`

	CloudStorageID *int   `json:"cloud_storage_id,omitempty"` // of the bucket that ServerFiles are in; nil: the share
	Bucket         string `json:"bucket,omitempty"`

	// of this attempt only
	UseCache    bool              `json:"use_cache,omitempty"`
	JobFiles    [][]string        `json:"job_file_mapping,omitempty"`
	Order       []string          `json:"upload_file_order,omitempty"`
	Validation  *ValidationParams `json:"validation_params,omitempty"`
	StopGiven   bool              `json:"stop_given,omitempty"`
	ClientFiles []string          `json:"client_files,omitempty"`
}

// ValidationParams choose the frames of a ground truth job.
type ValidationParams struct {
	Mode        string   `json:"mode"`
	Method      string   `json:"frame_selection_method,omitempty"`
	Frames      []string `json:"frames,omitempty"`
	FrameCount  *int     `json:"frame_count,omitempty"`
	FrameShare  *float64 `json:"frame_share,omitempty"`
	PerJobCount *int     `json:"frames_per_job_count,omitempty"`
	PerJobShare *float64 `json:"frames_per_job_share,omitempty"`
	RandomSeed  *int     `json:"random_seed,omitempty"`
}

// The sorting methods.
const (
	SortLexicographical = "lexicographical"
	SortNatural         = "natural"
	SortPredefined      = "predefined"
	SortRandom          = "random"
)

// StepFilter finds N in the frame_filter "step=N".
var StepFilter = regexp.MustCompile(`step\s*=\s*([1-9]\d*)`)

// Over lays the parameters of a new request over those that stuck.
func (p Params) Over(old Params) Params {
	p.ChunkSize = first(p.ChunkSize, old.ChunkSize)
	p.ImageQuality = first(p.ImageQuality, old.ImageQuality)
	p.StartFrame = first(p.StartFrame, old.StartFrame)
	p.StopFrame = first(p.StopFrame, old.StopFrame)
	p.FrameFilter = first(p.FrameFilter, old.FrameFilter)
	p.SortingMethod = first(p.SortingMethod, old.SortingMethod)
	p.StorageMethod = first(p.StorageMethod, old.StorageMethod)
	p.CloudStorageID = first(p.CloudStorageID, old.CloudStorageID)
	if p.Bucket == "" {
		p.Bucket = old.Bucket
	}
	p.ServerFiles = append(append([]string{}, old.ServerFiles...), p.ServerFiles...)
	p.RemoteFiles = append(append([]string{}, old.RemoteFiles...), p.RemoteFiles...)
	return p
}

// sticky are the parameters that stay with the Data row.
func (p Params) sticky() Params {
	p.UseCache, p.JobFiles, p.Order, p.Validation, p.StopGiven, p.ClientFiles = false, nil, nil, nil, false, nil
	return p
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

// Sorting is the sorting method, or the default one.
func (p Params) Sorting() string {
	if p.SortingMethod == nil {
		return SortLexicographical
	}
	return *p.SortingMethod
}

// Step is N of frame_filter "step=N".
func (p Params) Step() int {
	if p.FrameFilter == nil {
		return 1
	}
	m := StepFilter.FindStringSubmatch(*p.FrameFilter)
	n := 1
	if m != nil {
		_, _ = fmt.Sscan(m[1], &n) // digits, checked on their way in
	}
	return max(1, n)
}

func (p Params) start() int {
	if p.StartFrame == nil {
		return 0
	}
	return *p.StartFrame
}

// stop is the last frame asked for; 0 is none, even if 0 was asked for (A45).
func (p Params) stop() int {
	if p.StopFrame == nil || !p.StopGiven {
		return 0
	}
	return *p.StopFrame
}

// ReadSticky reads the parameters that stay with a Data row.
func ReadSticky(stored *string) (p Params) {
	if stored != nil {
		_ = json.Unmarshal([]byte(*stored), &p) // written by us
	}
	return p
}

// The ways to choose ground truth frames.
const (
	MethodUniform = "random_uniform"
	MethodPerJob  = "random_per_job"
	MethodManual  = "manual"
)
