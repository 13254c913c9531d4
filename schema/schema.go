// Package schema holds the JSON Schemas of what cvatplan reads, as draft-07, the
// draft that editors complete and check.
//
// [JSON] is the one truth about the shape of a manifest: pkg/manifest
// validates with it, `cvatplan schema` prints it, editors complete with it (the
// modeline `# yaml-language-server: $schema=…`), and docs/manifest.md is
// generated from it. Two keywords go beyond draft-07, as the editors' language
// servers know them: errorMessage and patternErrorMessage replace the message
// where a bare pattern or oneOf would explain nothing.
package schema

import _ "embed"

// JSON is the JSON Schema of a manifest; it is not to be written to.
//
//go:embed cvatplan.schema.json
var JSON []byte

//go:generate go run ./gen
