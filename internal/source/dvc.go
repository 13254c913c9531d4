package source

import (
	"bytes"
	"io/fs"
	"os"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
)

// dvc reports what of a directory is kept by DVC and not here: x.jpg.dvc without
// x.jpg, or color.dvc without color/.
func (w *walker) dvc(entries []fs.DirEntry, rel string) {
	var stubs []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".dvc") && e.Name()[0] != '.' {
			stubs = append(stubs, strings.TrimSuffix(e.Name(), ".dvc"))
		}
	}
	if len(stubs) == 0 {
		return
	}
	present := make(map[string]bool, len(entries))
	for _, e := range entries {
		present[e.Name()] = true
	}
	for _, name := range stubs {
		if !present[name] {
			w.stub(strings.TrimPrefix(rel+"/"+name, "/"), name)
		}
	}
}

func (w *walker) stub(at, name string) {
	file := w.full(at) + ".dvc"
	if !imageheader.Accepted(name) && !stubOfDirectory(file) {
		return
	}
	w.problems = append(w.problems, finding{at, diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeDVCMissing, Text: "it is not here, only its DVC stub", Hint: diag.Do(diag.HintFetchDVC, file),
	}})
}

// stubOfDirectory looks for the hash that DVC gives directories: md5: 0123….dir
func stubOfDirectory(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, _ := f.Read(head)
	return bytes.Contains(head[:n], []byte(".dir"))
}
