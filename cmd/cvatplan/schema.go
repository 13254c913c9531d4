package main

import "github.com/cvatplan/cvatplan/schema"

type schemaCmd struct{}

func (schemaCmd) Run(a *app) error {
	_, err := a.stdout.Write(schema.JSON)
	return err
}
