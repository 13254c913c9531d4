package bag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// metadata is what is needed of a rosbag2 metadata.yaml, of any version.
type metadata struct {
	Info *struct {
		Paths []string `yaml:"relative_file_paths"`
		Files []struct {
			Path     string `yaml:"path"`
			Messages int64  `yaml:"message_count"`
		} `yaml:"files"` // since version 5
	} `yaml:"rosbag2_bagfile_information"`
}

// A split is one file of a rosbag2 directory.
type split struct {
	at       location
	messages int64 // that the metadata claims; 0 is unknown
}

// open opens the path's files.
func (b *Bag) open(ctx context.Context) error {
	info, err := b.at.stat(ctx)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return b.openPart(ctx, split{at: b.at})
	}
	splits, err := b.splits(ctx)
	if err != nil {
		return err
	}
	for _, s := range splits {
		if err := b.openSplit(ctx, s); err != nil {
			return err
		}
	}
	if len(b.parts) == 0 {
		return fmt.Errorf("%w: none of its %d files can be read%s", ErrNotRecording, len(splits), b.firstFault())
	}
	return nil
}

// firstFault is what is wrong with the first file of a directory.
func (b *Bag) firstFault() string {
	for _, w := range b.warn.all() {
		return fmt.Sprintf("; %s: %s", w.File, cmp.Or(w.First, w.Text))
	}
	return ""
}

// openSplit opens one file of a directory; one that is beyond reading, or missing, is
// damage of the bag, but that this machine fails to read it is not.
func (b *Bag) openSplit(ctx context.Context, s split) error {
	err := b.openPart(ctx, s)
	var damage *DamageError
	switch {
	case err == nil, ctx.Err() != nil, errors.As(err, &damage):
		return err
	case ofTheMachine(err):
		return fmt.Errorf("%s: %w", s.at, err)
	case errors.Is(err, fs.ErrNotExist):
		return b.warn.add(Warning{File: s.at.String(), Text: "is missing", Messages: s.messages})
	}
	return b.warn.add(Warning{File: s.at.String(), Text: "cannot be opened", First: err.Error(), Messages: s.messages})
}

// splits are the directory's files in the order of its metadata, or, where that
// is missing or damaged, in natural order.
func (b *Bag) splits(ctx context.Context) ([]split, error) {
	splits, err := readMetadata(ctx, b.at)
	if err == nil && len(splits) > 0 {
		return splits, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if err := b.warn.add(Warning{File: b.at.child(metadataName).String(), Text: "is damaged, the files themselves were looked at", First: err.Error()}); err != nil {
			return nil, err
		}
	}
	names, err := b.at.storageFiles(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: no .db3 or .mcap file in it", ErrNotRecording)
	}
	for _, name := range names {
		splits = append(splits, split{at: b.at.child(name)})
	}
	return splits, nil
}

// maxMetadata is more than the metadata.yaml of ten thousand files needs; as a
// tree it takes many times its size in memory.
const maxMetadata = 4 << 20

func readMetadata(ctx context.Context, dir location) ([]split, error) {
	f, err := openFile(ctx, dir.child(metadataName))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if f.size > maxMetadata {
		return nil, fmt.Errorf("%d bytes, where at most %d make sense", f.size, maxMetadata)
	}
	text, err := f.read(nil, 0, f.size)
	if err != nil {
		return nil, err
	}
	var m metadata
	if err := yaml.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	if m.Info == nil {
		return nil, errors.New("no rosbag2_bagfile_information")
	}
	counts := map[string]int64{}
	for _, f := range m.Info.Files {
		counts[path.Base(f.Path)] = f.Messages
	}
	var out []split
	for _, p := range m.Info.Paths {
		out = append(out, split{at: storagePath(ctx, dir, p), messages: counts[path.Base(p)]})
	}
	return out, nil
}

// storagePath finds a file that the metadata names: beside the metadata (old
// versions put the bag's name before it), with or without its compression's suffix.
func storagePath(ctx context.Context, dir location, name string) location {
	base := path.Base(name)
	for _, name := range []string{base, base + ".zstd", strings.TrimSuffix(base, ".zstd")} {
		if _, err := dir.child(name).stat(ctx); err == nil {
			return dir.child(name)
		}
	}
	return dir.child(base)
}

// openPart opens one file by what it begins with, unpacking it first if it was
// compressed as a whole.
func (b *Bag) openPart(ctx context.Context, s split) error {
	f, err := openFile(ctx, s.at)
	if err != nil {
		return err
	}
	switch magic := f.magic(); {
	case strings.HasPrefix(magic, zstdMagic):
		packed := f
		f, err = b.unpack(ctx, packed)
		packed.Close()
		if err != nil {
			return fmt.Errorf("unpack: %w", err)
		}
	case magic == "" && (kindNamed(s.at.name) != SQLite || !s.at.hasLog(ctx)):
		f.Close()
		return unknownStart(magic)
	}
	r, err := b.openReader(ctx, f, s)
	if err != nil {
		f.Close() // again, after a database
		return err
	}
	b.parts = append(b.parts, r)
	return nil
}

func (b *Bag) openReader(ctx context.Context, f *file, s split) (reader, error) {
	magic := f.magic()
	switch {
	case strings.HasPrefix(magic, sqliteMagic), magic == "" && kindNamed(s.at.name) == SQLite:
		return openSQLite(ctx, b, f, s)
	case slices.ContainsFunc(ros1Magics, func(ros1 string) bool { return strings.HasPrefix(magic, ros1) }):
		return openROS1(ctx, f, b.opts, b.warn)
	}
	return openMCAP(ctx, f, b.opts, b.warn)
}

// unpack writes a file that was compressed as a whole to the temporary directory.
func (b *Bag) unpack(ctx context.Context, packed *file) (*file, error) {
	need, boundErr := zstdBound(newWindow(packed, 0, packed.size))
	out, err := newTemp(b.opts.TempDir, need)
	if err != nil {
		return nil, err
	}
	n, damage, err := unpackFile(stoppable{out, ctx}, io.NewSectionReader(packed.f, 0, packed.size))
	if damage = errors.Join(damage, boundErr); damage != nil && err == nil {
		err = b.warn.add(Warning{File: packed.name, Text: "cannot be unpacked to its end", First: fmt.Sprintf("after %d bytes: %v", n, damage)})
	}
	if err != nil {
		return nil, errors.Join(err, out.Close())
	}
	size, err := out.Seek(0, io.SeekCurrent)
	return &file{f: out, name: packed.name, size: size}, err
}
