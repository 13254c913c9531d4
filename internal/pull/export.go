package pull

import (
	"archive/zip"
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// checkFormats says which of the formats are the server's, and that there is none of such a name.
func (r *Pull) checkFormats(ctx context.Context) error {
	r.exported = map[string]cvat.Format{}
	known := Formats()
	if !slices.ContainsFunc(r.o.Formats, func(f string) bool { return !slices.Contains(known, f) }) {
		return nil
	}
	formats, err := r.server.ExportFormats(ctx)
	if err != nil {
		return err
	}
	for _, name := range r.o.Formats {
		if slices.Contains(known, name) {
			continue
		}
		i := slices.IndexFunc(formats, func(f cvat.Format) bool { return f.Name == name })
		if i < 0 {
			return unknownFormat(name, known, formats)
		}
		r.exported[name] = formats[i]
	}
	if r.o.Merge != "" || r.o.Jobs != annotationJob || r.o.Stage != "" || r.o.State != "" {
		return diag.Diagnostic{Severity: diag.Error, Text: "the server exports whole tasks: its formats go with no merge, stage, state or ground truth jobs"}
	}
	return nil
}

func unknownFormat(name string, known []string, formats []cvat.Format) error {
	var names []string
	for _, f := range formats {
		names = append(names, fmt.Sprintf("%q", f.Name))
	}
	slices.Sort(names)
	return diag.Diagnostic{Severity: diag.Error, Text: fmt.Sprintf("unknown format %q; there are %s, and of the server %s", name, strings.Join(known, ", "), strings.Join(names, ", "))}
}

// exportOutputs are the files of one of the server's formats, one per task.
func (r *Pull) exportOutputs(name string) []output {
	var all []output
	slug := regexp.MustCompile(`[^a-z0-9.]+`).ReplaceAllString(strings.ToLower(name), "-")
	for _, m := range r.members {
		all = append(all, output{
			path: fmt.Sprintf("%s.%s.%s", m.file, slug, strings.ToLower(cmp.Or(r.exported[name].Ext, "zip"))), format: name, members: []*member{m},
			from: hashOf(formatVersion, name, m.key), export: true,
		})
	}
	return all
}

// bringExport lets the server write a file. What it writes tells the time at which it was written: where nothing else
// differs the file stays as it is.
func (r *Pull) bringExport(ctx context.Context, o output) (File, error) {
	path := filepath.Join(r.o.Dir, filepath.FromSlash(o.path))
	before := exportSum(path)
	file := File{Path: o.path, Format: o.format, Change: Unchanged}
	if last, known := r.record.get(o.path); known && before != "" && last.From == o.from && last.Sum == before {
		return file, nil
	}
	temp, err := os.CreateTemp("", "cvatplan-export-*")
	if err != nil {
		return file, err
	}
	defer os.Remove(temp.Name())
	defer temp.Close()
	if err := r.export(ctx, o, temp); err != nil {
		return file, err
	}
	after := exportSum(temp.Name())
	switch {
	case before == "":
		file.Change = Created
	case before != after:
		file.Change = Changed
	}
	if file.Change != Unchanged && !r.o.Check {
		err = atomicfile.Write(path, atomicfile.Options{}, func(w io.Writer) error {
			if _, err := temp.Seek(0, io.SeekStart); err != nil {
				return err
			}
			_, err := io.Copy(w, temp)
			return err
		})
		if err != nil {
			return file, err
		}
	}
	r.exporting(o, 1)
	r.record.set(o.path, written{From: o.from, Sum: after, Format: o.format, Task: o.task()})
	return file, nil
}

// export writes what the server exports of the output's task.
func (r *Pull) export(ctx context.Context, o output, w io.Writer) error {
	body, err := r.server.Export(ctx, o.members[0].task.ID, o.format, func(share float64) { r.exporting(o, share) })
	if err != nil {
		return err
	}
	_, err = io.Copy(w, body)
	return errors.Join(err, body.Close())
}

// exporting reports how much of an export is done, 0 to 1.
func (r *Pull) exporting(o output, share float64) {
	if r.o.OnExport != nil {
		r.o.OnExport(o.members[0].task.Name, o.format, share)
	}
}

// dates are the lines of CVAT's XML that tell when the task was changed and when the file was written.
var dates = regexp.MustCompile(`<(dumped|updated)>[^<]*</`)

// exportSum is a hash of the entries of a zip, without their times, or of the bytes of another file; empty where there
// is none.
func exportSum(path string) string {
	z, err := zip.OpenReader(path)
	if err != nil {
		return sumOf(path)
	}
	defer z.Close()
	h := sha256.New()
	for _, f := range z.File {
		if err := addEntry(h, f); err != nil {
			return sumOf(path)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func addEntry(h hash.Hash, f *zip.File) error {
	fmt.Fprintf(h, "%q\n", f.Name)
	if !strings.HasSuffix(f.Name, ".xml") {
		fmt.Fprintf(h, "%x %d\n", f.CRC32, f.UncompressedSize64)
		return nil
	}
	entry, err := f.Open()
	if err != nil {
		return err
	}
	defer entry.Close()
	lines := bufio.NewReader(entry)
	for {
		line, err := lines.ReadBytes('\n')
		h.Write(dates.ReplaceAll(line, []byte("<$1></")))
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
