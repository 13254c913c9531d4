package pull

import (
	"cmp"
	"context"
	"iter"
	"path"
	"strings"

	"github.com/cvatplan/cvatplan/internal/dataset"
)

// A group is the tasks of one file.
type group struct {
	file    string // its name, without extension
	members []*member
}

// groups puts the members together as the format, and Options.Merge, say.
func (r *Pull) groups(format fileFormat) []group {
	var names namer
	at := map[string]int{}
	var all []group
	for _, m := range r.members {
		if m.clouds() && !format.clouds {
			continue
		}
		key, name := r.groupOf(m, r.o.Merge)
		if format.recording {
			key, name = r.groupOf(m, "bag")
			if !m.times {
				continue
			}
		}
		i, there := at[key]
		if !there {
			i = len(all)
			at[key] = i
			all = append(all, group{file: names.name(name, key)})
		}
		all[i].members = append(all[i].members, m)
	}
	return all
}

// groupOf is what a member has in common with the others of its file, and the file's name.
func (r *Pull) groupOf(m *member, by string) (key, name string) {
	switch {
	case by == "project":
		return "project", r.result.Project
	case by == "subset":
		return "subset " + m.task.Subset, cmp.Or(m.task.Subset, "default")
	case by == "bag" && m.source != nil:
		return "bag " + m.source.Bag, bagName(m.source.Bag)
	}
	return "task " + m.file, m.file
}

// bagName is a bag's name without the extension of a recording.
func bagName(bag string) string {
	for _, ext := range []string{".bag", ".mcap", ".db3"} {
		if stem := strings.TrimSuffix(bag, ext); stem != bag && path.Base(stem) != "." {
			return stem
		}
	}
	return bag
}

// chain gives the frames of several members, one member after another.
func (r *Pull) chain(ctx context.Context, members []*member, counts *Counts) iter.Seq2[dataset.Frame, error] {
	return func(yield func(dataset.Frame, error) bool) {
		*counts = Counts{}
		for _, m := range members {
			for f, err := range r.frames(ctx, m, counts) {
				if !yield(f, err) || err != nil {
					return
				}
			}
		}
	}
}
