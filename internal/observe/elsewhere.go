package observe

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// maxRule is how many bytes of names one question takes, as they are in the URL: the
// proxy that CVAT ships with allows 8 kB for a whole request line.
const maxRule = 6000

// elsewhere looks in other projects for the names of tasks to be created. However many
// there are it asks once, for as many names as fit, evenly spread; only if one of them
// is found does it ask for the rest. Apply looks each name up before it creates it, so
// what is not asked here is found there.
func (l *look) elsewhere(ctx context.Context) error {
	if err := l.ask(ctx); err != nil || len(l.have.Elsewhere) == 0 || l.want.Project.ID != 0 {
		return err
	}
	return l.compare(ctx) // they may stand in the very project, if another run has made it since
}

func (l *look) ask(ctx context.Context) error {
	questions := split(l.missing())
	for i, names := range questions {
		rule, err := json.Marshal(map[string]any{"in": []any{map[string]string{"var": "name"}, names}})
		if err != nil {
			return err
		}
		tasks, err := l.c.ListTasks(ctx, cvat.TaskFilter{Logic: string(rule)})
		if err != nil {
			return err
		}
		l.found(tasks, names)
		if i == 0 && len(l.have.Elsewhere) == 0 {
			l.have.NotAsked = count(questions[1:])
			return nil
		}
	}
	return nil
}

// found keeps the tasks of other projects that have one of the names. One that is in
// this project is newer than the listing.
func (l *look) found(tasks []cvat.Task, names []string) {
	asked := make(map[plan.Name]bool, len(names))
	for _, name := range names {
		asked[plan.NameOf(name)] = true
	}
	for _, t := range tasks {
		p := Task(l.c, t)
		switch {
		case !asked[plan.NameOf(p.Name)]:
		case p.ProjectID != 0 && p.ProjectID == l.have.Scope.ProjectID:
			l.overtaken = true
		default:
			l.have.Elsewhere = append(l.have.Elsewhere, p)
		}
	}
}

// split deals the names out to questions that fit a URL, each of which is spread over all.
func split(tasks []plan.Desired) [][]string {
	bytes := 0
	for _, d := range tasks {
		for _, name := range plan.NameOf(d.Task).Spellings() {
			bytes += len(url.QueryEscape(name)) + len(`%22%22%2C`)
		}
	}
	questions := make([][]string, (bytes+maxRule-1)/maxRule)
	for i, d := range tasks {
		q := &questions[i%len(questions)]
		*q = append(*q, plan.NameOf(d.Task).Spellings()...)
	}
	return questions
}

func count(questions [][]string) int {
	distinct := make(map[plan.Name]bool)
	for _, names := range questions {
		for _, name := range names {
			distinct[plan.NameOf(name)] = true
		}
	}
	return len(distinct)
}
