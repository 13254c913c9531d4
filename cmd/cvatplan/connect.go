package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planner"
	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// named puts the server before an error that does not speak of it.
func named(s planner.Server, err error) error {
	if strings.Contains(err.Error(), s.Shown) {
		return err
	}
	return fmt.Errorf("%s: %w", s.Shown, err)
}

// A connection is an open way to a server; close it when all is done.
type connection struct {
	*cvat.Client
	embedded *sandbox.Server // nil: a real server
	scratch  string          // its directory, where that ends with the connection
	lacking  error           // why there are no credentials
	signIn   func(context.Context) error
	asked    *cvat.Token // see token
}

// token describes the access token in use, nil where that cannot be known: there is none, or the server is
// older. It is asked for once, though several projects lie on the server.
func (c *connection) token(ctx context.Context) (*cvat.Token, error) {
	if c.asked != nil || !c.UsesAccessToken() {
		return c.asked, nil
	}
	token, err := c.AccessTokenSelf(ctx)
	if errors.Is(err, cvat.ErrNotFound) {
		return nil, nil
	}
	c.asked = token
	return token, err
}

func (c *connection) close() error {
	if c.embedded == nil {
		return nil
	}
	err := c.embedded.Close()
	if c.scratch != "" {
		err = errors.Join(err, os.RemoveAll(c.scratch))
	}
	return err
}

// SignIn makes the client send the credentials that were found for its server.
func (c *connection) SignIn(ctx context.Context) error {
	if c.signIn == nil {
		return nil
	}
	return c.signIn(ctx)
}

// connect opens a way to a server whose version is one that is served. Only then is a
// password sent there.
func (a *app) connect(ctx context.Context, s planner.Server) (*connection, error) {
	c, err := a.dial(s)
	if err == nil {
		err = c.lacking
	}
	if err == nil && c.embedded == nil {
		err = a.checkVersion(ctx, c.Client)
	}
	if err == nil {
		err = c.SignIn(ctx)
	}
	return c, err
}

// dial opens a way to a server, without checking its version or our rights.
func (a *app) dial(s planner.Server) (*connection, error) {
	if s.Sandbox != "" {
		return a.connectSandbox(s)
	}
	return a.connectServer(s)
}

// connectSandbox runs the embedded server in this process, reached through memory: no port is open,
// so it needs no credentials.
func (a *app) connectSandbox(s planner.Server) (*connection, error) {
	c, err := a.openSandbox(s.Sandbox)
	if err != nil {
		return nil, err
	}
	way := a.clientOptions(s)
	way.BaseURL, way.CAFile = "http://sandbox.localhost", ""
	way.Transport = &http.Transport{DialContext: c.embedded.DialContext}
	way.NoPages = true
	if c.Client, err = cvat.New(way); err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

// openSandbox opens the embedded server's directory. One that is not there is made by a command that
// writes; to any other it is an empty server, whose directory is gone when the command ends.
func (a *app) openSandbox(dir string) (*connection, error) {
	var c connection
	var err error
	if !a.writes && !sandbox.Exists(dir) {
		if dir, err = os.MkdirTemp("", "cvatplan-sandbox-"); err != nil {
			return nil, err
		}
		c.scratch = dir
	}
	o := a.sandboxOptions(dir)
	o.NoAuth = true
	if c.embedded, err = sandbox.Open(o); err != nil && c.scratch != "" {
		err = errors.Join(err, os.RemoveAll(c.scratch))
	}
	return &c, err
}

func (a *app) connectServer(s planner.Server) (*connection, error) {
	if s.URL == "" {
		return nil, withHint(withCode(diag.CodeNoServer, errors.New("no server configured")), diag.Do(diag.HintNameServer))
	}
	found, lacking := a.findCredentials(s.URL)
	o := a.clientOptions(s)
	o.Credentials = cvat.Credentials{AccessToken: found.accessToken}
	client, err := cvat.New(o)
	if err != nil {
		return nil, err
	}
	signIn := func(ctx context.Context) error {
		if lacking != nil {
			return lacking
		}
		return found.login(ctx, client)
	}
	return &connection{Client: client, lacking: lacking, signIn: signIn}, nil
}

func (a *app) clientOptions(s planner.Server) cvat.Options {
	o := cvat.Options{
		BaseURL:       s.URL,
		Organization:  s.Organization,
		CAFile:        a.CAFile,
		UserAgent:     "cvatplan/" + versionString(),
		IdleTimeout:   a.Timeout,
		AnswerTimeout: a.AnswerTimeout,
		InsecureHTTP:  a.InsecureHTTP,
		UploadRate:    int64(a.LimitRate),
		RequestRate:   float64(a.MaxRequests),
		OnWarning:     a.warn,
		OnRetry:       a.retries.report,
	}
	if a.Debug {
		o.Debug = func(line string) { fmt.Fprintln(a.stderr, "cvatplan: debug:", line) }
	}
	return o
}

func (a *app) warn(text string) {
	if !a.Quiet {
		fmt.Fprintln(a.stderr, "cvatplan: warning:", text)
	}
}

// checkVersion refuses servers that are no CVAT, or too old, before any credentials are sent.
func (a *app) checkVersion(ctx context.Context, client *cvat.Client) error {
	about, err := client.About(ctx)
	if err != nil {
		return err
	}
	warning, err := about.Check(client.UsesAccessToken())
	if warning != "" {
		a.warn(warning)
	}
	return err
}
