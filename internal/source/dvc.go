package source

import (
	"bytes"
	"context"
	"io/fs"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
)

// dvc reports what of a directory is kept by DVC and not here: x.jpg.dvc without
// x.jpg, or color.dvc without color/.
func (w *walker) dvc(ctx context.Context, entries []fs.DirEntry, rel string) {
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
			w.stub(ctx, strings.TrimPrefix(rel+"/"+name, "/"), name)
		}
	}
}

func (w *walker) stub(ctx context.Context, at, name string) {
	if !imageheader.Accepted(name) && !w.stubOfDirectory(ctx, at+".dvc") {
		return
	}
	w.problems = append(w.problems, finding{at, diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeDVCMissing, Text: "it is not here, only its DVC stub", Hint: diag.Do(diag.HintFetchDVC, w.full(at)+".dvc"),
	}})
}

// stubOfDirectory looks for the hash that DVC gives directories: md5: 0123….dir
func (w *walker) stubOfDirectory(ctx context.Context, file string) bool {
	head, _ := store.Head(ctx, w.store, w.name(file), 4096)
	return bytes.Contains(head, []byte(".dir"))
}
