package main

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/planner"
)

// completeCmd is what the scripts of completion/ ask: __complete WORD…, of which the last is the one
// that is being typed. It answers in lines: first words, files or dirs, which says who completes,
// then for words the candidates, each with a tab and a description. It never fails: there is no one
// to read an error.
type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what the last word may become.
func (c completeCmd) Run(a *app, k *kong.Context) error {
	words := c.Words
	if len(words) > 0 && words[0] == "--" {
		words = words[1:]
	}
	if len(words) == 0 {
		words = []string{""}
	}
	last := len(words) - 1
	return a.completeWord(readWords(k.Model.Node, words[:last]), words[last]).print(a.stdout, words[last])
}

// An answer says who completes a word, and by what.
type answer struct {
	kind       string // words, files or dirs
	candidates []candidate
}

type candidate struct{ word, help string }

// print leaves out what the typed word is no beginning of. The rest begins as it was typed, down to
// its Unicode form: shells compare byte by byte.
func (w answer) print(out io.Writer, typed string) error {
	var b strings.Builder
	b.WriteString(w.kind + "\n")
	for _, c := range w.candidates {
		rest, fits := strings.CutPrefix(norm.NFC.String(c.word), norm.NFC.String(typed))
		if fits && !strings.ContainsAny(c.word, "\t\n") {
			fmt.Fprintf(&b, "%s%s\t%s\n", typed, rest, c.help)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// completeWord says what may follow where the words before it end.
func (a *app) completeWord(before typedWords, word string) answer {
	name, _, hasValue := strings.Cut(word, "=")
	switch {
	case before.pending != nil:
		return a.values(before, before.pending.Value)
	case strings.HasPrefix(word, "--") && hasValue:
		if f := before.flag(name); f != nil {
			return a.values(before, f.Value).behind(name + "=")
		}
		return answer{kind: "words"}
	case strings.HasPrefix(word, "-") && !before.onlyArguments:
		return flagNames(before.node)
	case len(before.node.Children) > 0:
		return commandNames(before.node)
	}
	return a.arguments(before)
}

func commandNames(n *kong.Node) answer {
	w := answer{kind: "words"}
	for _, c := range n.Children {
		if !c.Hidden {
			w.candidates = append(w.candidates, candidate{c.Name, c.Help})
		}
	}
	return w
}

// flagNames are the command's own flags, then those of every command.
func flagNames(n *kong.Node) answer {
	w := answer{kind: "words"}
	groups := n.AllFlags(true)
	slices.Reverse(groups)
	for _, group := range groups {
		for _, f := range group {
			w.candidates = append(w.candidates, candidate{"--" + f.Name, f.Help})
		}
	}
	return w
}

// arguments are the values of the positional argument that comes next.
func (a *app) arguments(before typedWords) answer {
	all := before.node.Positional
	if len(all) == 0 {
		return answer{kind: "words"}
	}
	at := min(len(before.arguments), len(all)-1)
	if len(before.arguments) > at && !all[at].IsCumulative() {
		return answer{kind: "words"}
	}
	return a.values(before, all[at])
}

// values are what a flag or an argument may be.
func (a *app) values(before typedWords, v *kong.Value) answer {
	place := cmp.Or(v.Tag.PlaceHolder, v.Name)
	switch {
	case v.Enum != "":
		return enumValues(v)
	case v.Name == "target" || v.Name == "create-anyway":
		return answer{"words", a.taskNames(before)}
	case place == "DIR":
		return answer{kind: "dirs"}
	case slices.Contains([]string{"FILE", "MANIFEST", "BAG", "PATH", "PLAN"}, place):
		return answer{kind: "files"}
	}
	return answer{kind: "words"}
}

func enumValues(v *kong.Value) answer {
	w := answer{kind: "words"}
	for _, value := range v.EnumSlice() {
		if value != "" {
			w.candidates = append(w.candidates, candidate{word: value})
		}
	}
	return w
}

// behind is the answer where every word begins so.
func (w answer) behind(prefix string) answer {
	for i := range w.candidates {
		w.candidates[i].word = prefix + w.candidates[i].word
	}
	return w
}

// typedWords is what the words of an unfinished command line are. Kong's own parser is of no use
// here: it stops at the first word that is not yet whole.
type typedWords struct {
	node          *kong.Node
	pending       *kong.Flag // its value is yet to come
	values        map[string]string
	arguments     []string
	onlyArguments bool // a -- comes before
}

func readWords(root *kong.Node, words []string) typedWords {
	t := typedWords{node: root, values: map[string]string{}}
	for _, w := range words {
		t.read(w)
	}
	return t
}

func (t *typedWords) read(word string) {
	name, value, hasValue := strings.Cut(word, "=")
	flag := t.flag(name)
	switch {
	case t.pending != nil:
		t.values[t.pending.Name], t.pending = word, nil
	case t.onlyArguments:
		t.arguments = append(t.arguments, word)
	case word == "--":
		t.onlyArguments = true
	case flag != nil && hasValue:
		t.values[flag.Name] = value
	case flag != nil && !flag.IsBool():
		t.pending = flag
	case strings.HasPrefix(word, "-"):
	default:
		t.argument(word)
	}
}

// argument is a command, or an argument of one.
func (t *typedWords) argument(word string) {
	for _, c := range t.node.Children {
		if c.Name == word {
			t.node = c
			return
		}
	}
	t.arguments = append(t.arguments, word)
}

// flag finds --name or -n.
func (t *typedWords) flag(word string) *kong.Flag {
	for _, f := range slices.Concat(t.node.AllFlags(false)...) {
		if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
			return f
		}
	}
	return nil
}

// patience is how long a person at a prompt waits; what of a large tree was listed by then is offered.
const patience = 2 * time.Second

// taskNames are those of the manifests on the unfinished command line, for --target.
func (a *app) taskNames(before typedWords) []candidate {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	manifests, err := a.load(before.arguments)
	if err != nil {
		return nil
	}
	root := before.values["root"]
	if root == "" {
		root = string(a.Root)
	}
	var names []candidate
	scanned, _ := planner.Scan(ctx, manifests, planner.ScanOptions{Root: root}) // its error is that time is up
	for _, p := range scanned.Projects {
		for _, t := range p.Tasks {
			names = append(names, candidate{word: t.Name})
		}
	}
	return names
}

// The scripts know nothing of commands and flags: they ask this program, by [completeCmd].
//
//go:embed completion
var completionScripts embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help is what the command's help ends its description with.
func (completionCmd) Help() string {
	return `Examples:

    source <(cvatplan completion bash)    # or zsh; in ~/.bashrc, ~/.zshrc
    cvatplan completion fish | source     # in ~/.config/fish/config.fish`
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
