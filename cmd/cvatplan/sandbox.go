package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

type sandboxCmd struct {
	Listen string `default:"127.0.0.1:0" placeholder:"HOST:PORT" help:"Where to listen: loopback only; port 0 takes a free one."`
	Data   string `required:"" placeholder:"DIR" type:"path" help:"Where the server keeps its database and images."`
}

// Help is what the command's help ends its description with.
func (sandboxCmd) Help() string {
	return `Examples:

    cvatplan sandbox --data .sandbox
    cvatplan sandbox --data .sandbox --listen 127.0.0.1:8080`
}

// Run serves until it is interrupted. The first line on stdout tells the address, so that a script can read it.
func (c sandboxCmd) Run(a *app) error {
	ctx := context.Background()
	if err := sandbox.CheckAddress(ctx, c.Listen); err != nil {
		return err
	}
	server, err := sandbox.Open(a.sandboxOptions(c.Data))
	if err != nil {
		return err
	}
	defer server.Close()
	address, err := server.Listen(ctx, c.Listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "listening on http://%s\n", address)
	fmt.Fprintln(a.stderr, "cvatplan: log in as sandbox, password sandbox, or with the access token sandbox")
	<-a.interrupts.ctx.Done()
	a.interrupts.finishing()
	return server.Close()
}

// sandboxOptions are those of the embedded server, wherever it runs. Its errors are logged
// on stderr; a panic, which it survives as CVAT would, makes this program exit 11.
func (a *app) sandboxOptions(dir string) sandbox.Options {
	o := sandbox.Options{Dir: dir, Hooks: a.hooks, Log: slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelError}))}
	o.Hooks.Panicked = a.crashes.Keep
	return o
}
