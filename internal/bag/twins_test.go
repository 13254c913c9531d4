package bag

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
	"github.com/cvatplan/cvatplan/internal/store"
)

func TestARecordingThatLiesTwiceIsTakenOnce(t *testing.T) {
	tests := map[string]struct {
		names []string
		want  []Twin
	}{
		"database and MCAP":      {[]string{"run.db3", "run.mcap"}, []Twin{{Name: "run.mcap", Of: "run.db3"}}},
		"compressed":             {[]string{"run_0.db3", "run_0.db3.zstd"}, []Twin{{Name: "run_0.db3.zstd", Of: "run_0.db3"}}},
		"two compressions":       {[]string{"a.mcap", "a.mcap.zst", "a.mcap.zstd"}, []Twin{{Name: "a.mcap.zst", Of: "a.mcap"}, {Name: "a.mcap.zstd", Of: "a.mcap"}}},
		"the form that more has": {[]string{"a_0.db3", "a_0.mcap", "a_1.mcap"}, []Twin{{Name: "a_0.db3", Of: "a_0.mcap"}}},
		"reindexed":              {[]string{"run.bag", "run.orig.bag"}, []Twin{{Name: "run.orig.bag", Of: "run.bag"}}},
		"many reindexed":         {[]string{"a.orig.bag", "b.orig.bag", "b.bag"}, []Twin{{Name: "b.orig.bag", Of: "b.bag"}}},
		"in capitals":            {[]string{"RUN.BAG", "RUN.ORIG.BAG"}, []Twin{{Name: "RUN.ORIG.BAG", Of: "RUN.BAG"}}},
		"copies by name":         {[]string{"Copy of run.mcap", "run (copy).mcap", "run - Copy (2).mcap", "run copy.mcap", "run.mcap"}, []Twin{{Name: "Copy of run.mcap", Of: "run.mcap"}, {Name: "run (copy).mcap", Of: "run.mcap"}, {Name: "run - Copy (2).mcap", Of: "run.mcap"}, {Name: "run copy.mcap", Of: "run.mcap"}}},
		"a copy of another form": {[]string{"run - Copy.db3", "run.mcap", "x.bag", "x (another copy).orig.bag"}, []Twin{{Name: "run - Copy.db3", Of: "run.mcap"}, {Name: "x (another copy).orig.bag", Of: "x.bag"}}},
		"no more than copies":    {[]string{"run (copy 2).bag", "run - Copy.bag"}, []Twin{{Name: "run - Copy.bag", Of: "run (copy 2).bag"}}},
		"numbers are no copies":  {[]string{"run.bag", "run (1).bag", "run (2).bag", "copy.bag", "photocopy.bag", "copy of.bag"}, nil},
		"other recordings":       {[]string{"a.db3", "b.mcap", "c.bag", "c.mcap", "d_0.db3", "d_1.db3", ".bag", "orig.bag"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := gocmp.Diff(tt.want, twinsByName(tt.names)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// In a directory the twin is neither read nor damage, with metadata.yaml and without it.
func TestATwinInARosbag2IsANote(t *testing.T) {
	packed := readFile(t, "testdata/fixtures/ros2/db3_zstd_file/db3_zstd_file.db3.zstd")
	database := readFile(t, "testdata/fixtures/ros2/db3_none/db3_none.db3")
	mcap := readFile(t, "testdata/fixtures/ros2/mcap_none/mcap_none.mcap")
	metadata := readFile(t, "testdata/fixtures/ros2/db3_none/metadata.yaml")
	tests := map[string]struct {
		files map[string][]byte
		note  string
	}{
		"converted":       {map[string][]byte{"run.db3": database, "run.mcap": mcap}, "run.mcap is left out: run.db3 is the same recording and has more messages, by 60"},
		"its zstd":        {map[string][]byte{"run_0.db3": database, "run_0.db3.zstd": packed}, "run_0.db3.zstd is left out: run_0.db3 is the same recording"},
		"with metadata":   {map[string][]byte{"db3_none.db3": database, "db3_none.mcap": mcap, "metadata.yaml": metadata}, "db3_none.mcap is left out: db3_none.db3 is the same recording"},
		"in capitals":     {map[string][]byte{"run.DB3": database, "run.MCAP": mcap}, "run.MCAP is left out: run.DB3 is the same recording and has more messages, by 60"},
		"by another name": {map[string][]byte{"run_0.mcap": mcap, "run_1.mcap": mcap}, "run_1.mcap is left out: run_0.mcap is the same recording"},
		"all three here":  {map[string][]byte{"run.db3": database, "run.db3.zstd": packed, "run.mcap": mcap}, "run.mcap is left out: run.db3 is the same recording and has more messages, by 60"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, data := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if kind := detectPath(dir); kind != ROSBag2 {
				t.Fatalf("it is taken for %q", kind)
			}
			b := open(t, dir, Options{Strict: true})
			if !slices.Contains(b.Notes(), tt.note) {
				t.Errorf("notes %q", b.Notes())
			}
			if len(b.parts) != 1 || len(b.Warnings()) > 0 {
				t.Errorf("%d files are read, warnings %v", len(b.parts), b.Warnings())
			}
		})
	}
}

// An .mcap that was converted from a .bag is not read next to it; one that only has its name is.
func TestAConvertedBagIsReadOnce(t *testing.T) {
	record := func(name string, topic string, messages int) []byte {
		path := filepath.Join(t.TempDir(), name)
		w, err := bagtest.Create(path, bagtest.Format{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range messages {
			if err := w.Write(bagtest.Topic{Name: topic, Type: "std_msgs/String", Encoding: "ros1", SchemaEncoding: "ros1msg", Schema: "string data\n"}, int64(100+i)*1e9, []byte{1, 0, 0, 0, 'a'}); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return readFile(t, path)
	}
	one := record("run.bag", "/a", 5)
	for name, tt := range map[string]struct {
		mcap []byte
		want []Twin
	}{
		"converted":    {record("run.mcap", "/a", 5), []Twin{{Name: "run.mcap", Of: "run.bag"}}},
		"another part": {record("run.mcap", "/a", 4), nil},
		"other topics": {record("run.mcap", "/b", 5), nil},
		"no recording": {[]byte("<html>"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, data := range map[string][]byte{"run.bag": one, "run.mcap": tt.mcap} {
				if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := gocmp.Diff(tt.want, Twins(t.Context(), store.At(dir), ".", []string{"run.bag", "run.mcap"})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Where names leave doubt, sizes and times decide.
func TestWhatOnlyLooksLikeATwinIsARecordingOfItsOwn(t *testing.T) {
	record := func(name string, from int64, payload ...byte) []byte {
		path := filepath.Join(t.TempDir(), name)
		w, err := bagtest.Create(path, bagtest.Format{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(3) {
			if err := w.Write(bagtest.Topic{Name: "/a", Type: "std_msgs/msg/String", Encoding: "cdr", SchemaEncoding: "ros2msg"}, (from+i)*1e9, append([]byte{0, 1, 0, 0}, payload...)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return readFile(t, path)
	}
	first, second, longer := record("a.mcap", 100), record("a.mcap", 200), append(record("a.mcap", 100), 0)
	large := record("a.mcap", 100, make([]byte, 1<<20)...)
	alike := record("a.mcap", 200, make([]byte, 1<<20)...)
	database := readFile(t, "testdata/fixtures/ros2/db3_none/db3_none.db3")
	for name, tt := range map[string]struct {
		files map[string][]byte
		want  []Twin
	}{
		"downloaded again":         {map[string][]byte{"run.mcap": first, "run (1).mcap": first, "run(2).mcap": first}, []Twin{{Name: "run (1).mcap", Of: "run.mcap"}, {Name: "run(2).mcap", Of: "run.mcap"}}},
		"a number of another size": {map[string][]byte{"run.mcap": first, "run (1).mcap": longer}, nil},
		"numbers alone":            {map[string][]byte{"run (1).mcap": first, "run (2).mcap": first}, []Twin{{Name: "run (2).mcap", Of: "run (1).mcap"}}},
		"other numbers alone":      {map[string][]byte{"run (1).mcap": first, "run (2).mcap": second}, nil},
		"under any name":           {map[string][]byte{"morning.mcap": first, "backup_7.mcap": first, "noon.mcap": second, "old.mcap": first}, []Twin{{Name: "morning.mcap", Of: "backup_7.mcap"}, {Name: "old.mcap", Of: "backup_7.mcap"}}},
		"a large one":              {map[string][]byte{"a.mcap": large, "b.mcap": large}, []Twin{{Name: "b.mcap", Of: "a.mcap"}}},
		"large ones alike":         {map[string][]byte{"a.mcap": large, "b.mcap": alike}, nil},
		"in a database":            {map[string][]byte{"z.db3": database, "y.db3": database}, []Twin{{Name: "z.db3", Of: "y.db3"}}},
		"of another time":          {map[string][]byte{"run.db3": database, "run.mcap": second}, nil},
		"converted":                {map[string][]byte{"db3_none.db3": database, "db3_none.mcap": readFile(t, "testdata/fixtures/ros2/mcap_none/mcap_none.mcap")}, []Twin{{Name: "db3_none.mcap", Of: "db3_none.db3", Lost: 60}}},
		"what cannot be read":      {map[string][]byte{"run.db3": database, "run.mcap": first[:20]}, []Twin{{Name: "run.mcap", Of: "run.db3"}}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, data := range tt.files {
				if err := os.WriteFile(filepath.Join(dir, file), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := gocmp.Diff(tt.want, append([]Twin(nil), Twins(t.Context(), store.Local{Root: dir}, ".", slices.Sorted(maps.Keys(tt.files)))...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A recording that was converted after metadata.yaml was written is there, under the name that it has now.
func TestAConvertedFileReplacesTheOneThatMetadataNames(t *testing.T) {
	dir := t.TempDir()
	for from, to := range map[string]string{"db3_none/metadata.yaml": "metadata.yaml", "mcap_none/mcap_none.mcap": "db3_none.mcap"} {
		if err := os.WriteFile(filepath.Join(dir, to), readFile(t, filepath.Join("testdata/fixtures/ros2", from)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, dir, Options{})
	if w := b.Warnings(); len(b.parts) != 1 || len(w) != 1 || w[0].Text != "is taken for db3_none.db3, which metadata.yaml names" {
		t.Errorf("%d files are read, warnings %v", len(b.parts), w)
	}
}
