package main

import (
	"cmp"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// globals are the flags of every command; each flag also has its CVATPLAN_* variable.
type globals struct {
	Server        string        `placeholder:"URL" help:"Use this server, whatever the manifest says; credentials then go there and nowhere else."`
	Root          string        `placeholder:"DIR" type:"path" help:"Where bag paths begin, in place of the manifest's root."`
	Timeout       time.Duration `default:"60s" help:"Give up on a connection on which no byte has moved for this long."`
	AnswerTimeout time.Duration `default:"2m" help:"Give up on an answer that has not begun this long after all was sent."`
	Color         string        `enum:"auto,always,never" default:"auto" help:"Colour: auto, always or never. NO_COLOR and CLICOLOR_FORCE are honoured."`
	Quiet         bool          `short:"q" help:"Print errors and the summary only."`
	Verbose       bool          `short:"v" help:"List unchanged tasks too."`
	Debug         bool          `help:"Log every request to stderr; secrets are left out."`
	CAFile        string        `name:"ca-file" placeholder:"FILE" type:"path" help:"Trust the certificates of this PEM file too."`
	InsecureHTTP  bool          `name:"insecure-http" help:"Send credentials over plain http to a public address."`
}

// environment lets CVATPLAN_SOME_FLAG stand for --some-flag, or another variable where the flag's tag
// `variable` names one.
func environment(getenv func(string) string) kong.Resolver {
	return kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if flag.Name == "help" || flag.Name == "version" { // CVATPLAN_VERSION is what release scripts are likely to set
			return nil, nil
		}
		name := "CVATPLAN_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		if v := getenv(cmp.Or(flag.Tag.Get("variable"), name)); v != "" {
			return v, nil
		}
		return nil, nil
	})
}
