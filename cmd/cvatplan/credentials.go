package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/cvatplan/cvatplan/internal/credential"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// credentials are what the environment, or a person at a terminal, gives for one server. They never
// are in a manifest and are never a flag: both end up in histories and process lists.
type credentials struct {
	accessToken        cvat.Secret
	username           string
	password           cvat.Secret
	hasToken, hasLogin bool
}

// findCredentials looks at CVAT_ACCESS_TOKEN, CVAT_ACCESS_TOKEN_FILE, then CVAT_USERNAME with
// CVAT_PASSWORD, then cvat-cli's own profile for the host, then asks, if there is someone to ask.
func (a *app) findCredentials(server string) (credentials, error) {
	if token := a.getenv("CVAT_ACCESS_TOKEN"); token != "" {
		return credentials{accessToken: cvat.NewSecret(strings.TrimSpace(token)), hasToken: true}, nil
	}
	if file := a.getenv("CVAT_ACCESS_TOKEN_FILE"); file != "" {
		return a.tokenFromFile(file)
	}
	if user, password := a.getenv("CVAT_USERNAME"), a.getenv("CVAT_PASSWORD"); user != "" && password != "" {
		return credentials{username: user, password: cvat.NewSecret(password), hasLogin: true}, nil
	}
	profiles, err := credential.LoadProfiles(a.getenv)
	if err != nil {
		return credentials{}, err
	}
	if token := profiles.TokenFor(server); token != "" {
		return credentials{accessToken: cvat.NewSecret(token), hasToken: true}, nil
	}
	if a.interactive() {
		return a.askCredentials(server)
	}
	hint := diag.Do(diag.HintSetCredentials)
	if a.getenv("CVAT_USERNAME") != "" && a.getenv("CVAT_PASSWORD") == "" {
		hint = diag.Do(diag.HintSetPassword)
	}
	return credentials{}, withHint(withCode(diag.CodeBadCredentials, fmt.Errorf("%w: no credentials for %s", cvat.ErrNotAuthorised, server)), hint)
}

// maxTokenFile is more bytes than any token has; a device would have no end.
const maxTokenFile = 64 << 10

func (a *app) tokenFromFile(file string) (credentials, error) {
	token, err := readToken(file)
	if err != nil {
		return credentials{}, withHint(fmt.Errorf("CVAT_ACCESS_TOKEN_FILE: %w", err), diag.Do(diag.HintWriteTokenFile))
	}
	a.secrets.Add(token) // it may be a pipe, which only this reads
	return credentials{accessToken: cvat.NewSecret(token), hasToken: true}, nil
}

func readToken(file string) (string, error) {
	f, err := regular.OpenGiven(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTokenFile+1))
	if err != nil {
		return "", err
	}
	if len(text) > maxTokenFile {
		return "", fmt.Errorf("%s is larger than %d KiB", file, maxTokenFile>>10)
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return token, nil
}

// interactive reports whether there is a person to ask.
func (a *app) interactive() bool {
	return isTerminal(a.stdin) && isTerminal(a.stderr) && a.getenv("CI") == ""
}

func (a *app) askCredentials(server string) (credentials, error) {
	user := a.getenv("CVAT_USERNAME")
	if user == "" {
		fmt.Fprintf(a.stderr, "User name at %s: ", server)
		line, err := a.readLine()
		if err != nil {
			return credentials{}, err
		}
		user = line
	}
	fmt.Fprintf(a.stderr, "Password of %s: ", user)
	password, err := a.readPassword()
	fmt.Fprintln(a.stderr)
	if err != nil {
		return credentials{}, fmt.Errorf("read the password: %w", err)
	}
	a.secrets.Add(password)
	return credentials{username: user, password: cvat.NewSecret(password), hasLogin: true}, nil
}

// login makes the client send the credentials. A token is sent as it is; a user name and password
// are exchanged for a key, the only request but GET that plan makes.
func (c credentials) login(ctx context.Context, client *cvat.Client) error {
	if !c.hasLogin {
		return nil
	}
	return client.Login(ctx, c.username, c.password)
}
