package main

import (
	"strings"
	"testing"
)

func TestProgressOfAnExportIsReportedWhereItChanged(t *testing.T) {
	var out strings.Builder
	report := exportProgress(&out)
	for _, share := range []float64{0, 0, 0.5, 0.5, 1} {
		report("run1", "COCO 1.0", share)
	}
	if got := strings.Count(out.String(), "\n"); got != 3 {
		t.Errorf("%d lines, want 3:\n%s", got, out.String())
	}
}
