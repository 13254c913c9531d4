package sandbox

import (
	"fmt"
	"regexp"
)

// params are the parameters of an upload. Those that a request names stay with the
// Data row, a failed attempt's too, until another request names them again (A43).
type params struct {
	ChunkSize     *int     `json:"chunk_size,omitempty"`
	ImageQuality  *int     `json:"image_quality,omitempty"`
	StartFrame    *int     `json:"start_frame,omitempty"`
	StopFrame     *int     `json:"stop_frame,omitempty"`
	FrameFilter   *string  `json:"frame_filter,omitempty"`
	SortingMethod *string  `json:"sorting_method,omitempty"`
	StorageMethod *string  `json:"storage_method,omitempty"`
	ServerFiles   []string `json:"server_files,omitempty"`
	RemoteFiles   []string `json:"remote_files,omitempty"`

	// of this attempt only
	UseCache    bool              `json:"use_cache,omitempty"`
	JobFiles    [][]string        `json:"job_file_mapping,omitempty"`
	Order       []string          `json:"upload_file_order,omitempty"`
	Validation  *validationParams `json:"validation_params,omitempty"`
	StopGiven   bool              `json:"stop_given,omitempty"`
	ClientFiles []string          `json:"client_files,omitempty"`
}

type validationParams struct {
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
	sortLexicographical = "lexicographical"
	sortNatural         = "natural"
	sortPredefined      = "predefined"
	sortRandom          = "random"
)

var stepFilter = regexp.MustCompile(`step\s*=\s*([1-9]\d*)`)

// readParams checks the parameters of a request. What CVAT only finds out during the
// import, such as a missing image_quality, is no mistake here.
func readParams(b body) (params, error) {
	f := form{body: b}
	var p params
	if size, given := b["chunk_size"]; given && size == nil {
		return params{}, crashed() // CVAT compares it with 0, whatever its OpenAPI document says of null (A65)
	}
	if p.ChunkSize, _ = f.whole("chunk_size", anyInt); p.ChunkSize != nil && *p.ChunkSize == 0 {
		f.fail("chunk_size", "Chunk size must be a positive integer")
	}
	p.ImageQuality, _ = f.whole("image_quality", whole{min: 1, max: 100})
	p.StartFrame, _ = f.whole("start_frame", anyInt)
	p.StopFrame, p.StopGiven = f.whole("stop_frame", anyInt)
	p.FrameFilter = f.frameFilter()
	p.ServerFiles = f.serverFiles()
	p.RemoteFiles = f.remoteFiles()
	for _, name := range []string{"use_zip_chunks", "copy_data"} {
		f.truth(name)
	}
	p.UseCache, _ = f.truth("use_cache")
	p.StorageMethod = f.oneOf("storage_method", "cache", "file_system")
	p.SortingMethod = f.oneOf("sorting_method", sortLexicographical, sortNatural, sortPredefined, sortRandom)
	p.JobFiles = f.jobFiles()
	p.Order, _ = f.texts("upload_file_order")
	p.Validation = f.validation()
	if err := f.err(); err != nil {
		return params{}, err
	}
	if p.StartFrame != nil && p.StopFrame != nil && *p.StartFrame > *p.StopFrame {
		f.fail("non_field_errors", "Stop frame must be more or equal start frame")
	}
	if err := f.err(); err != nil {
		return params{}, err
	}
	return p, b.cloudStorage()
}

func (f *form) oneOf(name string, of ...string) *string {
	if v, ok := f.choice(name, of...); ok {
		return &v
	}
	return nil
}

// over lays the parameters of a new request over those that stuck.
func (p params) over(old params) params {
	p.ChunkSize = first(p.ChunkSize, old.ChunkSize)
	p.ImageQuality = first(p.ImageQuality, old.ImageQuality)
	p.StartFrame = first(p.StartFrame, old.StartFrame)
	p.StopFrame = first(p.StopFrame, old.StopFrame)
	p.FrameFilter = first(p.FrameFilter, old.FrameFilter)
	p.SortingMethod = first(p.SortingMethod, old.SortingMethod)
	p.StorageMethod = first(p.StorageMethod, old.StorageMethod)
	p.ServerFiles = append(append([]string{}, old.ServerFiles...), p.ServerFiles...)
	p.RemoteFiles = append(append([]string{}, old.RemoteFiles...), p.RemoteFiles...)
	return p
}

// sticky are the parameters that stay with the Data row.
func (p params) sticky() params {
	p.UseCache, p.JobFiles, p.Order, p.Validation, p.StopGiven, p.ClientFiles = false, nil, nil, nil, false, nil
	return p
}

func first[T any](a, b *T) *T {
	if a != nil {
		return a
	}
	return b
}

func (p params) sorting() string {
	if p.SortingMethod == nil {
		return sortLexicographical
	}
	return *p.SortingMethod
}

// step is N of frame_filter "step=N".
func (p params) step() int {
	if p.FrameFilter == nil {
		return 1
	}
	m := stepFilter.FindStringSubmatch(*p.FrameFilter)
	n := 1
	if m != nil {
		_, _ = fmt.Sscan(m[1], &n) // digits, checked on their way in
	}
	return max(1, n)
}

func (p params) start() int {
	if p.StartFrame == nil {
		return 0
	}
	return *p.StartFrame
}

// stop is the last frame asked for; 0 is none, even if 0 was asked for (A45).
func (p params) stop() int {
	if p.StopFrame == nil || !p.StopGiven {
		return 0
	}
	return *p.StopFrame
}
