package main

import (
	"embed"
	"path"
)

// The scripts know nothing of commands and flags: they ask this program, by [completeCmd].
//
//go:embed completion
var completionScripts embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish. Put into its startup file: source <(cvatplan completion bash); for fish: cvatplan completion fish | source."`
}

// Run prints the script that makes a shell complete cvatplan's commands, flags, values and tasks.
func (c completionCmd) Run(a *app) error {
	script, err := completionScripts.ReadFile(path.Join("completion", "cvatplan."+c.Shell))
	if err != nil {
		return err
	}
	_, err = a.stdout.Write(script)
	return err
}
