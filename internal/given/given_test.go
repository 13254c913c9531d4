package given

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const server = "https://cvat.example.com"

func TestTheLastRecordOfATaskCounts(t *testing.T) {
	s := Store{filepath.Join(t.TempDir(), "given")}
	for _, records := range [][]Record{{{1, "a", "x"}, {2, "b", ""}}, {{1, "c", "y"}}, nil} {
		if err := s.Add(server, 7, records); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[int]Record{1: {1, "c", "y"}, 2: {2, "b", ""}}, s.Load(server, 7)); diff != "" {
		t.Error(diff)
	}
	for _, other := range []map[int]Record{s.Load(server, 8), s.Load("https://other", 7), Store{}.Load(server, 7)} {
		if len(other) > 0 {
			t.Errorf("of another project: %v", other)
		}
	}
	if err := (Store{}).Add(server, 7, []Record{{1, "a", ""}}); err != nil {
		t.Error(err)
	}
}

func TestALineThatARunLeftHalfWrittenHidesNoOther(t *testing.T) {
	s := Store{t.TempDir()}
	if err := os.WriteFile(s.path(server, 7), []byte("{\"task\":1,\"hash\":\"a\"}\n{\"task\":2,\"ha"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Add(server, 7, []Record{{3, "c", ""}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[int]Record{1: {1, "a", ""}, 3: {3, "c", ""}}, s.Load(server, 7)); diff != "" {
		t.Error(diff)
	}
}

func TestRunsAtOnceLoseNothing(t *testing.T) {
	s := Store{t.TempDir()}
	var runs sync.WaitGroup
	for run := range 8 {
		runs.Go(func() {
			for k := range 5 {
				id := 1 + run*5 + k
				if err := s.Add(server, 7, []Record{{id, fmt.Sprint(id), ""}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	runs.Wait()
	if n := len(s.Load(server, 7)); n != 40 {
		t.Errorf("%d of 40 are there", n)
	}
}
