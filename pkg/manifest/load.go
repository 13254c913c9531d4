package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/regular"
)

// A loader reads one manifest with the files that it names, and collects problems.
type loader struct {
	files    []*text // in the order in which they were read, the manifest first
	see      []func(text []byte)
	problems []Diagnostic
	baseless bool // what extends: names could not be read
}

// Load reads the manifest at path, and the files that its extends: and labels:
// name. The error is an *[Error] if the manifest is wrong, else the file's own.
//
// Each see gets the text of each file before anything is said about it, whatever is wrong with it: so a program
// that prints errors knows which secrets it must not repeat.
func Load(path string, see ...func(text []byte)) (*Manifest, error) {
	file, err := regular.OpenGiven(path)
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFileSize+4)) // 3 may be a byte order mark
	if err != nil {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return (&loader{see: see}).parse(path, data)
}

// Parse checks a manifest's content. Its name is part of positions, and its
// directory is where relative paths begin, those of files that it names included.
// The error is an *[Error] with every mistake, in the order of the lines.
func Parse(name string, data []byte) (*Manifest, error) {
	return (&loader{}).parse(name, data)
}

func (l *loader) parse(name string, data []byte) (*Manifest, error) {
	root := l.read(name, data)
	if root == nil {
		return nil, l.err()
	}
	root = l.labelsFile(l.extended(root))
	if !l.countable(root) {
		return nil, l.err()
	}
	l.shape(root)
	l.characters(root, "")
	m := l.manifest(root)
	if err := l.err(); err != nil {
		return nil, err
	}
	return m, nil
}

// read parses one file; nil where that fails, which is then reported.
func (l *loader) read(name string, data []byte) *node {
	for _, see := range l.see {
		see(data)
	}
	t := newText(name, data)
	l.files = append(l.files, t)
	if !l.check(t) {
		return nil
	}
	if strings.EqualFold(filepath.Ext(name), ".json") {
		return l.json(t)
	}
	return l.yaml(t)
}

// readNamed reads a file that a manifest names, relative to the file that names it. The hint is for a file that is not there.
func (l *loader) readNamed(named *node, absent diag.Hint) *node {
	path := l.join(named)
	if strings.ContainsFunc(path, isControl) {
		return nil // reported with the other values
	}
	data, err := readFile(path)
	switch {
	case errors.Is(err, regular.ErrNotRegular):
		l.report(named.at, diag.Hint{}, "%s is not a file", clip(named.str()))
		return nil
	case err == nil && len(data) > maxFileSize+3:
		l.report(named.at, diag.Hint{}, "%s is larger than %d MiB", clip(named.str()), maxFileSize>>20)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		l.report(named.at, absent, "%s: %s", clip(named.str()), reason(err))
		return nil
	case err != nil:
		l.unread(named.at, err, clip(named.str()))
		return nil
	}
	return l.read(path, data)
}

// readFile reads a file that a manifest names, as much of it as can be one.
func readFile(path string) ([]byte, error) {
	if ofSystem(resolved(path)) { // those may be waited for, too
		return nil, fmt.Errorf("%s: %w", path, regular.ErrNotRegular)
	}
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFileSize+4))
}

// reason is an error without the operation and the path, which the message has.
func reason(err error) string {
	if errors.Is(err, fs.ErrNotExist) {
		return "there is no such file"
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}

// join returns a path relative to the file that writes it; "" stays "".
func (l *loader) join(n *node) string {
	path := filepath.FromSlash(n.str())
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(l.file(n.at.File).dir, path)
}

func (l *loader) file(name string) *text {
	for _, f := range l.files {
		if f.name == name {
			return f
		}
	}
	return nil
}

// extended lays a manifest over the one that its extends: names.
func (l *loader) extended(root *node) *node {
	named := root.get("extends")
	if named.str() == "" {
		return root
	}
	base := l.readNamed(named, diag.Hint{})
	if base != nil && base.kind != mapping {
		l.report(base.at, diag.Hint{}, "extends: %s is not a manifest: it holds %s, where a mapping is wanted", clip(named.str()), base.what())
		base = nil
	}
	if base == nil {
		l.baseless = true
		return root
	}
	if again := base.field("extends"); again != nil {
		l.report(again.at, diag.Hint{}, "a manifest that is extended cannot extend another")
	}
	return overlay(drop(base, "extends"), drop(root, "extends"))
}

func drop(n *node, name string) *node {
	return n.without(func(s string) bool { return s == name })
}

// overlay merges mappings key by key; anything else on top replaces what is below.
func overlay(base, top *node) *node {
	if base.kind != mapping || top.kind != mapping {
		return top
	}
	out := *top
	out.fields = append([]field(nil), top.fields...)
	index := make(map[string]int, len(out.fields))
	for i, f := range out.fields {
		index[f.name] = i
	}
	for _, f := range base.fields {
		if i, both := index[f.name]; both {
			out.fields[i].value = overlay(f.value, out.fields[i].value)
			continue
		}
		out.fields = append(out.fields, f)
	}
	return &out
}

// labelsHint is for a text in the place of labels that is more likely a label than the name of a file.
func labelsHint(named, labels *node) diag.Hint {
	if named != labels || strings.ContainsAny(named.str(), `./\"`) {
		return diag.Hint{}
	}
	return diag.Do(diag.HintWriteList, "labels", named.str())
}

// labelsFile puts the content of a labels file in the place of its name.
func (l *loader) labelsFile(root *node) *node {
	project := root.get("project")
	labels := project.get("labels")
	named := labels
	if labels != nil && labels.kind == mapping {
		named = labels.get("file")
	}
	if named.str() == "" {
		return root
	}
	content := l.readNamed(named, labelsHint(named, labels))
	if content == nil { // reported; what is left is checked as if no labels were written
		return root.with("project", drop(project, "labels"))
	}
	if content.kind != list {
		l.report(content.at, diag.Hint{}, "a labels file holds a list of labels, not %s", content.what())
		return root.with("project", drop(project, "labels"))
	}
	return root.with("project", project.with("labels", content))
}
