package pull

import (
	"cmp"
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// SettingsOf is what the manifests of one project write under pull:. Its error names two that differ: their files
// would be written over each other.
func SettingsOf(manifests []*manifest.Manifest) (manifest.Pull, error) {
	var found *manifest.Manifest
	for _, m := range manifests {
		switch {
		case reflect.ValueOf(m.Pull).IsZero():
		case found != nil && !reflect.DeepEqual(found.Pull, m.Pull):
			return manifest.Pull{}, fmt.Errorf("%s and %s write different settings under pull: for one project", found.File, m.File)
		default:
			found = m
		}
	}
	if found == nil {
		return manifest.Pull{}, nil
	}
	return found.Pull, nil
}

// Else fills what the options leave open with what manifests write, and else with the defaults: jsonl, of annotation
// jobs. No directory is a default.
func (o Options) Else(written manifest.Pull) Options {
	if len(o.Formats) == 0 {
		o.Formats = written.Formats
	}
	if len(o.Formats) == 0 {
		o.Formats = []string{"jsonl"}
	}
	o.Dir = cmp.Or(o.Dir, written.To)
	o.Merge = cmp.Or(o.Merge, written.Merge)
	o.Jobs = cmp.Or(o.Jobs, written.Jobs, annotationJob)
	o.Stage = cmp.Or(o.Stage, written.Stage)
	o.State = cmp.Or(o.State, written.State)
	return o
}

// Within is the directory of the project's files in one that is for several projects: their files must not meet.
func (p Project) Within(dir string) string {
	return filepath.Join(dir, fileName(cmp.Or(p.Wanted.Name, fmt.Sprint("project-", p.Wanted.ID))))
}
