package bag

import (
	"os"
	"path/filepath"
	"testing"
)

func TestDetectKnowsRecordingsByNameAndMagic(t *testing.T) {
	const mcap, sqlite, zstd = "\x89MCAP0\r\n", sqliteMagic, zstdMagic
	for name, c := range map[string]struct {
		path  string // relative to a new directory
		files map[string]string
		want  Kind
	}{
		"bag":                             {"a.bag", map[string]string{"a.bag": ros1Magic}, ROS1},
		"bag of an old version":           {"a.bag", map[string]string{"a.bag": "#ROSBAG V1.2\n"}, ROS1},
		"active bag":                      {"a.bag.active", map[string]string{"a.bag.active": ros1Magic}, ROS1},
		"name in capitals":                {"A.BAG", map[string]string{"A.BAG": ros1Magic}, ROS1},
		"bag in name only":                {"a.bag", map[string]string{"a.bag": "a picture"}, ""},
		"empty bag":                       {"a.bag", map[string]string{"a.bag": ""}, ""},
		"bag in magic only":               {"a.jpg", map[string]string{"a.jpg": ros1Magic}, ""},
		"mcap":                            {"a.mcap", map[string]string{"a.mcap": mcap}, MCAP},
		"mcap, compressed":                {"a.mcap.zstd", map[string]string{"a.mcap.zstd": zstd}, MCAP},
		"database":                        {"a.db3", map[string]string{"a.db3": sqlite}, SQLite},
		"database, compressed":            {"a.db3.zstd", map[string]string{"a.db3.zstd": zstd}, SQLite},
		"database, all in its log":        {"a.db3", map[string]string{"a.db3": "", "a.db3-wal": "log"}, SQLite},
		"database, empty":                 {"a.db3", map[string]string{"a.db3": ""}, ""},
		"database of something else":      {"a.sqlite", map[string]string{"a.sqlite": sqlite}, ""},
		"nothing":                         {"a.bag", nil, ""},
		"rosbag2":                         {"run", map[string]string{"run/metadata.yaml": "rosbag2_bagfile_information:\n"}, ROSBag2},
		"another metadata.yaml":           {"run", map[string]string{"run/metadata.yaml": "camera: 1\n", "run/1.jpg": ""}, ""},
		"rosbag2 without metadata":        {"run", map[string]string{"run/run_0.db3": "", "run/run_1.db3": ""}, ROSBag2},
		"rosbag2 without metadata, mcap":  {"run", map[string]string{"run/x_0.mcap": "", "run/x_1.mcap": ""}, ROSBag2},
		"rosbag2 of one database":         {"run", map[string]string{"run/other.db3": ""}, ROSBag2},
		"rosbag2 of one mcap":             {"run", map[string]string{"run/run.mcap": ""}, ROSBag2},
		"rosbag2 compressed":              {"run", map[string]string{"run/run_0.db3.zstd": ""}, ROSBag2},
		"folder of a bag and an mcap":     {"run", map[string]string{"run/other.mcap": "", "run/day.bag": ""}, ""},
		"rosbag2 of one mcap, renamed":    {"run", map[string]string{"run/other.mcap": ""}, ROSBag2},
		"folder of recordings":            {"run", map[string]string{"run/a.mcap": "", "run/b.mcap": ""}, ""},
		"folder of two recordings' parts": {"run", map[string]string{"run/a_0.mcap": "", "run/b_0.mcap": ""}, ""},
		"folder of ROS 1 bags":            {"run", map[string]string{"run/a.bag": ros1Magic}, ""},
		"folder of pictures":              {"run", map[string]string{"run/a.jpg": ""}, ""},
		"leftovers of a Mac":              {"run", map[string]string{"run/._a_0.db3": ""}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range c.files {
				path := filepath.Join(dir, file)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if got := detectPath(filepath.Join(dir, c.path)); got != c.want {
				t.Errorf("Detect = %q, want %q", got, c.want)
			}
		})
	}
}

func TestNamedAsksTheNameAlone(t *testing.T) {
	for name, want := range map[string]bool{"a.bag": true, "a.bag.active": true, "a.mcap": true, "a.db3": true, "a.db3.zstd": true, "a.jpg": false, "bag": false, "a.bag.txt": false, "a.db3-wal": false} {
		if got := Named(name); got != want {
			t.Errorf("Named(%q) = %v", name, got)
		}
	}
}
