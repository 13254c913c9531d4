package natsort

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// natsorted is what natsort 8.4.0's os_sorted made of names that came in byte order, in
// Python 3.12 under LC_ALL=C.UTF-8 without PyICU, as in CVAT 2.73's image.
func natsorted(t *testing.T) map[string][]string {
	t.Helper()
	b, err := os.ReadFile("testdata/natsort.json")
	if err != nil {
		t.Fatal(err)
	}
	var lists map[string][]string
	if err := json.Unmarshal(b, &lists); err != nil {
		t.Fatal(err)
	}
	return lists
}

func TestNaturalOrderIsCVATs(t *testing.T) {
	for name, want := range natsorted(t) {
		t.Run(name, func(t *testing.T) {
			got := shuffled(want)
			got = sorted(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// sorted is the natural order of names that come in any.
func sorted(names []string) []string {
	slices.Sort(names)
	at := make([]int, len(names))
	for i := range at {
		at[i] = i
	}
	Sort(at, names)
	out := make([]string, len(at))
	for k, i := range at {
		out[k] = names[i]
	}
	return out
}

func shuffled(names []string) []string {
	names = slices.Clone(names)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	return names
}

// Names without a letter beyond ASCII take a faster way, which must be the same order.
func TestBothWaysToTheNaturalOrderAgree(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	pieces := []string{"a", "B", "c", "0", "1", "02", "10", "_", "-", ".", ".j", ".jpg", "/", " ", "é"[:0]}
	name := func() string {
		var b strings.Builder
		for range 1 + random.IntN(8) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		return "x" + b.String() + "y"
	}
	for range 20_000 {
		a, b := name(), name()
		fast, slow := compareASCII(a, b), newKey(a).compare(newKey(b))
		if (fast < 0) != (slow < 0) || (fast > 0) != (slow > 0) {
			t.Fatalf("%q and %q: %d and %d", a, b, fast, slow)
		}
	}
}

func BenchmarkSortNatural(b *testing.B) {
	names := make([]string, 100)
	for i := range names {
		names[i] = "jai_cam_17000000001000" + strings.Repeat("7", i%10) + ".jpg"
	}
	names = shuffled(names)
	for b.Loop() {
		sorted(slices.Clone(names))
	}
}
