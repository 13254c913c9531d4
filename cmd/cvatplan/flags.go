package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// globals are the flags of every command; each flag also has its CVATPLAN_* variable.
type globals struct {
	Server        string        `placeholder:"URL" group:"global" help:"Use this server, whatever the manifest says; credentials then go there and nowhere else."`
	Root          rootFlag      `placeholder:"DIR" group:"global" help:"Where bag paths begin, in place of the manifest's root: a directory, s3://BUCKET/PREFIX or https://HOST/DIR."`
	Timeout       time.Duration `default:"60s" group:"global" help:"Give up on a connection on which less than 256 bytes a second moved for this long."`
	AnswerTimeout time.Duration `default:"2m" group:"global" help:"Give up on an answer that has not begun this long after all was sent."`
	Color         string        `enum:"auto,always,never" default:"auto" group:"global" help:"Colour: auto, always or never. NO_COLOR and CLICOLOR_FORCE are honoured."`
	Quiet         bool          `short:"q" group:"global" help:"Print errors and the summary only."`
	Verbose       bool          `short:"v" group:"global" help:"List unchanged tasks too."`
	Debug         bool          `group:"global" help:"Log every request to stderr; secrets are left out."`
	CAFile        string        `name:"ca-file" placeholder:"FILE" type:"path" group:"global" help:"Trust the certificates of this PEM file too."`
	Memory        byteSize      `default:"256MiB" placeholder:"SIZE" group:"global" help:"Memory for reading recordings and encoding images, beyond the largest single message; default 256MiB."`
	ReadWhole     bool          `group:"global" help:"Read recordings on other machines whole, where they have no index."`
	LimitRate     uploadRate    `placeholder:"SIZE" group:"global" help:"Send at most so much a second, all uploads together, such as 20MiB."`
	MaxRequests   requestRate   `placeholder:"N/s" group:"global" help:"Send at most N requests a second to CVAT."`
	InsecureHTTP  bool          `name:"insecure-http" group:"global" help:"Send credentials over plain http to a public address."`
}

// environment makes CVATPLAN_SOME_FLAG the same as --some-flag, or another variable where the flag's tag
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

// A rootFlag is an absolute path, or an address as it was written.
type rootFlag string

// UnmarshalText is how kong reads the flag.
func (f *rootFlag) UnmarshalText(text []byte) error {
	*f = rootFlag(text)
	if *f != "" && !store.IsRemote(string(text)) {
		*f = rootFlag(kong.ExpandPath(string(text)))
	}
	return nil
}

// A targetFlag restricts a command to some tasks. A comma belongs to the glob: {a,b}.
type targetFlag struct {
	Target []string  `sep:"none" placeholder:"GLOB" help:"Only the tasks of these names or globs; may be given several times."`
	Shard  shardFlag `placeholder:"K/N" help:"Only the bags of the K-th of N shards, by a stable hash of their paths. N alone takes K from JOB_COMPLETION_INDEX, as a Kubernetes Indexed Job sets it."`
}

func (f targetFlag) checkTarget() error { return checkGlobs(f.Target) }

// checkMatches refuses targets that fit nothing: a mistyped one would do nothing, and call that done.
func (f targetFlag) checkMatches(sessions []*session) error {
	unmatched := planner.Unmatched(projectsOf(sessions), f.Target)
	if len(unmatched) == 0 {
		return nil
	}
	return targetError("no task of the manifests fits", unmatched[0], sessions)
}

func targetError(what, target string, sessions []*session) error {
	err := withCode(diag.CodeTarget, usageError{fmt.Errorf("%s --target %q", what, target)})
	if meant := planner.Meant(projectsOf(sessions), target); meant != "" {
		return withHint(err, diag.Do(diag.HintDidYouMean, fmt.Sprintf("--target %q", meant)))
	}
	return withHint(err, diag.Do(diag.HintListTasks))
}

// targets reports whether a command is about a task of a bag, which is named by its path from the root.
func (f targetFlag) targets(task, bag string) bool {
	fits := func(glob string) bool { return plan.Glob(glob).Matches(task) }
	return f.Shard.Has(bag) && (len(f.Target) == 0 || slices.ContainsFunc(f.Target, fits))
}

// A shardFlag is K/N, or N where the environment says which one this machine is.
type shardFlag struct{ plan.Shard }

// shardMapper reads a shardFlag; the number that JOB_COMPLETION_INDEX gives begins with 0.
func shardMapper(getenv func(string) string) kong.MapperFunc {
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		var text string
		if err := ctx.Scan.PopValueInto("shard", &text); err != nil {
			return err
		}
		if n, err := strconv.Atoi(text); err == nil {
			index, err := strconv.Atoi(getenv("JOB_COMPLETION_INDEX"))
			if err != nil {
				return fmt.Errorf("%d says how many shards there are, and JOB_COMPLETION_INDEX does not say which one this is: write K/%d", n, n)
			}
			text = fmt.Sprintf("%d/%d", index+1, n)
		}
		var s plan.Shard
		err := s.UnmarshalText([]byte(text))
		target.Set(reflect.ValueOf(shardFlag{s}))
		return err
	}
}

func checkGlobs(globs []string) error {
	for _, glob := range globs {
		if !plan.Glob(glob).Valid() {
			return usageError{fmt.Errorf("invalid glob %q", glob)}
		}
	}
	return nil
}

// planFlags are the flags of plan and apply that decide what is planned: a saved plan keeps them.
type planFlags struct {
	targetFlag
	Check        string   `enum:"names,frames,images" default:"names" help:"How closely to look. names: frame counts and task names, no request per task. frames: also each frame's name on the server, one request per task. images: also the headers of all images that are to be uploaded. Default names."`
	ReplaceEmpty bool     `help:"Delete tasks of ours that are empty and cannot be finished, and create them again."`
	Strict       bool     `help:"Damage of a recording is an error, not a warning."`
	IndexOnly    bool     `help:"Plan only bags that fit their committed index; a bag without an index, or with a stale one, is an error."`
	Update       []string `placeholder:"FIELDS" help:"What may be changed in tasks that exist, in place of update: in the manifests: subset, bug_tracker, assignee, jobs, labels, guide, annotations, all or none; separated by commas."`
	DeleteLabels []string `sep:"none" placeholder:"NAME" help:"Delete this label of the project, with all that was drawn with it; the plan counts that. May be given several times."`
	CreateAnyway []string `sep:"none" placeholder:"GLOB" help:"Create these tasks although their frames are in a task of another name."`
}

func (f planFlags) check() error {
	return errors.Join(f.checkTarget(), checkGlobs(f.CreateAnyway), f.checkUpdate())
}

func (f planFlags) checkUpdate() error {
	for _, key := range f.Update {
		if !slices.Contains(manifest.UpdateKeys, key) && (key != "none" || len(f.Update) > 1) {
			return usageError{fmt.Errorf("--update %s: known are %s and none", key, strings.Join(manifest.UpdateKeys, ", "))}
		}
	}
	return nil
}

// updateKeys are nil where the manifests decide, and empty where nothing may be changed.
func (f planFlags) updateKeys() []string {
	if slices.Equal(f.Update, []string{"none"}) {
		return []string{}
	}
	return f.Update
}

// options are what the flags ask of the planner, for a plan that is only shown.
func (f planFlags) options() planner.Options {
	o := planner.Options{
		Target:       f.Target,
		Shard:        f.Shard.Shard,
		CreateAnyway: f.CreateAnyway,
		Update:       f.updateKeys(),
		DeleteLabels: f.DeleteLabels,
		ReplaceEmpty: f.ReplaceEmpty,
		CheckFrames:  f.Check == "frames",
	}
	if f.Check == "images" {
		o.Read = planner.Headers
	}
	return o
}

// byteSize is a flag such as 16MiB, 512KiB or 1048576.
type byteSize int64

var byteUnits = map[string]int64{"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "KB": 1e3, "MB": 1e6, "GB": 1e9}

// UnmarshalText is how kong reads the flag.
func (b *byteSize) UnmarshalText(text []byte) error {
	digits := strings.TrimRight(string(text), "BKMGIbkmgi ")
	unit, known := byteUnits[strings.ToUpper(strings.TrimSpace(string(text[len(digits):])))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n < 0 || n > 1<<40/unit {
		return fmt.Errorf("%q is not a size; write one like 16MiB", text)
	}
	*b = byteSize(n * unit)
	return nil
}

// An uploadRate is bytes a second, such as 20MiB or 20MiB/s.
type uploadRate byteSize

// UnmarshalText is how kong reads the flag.
func (r *uploadRate) UnmarshalText(text []byte) error {
	return (*byteSize)(r).UnmarshalText(bytes.TrimSuffix(text, []byte("/s")))
}

// A requestRate is requests a second, such as 10/s or 0.5.
type requestRate float64

// UnmarshalText is how kong reads the flag.
func (r *requestRate) UnmarshalText(text []byte) error {
	n, err := strconv.ParseFloat(strings.TrimSuffix(string(text), "/s"), 64)
	if err != nil || !(n > 0 && n <= 1e6) {
		return fmt.Errorf("%q is no number of requests a second; write one like 10/s", text)
	}
	*r = requestRate(n)
	return nil
}

// A failFlag says what else is not to pass for success.
type failFlag struct {
	FailOn string `enum:",drift" default:"" placeholder:"drift" help:"Exit 5 on drift too."`
}

// summaryFlag is of commands whose result a GitHub Actions job may show on its page.
type summaryFlag struct {
	StepSummary bool `help:"Append the result as Markdown to the file that GITHUB_STEP_SUMMARY names."`
}

// checkSummary finds out before any work that there is no such file.
func (f summaryFlag) checkSummary(a *app) error {
	if f.StepSummary && a.getenv("GITHUB_STEP_SUMMARY") == "" {
		return usageError{errors.New("--step-summary: GITHUB_STEP_SUMMARY names no file")}
	}
	return nil
}

// summarize appends what write writes, where that is asked for.
func (f summaryFlag) summarize(a *app, write func(io.Writer) error) error {
	if !f.StepSummary {
		return nil
	}
	if path := a.getenv("GITHUB_STEP_SUMMARY"); regular.IsWaitedFor(path) {
		return fmt.Errorf("--step-summary: %s: %w", path, regular.ErrNotRegular)
	}
	file, err := os.OpenFile(a.getenv("GITHUB_STEP_SUMMARY"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("--step-summary: %w", err)
	}
	return errors.Join(a.guarded(write)(file), file.Close())
}
