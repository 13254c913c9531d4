package api

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox/importer"
)

// readParams checks the parameters of a request. What CVAT only finds out during the
// import, such as a missing image_quality, is no mistake here.
func readParams(b body) (importer.Params, error) {
	f := form{body: b}
	var p importer.Params
	if size, given := b["chunk_size"]; given && size == nil {
		return importer.Params{}, crashed() // CVAT compares it with 0, whatever its OpenAPI document says of null (A65)
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
	p.SortingMethod = f.oneOf("sorting_method", importer.SortLexicographical, importer.SortNatural, importer.SortPredefined, importer.SortRandom)
	p.JobFiles = f.jobFiles()
	p.Order, _ = f.texts("upload_file_order")
	p.Validation = f.validation()
	if err := f.err(); err != nil {
		return importer.Params{}, err
	}
	if p.StartFrame != nil && p.StopFrame != nil && *p.StartFrame > *p.StopFrame {
		f.fail("non_field_errors", "Stop frame must be more or equal start frame")
	}
	if err := f.err(); err != nil {
		return importer.Params{}, err
	}
	p.CloudStorageID, _ = f.whole("cloud_storage_id", whole{min: 1, max: anyInt.max, null: true})
	return p, f.err()
}

func (f *form) oneOf(name string, of ...string) *string {
	if v, ok := f.choice(name, of...); ok {
		return &v
	}
	return nil
}

func (f *form) frameFilter() *string {
	v, ok := f.text("frame_filter", text{max: 256, blank: true})
	if !ok {
		return nil
	}
	if !importer.StepFilter.MatchString(v) {
		f.fail("frame_filter", "Invalid frame filter expression")
	}
	return &v
}

// files reads a list of names, each either a string or {"file": name}.
func (f *form) files(name string) (names []string) {
	v, there := f.body[name]
	list, is := v.([]any)
	if there && !is {
		f.errs = append(f.errs, fieldError{name, notAList(v)})
	}
	for _, item := range list {
		if object, ok := item.(map[string]any); ok {
			item = object["file"]
		}
		names = append(names, fmt.Sprint(item))
	}
	return names
}

// notAList is how a list of objects complains of something else.
func notAList(v any) map[string][]string {
	return map[string][]string{"non_field_errors": {fmt.Sprintf("Expected a list of items but got type %q.", pythonType(v))}}
}

func (f *form) serverFiles() []string {
	names := f.files("server_files")
	var errs []map[string][]string
	for _, n := range names {
		switch {
		case strings.HasPrefix(n, "/"):
			errs = append(errs, map[string][]string{"file": {"path is not relative"}})
		case strings.Contains("/"+n+"/", "/../"):
			errs = append(errs, map[string][]string{"file": {"path contains a '..' segment"}})
		}
	}
	if errs != nil {
		f.errs = append(f.errs, fieldError{"server_files", errs})
	}
	return names
}

func (f *form) remoteFiles() []string {
	names := f.files("remote_files")
	for _, n := range names {
		u, err := url.Parse(n)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			f.fail("remote_files", "'%s': remote_files entries must be http(s) URLs.", n)
		}
	}
	return names
}

func (f *form) jobFiles() [][]string {
	v, there := f.body["job_file_mapping"]
	list, is := v.([]any)
	switch {
	case !there:
		return nil
	case !is:
		f.fail("job_file_mapping", "Expected a list of items but got type %q.", pythonType(v))
		return nil
	case len(list) == 0:
		f.fail("job_file_mapping", "This list may not be empty.")
		return nil
	}
	seen := map[string]bool{}
	var jobs [][]string
	for i, item := range list {
		names, is := item.([]any)
		if !is {
			f.errs = append(f.errs, fieldError{"job_file_mapping", map[string][]string{strconv.Itoa(i): {fmt.Sprintf("Expected a list of items but got type %q.", pythonType(item))}}})
			return nil
		}
		var files []string
		for _, n := range names {
			name := fmt.Sprint(n)
			if seen[name] {
				f.fail("job_file_mapping", "The same file '%s' cannot be used multiple times in the job file mapping", name)
				return nil
			}
			seen[name] = true
			files = append(files, name)
		}
		jobs = append(jobs, files)
	}
	return jobs
}

func (f *form) validation() *importer.ValidationParams {
	object, ok := f.body["validation_params"].(map[string]any)
	if !ok {
		return nil
	}
	inner := form{body: object}
	v := &importer.ValidationParams{}
	if _, there := object["mode"]; !there {
		inner.fail("mode", "This field is required.")
	}
	positive := whole{min: 1, max: anyInt.max}
	v.Mode, _ = inner.choice("mode", "gt", "gt_pool")
	v.Method, _ = inner.choice("frame_selection_method", importer.MethodUniform, importer.MethodPerJob, importer.MethodManual)
	v.Frames, _ = inner.texts("frames")
	v.FrameCount, _ = inner.whole("frame_count", positive)
	v.FrameShare = inner.share("frame_share")
	v.PerJobCount, _ = inner.whole("frames_per_job_count", positive)
	v.PerJobShare = inner.share("frames_per_job_share")
	v.RandomSeed, _ = inner.whole("random_seed", anyInt)
	if len(inner.errs) == 0 {
		inner.checkValidation(v)
	}
	if len(inner.errs) > 0 {
		f.errs = append(f.errs, fieldError{"validation_params", inner.errs})
	}
	return v
}

// checkValidation holds the fields against each other. A ground truth without a method passes
// here, and fails in the import.
func (f *form) checkValidation(v *importer.ValidationParams) {
	fail := func(text string) { f.fail("non_field_errors", "%s", text) }
	switch {
	case v.Mode == "gt_pool" && v.Method != importer.MethodManual && v.Method != importer.MethodUniform:
		fail(`The "frame_selection_method" field must be one of 'manual', 'random_uniform'`)
	case v.Mode == "gt_pool" && v.PerJobCount == nil && v.PerJobShare == nil:
		fail(`One of the fields "frames_per_job_count", "frames_per_job_share" required`)
	case v.Method == importer.MethodUniform && v.FrameCount == nil && v.FrameShare == nil:
		fail(`One of the fields "frame_count", "frame_share" required`)
	case v.Method == importer.MethodPerJob && v.PerJobCount == nil && v.PerJobShare == nil:
		fail(`One of the fields "frames_per_job_count", "frames_per_job_share" required`)
	case v.Method == importer.MethodManual && v.Frames == nil:
		fail(`The "frames" field is required`)
	case v.Frames != nil && v.Method != "" && v.Method != importer.MethodManual:
		fail(`"frames" can only be used when "frame_selection_method" is "manual"`)
	}
}

func (f *form) share(name string) *float64 {
	var text string
	switch n := f.body[name].(type) {
	case json.Number:
		text = n.String()
	case string: // of a form
		text = n
	default:
		return nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1 {
		f.fail(name, "Value must be in the range [0; 1]")
	}
	return &v
}
