package prediction

import "github.com/cvatplan/cvatplan/pkg/cvat"

// Compare tells which of the wanted shapes a task lacks, and which of those that it has are there again: equal to one of
// a lower id. What no model made is not looked at.
func Compare(want, have []cvat.Shape) (missing, repeated []cvat.Shape) {
	wanted := make(map[string]bool, len(want))
	for _, s := range want {
		wanted[Key(s)] = true
	}
	first, repeated, _ := Find(have, func(key string) bool { return wanted[key] })
	for _, s := range want {
		if _, there := first[Key(s)]; !there {
			missing = append(missing, s)
		}
	}
	return missing, repeated
}

// Find tells which of the shapes that a model made are ours, which their [Key] shows. Of equal ones the first is that
// of the lowest id, so that all runs keep the same; foreign counts those that are none of ours.
func Find(have []cvat.Shape, ours func(key string) bool) (first map[string]cvat.Shape, repeated []cvat.Shape, foreign int) {
	first = map[string]cvat.Shape{}
	for _, s := range have {
		if s.Source != Source {
			continue
		}
		key := Key(s)
		kept, twice := first[key]
		switch {
		case !ours(key):
			foreign++
		case !twice:
			first[key] = s
		case s.ID < kept.ID:
			first[key], repeated = s, append(repeated, kept)
		default:
			repeated = append(repeated, s)
		}
	}
	return first, repeated, foreign
}

// Worked says whether a person has worked in a task: something in it was not made by a model, or a job is not as it
// was when it was made.
func Worked(a *cvat.Annotations, jobs []cvat.Job) bool {
	for _, j := range jobs {
		if j.Stage != "annotation" || j.State != "new" {
			return true
		}
	}
	if a == nil {
		return false
	}
	for _, s := range a.Shapes {
		if s.Source != Source {
			return true
		}
	}
	return len(a.Tracks) > 0 || len(a.Tags) > 0
}
