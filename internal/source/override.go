package source

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// held tells whether an entry that gave nothing has settings: with its path mistyped they
// do not reach the bags of other entries that they are meant for. CVAT can change few of
// them later, so no task of the manifest is made without them.
func held(m *manifest.Manifest, problems []diag.Diagnostic) []diag.Diagnostic {
	for i := range m.Bags {
		e := &m.Bags[i]
		failed := slices.ContainsFunc(problems, func(p diag.Diagnostic) bool { return isError(p) && p.Pos == e.Pos })
		if failed && overrides(e) && len(m.Bags) > 1 {
			return []diag.Diagnostic{{
				Severity: diag.Error, Code: diag.CodeOverrideOfNothing, Pos: e.Pos, Hint: diag.Do(diag.HintCorrectOrOptional),
				Text: fmt.Sprintf("%q has settings that may be meant for bags of other entries, so nothing of this manifest is planned", e.Path),
			}}
		}
	}
	return nil
}

func overrides(e *manifest.Bag) bool {
	settings := []any{e.Settle, e.Cameras, e.Frames, e.Task}
	return slices.ContainsFunc(settings, func(s any) bool { return !reflect.ValueOf(s).IsZero() })
}
