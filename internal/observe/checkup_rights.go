package observe

import (
	"context"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// rights tells whether the user may create tasks there. CVAT has no question for it, so what is
// known of its rules is looked up (measured on CVAT 2.73): members of the role worker may create
// nothing in an organization, users of the group worker nothing at all, and in a personal
// workspace a project's owner alone creates tasks in it.
func (e *examination) rights(ctx context.Context) bool {
	text, hint := e.lacks(ctx)
	if text != "" {
		e.say("rights", Warning, hint, "%s", text)
		return true
	}
	e.say("rights", Fine, diag.Hint{}, "nothing speaks against creating tasks here")
	return true
}

// worker is CVAT's name of the group, and of the role in an organization, whose members may create nothing.
const worker = "worker"

func (e *examination) lacks(ctx context.Context) (text string, hint diag.Hint) {
	self, organization := e.self, e.c.Organization()
	if self.IsSuperuser {
		return "", diag.Hint{}
	}
	if len(self.Groups) > 0 && slices.Equal(self.Groups, []string{worker}) {
		return fmt.Sprintf("%s is a worker on this server and may create nothing", self.Username), diag.Do(diag.HintAskForGroup)
	}
	if organization == "" {
		return e.foreignProject(ctx)
	}
	role, err := e.c.Role(ctx, self.Username) // what cannot be found out is no objection
	if err == nil && role == worker {
		return fmt.Sprintf("%s is a worker in organization %s and may create nothing", self.Username, organization), diag.Do(diag.HintAskForRole)
	}
	return "", diag.Hint{}
}

func (e *examination) foreignProject(ctx context.Context) (text string, hint diag.Hint) {
	if e.found.ID == 0 {
		return "", diag.Hint{}
	}
	p, err := e.c.Project(ctx, e.found.ID)
	if err != nil || p.Owner == nil || p.Owner.ID == e.self.ID {
		return "", diag.Hint{}
	}
	return fmt.Sprintf("project %d is %s's, who alone creates tasks in it", p.ID, p.Owner.Username), diag.Do(diag.HintShareProject)
}
