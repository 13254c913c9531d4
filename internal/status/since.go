package status

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// A Change is what has become of a row since an earlier status: differences of its numbers.
type Change struct {
	New        bool `json:"new,omitempty"` // there was no such row
	Frames     int  `json:"frames"`
	Jobs       int  `json:"jobs"`
	Annotation int  `json:"annotation"`
	Validation int  `json:"validation"`
	Acceptance int  `json:"acceptance"`
	Completed  int  `json:"completed"`
}

// largestEarlier bounds what is read of an earlier status: some 100,000 tasks.
const largestEarlier = 64 << 20

// Read reads what `status --output json` wrote.
func Read(r io.Reader) (Status, error) {
	var doc struct {
		Version string `json:"format_version"`
		By      string `json:"by"`
		Rows    []Row  `json:"rows"`
		Total   Row    `json:"total"`
	}
	text, err := io.ReadAll(io.LimitReader(r, largestEarlier+1))
	switch {
	case err != nil:
		return Status{}, err
	case len(text) > largestEarlier:
		return Status{}, fmt.Errorf("it is larger than %s: not the output of status --output json", wording.Bytes(largestEarlier))
	}
	if err := json.Unmarshal(text, &doc); err != nil || doc.Version == "" || doc.By == "" {
		return Status{}, fmt.Errorf("it is not the output of status --output json")
	}
	return Status{By: doc.By, Rows: doc.Rows, Total: doc.Total}, nil
}

// CompareWith says of each row what has changed since an earlier status of the same kind.
func (s *Status) CompareWith(earlier Status) error {
	if s.By != earlier.By {
		return fmt.Errorf("the earlier status is by %s, this one by %s", earlier.By, s.By)
	}
	before := map[plan.Name]Row{}
	for _, r := range earlier.Rows {
		before[plan.NameOf(r.Name)] = r
	}
	for i, r := range s.Rows {
		was, there := before[plan.NameOf(r.Name)]
		s.Rows[i].Change = change(was, r)
		s.Rows[i].Change.New = !there
		delete(before, plan.NameOf(r.Name))
	}
	for _, r := range earlier.Rows {
		if _, left := before[plan.NameOf(r.Name)]; left {
			s.Gone = append(s.Gone, r.Name)
		}
	}
	s.Total.Change = change(earlier.Total, s.Total)
	return nil
}

func change(was, is Row) *Change {
	return &Change{
		Frames: is.Frames - was.Frames, Jobs: is.Jobs - was.Jobs, Annotation: is.Annotation - was.Annotation,
		Validation: is.Validation - was.Validation, Acceptance: is.Acceptance - was.Acceptance, Completed: is.Completed - was.Completed,
	}
}
