// Package action holds the scripts of action.yml, the GitHub Action of this repository. What they do is
// tested in interop/action; here is only that the files fit each other.
package action

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

type step struct {
	Uses string
	Run  string
	With map[string]any
	Env  map[string]string
}

type definition struct {
	Inputs map[string]struct {
		Description string
		Required    bool
	}
	Outputs map[string]struct{ Value string }
	Runs    struct{ Steps []step }
}

type workflow struct {
	Jobs map[string]struct{ Steps []step }
}

const examples = "../examples/dataset-repo"

func read[T any](t *testing.T, name string) (text string, parsed T) {
	t.Helper()
	content, err := os.ReadFile(name)
	if err == nil {
		err = yaml.Unmarshal(content, &parsed)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(content), parsed
}

func TestEveryInputIsDescribedAndUsed(t *testing.T) {
	text, action := read[definition](t, "../action.yml")
	for name, input := range action.Inputs {
		if input.Description == "" || !strings.Contains(text, "inputs."+name) {
			t.Errorf("input %s: described as %q, and perhaps not used", name, input.Description)
		}
	}
	for _, m := range regexp.MustCompile(`inputs\.([a-z-]+)`).FindAllStringSubmatch(text, -1) {
		if _, ok := action.Inputs[m[1]]; !ok {
			t.Errorf("inputs.%s is not declared", m[1])
		}
	}
	if !action.Inputs["server"].Required {
		t.Error("the input server is not required")
	}
}

func TestNoScriptHoldsAnExpression(t *testing.T) {
	_, action := read[definition](t, "../action.yml")
	steps := action.Runs.Steps
	for _, w := range workflows(t) {
		for _, job := range w.Jobs {
			steps = append(steps, job.Steps...)
		}
	}
	for _, s := range steps {
		if strings.Contains(s.Run, "${{") {
			t.Errorf("the value of an expression becomes a part of this script: %s", s.Run)
		}
	}
}

func workflows(t *testing.T) []workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(examples, ".github", "workflows", "*.yml"))
	if err != nil || len(files) != 2 {
		t.Fatalf("workflows %v, %v", files, err)
	}
	var all []workflow
	for _, file := range files {
		_, w := read[workflow](t, file)
		all = append(all, w)
	}
	return all
}

// variable is one of a step's environment that only its script reads.
var variable = regexp.MustCompile(`\$\{?(INPUT_\w+|MARKDOWN|GITHUB_TOKEN)`)

func TestScriptsReadWhatTheirStepsGive(t *testing.T) {
	_, action := read[definition](t, "../action.yml")
	for _, s := range action.Runs.Steps {
		m := regexp.MustCompile(`action/\w+\.sh`).FindString(s.Run)
		if m == "" {
			continue
		}
		script, err := os.ReadFile(filepath.Join("..", m))
		if err != nil {
			t.Fatal(err)
		}
		var reads []string
		for _, m := range variable.FindAllStringSubmatch(string(script), -1) {
			reads = append(reads, m[1])
		}
		slices.Sort(reads)
		given := slices.DeleteFunc(slices.Sorted(maps.Keys(s.Env)), func(name string) bool { return strings.HasPrefix(name, "CVAT") })
		if reads = slices.Compact(reads); !slices.Equal(reads, given) {
			t.Errorf("%s reads %v, its step gives %v", m, reads, given)
		}
	}
}

func TestEveryOutputIsWritten(t *testing.T) {
	_, action := read[definition](t, "../action.yml")
	script, err := os.ReadFile("run.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"exitcode", "changed", "plan-json", "summary"} {
		if value := action.Outputs[name].Value; value != "${{ steps.run.outputs."+name+" }}" || !strings.Contains(string(script), `echo "`+name+"=") {
			t.Errorf("output %s is %q, and perhaps not written", name, value)
		}
	}
}

func TestTheExampleWorkflowsFitTheAction(t *testing.T) {
	_, action := read[definition](t, "../action.yml")
	uses := 0
	for _, w := range workflows(t) {
		for _, job := range w.Jobs {
			for _, s := range job.Steps {
				if !strings.HasPrefix(s.Uses, "cvatplan/cvatplan@") {
					continue
				}
				uses++
				for name := range s.With {
					if _, ok := action.Inputs[name]; !ok {
						t.Errorf("%s: there is no input %s", s.Uses, name)
					}
				}
				if s.With["server"] == nil {
					t.Errorf("%s: no server", s.Uses)
				}
			}
		}
	}
	if uses != 2 {
		t.Errorf("the action is used %d times", uses)
	}
}

func TestTheReadmesStepFitsTheAction(t *testing.T) {
	_, action := read[definition](t, "../action.yml")
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var steps []step
	block := regexp.MustCompile("(?s)```yaml\n(- uses: cvatplan/cvatplan@.*?)```").FindSubmatch(text)
	if block == nil || yaml.Unmarshal(block[1], &steps) != nil || len(steps) != 1 {
		t.Fatalf("no step in the README: %s", block)
	}
	for name := range steps[0].With {
		if _, ok := action.Inputs[name]; !ok {
			t.Errorf("there is no input %s", name)
		}
	}
}

func TestTheStepsOfSavedPlansFitTheAction(t *testing.T) {
	_, action := read[definition](t, "../action.yml")
	text, err := os.ReadFile("../docs/saved-plans.md")
	if err != nil {
		t.Fatal(err)
	}
	var w workflow
	block := regexp.MustCompile("(?s)```yaml\n(on:.*?)```").FindSubmatch(text)
	if block == nil || yaml.Unmarshal(block[1], &w) != nil || len(w.Jobs) != 2 {
		t.Fatalf("no workflow of two jobs: %s", block)
	}
	for name, job := range w.Jobs {
		last := slices.IndexFunc(job.Steps, func(s step) bool { return strings.HasPrefix(s.Uses, "cvatplan/cvatplan@") })
		if last < 0 || job.Steps[last].With["server"] == nil {
			t.Errorf("%s does not run the action on a server", name)
			continue
		}
		for input := range job.Steps[last].With {
			if _, ok := action.Inputs[input]; !ok {
				t.Errorf("%s: there is no input %s", name, input)
			}
		}
	}
}

type hook struct{ ID, Entry, Language, Files string }

func TestTheHookOfPreCommitFitsManifests(t *testing.T) {
	_, hooks := read[[]hook](t, "../.pre-commit-hooks.yaml")
	if len(hooks) != 1 || hooks[0].Entry != "cvatplan validate" || hooks[0].Language != "golang" {
		t.Fatalf("hooks %+v", hooks)
	}
	for name, want := range map[string]bool{
		"cvatplan.yaml": true, "a/b/cvatplan.yml": true, "orchard.cvatplan.yaml": true, "a/orchard-cvatplan.yaml": true,
		"mycvatplan.yaml": false, "cvatplan.yaml.bak": false, ".github/workflows/plan.yml": false,
	} {
		if got := regexp.MustCompile(hooks[0].Files).MatchString(name); got != want {
			t.Errorf("%s: %t, want %t", name, got, want)
		}
	}
	_, example := read[struct {
		Repos []struct{ Hooks []hook }
	}](t, filepath.Join(examples, ".pre-commit-config.yaml"))
	for _, h := range example.Repos[0].Hooks {
		if h.ID != hooks[0].ID || !regexp.MustCompile(h.Files).MatchString("orchard.yaml") {
			t.Errorf("the example uses %+v", h)
		}
	}
}
