package main

import "github.com/cvatplan/cvatplan/schema"

type schemaCmd struct{}

// Help is what the command's help ends its description with.
func (schemaCmd) Help() string {
	return `Examples:

    cvatplan schema > cvatplan.schema.json
    cvatplan schema | jq '.properties | keys'`
}

func (schemaCmd) Run(a *app) error {
	_, err := a.stdout.Write(schema.JSON)
	return err
}
