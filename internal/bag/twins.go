package bag

import (
	"regexp"
	"slices"
	"strings"
)

// A Twin is a file that holds the same recording as another one beside it, by its name.
type Twin struct {
	Name string
	Of   string // the one to read
}

// Twins finds those among the names in one directory that hold what another one holds: a .db3 beside the
// .mcap that was made of it, either beside its .zstd, run.orig.bag, which rosbag reindex and rosbag
// compress leave behind, beside run.bag, and what file managers call a copy beside what it is a copy of. Of several
// forms the one is read that most files of the directory have, else .db3 before .mcap, both before what must be
// unpacked, and all before copies.
func Twins(names []string) []Twin {
	number := map[int]int{} // of files in each form
	stems := map[string][]string{}
	for _, name := range names {
		if stem, form := formOf(name); form >= 0 {
			number[form]++
			stems[stem] = append(stems[stem], name)
		}
	}
	var twins []Twin
	for _, name := range names {
		stem, form := formOf(name)
		if form < 0 {
			continue
		}
		best := slices.MinFunc(stems[stem], func(a, b string) int {
			_, x := formOf(a)
			_, y := formOf(b)
			if x < original && y < original && number[x] != number[y] {
				return number[y] - number[x]
			}
			return x - y
		})
		if best != name {
			twins = append(twins, Twin{Name: name, Of: best})
		}
	}
	return twins
}

// forms are the endings of the files that may hold one recording, the first of them read first. Those of
// ROS 1 bags are apart: a .bag beside an .mcap was recorded by other programs.
var forms = []struct{ family, suffix string }{
	{"", ".db3"}, {"", ".mcap"}, {"", ".db3.zstd"}, {"", ".db3.zst"}, {"", ".mcap.zstd"}, {"", ".mcap.zst"},
	{"bag:", ".bag"}, {"bag:", ".orig.bag"},
}

// original is the form that is never read beside another one; copies are beyond it.
var original = len(forms) - 1

// copyName is what file managers call the copy of a file, without its ending. A number alone, as in run (2), may be
// another recording.
var copyName = regexp.MustCompile(`(?i)^(?:copy of (.+)|(.+?)(?: - copy(?: ?\(\d+\))?| \((?:another )?copy(?: \d+)?\)| copy(?: \d+)?))$`)

// formOf gives what files of the same recording have in common, and the place in forms, beyond them for copies; -1 for
// none.
func formOf(name string) (stem string, form int) {
	low := strings.ToLower(name)
	for i, f := range slices.Backward(forms) {
		if strings.HasSuffix(low, f.suffix) && len(low) > len(f.suffix) {
			stem := name[:len(name)-len(f.suffix)]
			if m := copyName.FindStringSubmatch(stem); m != nil {
				return f.family + m[1] + m[2], i + len(forms)
			}
			return f.family + stem, i
		}
	}
	return "", -1
}

// WithoutTwins takes the twins out of names, and gives them apart.
func WithoutTwins(names []string) (kept []string, twins []Twin) {
	twins = Twins(names)
	is := make(map[string]bool, len(twins))
	for _, t := range twins {
		is[t.Name] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return is[name] }), twins
}

// splitName takes a rosbag2 file's name apart: bag_12.db3 is split 12 of bag.
var splitName = regexp.MustCompile(`(?i)^(.*?)(?:_(\d+))?\.(?:db3|mcap)(?:\.zstd?)?$`)
