package advice

import (
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
)

func TestEveryActionHasWordsAndNoOtherHas(t *testing.T) {
	for _, a := range diag.Actions() {
		if phrases[a] == "" {
			t.Errorf("action %d has no words", a)
		}
	}
	if len(phrases) != len(diag.Actions()) {
		t.Errorf("%d phrases for %d actions", len(phrases), len(diag.Actions()))
	}
}

func TestWordsHoldCommandsThatCanBeCopied(t *testing.T) {
	for want, h := range map[string]diag.Hint{
		"": {},
		"if nobody is uploading to it, delete it in CVAT, or apply with --target 'it'\\''s; rm -rf ~' --replace-empty": diag.Do(diag.HintReplaceNamed, "it's; rm -rf ~"),
		"git -C data lfs pull --include='a b/**'":   diag.Do(diag.HintFetchLFS, "data", "a b/**"),
		`did you mean "project"?`:                   diag.Do(diag.HintDidYouMean, `"project"`),
		"{frame:06} pads to six digits; at most 19": diag.Do(diag.HintPadLimit, "frame"),
	} {
		if got := Words(h); got != want {
			t.Errorf("%v: %s, want %s", h, got, want)
		}
	}
}
