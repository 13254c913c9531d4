package survey

import (
	"cmp"
	"slices"

	"github.com/cvatplan/cvatplan/pkg/source"
)

// Merge gives the cameras of several bags, by name. Directories are looked at together, so that a
// camera's globs are right for all of them; a directory's camera takes the topic of a recording too
// that has its name as a token, if it is the only one.
func Merge(bags []Bag) []Camera {
	var paths []string
	for _, b := range bags {
		paths = append(paths, b.paths...)
	}
	all := camerasOfPaths(paths)
	recorded := mergeTopics(bags)
	for i := range recorded {
		if name := nameInDirectories(all, recorded, i); name != recorded[i].Name {
			recorded[i].Name, recorded[i].Topics = name, recorded[i].from
		}
	}
	for _, c := range recorded {
		i := named(all, c.Name)
		if i < 0 {
			all = append(all, c)
			continue
		}
		all[i].Images += c.Images
		all[i].Topics = c.Topics
	}
	slices.SortStableFunc(all, func(a, b Camera) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// mergeTopics adds up the cameras of recordings. What one recording needs topics for gets them of all.
func mergeTopics(bags []Bag) []Camera {
	var all []Camera
	for _, b := range bags {
		for _, c := range b.Cameras {
			if len(c.from) == 0 {
				continue
			}
			i := named(all, c.Name)
			if i < 0 {
				all = append(all, c)
				continue
			}
			all[i].Images += c.Images
			all[i].from = union(all[i].from, c.from)
			all[i].Topics = append(all[i].Topics, c.Topics...)
		}
	}
	for i, c := range all {
		if len(c.Topics) > 0 {
			all[i].Topics = c.from
		}
	}
	return all
}

// nameInDirectories is the name that a recording's camera has among those of directories, else its own.
func nameInDirectories(dirs, recorded []Camera, i int) string {
	for _, d := range dirs {
		others := slices.ContainsFunc(recorded, func(o Camera) bool {
			return o.Example != recorded[i].Example && source.TakesTopic(d.Name, o.Example)
		})
		if source.TakesTopic(d.Name, recorded[i].Example) && !others {
			return d.Name
		}
	}
	return recorded[i].Name
}

func union(a, b []string) []string {
	a = slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}
