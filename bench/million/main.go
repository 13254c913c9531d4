// Command million makes a tree of bags × files empty images, and an embedded server's directory
// whose project "Bench" holds a finished task for each bag, so that a plan has nothing to do.
//
//	go run ./bench/million TREE SERVERDIR 10000 100
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: million TREE SERVERDIR BAGS FILES")
	}
	bags, errB := strconv.Atoi(os.Args[3])
	files, errF := strconv.Atoi(os.Args[4])
	if errB != nil || errF != nil {
		log.Fatal("BAGS and FILES are numbers")
	}
	names := fileNames(files)
	must(tree(os.Args[1], bags, names))
	must(seed(os.Args[2], bags, names))
}

func fileNames(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("jai_cam_%019d.jpg", 1700000000000000000+i*100_000_000)
	}
	return names
}

func bagName(i int) string { return fmt.Sprintf("bag%05d", i) }

func tree(root string, bags int, names []string) error {
	for i := range bags {
		dir := filepath.Join(root, bagName(i))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		for _, name := range names {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func seed(dir string, bags int, names []string) error {
	server, err := sandbox.Open(sandbox.Options{Dir: dir})
	if err != nil {
		return err
	}
	defer server.Close()
	project, err := server.SeedProject(context.Background(), "Bench")
	if err != nil {
		return err
	}
	tasks := make([]sandbox.SeedTask, bags)
	for i := range tasks {
		tasks[i].Name = bagName(i)
		for _, name := range names {
			tasks[i].Frames = append(tasks[i].Frames, bagName(i)+"/"+name)
		}
	}
	return server.SeedTasks(context.Background(), project, tasks)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
