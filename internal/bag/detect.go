package bag

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/maruel/natural"
)

// ErrNotRecording is a file or directory that holds nothing that this package reads.
var ErrNotRecording = errors.New("not a recording")

// A StartError is an [ErrNotRecording] of a file that begins as no recording does. It repeats none of its text,
// since a link may lead to any file of the machine.
type StartError struct {
	What string // how it begins, such as: it is an HTML page
}

func (e *StartError) Error() string { return ErrNotRecording.Error() + ": " + e.What }

// Unwrap is ErrNotRecording.
func (e *StartError) Unwrap() error { return ErrNotRecording }

// unknownStart says how a file begins that is none that is read, by its first 16 bytes, or all.
func unknownStart(magic string) error {
	if name := beginningOf(magic); name != "" {
		return fmt.Errorf("%w: it is %s, cut short: %d bytes are there", ErrNotRecording, name, len(magic))
	}
	kind, _, _ := strings.Cut(http.DetectContentType([]byte(magic)), ";")
	switch {
	case magic == "":
		return &StartError{"it is empty (0 bytes)"}
	case kind == "text/html":
		return &StartError{"it is an HTML page"}
	case strings.HasPrefix(magic, "version https://"):
		return &StartError{"it is text, as a pointer of Git LFS is"}
	case strings.HasPrefix(kind, "text/"):
		return &StartError{"it is text"}
	}
	return &StartError{fmt.Sprintf("it begins with the bytes % x", magic[:min(4, len(magic))])}
}

// beginningOf names the kind of recording of which a file of a few bytes is no more than the beginning; "" is none.
func beginningOf(all string) string {
	for _, m := range magics {
		for _, magic := range m.magics {
			if all != "" && len(all) < len(magic) && strings.HasPrefix(magic, all) {
				return map[Kind]string{ROS1: "a ROS 1 bag", MCAP: "an MCAP file", SQLite: "a database"}[m.kind]
			}
		}
	}
	return ""
}

// A Kind is a container format.
type Kind string

// The kinds of recordings; "" is none of them.
const (
	ROS1    Kind = "rosbag"  // a ROS 1 .bag file
	MCAP    Kind = "mcap"    // an MCAP file
	SQLite  Kind = "sqlite3" // a bare rosbag2 .db3 file
	ROSBag2 Kind = "rosbag2" // a rosbag2 directory, of .db3 or .mcap files
)

// magics are what the files begin with. zstd is a rosbag2 file compressed as a whole.
var magics = []struct {
	kind   Kind
	suffix []string
	magics []string
}{
	{ROS1, []string{".bag", ".bag.active"}, ros1Magics},
	{MCAP, []string{".mcap", ".mcap.active"}, []string{"\x89MCAP0\r\n"}},
	{SQLite, []string{".db3"}, []string{sqliteMagic}},
	{MCAP, []string{".mcap.zstd", ".mcap.zst"}, []string{zstdMagic}},
	{SQLite, []string{".db3.zstd", ".db3.zst"}, []string{zstdMagic}},
}

// Detect is the kind of recording that a file is, by name and first bytes, or a directory,
// by its metadata.yaml or by the names in it; "" for none. It reads at most a few bytes of
// one file, or the names in one directory and its metadata.yaml, up to 4 MiB.
func Detect(ctx context.Context, s Store, name string) Kind {
	at := location{s, name}
	info, err := at.stat(ctx)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return at.detectDir(ctx)
	case info.Mode().IsRegular():
		return at.detectFile(ctx)
	}
	return ""
}

// Named says whether a name alone looks like a recording file; it touches no disk.
func Named(name string) bool { return kindNamed(name) != "" }

func kindNamed(name string) Kind {
	name = strings.ToLower(name)
	for _, m := range magics {
		if slices.ContainsFunc(m.suffix, func(s string) bool { return strings.HasSuffix(name, s) }) {
			return m.kind
		}
	}
	return ""
}

// detectFile asks for a recording's name and a recording's first bytes, which count where the two differ: a .mcap
// that is a ROS 1 bag is read as that. Only a database may be empty, as its whole contents may be in the log next to it.
func (l location) detectFile(ctx context.Context) Kind {
	kind := kindNamed(l.name)
	if kind == "" {
		return ""
	}
	head := l.magic(ctx)
	if kind == SQLite && head == "" && l.hasLog(ctx) {
		return SQLite
	}
	if strings.HasPrefix(head, zstdMagic) {
		return kind // what it holds is not known before it is unpacked
	}
	for _, m := range magics {
		if slices.ContainsFunc(m.magics, func(magic string) bool { return strings.HasPrefix(head, magic) }) {
			return m.kind
		}
	}
	return ""
}

// magic is what a file begins with.
func (l location) magic(ctx context.Context) string {
	f, err := openFile(ctx, l)
	if err != nil {
		return ""
	}
	defer f.Close()
	magic, _ := f.magic() // what cannot be read is reported where it is opened
	return magic
}

const metadataName = "metadata.yaml"

func (l location) detectDir(ctx context.Context) Kind {
	if l.child(metadataName).describesROSBag2(ctx) {
		return ROSBag2
	}
	names, err := l.recordingNames(ctx)
	isBag := func(name string) bool { return kindNamed(name) == ROS1 }
	if err == nil && !slices.ContainsFunc(names, isBag) && l.oneRecording(ctx, names) {
		return ROSBag2 // next to a ROS 1 bag, a lone .mcap is a recording of its own
	}
	return ""
}

func (l location) describesROSBag2(ctx context.Context) bool {
	f, err := openFile(ctx, l)
	if err != nil {
		return false
	}
	defer f.Close()
	b, _ := f.read(nil, 0, min(f.size, maxMetadata))
	return strings.Contains(string(b), "rosbag2_bagfile_information")
}

// storageFiles are the names in a directory that rosbag2 could have written, in natural order.
func (l location) storageFiles(ctx context.Context) ([]string, error) {
	names, err := l.recordingNames(ctx)
	return slices.DeleteFunc(names, func(name string) bool { return kindNamed(name) == ROS1 }), err
}

// recordingNames are the names in a directory that a recording's file could have, in natural order.
func (l location) recordingNames(ctx context.Context) ([]string, error) {
	list, err := l.store.List(ctx, l.name)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range list {
		if kindNamed(e.Name()) != "" && !e.IsDir() && !strings.HasPrefix(e.Name(), "._") {
			out = append(out, e.Name())
		}
	}
	slices.SortFunc(out, natural.Compare)
	return out, nil
}

// oneRecording says whether the files of a directory without metadata may be one bag: its splits, numbered
// from 0 as rosbag2 numbers them and of one kind, or a single file of any name. The same split in another
// form (see [Twins]) is no other file.
func (l location) oneRecording(ctx context.Context, files []string) bool {
	files, _ = WithoutTwins(ctx, l.store, l.name, files)
	stems, kinds, numbers := map[string]bool{}, map[Kind]bool{}, map[string]bool{}
	for _, name := range files {
		m := splitName.FindStringSubmatch(name)
		if m == nil {
			return false
		}
		if m[2] == "" && len(files) > 1 {
			return false
		}
		stems[m[1]], kinds[kindNamed(name)], numbers[m[2]] = true, true, true
	}
	if len(stems) != 1 || len(kinds) != 1 || len(files) == 1 {
		return len(files) == 1
	}
	for i := range len(files) {
		if !numbers[strconv.Itoa(i)] {
			return false
		}
	}
	return len(numbers) == len(files)
}
