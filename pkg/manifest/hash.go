package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// Hash is the SHA-256, in hex, of what the manifest says, the files of its
// extends:, labels: and guide: (with its images) included: a saved plan belongs to it. Comments, the order
// of keys, quoting and where the checkout lies do not enter.
func (m *Manifest) Hash() string { return m.hash }

func hash(root *node, guide *Guide) string {
	said := root.without(func(name string) bool { return strings.HasPrefix(name, "x-") })
	data, err := json.Marshal(said.plain()) // sorts keys
	if err != nil {                         // a value that a schema refuses, such as a NaN, which is reported
		return ""
	}
	if guide != nil {
		data = append(data, guide.Text...)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
