package cvat_test

import (
	"context"
	"fmt"
	"os"

	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A project with one empty task, found again by its name.
func Example() {
	dir, _ := os.MkdirTemp("", "cvat")
	defer os.RemoveAll(dir)
	srv, err := cvattest.Open(dir) // or the URL and a personal access token of a CVAT
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client, err := cvat.New(cvat.Options{BaseURL: srv.URL, Credentials: cvat.Credentials{AccessToken: cvat.NewSecret(srv.Token)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	project, err := client.CreateProject(ctx, "Orchard", "", []cvat.Label{{Name: "apple"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.CreateTask(ctx, cvat.NewTask{Name: "run 1", ProjectID: project.ID}); err != nil {
		fmt.Println(err)
		return
	}
	tasks, err := client.ListTasks(ctx, cvat.TaskFilter{ProjectID: project.ID, Name: "run 1"})
	fmt.Println(len(tasks), tasks[0].Imported(), err)
	// Output: 1 false <nil>
}
