package sandbox

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

func (f *form) frameFilter() *string {
	v, ok := f.text("frame_filter", text{max: 256, blank: true})
	if !ok {
		return nil
	}
	if !stepFilter.MatchString(v) {
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

// The ways to choose ground truth frames.
const (
	methodUniform = "random_uniform"
	methodPerJob  = "random_per_job"
	methodManual  = "manual"
)

func (f *form) validation() *validationParams {
	object, ok := f.body["validation_params"].(map[string]any)
	if !ok {
		return nil
	}
	inner := form{body: object}
	v := &validationParams{}
	if _, there := object["mode"]; !there {
		inner.fail("mode", "This field is required.")
	}
	positive := whole{min: 1, max: anyInt.max}
	v.Mode, _ = inner.choice("mode", "gt", "gt_pool")
	v.Method, _ = inner.choice("frame_selection_method", methodUniform, methodPerJob, methodManual)
	v.Frames, _ = inner.texts("frames")
	v.FrameCount, _ = inner.whole("frame_count", positive)
	v.FrameShare = inner.share("frame_share")
	v.PerJobCount, _ = inner.whole("frames_per_job_count", positive)
	v.PerJobShare = inner.share("frames_per_job_share")
	v.RandomSeed, _ = inner.whole("random_seed", anyInt)
	if len(inner.errs) == 0 {
		v.check(&inner)
	}
	if len(inner.errs) > 0 {
		f.errs = append(f.errs, fieldError{"validation_params", inner.errs})
	}
	return v
}

// check holds the fields against each other. A ground truth without a method passes
// here, and fails in the import.
func (v *validationParams) check(f *form) {
	fail := func(text string) { f.fail("non_field_errors", "%s", text) }
	switch {
	case v.Mode == "gt_pool" && v.Method != methodManual && v.Method != methodUniform:
		fail(`The "frame_selection_method" field must be one of 'manual', 'random_uniform'`)
	case v.Mode == "gt_pool" && v.PerJobCount == nil && v.PerJobShare == nil:
		fail(`One of the fields "frames_per_job_count", "frames_per_job_share" required`)
	case v.Method == methodUniform && v.FrameCount == nil && v.FrameShare == nil:
		fail(`One of the fields "frame_count", "frame_share" required`)
	case v.Method == methodPerJob && v.PerJobCount == nil && v.PerJobShare == nil:
		fail(`One of the fields "frames_per_job_count", "frames_per_job_share" required`)
	case v.Method == methodManual && v.Frames == nil:
		fail(`The "frames" field is required`)
	case v.Frames != nil && v.Method != "" && v.Method != methodManual:
		fail(`"frames" can only be used when "frame_selection_method" is "manual"`)
	}
}

func (f *form) share(name string) *float64 {
	n, ok := f.body[name].(json.Number)
	if !ok {
		return nil
	}
	v, err := n.Float64()
	if err != nil || v < 0 || v > 1 {
		f.fail(name, "Value must be in the range [0; 1]")
	}
	return &v
}
