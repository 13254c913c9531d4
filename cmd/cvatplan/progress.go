package main

import (
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

type quietProgress struct{}

func (quietProgress) Event(apply.Event) {}
func (quietProgress) Close()            {}

func (a *app) progress(plan.Plan) quietProgress { return quietProgress{} }
