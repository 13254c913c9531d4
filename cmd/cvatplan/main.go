// Command cvatplan keeps CVAT annotation tasks as code: `cvatplan plan` shows
// what a manifest asks for and the server lacks, `cvatplan apply` creates it.
package main

import "os"

func main() {
	collectLater(os.Getenv)
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr, os.Getenv))
}
