package schema

import _ "embed"

// Plan describes the document of `plan --output json`; it is not to be written to.
//
//go:embed plan.schema.json
var Plan []byte

// ApplyEvent describes each line of `apply --output json`; it is not to be written to.
//
//go:embed apply-event.schema.json
var ApplyEvent []byte

// Planfile describes each line of what `plan --out` saves; it is not to be written to.
//
//go:embed planfile.schema.json
var Planfile []byte
