package wording

import "testing"

func TestTheNearestNameIsASlipOfTheKeyboardAway(t *testing.T) {
	known := []string{"bag", "camera", "segment_size", "subset", "name"}
	for typed, want := range map[string]string{
		"camrea": "camera", "cam": "", "bags": "bag", "nmae": "name", "Name": "name", "segmentsize": "segment_size",
		"sgment_siz": "segment_size", "x": "", "": "", "subsets": "subset", "zzz": "", "overlap": "",
	} {
		if got := Nearest(typed, known); got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}
