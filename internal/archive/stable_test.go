package archive

import "testing"

// The hash is in the marker of each task: another one for the same frames would make every task drift.
func TestTheHashOfFramesStaysWhatItWas(t *testing.T) {
	got := New([]Entry{frame("a.jpg", "A"), frame("dir/b.png", "BB"), frame("ü.jpg", "")}).Hash()
	if want := "31036c17f027d7355907c75dc0233e1b4162ccc8b3ceee125d27546f281e3108"; got != want {
		t.Errorf("hash is %s, not %s", got, want)
	}
}
