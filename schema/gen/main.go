// Command gen writes docs/manifest.md, the reference of the manifest, from the
// schema, in the schema's own order. Run it with `go generate ./schema`.
package main

import (
	"fmt"
	"os"
)

// Paths are relative to the schema directory, where go generate runs.
const (
	output  = "../docs/manifest.md"
	example = "../pkg/manifest/testdata/good/documented.yaml" // which a test loads
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	manifest, err := os.ReadFile(example)
	if err != nil {
		return err
	}
	page, err := reference(manifest)
	if err != nil {
		return err
	}
	return os.WriteFile(output, page, 0o644)
}
