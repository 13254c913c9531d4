package dataset

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// reserved are keys of data.yaml that Ultralytics 8.4 reads as something else than a split.
var reserved = []string{
	"path", "names", "nc", "channels", "download", "yaml_file", "minival", "kpt_shape", "kpt_names", "kpt_oks_sigmas", "flip_idx",
	"masks_dir", "depth_scale", "max_depth", "bg_class_idx", "label_mapping", "complete", "hash", "args",
}

// Data is data.yaml: which lists of images are which split, and what the classes are.
func (y YOLO) Data(w io.Writer, splits []string) error {
	var data mapping
	lists := imageLists(splits)
	for _, split := range yoloSplits {
		if list, there := lists[split]; there {
			data.set(split, list)
			delete(lists, split)
		}
	}
	for _, split := range slices.Sorted(maps.Keys(lists)) {
		key := split
		if slices.Contains(reserved, split) {
			key = "subset_" + split
		}
		data.set(key, lists[split])
	}
	if y.Task == "pose" {
		data.set("kpt_shape", []int{y.points, 3})
		if flips := y.flips(); flips != nil {
			data.set("flip_idx", flips)
		}
	}
	names := map[int]string{}
	for i, l := range y.classes {
		names[i] = l.Name
	}
	data.set("nc", len(names))
	data.set("names", names)
	return data.write(w)
}

// imageLists gives each split its list of images, or several. Ultralytics asks for train and val: where one is missing, the
// other one is used, and where both are, the splits of other names, or else test.
func imageLists(splits []string) map[string]any {
	lists := map[string]any{}
	var others []string
	for _, s := range splits {
		lists[s] = s + ".txt"
		if !slices.Contains(yoloSplits, s) {
			others = append(others, s+".txt")
		}
	}
	if lists["train"] == nil && lists["val"] == nil {
		switch {
		case len(others) > 1:
			lists["train"] = others
		case len(others) == 1:
			lists["train"] = others[0]
		case lists["test"] != nil:
			lists["train"] = lists["test"]
		}
	}
	for missing, other := range map[string]string{"train": "val", "val": "train"} {
		if lists[missing] == nil && lists[other] != nil {
			lists[missing] = lists[other]
		}
	}
	return lists
}

// A mapping is a YAML mapping that keeps the order in which its keys were set.
type mapping struct{ yaml.Node }

// set takes strings, numbers, and lists and maps of them.
func (m *mapping) set(key string, v any) {
	var k, n yaml.Node
	k.SetString(key)
	_ = n.Encode(v) // nothing of what it takes fails
	for _, value := range n.Content {
		if value.Kind == yaml.ScalarNode && strings.ContainsFunc(value.Value, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			value.Style = yaml.DoubleQuotedStyle // in which such characters may be written as escapes
		}
	}
	if n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
	}
	m.Content = append(m.Content, &k, &n)
}

func (m *mapping) write(w io.Writer) error {
	if _, err := io.WriteString(w, "# Written by cvatplan pull.\n"); err != nil {
		return err
	}
	m.Kind = yaml.MappingNode
	enc := yaml.NewEncoder(w)
	if err := enc.Encode(&m.Node); err != nil {
		return fmt.Errorf("data.yaml: %w", err)
	}
	return enc.Close()
}
