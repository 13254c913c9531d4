package tempfile

import (
	"errors"
	"os"
	"testing"
)

func TestSpaceIsCheckedBeforeAFileIsMade(t *testing.T) {
	dir := t.TempDir()
	_, err := Create(dir, 1<<60)
	var space *NoSpaceError
	if !errors.As(err, &space) || space.Dir != dir || space.Need != 1<<60 || space.Free <= 0 {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
}

func TestAClosedFileLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); len(left) != 0 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
}
