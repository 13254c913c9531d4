package bag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// metadata is what is needed of a rosbag2 metadata.yaml, of any version.
type metadata struct {
	Info *struct {
		Messages int64    `yaml:"message_count"`
		Paths    []string `yaml:"relative_file_paths"`
		Files    []struct {
			Path     string `yaml:"path"`
			Messages int64  `yaml:"message_count"`
		} `yaml:"files"` // since version 5
	} `yaml:"rosbag2_bagfile_information"`
}

// A split is one file of a rosbag2 directory.
type split struct {
	at       location
	messages int64 // that the metadata claims; 0 is unknown
	hidden   bool  // it is not there, and its name must not be repeated
}

// open opens the path's files.
func (b *Bag) open(ctx context.Context) error {
	info, err := b.at.stat(ctx)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		s := split{at: b.at}
		if err := b.openPart(ctx, s); err != nil {
			return err
		}
		return b.dropUnreadable(s)
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
		return &UnreadError{Files: b.unreadFiles, text: fmt.Sprintf("none of its %d files can be read%s", len(splits), b.firstFault())}
	}
	return b.checkGuess()
}

// An Unread is a file that belongs to a rosbag2 directory and gives nothing: it is missing, or what is there
// is not a recording.
type Unread struct {
	Name     string   // in the store
	Err      error    // wraps fs.ErrNotExist where it is missing
	Unlisted []string // where it is missing: the files there that the metadata does not name, in natural order
	Hidden   bool     // it is missing, and its name is not to be repeated (see [Options].Foreign): Name is its directory's
}

// An UnreadError is a rosbag2 directory none of whose files can be read. It wraps [ErrNotRecording].
type UnreadError struct {
	Files []Unread
	text  string
}

func (e *UnreadError) Error() string { return ErrNotRecording.Error() + ": " + e.text }

func (e *UnreadError) Unwrap() error { return ErrNotRecording }

// A SeveralError is a directory whose files look like the splits of one recording and are recordings of their own.
// It wraps [ErrNotRecording].
type SeveralError struct{ text string }

func (e *SeveralError) Error() string { return ErrNotRecording.Error() + ": " + e.text }

func (e *SeveralError) Unwrap() error { return ErrNotRecording }

// checkGuess refuses files that were taken for splits of one recording by their names alone, and do not
// follow each other in time.
func (b *Bag) checkGuess() error {
	if !b.guessed {
		return nil
	}
	if before, after := outOfOrder(b.parts); after != "" {
		return &SeveralError{fmt.Sprintf("%s begins before %s ends, so they are not the splits of one recording", after, before)}
	}
	if len(b.unreadFiles) > 0 { // there is a gap where they belong
		return nil
	}
	return notContinued(b.parts)
}

// longestBreak is the longest time between two splits, unless one of them is longer itself: a recorder begins the next
// file with the next message, whatever its topic.
const longestBreak = time.Minute

// notContinued refuses files of which one does not go on where the one before it ends, or with none of its topics.
func notContinued(parts []reader) error {
	parts = slices.DeleteFunc(slices.Clone(parts), func(p reader) bool { _, end := timesOf(p.streams()); return end == 0 })
	for i := 1; i < len(parts); i++ {
		one, next := parts[i-1], parts[i]
		from, last := timesOf(one.streams())
		first, end := timesOf(next.streams())
		if pause := first - last; pause > max(int64(longestBreak), last-from, end-first) {
			return &SeveralError{fmt.Sprintf("%s begins %s after %s ends, so they are not the splits of one recording",
				next.path(), time.Duration(pause).Round(time.Second), one.path())}
		}
		if !slices.ContainsFunc(next.streams(), func(t Topic) bool { return slices.ContainsFunc(one.streams(), t.sameAs) }) {
			return &SeveralError{fmt.Sprintf("%s has no topic of %s, so they are not the splits of one recording", next.path(), one.path())}
		}
	}
	return nil
}

// sameAs reports whether this is the topic of another file, and both have messages of it.
func (t Topic) sameAs(other Topic) bool {
	return t.Name == other.Name && t.Count > 0 && other.Count > 0
}

// outOfOrder finds the first file that does not follow the one before it in time; empty if all do. The writer's cache
// lets splits overlap a little.
func outOfOrder(parts []reader) (before, after string) {
	last := int64(0)
	for _, p := range parts {
		first, end := timesOf(p.streams())
		if end == 0 {
			continue
		}
		if overlap := last - first; before != "" && (end < last || overlap > int64(time.Second) || overlap > (end-first)/2) {
			return before, p.path()
		}
		last, before = end, p.path()
	}
	return "", ""
}

// timesOf is from the first to the last message of a file; 0, 0 if it has none.
func timesOf(streams []Topic) (first, last int64) {
	for _, t := range streams {
		if t.Count == 0 {
			continue
		}
		if first == 0 || t.First < first {
			first = t.First
		}
		last = max(last, t.Last)
	}
	return first, last
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
	if err == nil {
		err = b.dropUnreadable(s)
	}
	var damage *DamageError
	switch {
	case err == nil, ctx.Err() != nil, errors.As(err, &damage):
		return err
	case s.hidden:
		b.unreadFiles = append(b.unreadFiles, Unread{Name: b.at.name, Err: fs.ErrNotExist, Hidden: true})
		return b.warn.add(Warning{File: b.at.child(metadataName).String(), Text: "names a file that is missing; the name is not shown, since the metadata lies outside the repository", Messages: s.messages})
	case ofTheMachine(err):
		return fmt.Errorf("%s: %w", s.at, err)
	}
	unread := Unread{Name: s.at.name, Err: err}
	if errors.Is(err, fs.ErrNotExist) {
		unread.Unlisted = b.unlisted
	}
	b.unreadFiles = append(b.unreadFiles, unread)
	if errors.Is(err, fs.ErrNotExist) {
		return b.warn.add(Warning{File: s.at.String(), Text: "is missing", Messages: s.messages})
	}
	return b.warn.add(Warning{File: s.at.String(), Text: "cannot be opened", First: err.Error(), Messages: s.messages})
}

// dropUnreadable gives up the file that was opened last if damage left none of its messages: a task of the other
// files' messages could not be given them later.
func (b *Bag) dropUnreadable(s split) error {
	r := b.parts[len(b.parts)-1]
	if slices.ContainsFunc(r.streams(), func(t Topic) bool { return t.Count > 0 }) {
		return nil
	}
	var damage []string
	for _, w := range b.warn.all() {
		if w.File == r.path() && len(damage) < 3 {
			damage = append(damage, w.inFile())
		}
	}
	if len(damage) == 0 {
		return nil
	}
	b.parts = b.parts[:len(b.parts)-1]
	what := "no message can be read"
	if s.messages > 0 {
		what = fmt.Sprintf("none of its %d messages can be read", s.messages)
	}
	return errors.Join(fmt.Errorf("%s: %s", what, strings.Join(damage, "; ")), r.Close())
}

// splits are the directory's files in the order of its metadata, or, where that
// is missing or damaged, in natural order.
func (b *Bag) splits(ctx context.Context) ([]split, error) {
	names, err := b.at.storageFiles(ctx)
	if err != nil {
		return nil, err
	}
	splits, err := readMetadata(ctx, b.at, names)
	if err == nil && len(splits) > 0 {
		if b.foreign = b.opts.Foreign != nil && b.opts.Foreign(b.at.store.Path("."), b.at.String()); b.foreign {
			if err := b.hide(ctx, splits); err != nil {
				return nil, err
			}
		}
		return b.compareListed(ctx, splits, names)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		if err := b.warn.add(Warning{File: b.at.child(metadataName).String(), Text: "is damaged, the files themselves were looked at", First: err.Error()}); err != nil {
			return nil, err
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%w: no .db3 or .mcap file in it", ErrNotRecording)
	}
	names, twins := WithoutTwins(ctx, b.at.store, b.at.name, names)
	for _, t := range twins {
		b.noteTwin(t)
	}
	b.guessed = len(names) > 1
	for _, name := range names {
		splits = append(splits, split{at: b.at.child(name)})
	}
	return splits, nil
}

// hide marks the files that are known from the text of the metadata alone.
func (b *Bag) hide(ctx context.Context, splits []split) error {
	list, err := b.at.store.List(ctx, b.at.name)
	if err != nil {
		return err
	}
	there := make(map[string]bool, len(list))
	for _, e := range list {
		there[b.at.child(e.Name()).name] = true
	}
	for i, s := range splits {
		splits[i].hidden = !there[s.at.name]
	}
	return nil
}

// noteTwin notes a file that is left out since another one holds the same.
func (b *Bag) noteTwin(t Twin) {
	b.notes = append(b.notes, Twin{path.Base(t.Name), path.Base(t.Of), t.Lost}.String())
}

// maxMetadata is more than the metadata.yaml of ten thousand files needs; as a
// tree it takes many times its size in memory.
const maxMetadata = 4 << 20

func readMetadata(ctx context.Context, dir location, names []string) ([]split, error) {
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
		return nil, notMetadata(err)
	}
	if m.Info == nil {
		return nil, errors.New("no rosbag2_bagfile_information")
	}
	counts := map[string]int64{}
	if len(m.Info.Paths) == 1 {
		counts[path.Base(m.Info.Paths[0])] = m.Info.Messages
	}
	for _, f := range m.Info.Files {
		counts[path.Base(f.Path)] = f.Messages
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	var out []split
	seen := map[string]bool{}
	for _, p := range m.Info.Paths {
		if name := storageName(there, p); !seen[name] {
			seen[name] = true
			out = append(out, split{at: dir.child(name), messages: counts[path.Base(p)]})
		}
	}
	return out, nil
}

var yamlLine = regexp.MustCompile(`line \d+`)

// notMetadata says where a text is no metadata, and nothing of the text: it may be a link to a file of another person,
// and the parser's errors quote it.
func notMetadata(err error) error {
	if line := yamlLine.FindString(err.Error()); line != "" {
		return errors.New(line + " is not as rosbag2 writes it")
	}
	return errors.New("it is not as rosbag2 writes it")
}

// storageName finds a file that the metadata names: next to the metadata (old
// versions put the bag's name before it, and recorders on Windows its path), with or without its compression's suffix.
func storageName(there map[string]bool, name string) string {
	base := path.Base(name)
	if !there[base] {
		base = base[strings.LastIndexByte(base, '\\')+1:]
	}
	for _, name := range []string{base, base + ".zstd", strings.TrimSuffix(base, ".zstd")} {
		if there[name] {
			return name
		}
	}
	return base
}

// openPart opens one file by what it begins with, unpacking it first if it was
// compressed as a whole.
func (b *Bag) openPart(ctx context.Context, s split) error {
	f, err := openFile(ctx, s.at)
	if err != nil {
		return err
	}
	magic, err := f.magic()
	if err != nil {
		f.Close()
		return err
	}
	switch {
	case strings.HasPrefix(magic, zstdMagic):
		if err := b.opts.mayReadWhole(f, "is compressed as a whole"); err != nil {
			return errors.Join(err, f.Close())
		}
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
	magic, err := f.magic()
	if err != nil {
		return nil, err
	}
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
	size, err := out.Size()
	return &file{f: out, name: packed.name, size: size}, err
}
