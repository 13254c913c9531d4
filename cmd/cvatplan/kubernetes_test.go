package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"gopkg.in/yaml.v3"
)

// exampleContainers are the args of all containers in a file of Kubernetes objects, and the kinds of its objects.
func exampleContainers(t *testing.T, file string) (args [][]string, kinds []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", file))
	must(t, err)
	var walk func(node any)
	walk = func(node any) {
		switch n := node.(type) {
		case map[string]any:
			if list, ok := n["args"].([]any); ok {
				var command []string
				for _, arg := range list {
					command = append(command, arg.(string))
				}
				args = append(args, command)
			}
			for _, v := range n {
				walk(v)
			}
		case []any:
			for _, v := range n {
				walk(v)
			}
		}
	}
	for d := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var object map[string]any
		err := d.Decode(&object)
		if errors.Is(err, io.EOF) {
			return args, kinds
		}
		must(t, err)
		kinds = append(kinds, object["kind"].(string))
		walk(object)
	}
}

func TestTheCommandsOfTheKubernetesExamplesAreUnderstoodForEachShard(t *testing.T) {
	t.Parallel()
	const shards = 8
	for file, want := range map[string]struct {
		kinds    string
		commands int
	}{
		"kubernetes/job.yml": {"Secret ConfigMap Job", 1},
		"argo/workflow.yml":  {"Workflow", 3},
	} {
		commands, kinds := exampleContainers(t, file)
		if got := strings.Join(kinds, " "); got != want.kinds || len(commands) != want.commands {
			t.Errorf("%s: kinds %s, commands %q", file, got, commands)
		}
		for _, command := range commands {
			for k := range shards {
				env := map[string]string{"JOB_COMPLETION_INDEX": strconv.Itoa(k)}
				var args []string
				for _, arg := range command {
					args = append(args, strings.ReplaceAll(arg, "{{inputs.parameters.shard}}", strconv.Itoa(k+1)))
				}
				var c cli
				parser, err := kong.New(&c, (&app{getenv: func(name string) string { return env[name] }}).kongOptions()...)
				must(t, err)
				if _, err := parser.Parse(args); err != nil {
					t.Errorf("%s: %q: %v", file, args, err)
				}
				if shard := c.Apply.Shard; args[0] == "apply" && (shard.Number != k+1 || shard.Of != shards) {
					t.Errorf("%s: %q: shard %+v, wanted %d/%d", file, args, shard, k+1, shards)
				}
			}
		}
	}
}
