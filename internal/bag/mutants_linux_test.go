package bag

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cvatplan/cvatplan/internal/store"
)

// An out-of-memory cannot be recovered from, and neither can a fault in
// assembly: so mutants of the fixtures are read in child processes, which may
// take 256 MiB of address space more than they begin with.

const (
	childEnv  = "BAG_MUTANTS_CHILD" // a job: this process is a child
	countEnv  = "BAG_MUTANTS"       // mutants of each fixture; CI sets 1500
	allowance = 256 << 20
	// tail is where indexes, summaries and footers are: half of the mutants are damaged there.
	tail = 6 << 10
	// lastWords is a file that says which mutant is being read, should it crash.
	lastWords = "now.txt"
)

type job struct {
	Path  string // a fixture
	Count int
	Dir   string // to write mutants to
}

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		if err := child(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestNoMutantCrashesOrTakesMemory(t *testing.T) {
	count := mutants
	if testing.Short() {
		count /= 5
	}
	if n, err := strconv.Atoi(os.Getenv(countEnv)); err == nil {
		count = n
	}
	for name := range expected(t).Files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			text, err := json.Marshal(job{filepath.Join(fixtures, name), count, dir})
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+string(text))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %.4000s", readFile(t, filepath.Join(dir, lastWords)), err, out)
			} else {
				t.Logf("%s", out)
			}
		})
	}
}

func child(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	if _, err := readMutant(j.Path); err != nil { // takes what the runtime takes anyway
		return err
	}
	if err := limitMemory(allowance); err != nil {
		return err
	}
	var slowest time.Duration
	outcomes := map[string]int{}
	for i := range j.Count {
		path, what, err := mutant(j, i)
		if err != nil {
			return err
		}
		start := time.Now()
		words := fmt.Appendf(nil, "mutant %d (%s)", i, what)
		if err := os.WriteFile(filepath.Join(j.Dir, lastWords), words, 0o644); err != nil {
			return err
		}
		outcome, err := readMutant(path)
		if err != nil {
			return fmt.Errorf("mutant %d (%s): %w", i, what, err)
		}
		outcomes[outcome]++
		slowest = max(slowest, time.Since(start))
	}
	fmt.Println(outcomes, "slowest", slowest.Round(time.Millisecond))
	return nil
}

func limitMemory(more uint64) error {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, err := strconv.ParseUint(strings.Fields(string(text))[0], 10, 64)
	if err != nil {
		return err
	}
	limit := pages*uint64(os.Getpagesize()) + more
	return unix.Setrlimit(unix.RLIMIT_AS, &unix.Rlimit{Cur: limit, Max: limit})
}

// mutant writes a copy of a fixture with one to three bytes changed.
func mutant(j job, n int) (path, what string, err error) {
	seed := fnv.New64()
	seed.Write([]byte(j.Path))
	rng := rand.New(rand.NewPCG(seed.Sum64(), uint64(n)))
	path = filepath.Join(j.Dir, filepath.Base(j.Path))
	victim := path
	info, err := os.Stat(j.Path)
	if err != nil {
		return "", "", err
	}
	if info.IsDir() {
		if err := os.RemoveAll(path); err != nil {
			return "", "", err
		}
		if err := os.CopyFS(path, os.DirFS(j.Path)); err != nil {
			return "", "", err
		}
		if victim, err = oneOf(path, rng); err != nil {
			return "", "", err
		}
	}
	from := filepath.Join(filepath.Dir(j.Path), strings.TrimPrefix(victim, j.Dir))
	data, err := os.ReadFile(from)
	if err != nil {
		return "", "", err
	}
	return path, change(rng, data), os.WriteFile(victim, data, 0o644)
}

// oneOf is one of a directory's files: in one case of ten the metadata.
func oneOf(dir string, rng *rand.Rand) (string, error) {
	if rng.IntN(10) == 0 {
		return filepath.Join(dir, metadataName), nil
	}
	names, err := location{store.Local{Root: dir}, "."}.storageFiles(context.Background())
	if err != nil || len(names) != 1 {
		return "", fmt.Errorf("%s holds %v: %w", dir, names, err)
	}
	return filepath.Join(dir, names[0]), nil
}

func change(rng *rand.Rand, data []byte) string {
	from := 0
	if rng.IntN(2) == 0 {
		from = max(len(data)-tail, 0)
	}
	var what []string
	for range 1 + rng.IntN(3) {
		i := from + rng.IntN(len(data)-from)
		value := byte(rng.Uint32())
		if rng.IntN(3) == 0 {
			value = 0xff // lengths grow most
		}
		what = append(what, fmt.Sprintf("%d: %#x → %#x", i, data[i], value))
		data[i] = value
	}
	return strings.Join(what, ", ")
}

// readMutant reads all there is. Damage is not an error, but a panic is, although
// it would have been recovered from.
func readMutant(path string) (outcome string, err error) {
	ctx := context.Background()
	b, err := openPath(ctx, path, Options{TempDir: filepath.Dir(path), Workers: 2})
	if err != nil {
		return "refused", panicked(err.Error())
	}
	defer b.Close()
	entries, err := b.Index(ctx)
	if err != nil {
		return "no index", panicked(err.Error())
	}
	err = b.Messages(ctx, entries, func(Entry, []byte) error { return nil })
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if rand.IntN(len(entries)) < 5 {
			_, _ = b.Head(ctx, e, 16)
			_, _ = b.Read(ctx, e)
		}
	}
	for _, w := range b.Warnings() {
		outcome = "damaged"
		if err := panicked(w.String()); err != nil {
			return "", err
		}
	}
	return outcome, nil
}
