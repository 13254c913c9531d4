package remux

import "slices"

// A display is what a decoder does with its pictures: each waits, and while more wait than may, the one that is first in the
// order of presentation is shown. A copy is one of its own.
type display struct {
	waiting []int64 // their order
	shown   int64   // order of the picture that was shown last
	any     bool    // one was
}

// add takes a picture where so many may wait.
func (d *display) add(poc int64, most int) {
	d.waiting = append(slices.Clone(d.waiting), poc)
	for len(d.waiting) > most {
		d.shown, d.any = slices.Min(d.waiting), true
		at := slices.Index(d.waiting, d.shown)
		d.waiting = slices.Delete(d.waiting, at, at+1)
	}
}
