package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"strconv"
	"strings"
)

// A Payload says how a task's frames get to the server. The zero Payload is an upload: what the
// marker names is the archive of the frames' bytes. The other kinds are files that the server
// reads by itself, under the names that the frames have; what the marker names is their list. The server
// tells of them no more than their names, so that nothing is known of their contents, and one that
// changes later is served as it is then.
type Payload struct {
	Kind     PayloadKind
	Root     string // of cloud and share: where the manifest says that the bag is
	Storage  int    // of cloud: the id of the cloud storage
	Manifest string // of cloud: the key of a list of the images that is in the storage, whose sizes the server believes; "" is none
}

// A PayloadKind is one way for frames to get to the server.
type PayloadKind string

// The kinds.
const (
	PayloadUpload PayloadKind = ""      // one archive that is sent
	PayloadCloud  PayloadKind = "cloud" // keys of a cloud storage that the server knows
	PayloadShare  PayloadKind = "share" // paths of the server's share
)

// Served reports whether the server reads the frames by itself.
func (p Payload) Served() bool { return p.Kind != PayloadUpload }

// Identity is what the marker of a task names whose frames the server reads: the hash (64 hex
// digits) of the storage and the names, in their order.
func (p Payload) Identity(names []string) string {
	h := sha256.New()
	_, _ = io.WriteString(h, string(p.Kind)+"\x00"+strconv.Itoa(p.Storage)+"\x00") // a hash takes all
	for _, name := range names {
		_, _ = io.WriteString(h, name+"\x00")
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Retryable reports whether starting a failed import once more may end otherwise. What the server
// reads by itself it has not taken in, so that the import is well again once the files are; only
// what the task itself is made of, its list of files and its jobs, cannot be changed any more.
func (p Payload) Retryable(message string) bool {
	if !p.Served() {
		return retryable(message)
	}
	for _, m := range []string{"Too many jobs would be", "Uploaded files do no match", "Incorrect file mapping to manifest", "IndexError: Invalid index"} {
		if strings.Contains(message, m) {
			return false
		}
	}
	return true
}
