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

// Frame describes each line of `cvatplan frames`; it is not to be written to.
//
//go:embed frames.schema.json
var Frame []byte

// Inspect describes the document of `inspect --output json`; it is not to be written to.
//
//go:embed inspect.schema.json
var Inspect []byte

// Status describes the document of `status --output json`; it is not to be written to.
//
//go:embed status.schema.json
var Status []byte

// Pull describes each line of what `cvatplan pull` writes as jsonl; it is not to be written to.
//
//go:embed pull.schema.json
var Pull []byte
