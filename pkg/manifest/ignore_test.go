package manifest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/diag"
)

func TestTheSchemaKnowsEachCodeThatCanBeIgnored(t *testing.T) {
	var listed []diag.Code
	properties := theShape().document["properties"].(map[string]any)
	for _, code := range properties["ignore"].(map[string]any)["items"].(map[string]any)["enum"].([]any) {
		listed = append(listed, diag.Code(code.(string)))
	}
	if d := cmp.Diff(diag.Ignorable, listed); d != "" {
		t.Error(d)
	}
}
