package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/cvatplan/cvatplan/internal/source"
)

// typedWords is what the words of an unfinished command line are. Kong's own parser is of no use
// here: it stops at the first word that is not yet whole.
type typedWords struct {
	node          *kong.Node
	pending       *kong.Flag // its value is yet to come
	values        map[string]string
	arguments     []string
	onlyArguments bool // a -- stands before
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
		root = a.Root
	}
	var names []candidate
	for _, m := range manifests {
		tasks, _ := source.Scan(ctx, m, source.Options{Root: root})
		for _, t := range tasks {
			names = append(names, candidate{word: t.Name})
		}
	}
	return names
}
