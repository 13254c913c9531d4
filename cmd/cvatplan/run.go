package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/outlet"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// An app is one run of the program: its streams, its environment, its global flags.
type app struct {
	globals
	stdin          io.Reader
	stdout, stderr io.Writer // outlets; see guardOutput
	secrets        outlet.Secrets
	getenv         func(string) string
	interrupts     *interrupts
	command        string          // its name
	crashes        crash.Relay     // panics of goroutines that are not waited for
	linked         map[string]bool // see hint
	retries        *retries
	memory         *memory.Budget // see budget
	hooks          sandbox.Hooks  // of the embedded server; tests hold it by them

	asking      bool // servers are asked, also to list what they read by themselves
	connections map[planner.Server]*connection

	wrong     []diag.Diagnostic // entries of the manifests that gave nothing; see partly
	writes    bool              // to servers: a sandbox that is not there is made
	strict    bool              // damage of a recording is an error
	indexOnly bool              // only bags that fit their index are planned
	renewing  bool              // indexes are about to be written, so that a stale one is not reported
}

// A cli is the command line; every field is a command, and has a file of its own.
type cli struct {
	globals
	Plan     planCmd     `cmd:"" help:"Show what the manifests ask for and the server lacks. Writes nothing."`
	Apply    applyCmd    `cmd:"" help:"Create what is missing and upload its images. Run again, it does nothing."`
	Show     showCmd     `cmd:"" help:"Show a saved plan again, offline."`
	Validate validateCmd `cmd:"" help:"Check manifests, offline."`
	Init     initCmd     `cmd:"" help:"Write a first manifest from what is found in directories of images and bags."`
	Sandbox  sandboxCmd  `cmd:"" help:"Serve the embedded CVAT-compatible server on loopback."`
	Import   importCmd   `cmd:"" help:"Write the manifest of a project that exists, whoever made it."`
	Inspect  inspectCmd  `cmd:"" help:"List what recordings and directories of images hold, and what a manifest could use."`
	Frames   framesCmd   `cmd:"" help:"List the frames of tasks with where each comes from, as JSON Lines or CSV."`
	Status   statusCmd   `cmd:"" help:"Show the annotation progress of the tasks of the manifests."`
	Pull     pullCmd     `cmd:"" help:"Write what annotators made into a directory: JSON Lines, COCO, YOLO, MCAP, or any format of CVAT's."`
	Doctor   doctorCmd   `cmd:"" help:"Check address, version, clock, credentials, token, organization, project, and say what to do."`
	Schema   schemaCmd   `cmd:"" help:"Print the JSON Schema of manifests."`
	Version  versionCmd  `cmd:"" help:"Print the version."`

	VersionToo kong.VersionFlag `name:"version" hidden:""` // what people try first

	Completion completionCmd `cmd:"" help:"Print the completion script of a shell."`
	Complete   completeCmd   `cmd:"" name:"__complete" hidden:""`
}

// Help is what the program's help says before it lists the commands.
func (cli) Help() string {
	return `Examples:

    cvatplan init ~/data/2026-*/   # writes cvatplan.yaml from what is there
    cvatplan plan                  # what the server lacks; writes nothing
    cvatplan apply                 # creates it`
}

// run is the whole program but for the process: only main exits.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer, getenv func(string) string) int {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr, getenv: getenv}
	return a.run(args)
}

func (a *app) run(args []string) (code int) {
	flush := func() error { return nil }
	defer func() {
		if err := flush(); err != nil && code == exitOK {
			a.printError(err) // what was kept back to the end could not be written
			code = exitCode(err)
		}
	}()
	defer func() {
		if r := recover(); r != nil {
			code = a.crashed(crash.Recovered(r))
		}
	}()
	flush = a.guardOutput(args)
	a.retries = &retries{w: a.stderr}
	a.interrupts = watchInterrupts(&a.crashes)
	defer a.interrupts.close()
	if len(args) == 0 { // a mistake, which the help fixes
		_, _ = a.parse([]string{"--help"})
	}
	if len(args) > 0 && args[0] == "help" { // as git and go have it
		args = append(slices.Clone(args[1:]), "--help")
	}
	command, err := a.parse(args)
	if err != nil {
		return a.fail(err)
	}
	if command == nil {
		return exitOK
	}
	if err := a.checkVariables(); err != nil {
		return a.fail(err)
	}
	return a.codeUnlessCrashed(a.fail(command.Run(a)))
}

// filesOfOthers are variables that name files which Go and the library for S3 open, whatever they are.
var filesOfOthers = []string{"SSL_CERT_FILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CA_BUNDLE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}

// checkVariables refuses pipes, which would be waited for.
func (a *app) checkVariables() error {
	for _, name := range filesOfOthers {
		if path := a.getenv(name); path != "" && regular.IsWaitedFor(path) {
			return fmt.Errorf("%s: %s: %w", name, path, regular.ErrNotRegular)
		}
	}
	return nil
}

// errHelped says that the command line asked for help, or for the version, and got it.
var errHelped = errors.New("help was printed")

// parse reads the command line; it returns nil, nil where that is all.
func (a *app) parse(args []string) (ctx *kong.Context, err error) {
	defer func() {
		if r := recover(); r == errHelped {
			ctx, err = nil, nil
		} else if r != nil {
			panic(r)
		}
	}()
	var c cli
	parser, err := kong.New(&c, a.kongOptions()...)
	if err != nil {
		return nil, err
	}
	ctx, err = parser.Parse(args)
	a.command = commandIn(ctx, err)
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) && failed.Op == "write" { // of the help
		return nil, err
	}
	if err != nil {
		return nil, usageError{withoutValue(err)}
	}
	a.globals = c.globals
	return ctx, nil
}

// endOfLine is what kong says of a flag whose value is missing at the end of the line.
const endOfLine = ` but got "EOL" (<EOL>)`

// withoutValue puts into a person's words that a flag lacks its value.
func withoutValue(err error) error {
	text, cut := strings.CutSuffix(err.Error(), endOfLine)
	if flag, _, found := strings.Cut(text, ": expected "); cut && found {
		return fmt.Errorf("%s: missing value", flag)
	}
	return err
}

// commandIn is the command of a command line, also of one that is wrong.
func commandIn(ctx *kong.Context, err error) string {
	var wrong *kong.ParseError
	if errors.As(err, &wrong) {
		ctx = wrong.Context
	}
	if ctx == nil || ctx.Selected() == nil {
		return ""
	}
	return ctx.Selected().Name
}

func (a *app) kongOptions() []kong.Option {
	return []kong.Option{
		kong.Name("cvatplan"),
		kong.Description("Terraform for CVAT tasks: a manifest says which annotation tasks should exist, plan shows what is missing, apply creates it."),
		kong.ExplicitGroups([]kong.Group{{Key: "global", Title: "Flags of every command:"}}),
		kong.Vars{"version": versionLine()},
		kong.Writers(a.stdout, a.stderr),
		kong.Exit(func(int) { panic(errHelped) }),
		kong.Resolvers(environment(a.getenv)),
		kong.TypeMapper(reflect.TypeFor[shardFlag](), shardMapper(a.getenv)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true, WrapUpperBound: 100}),
	}
}
