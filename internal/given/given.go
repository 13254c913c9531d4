// Package given remembers, on this machine, which predictions finished tasks were given, so that a plan can tell without a
// request for each task that a file has changed since. CVAT keeps nothing that tells it.
//
// It is a hint: where it knows nothing, as on another machine, a plan says less, and what it says wrongly a closer look at
// the server corrects. So what cannot be read is not there.
//
// A [Store] is a directory with a file for each project, to which each run adds a line of JSON for each task. Of several
// lines for one task the last counts. Runs at once add with one write each.
package given

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cvatplan/cvatplan/internal/regular"
)

// A Store is where the hints are. With an empty Dir it knows nothing and keeps nothing.
type Store struct{ Dir string }

// A Record says what one task was given.
type Record struct {
	Task  int    `json:"task"`
	Hash  string `json:"hash"`            // of what was read: [prediction.Found]
	Stamp string `json:"stamp,omitempty"` // of the file then; empty: only reading it tells whether it changed
}

// Load gives the records of a project's tasks, by their ids.
func (s Store) Load(server string, project int) map[int]Record {
	records := map[int]Record{}
	if s.Dir == "" {
		return records
	}
	f, err := regular.Open(s.path(server, project))
	if err != nil {
		return records
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var r Record
		if json.Unmarshal(lines.Bytes(), &r) == nil && r.Task > 0 { // else a line of a run that was killed
			records[r.Task] = r
		}
	}
	return records
}

// Add remembers more.
func (s Store) Add(server string, project int, records []Record) error {
	if s.Dir == "" || len(records) == 0 {
		return nil
	}
	var text bytes.Buffer
	text.WriteByte('\n') // after what a killed run may have left
	enc := json.NewEncoder(&text)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(s.path(server, project), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	return errors.Join(err, f.Close())
}

func (s Store) path(server string, project int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", server, project))
	return filepath.Join(s.Dir, hex.EncodeToString(sum[:16])+".jsonl")
}
