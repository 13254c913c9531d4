package manifest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing of a file outside the manifest's repository is repeated, however it is named.
func TestAMistakeOutsideTheTreeShowsNothingOfTheFile(t *testing.T) {
	const secret = "hunter2hunter2"
	outer := t.TempDir()
	repo := filepath.Join(outer, "repo")
	must(t, os.MkdirAll(filepath.Join(repo, ".git"), 0o777))
	must(t, os.MkdirAll(filepath.Join(repo, "sub"), 0o777))
	must(t, os.WriteFile(filepath.Join(outer, "token"), []byte(secret+"\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(outer, "pairs"), []byte("version: 1\n"+secret+": x\nbags: {"+secret+": 1}\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(outer, "broken"), []byte("a: ["+secret+"\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(outer, "list"), []byte("- {nmae: "+secret+"}\n"), 0o666))
	must(t, os.WriteFile(filepath.Join(outer, "x.json"), []byte(`{"`+secret+`": }`), 0o666))
	must(t, os.WriteFile(filepath.Join(repo, "inside"), []byte("a: ["+"visible"+"\n"), 0o666))
	must(t, os.Symlink(filepath.Join(outer, "pairs"), filepath.Join(repo, "link.yaml")))
	must(t, os.WriteFile(filepath.Join(repo, ".git", "config"), []byte(secret+": x\n"), 0o666))
	must(t, os.Symlink(filepath.Join(".git", "config"), filepath.Join(repo, "gitlink")))
	must(t, os.Symlink(filepath.Join("..", ".git", "config"), filepath.Join(repo, "sub", "linked.md")))
	for name, c := range map[string]struct{ lines, want string }{
		"labels of a token":   {"project: {name: p, labels: ../../token}", "outside the repository"},
		"labels of an item":   {"project: {name: p, labels: ../../list}", "outside the repository"},
		"extends by ..":       {"extends: ../../pairs", "outside the repository"},
		"extends by its path": {"extends: " + filepath.ToSlash(filepath.Join(outer, "pairs")), "outside the repository"},
		"extends by a link":   {"extends: ../link.yaml", "outside the repository"},
		"no YAML":             {"extends: ../../broken", "outside the repository"},
		"no JSON":             {"extends: ../../x.json", "outside the repository"},
		"no mapping":          {"extends: ../../token", "outside the repository"},
		"what git keeps":      {"extends: ../.git/config", "outside the repository"},
		"labels git keeps":    {"project: {name: p, labels: ../gitlink}", "outside the repository"},
		"a guide git keeps":   {"project: {name: p, guide: linked.md}", "what git keeps"},
		"inside, it is shown": {"extends: ../inside", "visible"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(repo, "sub", "m.yaml")
			must(t, os.WriteFile(path, []byte("version: 1\nbags: [a]\n"+c.lines+"\n"), 0o666))
			_, err := Load(path)
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatal(err)
			}
			text := wordsOf(err)
			if !strings.Contains(text, c.want) || strings.Contains(text, secret) {
				t.Error(text)
			}
		})
	}
	t.Run("the manifest is a link", func(t *testing.T) {
		_, err := Load(filepath.Join(repo, "link.yaml"))
		if err == nil || strings.Contains(wordsOf(err), secret) {
			t.Error(err)
		}
	})
}

// A base without settings would be a manifest without them: who wrote extends: meant something.
func TestExtendsOfNoMappingIsAnError(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"a list": "- a\n", "text": "../other/base.yaml\n",
		"a pointer": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "empty": "",
	} {
		t.Run(name, func(t *testing.T) {
			must(t, os.WriteFile(filepath.Join(dir, "base.yaml"), []byte(content), 0o666))
			path := filepath.Join(dir, "m.yaml")
			must(t, os.WriteFile(path, []byte("version: 1\nextends: base.yaml\nproject: {name: p}\nbags: [a]\n"), 0o666))
			if _, err := Load(path); err == nil {
				t.Error("it is taken")
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
