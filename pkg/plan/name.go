package plan

import "github.com/cvatplan/cvatplan/pkg/manifest"

// A Name is a [manifest.Name]: the only way in which names of tasks, labels and projects
// are compared.
type Name = manifest.Name

// NameOf is [manifest.NameOf].
func NameOf(s string) Name { return manifest.NameOf(s) }
