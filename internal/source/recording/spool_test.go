package recording

import (
	"strings"
	"testing"
)

func TestASpoolWantsRoom(t *testing.T) {
	s := spool{dir: t.TempDir()}
	err := s.reserve(1 << 62)
	if err == nil || !strings.Contains(err.Error(), "encoding needs up to") {
		t.Errorf("got %v", err)
	}
}
