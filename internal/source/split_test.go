package source

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/bag/bagtest"
)

// onlyProblems are what a manifest of one bag gives: the task's problems, then the others.
func onlyProblems(t *testing.T, root, bag string, strict bool) (frames int, problems []string) {
	t.Helper()
	return problemsOf(t, root, "bags: ["+bag+"]", strict)
}

func problemsOf(t *testing.T, root, lines string, strict bool) (frames int, problems []string) {
	t.Helper()
	tasks, others := Scan(context.Background(), parse(t, lines), Options{Root: root, Strict: strict})
	for _, task := range tasks {
		frames += len(task.Frames())
		problems = append(problems, texts(root, task.Problems)...)
	}
	return frames, append(problems, texts(root, others)...)
}

func TestARosbag2ThatLacksFilesIsBlockedUnlessAPartIsWanted(t *testing.T) {
	const field = "testdata/field/"
	tests := map[string]struct {
		dir, bag string
		frames   int
		want     []string // the beginnings
	}{
		"missing":            {"01-split-missing", "{path: run}", 0, []string{"error: bag run: its file one_missing_1.mcap is missing | bring the file there, or write partial: true"}},
		"missing, a part":    {"01-split-missing", "{path: run, partial: true}", 4, []string{"warning: bag run is damaged: one_missing_1.mcap is missing, 1 time"}},
		"LFS pointer":        {"02-split-lfs-pointer", "{path: run}", 0, []string{"error: bag run: its file one_missing_1.mcap is a Git LFS pointer, not the recording | git "}},
		"renamed":            {"10-rosbag2-file-renamed", "{path: run}", 4, []string{"warning: bag run is damaged: run_7.mcap is taken for "}},
		"not in metadata":    {"18-split-not-in-metadata", "{path: run}", 4, []string{"warning: bag run is damaged: one_missing_1.mcap is not named by metadata.yaml and left out, 1 time"}},
		"partial, all there": {"18-split-not-in-metadata", "{path: run, partial: true}", 4, []string{"warning: bag run is damaged: one_missing_1.mcap"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			frames, problems := onlyProblems(t, field+tt.dir, tt.bag, false)
			if frames != tt.frames || len(problems) != len(tt.want) {
				t.Fatalf("%d frames, %q", frames, problems)
			}
			for i, want := range tt.want {
				if !strings.HasPrefix(problems[i], want) {
					t.Errorf("got  %s\nwant %s", problems[i], want)
				}
			}
		})
	}
	for _, dir := range []string{"01-split-missing", "10-rosbag2-file-renamed", "18-split-not-in-metadata"} {
		if frames, problems := onlyProblems(t, field+dir, "{path: run}", true); frames != 0 || len(problems) != 1 || !strings.HasPrefix(problems[0], "error: ") {
			t.Errorf("%s, strict: %d frames, %q", dir, frames, problems)
		}
	}
}

// A split under another name is taken if its content fits; otherwise it is named together with the one that is missing.
func TestASplitUnderAnotherNameIsNamed(t *testing.T) {
	field := os.DirFS("testdata/field/18-split-not-in-metadata")
	tests := map[string]struct {
		metadata string // the paths
		frames   int
		want     string
	}{
		"one of several": {"one_missing.mcap, run_1.mcap", 8, "warning: bag run is damaged: one_missing_1.mcap is taken for run_1.mcap, which metadata.yaml names"},
		"a doubt":        {"one_missing.mcap, run_7.mcap", 0, "error: bag run: its file run_7.mcap is missing; there, but not in metadata.yaml: one_missing_1.mcap | bring the file there, or rename the one that is it, or write partial: true"},
		"all of several": {"run_1.mcap, run_2.mcap", 0, "error: bag run: its file run_1.mcap is missing; there, but not in metadata.yaml: one_missing.mcap, one_missing_1.mcap |"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			check(t, os.CopyFS(root, field))
			check(t, os.WriteFile(filepath.Join(root, "run/metadata.yaml"), []byte("rosbag2_bagfile_information: {relative_file_paths: ["+tt.metadata+"]}"), 0o666))
			frames, problems := onlyProblems(t, root, "run", false)
			if frames != tt.frames || len(problems) == 0 || !strings.HasPrefix(problems[0], tt.want) {
				t.Errorf("%d frames, %q", frames, problems)
			}
			if frames, problems := onlyProblems(t, root, "run", true); frames != 0 || !strings.HasPrefix(problems[0], "error: ") {
				t.Errorf("strict: %d frames, %q", frames, problems)
			}
		})
	}
}

// A part is taken on purpose alone, next to a file under another name too: it is taken where its content fits, and named where not.
// Of nothing there is no part.
func TestAPartialBagWithARenamedFileHasWhatIsSure(t *testing.T) {
	field := os.DirFS("testdata/field/18-split-not-in-metadata")
	none := "error: bag run: its file run_1.mcap is missing; there, but not in metadata.yaml: one_missing.mcap, one_missing_1.mcap | " +
		"bring at least one of its files there, under the name in metadata.yaml"
	for metadata, tt := range map[string]struct {
		frames int
		want   []string
	}{
		"one_missing.mcap, run_1.mcap": {8, []string{"warning: bag run is damaged: one_missing_1.mcap is taken for run_1.mcap, which metadata.yaml names, 1 time"}},
		"one_missing.mcap, run_7.mcap": {4, []string{
			"warning: bag run is damaged: one_missing_1.mcap is not named by metadata.yaml and left out, 1 time", "warning: bag run is damaged: run_7.mcap is missing, 1 time",
		}},
		"run_1.mcap, run_2.mcap": {0, []string{none, strings.Replace(none, "run_1.mcap", "run_2.mcap", 1)}},
		"run_1.mcap":             {0, []string{none}},
	} {
		root := t.TempDir()
		check(t, os.CopyFS(root, field))
		check(t, os.WriteFile(filepath.Join(root, "run/metadata.yaml"), []byte("rosbag2_bagfile_information: {relative_file_paths: ["+metadata+"]}"), 0o666))
		if frames, problems := onlyProblems(t, root, "{path: run, partial: true}", false); frames != tt.frames || !slices.Equal(problems, tt.want) {
			t.Errorf("%s: %d frames, %q", metadata, frames, problems)
		}
		if frames, problems := onlyProblems(t, root, "{path: run, partial: true}", true); frames != 0 || len(problems) != 1 || !strings.HasPrefix(problems[0], "error: ") {
			t.Errorf("%s: strict: %d frames, %q", metadata, frames, problems)
		}
	}
}

// What is there in place of a split is named, whatever it is; so are all of several.
func TestEachFileOfARosbag2ThatGivesNothingIsNamed(t *testing.T) {
	pointer := "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"
	tests := map[string]struct{ first, second string }{
		"both pointers": {pointer, pointer}, "an HTML page": {"<!DOCTYPE html><html>", pointer}, "empty": {"", pointer},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			check(t, os.CopyFS(root, os.DirFS("testdata/field/02-split-lfs-pointer")))
			check(t, os.WriteFile(filepath.Join(root, "run/one_missing.mcap"), []byte(tt.first), 0o666))
			check(t, os.WriteFile(filepath.Join(root, "run/one_missing_1.mcap"), []byte(tt.second), 0o666))
			frames, problems := onlyProblems(t, root, "{path: run}", false)
			all := strings.Join(problems, "\n")
			if frames != 0 || len(problems) != 2 || !strings.Contains(all, "its file one_missing.mcap ") || !strings.Contains(all, "its file one_missing_1.mcap is a Git LFS pointer") {
				t.Errorf("%d frames, %s", frames, all)
			}
		})
	}
}

// Recordings that names alone would join are none.
func TestFilesWithoutMetadataAreOneRecordingOnlyInOrder(t *testing.T) {
	one, err := os.ReadFile("testdata/field/18-split-not-in-metadata/run/one_missing.mcap")
	check(t, err)
	two, err := os.ReadFile("testdata/field/18-split-not-in-metadata/run/one_missing_1.mcap")
	check(t, err)
	other := bytes.Clone(one)
	other[8+9+4]++ // its profile's first letter: another file of the same times
	tests := map[string]struct {
		files  map[string][]byte
		frames int
	}{
		"not from 0":          {map[string][]byte{"run_1.mcap": one, "run_2.mcap": two}, 0},
		"one lacks":           {map[string][]byte{"run_0.mcap": one, "run_2.mcap": two}, 0},
		"padded":              {map[string][]byte{"run_00.mcap": one, "run_01.mcap": two}, 0},
		"at the same time":    {map[string][]byte{"run_0.mcap": one, "run_1.mcap": other}, 0},
		"two kinds":           {map[string][]byte{"run_0.mcap": one, "run_1.db3": two}, 0},
		"a lone file is fine": {map[string][]byte{"any.mcap": one}, 4},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			check(t, os.Mkdir(filepath.Join(root, "run"), 0o777))
			for file, b := range tt.files {
				check(t, os.WriteFile(filepath.Join(root, "run", file), b, 0o666))
			}
			frames, problems := onlyProblems(t, root, "{path: run}", false)
			if diff := cmp.Diff(tt.frames, frames); diff != "" || (frames == 0) != (len(problems) > 0) {
				t.Error(diff, problems)
			}
			if hint := `match the recordings themselves: path: "run/*"`; frames == 0 && !strings.HasSuffix(problems[0], hint) {
				t.Errorf("no hint: %s", problems[0])
			}
		})
	}
}

// What lies in place of a recording, or of a split, is named; none of its text is repeated, since a link may lead to
// any file of the machine.
func TestWhatLiesInPlaceOfARecordingIsNamedAndNotQuoted(t *testing.T) {
	for content, want := range map[string]string{
		"<!DOCTYPE html><title>secret</title>":   "not a recording: an HTML page, as a download gives that needed a login",
		"\n <HTML>secret":                        "not a recording: an HTML page, as a download gives that needed a login",
		"secret:x:0:0:root:/root:/bin/bash\n":    "not a recording: text",
		"#!/bin/sh\nsecret\n":                    "not a recording: text",
		strings.Repeat("\x00", 4096):             "not a recording: it begins with zeros only, as a file does whose copy was interrupted",
		"PK\x03\x04secret":                       "not a recording: its content is application/zip",
		"\x1f\x8b\x08\x00secret":                 "not a recording: its content is application/x-gzip",
		"\x01\x02\x03\x04secret\x00\x01":         "not a recording: it begins with the bytes 01 02 03 04",
		"version https://example.com/\nsecret\n": "not a recording: text",
	} {
		for _, name := range []string{"run.bag", "run.mcap", "run.db3", "run.bag.active"} {
			root := t.TempDir()
			check(t, os.WriteFile(filepath.Join(root, name), []byte(content), 0o666))
			frames, problems := onlyProblems(t, root, name, false)
			if frames != 0 || len(problems) != 1 || problems[0] != "error: bag "+name+": "+want {
				t.Errorf("%s of %q: %d frames, %q", name, content, frames, problems)
			}
		}
		root := t.TempDir()
		check(t, os.CopyFS(root, os.DirFS("testdata/field/01-split-missing")))
		check(t, os.WriteFile(filepath.Join(root, "run/one_missing_1.mcap"), []byte(content), 0o666))
		for _, bag := range []string{"{path: run}", "{path: run, partial: true}"} {
			_, problems := onlyProblems(t, root, bag, false)
			if len(problems) != 1 || strings.Contains(problems[0], "secret") || bag == "{path: run}" && !strings.HasPrefix(problems[0], "error: bag run: its file one_missing_1.mcap is "+want+" |") {
				t.Errorf("%s of %q: %q", bag, content, problems)
			}
		}
	}
}

// A recording, or a split, of which only a link is here is distinguished from one that is missing, with the command that fetches it.
func TestALinkInPlaceOfARecordingIsNamed(t *testing.T) {
	const annex = ".git/annex/objects/xx/yy/SHA256E-s9--00.bag/SHA256E-s9--00.bag"
	for target, want := range map[string][2]string{
		annex:            {"its content is not here: a git-annex link", "git annex get ROOT/"},
		"/nowhere/a.bag": {"broken symbolic link to /nowhere/a.bag", ""},
	} {
		root := t.TempDir()
		check(t, os.CopyFS(root, os.DirFS("testdata/field/01-split-missing")))
		check(t, os.Symlink(target, filepath.Join(root, "run.bag")))
		check(t, os.Symlink("../"+target, filepath.Join(root, "run/one_missing_1.mcap")))
		for _, path := range []string{"run.bag", `"*.bag"`} {
			_, problems := onlyProblems(t, root, path, false)
			if len(problems) != 1 || !strings.HasPrefix(problems[0], "error: bag run.bag: "+want[0]) || !strings.Contains(problems[0], want[1]) {
				t.Errorf("%s: %q", target, problems)
			}
		}
		_, problems := onlyProblems(t, root, "run", false)
		if len(problems) != 1 || !strings.HasPrefix(problems[0], "error: bag run: its file one_missing_1.mcap is missing: "+want[0][:20]) || !strings.Contains(problems[0], want[1]) {
			t.Errorf("%s: %q", target, problems)
		}
		check(t, os.WriteFile(filepath.Join(root, "a.jpg"), jpegImage(t), 0o666)) // it may be the images that are meant
		check(t, os.RemoveAll(filepath.Join(root, "run")))
		if frames, problems := onlyProblems(t, root, ".", false); frames != 0 || len(problems) != 1 || !strings.Contains(problems[0], "holds 1 image and 1 recording (run.bag: ") {
			t.Errorf("%s, next to an image: %d frames, %q", target, frames, problems)
		}
	}
}

// A recording that is still being copied is left alone, whatever of it can be read by now.
func TestARecordingThatIsBeingCopiedIsLeftAlone(t *testing.T) {
	root := t.TempDir()
	check(t, os.CopyFS(root, os.DirFS("testdata/field/01-split-missing")))
	whole, err := os.ReadFile("testdata/field/01-split-missing/run/one_missing.mcap")
	check(t, err)
	for name, b := range map[string][]byte{"cut.mcap": whole[:60], "begun.mcap": whole[:9], "empty.mcap": nil, "whole.mcap": whole} {
		check(t, os.WriteFile(filepath.Join(root, name), b, 0o666))
	}
	for _, bag := range []string{"run", "cut.mcap", "begun.mcap", "empty.mcap", "whole.mcap"} {
		tasks, _ := Scan(t.Context(), parse(t, "bags: [{path: "+bag+", settle: 10m}]"), Options{Root: root})
		if len(tasks) != 1 || !strings.Contains(tasks[0].Deferred, "settle: 10m") {
			t.Errorf("%s: %+v", bag, tasks)
		}
	}
}

// Where damage left nothing of a camera's topic, the task's message tells of the damage.
func TestATopicThatDamageLeftEmptyIsNotCalledEmpty(t *testing.T) {
	root := t.TempDir()
	path := filepath.Join(root, "run.mcap")
	w, err := bagtest.Create(path, bagtest.Format{})
	check(t, err)
	cam := bagtest.Topic{Name: "/cam/compressed", Type: "sensor_msgs/CompressedImage", Encoding: "ros1"}
	check(t, w.Write(bagtest.Topic{Name: "/odom", Type: "nav_msgs/Odometry", Encoding: "ros1"}, 1e9, make([]byte, 90)))
	check(t, w.Write(cam, 2e9, make([]byte, 9000)))
	check(t, w.Close())
	check(t, os.Truncate(path, 2000))
	frames, problems := onlyProblems(t, root, "run.mcap", false)
	if frames != 0 || !strings.Contains(strings.Join(problems, "\n"), "cut short") {
		t.Errorf("%d frames, %q", frames, problems)
	}
}
