package bag

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/maruel/natural"
)

// A relative is a recording whose name may say of what it is a copy.
type relative struct {
	name     string
	words    int  // that the name has beyond what it shares with the other one
	repaired bool // one of them says that there is a damaged and a whole one
	form     bool // one of them says how it is stored
	*look
}

// related are the recordings of this machine, files or directories, whose names differ by no more than how they are stored
// or what was done to them (run.bag, run-fixed.bag, run_recovered.mcap; a, a_mcap), and that hold the same messages: all
// topics with their types, as many messages in each, from the same first to the same last one, to the nanosecond. Of a damaged
// one there may be fewer, if they lie within the times of the whole one and some topic begins or ends with the same message.
// Names without any word in common may be those of two robots in a simulation, whose times are equal.
func (l twinSearch) related(ctx context.Context, names []string, known []Twin) []Twin {
	if !l.near() {
		return nil
	}
	twin := make(map[string]bool, len(known))
	for _, t := range known {
		twin[t.Name] = true
	}
	byStem := map[string][]relative{}
	for _, name := range names {
		if stem, r := relativeNamed(name); !twin[name] && !packed(name) {
			byStem[stem] = append(byStem[stem], r)
		}
	}
	var twins []Twin
	for _, stem := range slices.Sorted(maps.Keys(byStem)) {
		// row_lz4.bag next to row_bz2.bag, without a row.bag: nobody made one of the other.
		if all := byStem[stem]; len(all) > 1 && slices.ContainsFunc(all, func(r relative) bool { return !r.form }) {
			twins = append(twins, l.sameAmong(ctx, all)...)
		}
	}
	return twins
}

// sameAmong compares the recordings of related names. The one with most messages is read, then one without damage, then the
// one with the shortest name.
func (l twinSearch) sameAmong(ctx context.Context, all []relative) []Twin {
	var there []relative
	for _, r := range all {
		if kindNamed(r.name) == "" && Detect(ctx, l.store, l.child(r.name).name) != ROSBag2 {
			continue
		}
		if r.look = l.at(ctx, r.name); r.look != nil && r.messages > 0 {
			there = append(there, r)
		}
	}
	slices.SortFunc(there, func(a, b relative) int {
		return cmp.Or(cmp.Compare(b.messages, a.messages), compareBool(a.damaged, b.damaged), cmp.Compare(a.words, b.words), natural.Compare(a.name, b.name))
	})
	var taken []relative
	var twins []Twin
	for _, r := range there {
		i := slices.IndexFunc(taken, func(one relative) bool { return one.holds(r) })
		if i < 0 {
			taken = append(taken, r)
			continue
		}
		twins = append(twins, Twin{Name: r.name, Of: taken[i].name, Lost: taken[i].messages - r.messages})
	}
	return twins
}

// compareBool orders false before true.
func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// holds reports whether a recording has all messages of another one, which has no more than it.
func (r relative) holds(other relative) bool {
	if maps.Equal(r.topics, other.topics) {
		return true
	}
	if !r.repaired && !other.repaired && !other.damaged {
		return false
	}
	same := false
	for topic, part := range other.topics {
		whole := r.topics[topic]
		if part.count > whole.count || part.first < whole.first || part.last > whole.last {
			return false
		}
		same = same || part.first == whole.first || part.last == whole.last
	}
	return same
}

// What is written behind the name of a recording, or before it, for what was done to it.
const (
	repairWords = `fix|fixed|repair|repaired|recover|recovered|reindex|reindexed|indexed|unindexed|restored|salvaged|rescued|` +
		`orig|original|backup|bak|damaged|broken|corrupt|corrupted|active`
	copyWords = `copy|new|old|out|output|convert|converted|rewritten|resaved|compressed|uncompressed|decompressed|lz4|bz2|zstd|zst|` +
		`bag|rosbag|rosbag1|rosbag2|ros1|ros2|mcap|db3|sqlite|sqlite3`
)

var (
	wordBehind = regexp.MustCompile(`(?i)^(.*[^-_. (])[-_. (]+(?:(` + repairWords + `)|(` + copyWords + `))\)?$`)
	wordBefore = regexp.MustCompile(`(?i)^(` + repairWords + `)[-_. ]+(.+)$`)
)

// relativeNamed takes the words off a name, and a file's ending.
func relativeNamed(name string) (stem string, r relative) {
	r, stem = relative{name: name}, name
	low := strings.ToLower(name)
	for _, m := range magics {
		for _, suffix := range m.suffix {
			if strings.HasSuffix(low, suffix) && len(low) > len(suffix) {
				stem = name[:len(name)-len(suffix)]
				r.repaired = r.repaired || strings.HasSuffix(suffix, ".active")
			}
		}
	}
	for {
		if m := wordBehind.FindStringSubmatch(stem); m != nil {
			stem, r.repaired, r.form = m[1], r.repaired || m[2] != "", r.form || m[3] != ""
		} else if m := wordBefore.FindStringSubmatch(stem); m != nil {
			stem, r.repaired = m[2], true
		} else {
			return stem, r
		}
		r.words++
	}
}
