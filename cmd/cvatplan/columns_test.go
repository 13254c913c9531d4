package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
)

// Rows fit as many columns as COLUMNS says, where output is piped too, whatever names are called and however wide their characters
// are; without it they are whole, for whoever looks for names in them.
func TestRowsFitTheColumnsThatThereAre(t *testing.T) {
	home := t.TempDir()
	const long = "北側の畑_2026-03-04_a_name_of_a_recording_with_so_many_words_in_it_that_no_terminal_has_room_for_all_of_them"
	image := string(noise(t, 4, 1))
	writeFiles(t, home, map[string]string{
		"data/" + long + "/カメラ/1.png": image, "data/" + long + "_2/カメラ/1.png": image,
		"m.yaml": "version: 1\nserver: {url: 'sandbox:" + filepath.ToSlash(home) + "/s'}\nroot: data\nbags: ['*']\nproject: {name: 畑, create: true, labels: [a]}\n",
	})
	m, to := filepath.Join(home, "m.yaml"), filepath.Join(home, "pulled")
	calls := [][]string{
		{"plan", m}, {"plan", "--offline", "-v", m}, {"plan", "--out", filepath.Join(home, "saved.plan"), m}, {"show", filepath.Join(home, "saved.plan")},
		{"apply", "--auto-approve", "-v", m}, {"plan", "-v", m}, {"status", m}, {"pull", "--to", to, m}, {"pull", "-v", "--to", to, m},
		{"inspect", filepath.Join(home, "data", long)}, {"doctor", m},
	}
	const columns = 80
	for _, args := range calls {
		text, code := called(map[string]string{"HOME": home, "COLUMNS": "80"}, args...)
		if code != 0 {
			t.Errorf("%v: exit code %d\n%s", args, code, text)
		}
		for line := range strings.Lines(text) {
			sentence := strings.HasPrefix(line, "Plan:") || strings.HasPrefix(line, "Apply:") || strings.HasPrefix(line, "Pull:") || strings.Contains(line, "cvatplan: ") ||
				strings.HasPrefix(line, "hint: ") || strings.HasPrefix(line, "Saved") || strings.HasPrefix(line, "done: ")
			if width := runewidth.StringWidth(strings.TrimSuffix(line, "\n")); width > columns && !sentence {
				t.Errorf("%v: %d columns: %s", args, width, line)
			}
		}
	}
	if text, _ := called(map[string]string{"HOME": home}, "plan", "-v", m); !strings.Contains(text, long+"_2 ") {
		t.Errorf("without COLUMNS names are not whole:\n%s", text)
	}
	must(t, os.RemoveAll(to))
	if text, _ := called(map[string]string{"HOME": home}, "pull", "--to", to, m); !strings.Contains(text, "+ "+long+"_2.jsonl (") {
		t.Errorf("without COLUMNS paths are not whole:\n%s", text)
	}
}
