package bag

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/maruel/natural"
)

// A Twin is a file or directory that holds the same recording as another one next to it.
type Twin struct {
	Name string
	Of   string // the one to read
	Lost int64  // messages that only Of has, as far as that was looked at
}

// String says which of the two is read.
func (t Twin) String() string {
	said := fmt.Sprintf("%s is left out: %s is the same recording", t.Name, t.Of)
	if t.Lost > 0 {
		said += fmt.Sprintf(" and has more messages, by %d", t.Lost)
	}
	return said
}

// Twins finds those among the names in a directory that hold what another one holds, by their names; where names leave
// doubt, by more. A number, as in run (1).mcap, makes a copy only of a file of the same size, as a browser's second
// download has it; and a .db3 and an .mcap of one name may be other recordings (see [twinSearch.apart]). Files of any
// names on this machine that hold the same bytes are twins, too, and so are a repaired or converted copy and what it was
// made of (see [twinSearch.related]). On this machine the one to read is the one with most messages.
func Twins(ctx context.Context, s Store, dir string, names []string) []Twin {
	l := twinSearch{location: location{s, dir}, looks: map[string]*look{}}
	twins := l.named(ctx, names)
	twins = append(twins, l.numberedCopies(ctx, names, twins)...)
	twins = append(twins, l.equalFiles(ctx, names, twins)...)
	return append(twins, l.related(ctx, names, twins)...)
}

// A twinSearch looks into each recording of a directory once.
type twinSearch struct {
	location
	looks map[string]*look
}

// A look is what the index of a recording tells; nil is one that cannot be read.
type look struct {
	topics      map[string]topicSum
	messages    int64
	first, last int64 // nanoseconds
	damaged     bool  // in a way that its index tells
}

// at looks at what has a name in the directory: a file, or the directory of a rosbag2.
func (l twinSearch) at(ctx context.Context, name string) *look {
	known, seen := l.looks[name]
	if seen {
		return known
	}
	l.looks[name] = l.child(name).look(ctx)
	return l.looks[name]
}

func (l location) look(ctx context.Context) *look {
	b, err := Open(ctx, l.store, l.name, Options{})
	if err != nil {
		return nil
	}
	defer b.Close()
	first, last := timesOf(b.topics)
	return &look{topics: sumsOf(b.topics), messages: messagesOf(b.topics), first: first, last: last, damaged: len(b.warn.all()) > 0}
}

// named are the twins by name, but those that are apart from the one that their names say is theirs. Of those of
// one recording that with most messages is read: what reindexing was stopped at may be less than what it began with.
func (l twinSearch) named(ctx context.Context, names []string) []Twin {
	twins := twinsByName(names)
	if !l.near() {
		return twins
	}
	twins = slices.DeleteFunc(twins, func(t Twin) bool { return l.apart(ctx, t) })
	best := map[string]string{}
	for _, t := range twins {
		if best[t.Of] == "" {
			best[t.Of] = t.Of
		}
		if !packed(t.Name) && !packed(t.Of) && l.messages(ctx, t.Name) > l.messages(ctx, best[t.Of]) {
			best[t.Of] = t.Name
		}
	}
	for i, t := range twins {
		one := best[t.Of]
		if t.Name == one {
			t.Name = t.Of
		}
		t.Of = one
		if !packed(t.Name) && !packed(t.Of) && l.at(ctx, t.Name) != nil {
			t.Lost = max(0, l.messages(ctx, t.Of)-l.messages(ctx, t.Name))
		}
		twins[i] = t
	}
	return twins
}

// messages are those of all topics; -1 where it cannot be read.
func (l twinSearch) messages(ctx context.Context, name string) int64 {
	if look := l.at(ctx, name); look != nil {
		return look.messages
	}
	return -1
}

// packed tells files that must be unpacked as a whole to be looked into.
func packed(name string) bool {
	name = strings.ToLower(name)
	return strings.HasSuffix(name, ".zstd") || strings.HasSuffix(name, ".zst")
}

// A topicSum is what the messages of a topic are in all formats.
type topicSum struct{ count, first, last int64 }

// sumsOf are the topics that have messages, by name and type; ROS 2 writes sensor_msgs/msg/Image for sensor_msgs/Image.
func sumsOf(topics []Topic) map[string]topicSum {
	sums := map[string]topicSum{}
	for _, t := range topics {
		if t.Count == 0 {
			continue
		}
		key := t.Name + " " + strings.Replace(t.Type, "/msg/", "/", 1)
		sum, seen := sums[key]
		if !seen {
			sum.first = t.First
		}
		sums[key] = topicSum{sum.count + int64(t.Count), min(sum.first, t.First), max(sum.last, t.Last)}
	}
	return sums
}

// apart reports whether two files are other recordings, whatever their names say: they have no time in common, or each has a
// topic that the other one lacks, as two recorders of one robot write them. What cannot be read tells nothing.
func (l twinSearch) apart(ctx context.Context, t Twin) bool {
	if packed(t.Name) || packed(t.Of) {
		return false
	}
	a, b := l.at(ctx, t.Name), l.at(ctx, t.Of)
	if a == nil || b == nil || a.messages == 0 || b.messages == 0 {
		return false
	}
	return a.last < b.first || b.last < a.first || a.lacks(b) && b.lacks(a)
}

// lacks reports whether another recording has messages of a topic of which this one has none.
func (l *look) lacks(other *look) bool {
	for topic := range other.topics {
		if l.topics[topic].count == 0 {
			return true
		}
	}
	return false
}

// numbered is what browsers and file managers call one more file of a name.
var numbered = regexp.MustCompile(`^(.+?) ?\(\d+\)((?:\.orig)?\.[^() ]+)$`)

// numberedCopies are the files of a name with a number that are as large as the one without it.
func (l location) numberedCopies(ctx context.Context, names []string, known []Twin) []Twin {
	there := make(map[string]bool, len(names))
	for _, name := range names {
		there[name] = true
	}
	for _, t := range known {
		delete(there, t.Name)
	}
	var copies []Twin
	for _, name := range names {
		m := numbered.FindStringSubmatch(name)
		if m == nil || kindNamed(name) == "" || !there[name] || !there[m[1]+m[2]] {
			continue
		}
		one, err := l.child(name).stat(ctx)
		other, otherErr := l.child(m[1] + m[2]).stat(ctx)
		if err == nil && otherErr == nil && one.Mode().IsRegular() && one.Size() > 0 && one.Size() == other.Size() {
			copies = append(copies, Twin{Name: name, Of: m[1] + m[2]})
		}
	}
	return copies
}

// equalFiles are the files that hold the bytes of another one, whatever they are called; the first in natural order is the one
// to read.
func (l location) equalFiles(ctx context.Context, names []string, known []Twin) []Twin {
	if !l.near() {
		return nil
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return kindNamed(name) == "" || slices.ContainsFunc(known, func(t Twin) bool { return t.Name == name })
	})
	slices.SortFunc(names, natural.Compare)
	bySize := map[int64][]string{}
	for _, name := range names {
		if info, err := l.child(name).stat(ctx); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			bySize[info.Size()] = append(bySize[info.Size()], name)
		}
	}
	var twins []Twin
	for size, same := range bySize {
		if len(same) > 1 {
			twins = append(twins, l.equalAmong(ctx, same, size)...)
		}
	}
	slices.SortFunc(twins, func(a, b Twin) int { return natural.Compare(a.Name, b.Name) })
	return twins
}

// equalAmong are those of files of one size that hold the bytes of one before them.
func (l location) equalAmong(ctx context.Context, names []string, size int64) []Twin {
	var twins []Twin
	first := map[[sha256.Size]byte]string{}
	for _, name := range names {
		sum, whole, err := l.child(name).sample(ctx, size)
		if err != nil {
			continue
		}
		of, seen := first[sum]
		switch {
		case !seen:
			first[sum] = name
		case whole || l.child(name).toldAs(ctx, l.child(of)):
			twins = append(twins, Twin{Name: name, Of: of})
		}
	}
	return twins
}

// What is read of two large files to see whether they are the same: their ends, where all formats have an index or their last
// messages, and as many blocks between them.
const (
	sampledEnd    = 64 << 10 // bytes
	sampledBlock  = 4 << 10
	sampledBlocks = 32
)

// sample is a hash of parts of a file; whole says that they are all of it.
func (l location) sample(ctx context.Context, size int64) (sum [sha256.Size]byte, whole bool, err error) {
	f, err := openFile(ctx, l)
	if err != nil {
		return sum, false, err
	}
	defer f.Close()
	h := sha256.New()
	part := func(from, n int64) {
		if err == nil {
			_, err = io.Copy(h, io.NewSectionReader(f.f, from, n))
		}
	}
	if size <= 2*sampledEnd+sampledBlocks*sampledBlock {
		part(0, size)
		return [sha256.Size]byte(h.Sum(nil)), true, err
	}
	part(0, sampledEnd)
	for i := range int64(sampledBlocks) {
		part(sampledEnd+(size-2*sampledEnd)/sampledBlocks*i, sampledBlock)
	}
	part(size-sampledEnd, sampledEnd)
	return [sha256.Size]byte(h.Sum(nil)), false, err
}

// toldAs reports whether a recording has the topics of another one, with as many messages and the same times: to the
// nanosecond, no other recording has.
func (l location) toldAs(ctx context.Context, other location) bool {
	topics, err := l.topics(ctx)
	if err != nil || !slices.ContainsFunc(topics, func(t Topic) bool { return t.Count > 0 }) {
		return false
	}
	others, err := other.topics(ctx)
	return err == nil && slices.EqualFunc(topics, others, func(a, b Topic) bool {
		return compareTopics(a, b) == 0 && a.Count == b.Count && a.First == b.First && a.Last == b.Last
	})
}

func (l location) topics(ctx context.Context) ([]Topic, error) {
	b, err := Open(ctx, l.store, l.name, Options{})
	if err != nil {
		return nil, err
	}
	return b.topics, b.Close()
}

// twinsByName finds those among the names in one directory that hold what another one holds: a .db3 next to the
// .mcap that was made of it, either next to its .zstd, run.orig.bag, which rosbag reindex and rosbag
// compress leave behind, next to run.bag, and what file managers call a copy next to what it is a copy of. Of several
// forms the one is read that most files of the directory have, else .db3 before .mcap, both before what must be
// unpacked, and all before copies.
func twinsByName(names []string) []Twin {
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
// ROS 1 bags are apart: that an .mcap next to a .bag was made of it, the name alone does not say.
var forms = []struct{ family, suffix string }{
	{"", ".db3"}, {"", ".mcap"}, {"", ".db3.zstd"}, {"", ".db3.zst"}, {"", ".mcap.zstd"}, {"", ".mcap.zst"},
	{"bag:", ".bag"}, {"bag:", ".orig.bag"},
}

// original is the form that is never read next to another one; copies are beyond it.
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
func WithoutTwins(ctx context.Context, s Store, dir string, names []string) (kept []string, twins []Twin) {
	twins = Twins(ctx, s, dir, names)
	is := make(map[string]bool, len(twins))
	for _, t := range twins {
		is[t.Name] = true
	}
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return is[name] }), twins
}

// splitName takes a rosbag2 file's name apart: bag_12.db3 is split 12 of bag.
var splitName = regexp.MustCompile(`(?i)^(.*?)(?:_(\d+))?\.(?:db3|mcap)(?:\.zstd?)?$`)
