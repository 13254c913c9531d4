package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by the release build; a build with `go install` takes it from the module.
var version = ""

type versionCmd struct{}

// Help is what the command's help ends its description with.
func (versionCmd) Help() string {
	return `Examples:

    cvatplan version
    cvatplan --version    # the same`
}

func (versionCmd) Run(a *app) error {
	_, err := fmt.Fprintln(a.stdout, versionLine())
	return err
}

func versionLine() string {
	return fmt.Sprintf("cvatplan %s (%s %s/%s)", versionString(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

func versionString() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
