package bag

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/maruel/natural"
)

// ErrNotRecording is a path that holds nothing that this package reads.
var ErrNotRecording = errors.New("not a recording")

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
	magic  string
}{
	{ROS1, []string{".bag", ".bag.active"}, ros1AnyMagic},
	{MCAP, []string{".mcap", ".mcap.active"}, "\x89MCAP0\r\n"},
	{SQLite, []string{".db3"}, sqliteMagic},
	{MCAP, []string{".mcap.zstd", ".mcap.zst"}, zstdMagic},
	{SQLite, []string{".db3.zstd", ".db3.zst"}, zstdMagic},
}

// Is says whether a path is a recording: a file by name and first bytes, a
// directory by its metadata.yaml or by what it holds.
func Is(path string) bool { return Detect(path) != "" }

// Detect is the kind of recording that a path holds, and "" for none. It reads at most
// a few bytes of one file, or the names in one directory and its metadata.yaml, up to 4 MiB.
func Detect(path string) Kind {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return ""
	case info.IsDir():
		return detectDir(path)
	case info.Mode().IsRegular():
		return detectFile(path)
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

// detectFile asks for both name and magic; only a database may be empty, as its
// whole contents may be in the log beside it.
func detectFile(path string) Kind {
	kind := kindNamed(path)
	if kind == "" {
		return ""
	}
	head := readMagic(path)
	if kind == SQLite && head == "" && hasLog(path) {
		return SQLite
	}
	for _, m := range magics {
		if m.kind == kind && strings.HasPrefix(head, m.magic) {
			return kind
		}
	}
	return ""
}

func readMagic(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, 16)
	n, _ := io.ReadFull(f, b)
	return string(b[:n])
}

const metadataName = "metadata.yaml"

func detectDir(dir string) Kind {
	if describesROSBag2(filepath.Join(dir, metadataName)) {
		return ROSBag2
	}
	names, err := recordingNames(dir)
	isBag := func(name string) bool { return kindNamed(name) == ROS1 }
	if err == nil && !slices.ContainsFunc(names, isBag) && oneRecording(names) {
		return ROSBag2 // beside a ROS 1 bag, a lone .mcap is a recording of its own
	}
	return ""
}

func describesROSBag2(path string) bool {
	f, err := openFile(path)
	if err != nil {
		return false
	}
	defer f.Close()
	b, _ := f.read(nil, 0, min(f.size, maxMetadata))
	return strings.Contains(string(b), "rosbag2_bagfile_information")
}

// manyNames is more than rosbag2 ever puts into a directory; a folder of a
// million images is not read to its end to find no recording in it.
const manyNames = 16 << 10

// storageFiles are the names in a directory that rosbag2 could have written, in natural order.
func storageFiles(dir string) ([]string, error) {
	names, err := recordingNames(dir)
	return slices.DeleteFunc(names, func(name string) bool { return kindNamed(name) == ROS1 }), err
}

// recordingNames are the names in a directory that a recording's file could have, in natural order.
func recordingNames(dir string) ([]string, error) {
	d, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, err := d.ReadDir(manyNames)
	if err != nil && err != io.EOF {
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

// splitName takes a rosbag2 file's name apart: bag_12.db3 is split 12 of bag.
var splitName = regexp.MustCompile(`^(.*?)(?:_(\d+))?\.(?:db3|mcap)(?:\.zstd?)?$`)

// oneRecording says whether the files of a directory without metadata are one
// bag: its numbered splits, or a single file of any name. A folder of independent recordings is not a recording.
func oneRecording(files []string) bool {
	stems := map[string]bool{}
	for _, name := range files {
		m := splitName.FindStringSubmatch(name)
		if m == nil {
			return false
		}
		if m[2] == "" && len(files) > 1 {
			return false
		}
		stems[m[1]] = true
	}
	return len(stems) == 1
}
