package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// spellings are one name in the ways in which keyboards, file systems and people write it.
// Blanks around it are stripped by CVAT, so only a person's spelling can have them.
func spellings(name string) (of struct{ server, person []string }) {
	mixed := strings.Replace(norm.NFC.String(name), "é", "e\u0301", 1)
	of.server = []string{norm.NFC.String(name), norm.NFD.String(name), mixed}
	of.person = append(slices.Clone(of.server), " "+name, norm.NFD.String(name)+"\u00a0")
	return of
}

func (s *site) patch(t *testing.T, path, body string) {
	t.Helper()
	q, err := http.NewRequest(http.MethodPatch, s.url+path, strings.NewReader(body))
	must(t, err)
	q.Header.Set("Authorization", "Bearer "+s.token)
	q.Header.Set("Content-Type", "application/json")
	r, err := http.DefaultClient.Do(q)
	must(t, err)
	defer r.Body.Close()
	if r.StatusCode >= 300 {
		t.Fatalf("PATCH %s: %s", path, r.Status)
	}
}

// A name is the same name however it is spelled, in the manifest, on the command line and
// on the server, for every command that takes one: nothing is missed, nothing made twice.
func TestANameIsOneNameInEverySpelling(t *testing.T) {
	t.Parallel()
	const name = "café_noé"
	d := newDataset(t, shape{})
	for i := range 2 {
		d.add(t, name, fmt.Sprintf("%d.png", i), noise(t, 24, uint64(i)))
		d.add(t, "other", fmt.Sprintf("%d.png", i), noise(t, 24, uint64(10+i)))
	}
	srv := cvattest.Start(t)
	s := newSite(t, d, srv.URL, srv.Token)
	file := s.manifest()
	written, err := os.ReadFile(file)
	must(t, err)
	s.inProcess(t, exitOK, "apply", file)
	made, err := s.client(t).ListTasks(context.Background(), cvat.TaskFilter{Name: name})
	must(t, err)
	id := made[0].ID
	rename := func(name string) { s.patch(t, fmt.Sprintf("/api/tasks/%d", id), fmt.Sprintf(`{"name":%q}`, name)) }
	shows := func(out, want string) {
		t.Helper()
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	for i, onServer := range spellings(name).server {
		for k, byPerson := range spellings(name).person {
			if skipped(i+k, 3) { // each spelling is left, by either
				continue
			}
			t.Run(fmt.Sprint("server ", i, " person ", k), func(t *testing.T) {
				rename(onServer)
				must(t, os.WriteFile(file, append(slices.Clone(written), fmt.Sprintf("skip: [%q]\n", byPerson)...), 0o644))
				shows(s.inProcess(t, exitOK, "plan", file), "1 unchanged, 1 skipped")
				must(t, os.WriteFile(file, written, 0o644))

				for _, pattern := range []string{byPerson, strings.TrimSpace(byPerson) + "*", "{" + strings.TrimSpace(byPerson) + ",x}"} {
					shows(s.inProcess(t, exitOK, "plan", "--check", "frames", "--target", pattern, file), "0 to create, 0 to resume, 0 in conflict, 0 drifted, 1 unchanged.")
				}
				shows(s.inProcess(t, exitOK, "apply", "--target", byPerson, file), "1 unchanged.")
				shows(s.inProcess(t, exitOK, "status", "--output", "csv", "--target", byPerson, file), name+",1,0,2,1,1,0,0")
				shows(s.inProcess(t, exitOK, "frames", "--ids", "--target", byPerson, file), fmt.Sprintf(`"task_id":%d,`, id))

				saved := filepath.Join(t.TempDir(), "plan")
				s.inProcess(t, exitOK, "plan", "--out", saved, "--target", byPerson, file)
				shows(s.inProcess(t, exitOK, "show", saved), "1 unchanged.")

				typed := strings.TrimSpace(byPerson)[:6]
				shows(s.inProcess(t, exitOK, "__complete", "--", "status", file, "--target", typed), "\n"+typed)

				rename("renamed by hand")
				shows(s.inProcess(t, exitConflict, "plan", "--check", "frames", "--target", byPerson, file), "1 renamed")
				shows(s.inProcess(t, exitOK, "plan", "--check", "frames", "--target", byPerson, "--create-anyway", byPerson, file), "1 to create")
			})
		}
	}
}

// A task that the plan says it replaces is the one that apply replaces.
func TestAnEmptyTaskOfAnySpellingIsReplacedNotMadeTwice(t *testing.T) {
	t.Parallel()
	const name = "café_noé"
	for i, onServer := range spellings(name).server {
		byPerson := spellings(name).person[(i+1)%5]
		d := newDataset(t, shape{})
		d.add(t, name, "0.png", noise(t, 24, 1))
		srv := cvattest.Start(t)
		s := newSite(t, d, srv.URL, srv.Token)
		file := s.manifest()
		c := s.client(t)
		project, err := c.CreateProject(context.Background(), "Orchard", "", []cvat.Label{{Name: "apple"}})
		must(t, err)
		_, err = c.CreateTask(context.Background(), cvat.NewTask{Name: onServer, ProjectID: project.ID})
		must(t, err)
		args := []string{"--target", byPerson, "--replace-empty", file}
		if out := s.inProcess(t, exitOK, append([]string{"plan"}, args...)...); !strings.Contains(out, "1 to replace") {
			t.Errorf("%q, %q: no replacement:\n%s", onServer, byPerson, out)
		}
		s.inProcess(t, exitOK, append([]string{"apply"}, args...)...)
		tasks, err := c.ListTasks(context.Background(), cvat.TaskFilter{})
		if err != nil || len(tasks) != 1 || tasks[0].Name != name || tasks[0].Size != 1 {
			t.Errorf("%q, %q: %v, %v", onServer, byPerson, tasks, err)
		}
	}
}

// Project and labels are found, not made a second time.
func TestAProjectAndItsLabelsAreFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	for i, onServer := range spellings("Señal é").server[:2] {
		d := newDataset(t, shape{tasks: 1, frames: 1})
		srv := cvattest.Start(t)
		s := newSite(t, d, srv.URL, srv.Token)
		file := s.manifest()
		c := s.client(t)
		_, err := c.CreateProject(context.Background(), onServer, "", []cvat.Label{{Name: onServer}})
		must(t, err)
		for _, byPerson := range spellings("Señal é").person {
			written := fmt.Sprintf("version: 1\nroot: data\nproject: {name: %q, create: true, labels: [%[1]q]}\nbags: ['*/']\n", strings.TrimSpace(byPerson))
			must(t, os.WriteFile(file, []byte(written), 0o644))
			s.inProcess(t, exitOK, "apply", file)
		}
		projects, err := c.ListProjects(context.Background(), "")
		must(t, err)
		labels, err := c.Labels(context.Background(), projects[0].ID)
		if err != nil || len(projects) != 1 || len(labels) != 1 {
			t.Errorf("spelling %d: projects %v, labels %v, %v", i, projects, labels, err)
		}
	}
}
