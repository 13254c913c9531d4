package main

import (
	"context"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/survey"
)

type inspectCmd struct {
	Bags   []string `arg:"" name:"BAG" help:"Recordings (.bag, .mcap, .db3, rosbag2 directories), directories of images, and video files."`
	Output string   `enum:"table,json" default:"table" help:"table or json."`
	Strict bool     `help:"Read all of it, and fail on the first damage."`
}

// Help is what the command's help ends its description with.
func (inspectCmd) Help() string {
	return `Examples:

    cvatplan inspect drive.bag
    cvatplan inspect --output json data/*/`
}

// Run lists what bags hold, and what a manifest could use of it. One that cannot be read stops no other.
func (c inspectCmd) Run(a *app) error {
	ctx, cancel := a.context()
	defer cancel()
	bags, err := c.look(ctx, a)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if printed := c.print(a, bags); printed != nil {
		return printed
	}
	if few := store.RanOut(); few != nil {
		return few
	}
	return err
}

// look returns what could be read, and as its error that something could not.
func (c inspectCmd) look(ctx context.Context, a *app) ([]survey.Bag, error) {
	var bags []survey.Bag
	var failed error
	for _, path := range c.Bags {
		b, err := survey.Look(ctx, path, survey.Options{Strict: c.Strict, Memory: a.budget()})
		if err != nil {
			a.printError(err)
			failed = exit(exitError)
			continue
		}
		bags = append(bags, b)
	}
	return bags, failed
}

func (c inspectCmd) print(a *app, bags []survey.Bag) error {
	if c.Output == "json" {
		return report.InspectJSON(a.stdout, bags)
	}
	return report.InspectTable(a.stdout, bags, a.textOptions(a.stdout).Palette, a.widthOf(a.stdout))
}
