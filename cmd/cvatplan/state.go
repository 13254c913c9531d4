package main

import (
	"github.com/cvatplan/cvatplan/internal/resume"
	"github.com/cvatplan/cvatplan/pkg/apply"
)

// A state lets runs go on with uploads that an earlier one was cut off in.
type state struct{ *resume.Store }

func (a *app) state() state {
	return state{&resume.Store{Dir: resume.Dir(a.getenv), Warn: a.warn}}
}

// Hold is the hint of one upload, nil if there is none to be had.
func (s state) Hold(server string, task int, file string) apply.Hint {
	if h := s.Store.Hold(server, task, file); h != nil {
		return h
	}
	return nil // no typed nil in the interface
}
