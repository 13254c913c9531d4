package resume

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
)

const (
	server = "https://cvat.example.com"
	file   = "cvatplan-1.zip"
)

func open(t *testing.T, dir string) *Store {
	return &Store{Dir: dir, Warn: func(text string) { t.Errorf("warned: %s", text) }}
}

func kept(t *testing.T, dir string, task int) string {
	t.Helper()
	h := open(t, dir).Lock(server, task, file)
	if h == nil {
		t.Fatal("somebody has the hint")
	}
	defer h.Release()
	return h.Location()
}

func keep(t *testing.T, dir string, task int, location string) {
	t.Helper()
	h := open(t, dir).Lock(server, task, file)
	h.Keep(location)
	h.Release()
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, filepath.Ext(e.Name()))
	}
	return all
}

func TestTheNextProcessFindsWhatWasKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "cvatplan")
	keep(t, dir, 7, "1_abc")
	keep(t, dir, 8, "1_def")
	if got := kept(t, dir, 7); got != "1_abc" {
		t.Errorf("%q", got)
	}
	keep(t, dir, 7, "1_new")
	if got := kept(t, dir, 7); got != "1_new" {
		t.Errorf("%q", got)
	}
	if got := kept(t, dir, 9); got != "" {
		t.Errorf("another task's: %q", got)
	}
	if h := open(t, dir).Lock("http://cvat.example.com", 7, file); h.Location() != "" {
		t.Errorf("another server's: %q", h.Location())
	}
}

func TestAHintThatIsForgottenLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	keep(t, dir, 7, "1_abc")
	h := open(t, dir).Lock(server, 7, file)
	h.Forget()
	h.Release()
	open(t, dir).Lock(server, 8, file).Release() // nothing was kept
	if got := names(t, dir); len(got) != 0 && runtime.GOOS != "windows" {
		t.Errorf("%q", got)
	}
	if got := kept(t, dir, 7); got != "" {
		t.Errorf("%q", got)
	}
}

func TestOneProcessAtATimeHasAHint(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir).Lock(server, 7, file)
	if again := open(t, dir).Lock(server, 7, file); again != nil {
		t.Error("two have it")
	}
	first.Keep("1_abc")
	first.Release()
	if got := kept(t, dir, 7); got != "1_abc" {
		t.Errorf("%q", got)
	}
}

// A lock file that its holder has removed protects nothing: a process that opened it before must
// not believe in it.
func TestALockThatIsNoLongerInTheDirectoryIsNone(t *testing.T) {
	if runtime.GOOS == "windows" {
		return // an open file cannot be removed there
	}
	path := filepath.Join(t.TempDir(), "x.lock")
	lock, err := acquire(path)
	if err != nil || lock == nil {
		t.Fatal(lock, err)
	}
	if !inPlace(lock) {
		t.Error("nobody has touched it")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if inPlace(lock) {
		t.Error("another file is there now")
	}
}

func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cvatplan")
	keep(t, dir, 7, "1_abc")
	for path, want := range map[string]os.FileMode{dir: 0o700, only(t, dir, "*.json"): 0o600, only(t, dir, "*.lock"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want && runtime.GOOS != "windows" {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func only(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

func TestGarbageIsNoHint(t *testing.T) {
	for name, content := range map[string]string{
		"empty":               "",
		"cut":                 `{"version":1,"server":"https://cv`,
		"no object":           `"1_abc"`,
		"binary":              "\x00\xff\x1b[2J",
		"another upload's":    `{"version":1,"server":"https://cvat.example.com","task":8,"file":"cvatplan-1.zip","location":"1_abc"}`,
		"another version's":   `{"version":2,"server":"https://cvat.example.com","task":7,"file":"cvatplan-1.zip","location":"1_abc"}`,
		"longer than allowed": `{"version":1,"server":"https://cvat.example.com","task":7,"file":"cvatplan-1.zip","location":"1_abc"}` + strings.Repeat(" ", maxRecord),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keep(t, dir, 7, "1_abc")
			if err := os.WriteFile(only(t, dir, "*.json"), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := kept(t, dir, 7); got != "" {
				t.Errorf("%q", got)
			}
			keep(t, dir, 7, "1_new")
			if got := kept(t, dir, 7); got != "1_new" {
				t.Errorf("afterwards: %q", got)
			}
		})
	}
}

func TestWhatCannotBeKeptIsReportedOnceAndHarmsNothing(t *testing.T) {
	inTheWay := func(t *testing.T, path string) string {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, prepare := range map[string]func(t *testing.T) (dir string){
		"the directory is a file": func(t *testing.T) string { return inTheWay(t, filepath.Join(t.TempDir(), "cvatplan")) },
		"no directory can be made": func(t *testing.T) string {
			return filepath.Join(inTheWay(t, filepath.Join(t.TempDir(), "state")), "cvatplan")
		},
		"the hint is a directory": func(t *testing.T) string {
			dir := t.TempDir()
			keep(t, dir, 7, "1_abc")
			path := only(t, dir, "*.json")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(filepath.Join(path, "full"), 0o700); err != nil {
				t.Fatal(err)
			}
			return dir
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := prepare(t)
			var warnings []string
			s := &Store{Dir: dir, Warn: func(text string) { warnings = append(warnings, text) }}
			for range 2 {
				if h := s.Lock(server, 7, file); h != nil {
					if got := h.Location(); got != "" {
						t.Errorf("%q", got)
					}
					h.Keep("1_abc")
					h.Forget()
					h.Release()
				}
			}
			if len(warnings) != 1 || !strings.Contains(warnings[0], filepath.Dir(dir)) {
				t.Errorf("%q", warnings)
			}
		})
	}
}

func TestWithoutADirectoryNothingIsKept(t *testing.T) {
	if h := open(t, "").Lock(server, 7, file); h != nil {
		t.Error("a hint that has no place")
	}
}

func TestWhatNobodyWentOnWithIsRemoved(t *testing.T) {
	dir := t.TempDir()
	keep(t, dir, 1, "1_old")
	killed := filepath.Join(dir, atomicfile.TempPrefix+"123")
	if err := os.WriteFile(killed, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-Old - time.Hour)
	for _, path := range []string{only(t, dir, "*.json"), only(t, dir, "*.lock"), killed} {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	keep(t, dir, 2, "1_new")
	if diff := cmp.Diff([]string{".json", ".lock"}, names(t, dir)); diff != "" && runtime.GOOS != "windows" {
		t.Error(diff)
	}
	if got := kept(t, dir, 2); got != "1_new" {
		t.Errorf("%q", got)
	}
}

func TestTheDirectoryIsWhereTheSystemKeepsState(t *testing.T) {
	home := t.TempDir()
	for name, c := range map[string]struct {
		system string
		env    map[string]string
		want   string
	}{
		"XDG":            {"linux", map[string]string{"XDG_STATE_HOME": home, "HOME": "/h"}, filepath.Join(home, "cvatplan")},
		"XDG, relative":  {"linux", map[string]string{"XDG_STATE_HOME": "state", "HOME": home}, filepath.Join(home, ".local", "state", "cvatplan")},
		"Linux":          {"linux", map[string]string{"HOME": home}, filepath.Join(home, ".local", "state", "cvatplan")},
		"macOS":          {"darwin", map[string]string{"HOME": home}, filepath.Join(home, "Library", "Application Support", "cvatplan")},
		"macOS with XDG": {"darwin", map[string]string{"XDG_STATE_HOME": home}, filepath.Join(home, "cvatplan")},
		"Windows":        {"windows", map[string]string{"LocalAppData": home}, filepath.Join(home, "cvatplan")},
		"no home":        {"linux", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := dir(c.system, func(key string) string { return c.env[key] }); got != c.want {
				t.Errorf("%q, wanted %q", got, c.want)
			}
		})
	}
}
