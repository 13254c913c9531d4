package storage

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// EncodeJSON writes JSON as CVAT does, with <, > and & as they are. It panics on a value
// that has no JSON, so it is for our own types only.
func EncodeJSON(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(fmt.Sprintf("sandbox: encode %T: %v", v, err)) // our own types only
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
