package imageheader

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// testdata/pillow.txt holds damaged files and Pillow's verdicts on them. interop/test_images.py asks it of thousands more.
func TestDamagedFilesAreJudgedAsPillowJudgesThem(t *testing.T) {
	text, err := os.ReadFile("testdata/pillow.txt")
	if err != nil {
		t.Fatal(err)
	}
	var name string
	var whole []byte
	judged := 0
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "#":
			continue
		case f[0] == "file":
			name = f[1]
			if whole, err = base64.StdEncoding.DecodeString(f[2]); err != nil {
				t.Fatal(err)
			}
			if _, err := Read(bytes.NewReader(whole), int64(len(whole)), name); err != nil {
				t.Errorf("%s, whole: %v", name, err)
			}
			continue
		}
		at, err := strconv.Atoi(f[1])
		if err != nil {
			t.Fatal(err)
		}
		patch, err := hex.DecodeString(f[2])
		if err != nil {
			t.Fatal(err)
		}
		data := slices.Clone(whole)
		copy(data[at:], patch)
		if _, err := Read(bytes.NewReader(data), int64(len(data)), name); (err == nil) != (f[0] == "takes") {
			t.Errorf("%s with %s at %d, which Pillow %s: %v", name, f[2], at, f[0], err)
		}
		judged++
	}
	if judged < 300 {
		t.Errorf("%d files", judged)
	}
}
