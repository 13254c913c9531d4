package schema

import _ "embed"

// Plan describes the document of `plan --output json`; it is not to be written to.
//
//go:embed plan.schema.json
var Plan []byte
