package main

import (
	"context"
	"fmt"

	"github.com/cvatplan/cvatplan/pkg/sandbox"
)

type sandboxCmd struct {
	Listen string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where to listen: loopback only; port 0 takes a free one."`
	Data   string `required:"" placeholder:"DIR" type:"path" help:"Where the server keeps its database and images."`
}

// Run serves until it is interrupted. The first line on stdout tells the address, so that a script can read it.
func (c sandboxCmd) Run(a *app) error {
	server, err := sandbox.Open(sandbox.Options{Dir: c.Data, Hooks: a.hooks})
	if err != nil {
		return err
	}
	defer server.Close()
	address, err := server.Listen(context.Background(), c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "listening on http://%s\n", address)
	fmt.Fprintln(a.stderr, "cvatplan: log in as sandbox, password sandbox, or with the access token sandbox")
	<-a.interrupts.stop
	a.interrupts.finishing()
	return server.Close()
}
