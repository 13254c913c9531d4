package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/regular"
	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// profiles is the store in which `cvat-cli profile` keeps access tokens, version 1
// (cvat-sdk 2.80, core/auth.py).
type profiles struct {
	Version  int
	Default  string `json:"default_profile"`
	Profiles map[string]struct{ Server, Token string }
}

// cliProfile finds the access token that cvat-cli keeps for this server's host. Where several profiles
// name it, the default one is taken, and without one among them nothing: it would be a guess.
func (a *app) cliProfile(server string) (credentials, bool, error) {
	path := a.profilePath()
	if path == "" {
		return credentials{}, false, nil
	}
	f, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return credentials{}, false, nil
	}
	if err != nil {
		return credentials{}, false, fmt.Errorf("cvat-cli's profiles: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return credentials{}, false, fmt.Errorf("cvat-cli's profiles: %w", err)
	}
	if err := private(path); err != nil {
		return credentials{}, false, err
	}
	var p profiles
	if json.Unmarshal(text, &p) != nil || p.Version != 1 {
		return credentials{}, false, nil // another cvat-cli's; its own business
	}
	token := p.tokenFor(server)
	return credentials{accessToken: cvat.NewSecret(token), hasToken: token != ""}, token != "", nil
}

func (p profiles) tokenFor(server string) string {
	found := map[string]string{}
	for name, entry := range p.Profiles {
		if sameHost(entry.Server, server) {
			found[name] = entry.Token
		}
	}
	if len(found) == 1 {
		for _, token := range found {
			return token
		}
	}
	return found[p.Default]
}

// sameHost compares scheme, host and port: a token for https is never sent over http.
func sameHost(one, other string) bool {
	a, errA := url.Parse(one)
	b, errB := url.Parse(other)
	return errA == nil && errB == nil && a.Scheme == b.Scheme && a.Host == b.Host
}

// private refuses a store that others can read, as cvat-cli itself does.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return withHint(withCode(diag.CodeOpenProfile, fmt.Errorf("%s holds access tokens and others can read it (mode %04o)", path, info.Mode().Perm())),
		diag.Do(diag.HintCloseProfile, path))
}

// profilePath is where cvat-cli keeps its store on this system (platformdirs' user_config_path).
func (a *app) profilePath() string {
	home := a.getenv("HOME")
	switch {
	case runtime.GOOS == "windows":
		return joinIf(a.getenv("LOCALAPPDATA"), "CVAT.ai", "cvat-sdk", "auth.json")
	case runtime.GOOS == "darwin":
		return joinIf(home, "Library", "Application Support", "cvat-sdk", "auth.json")
	case a.getenv("XDG_CONFIG_HOME") != "":
		return filepath.Join(a.getenv("XDG_CONFIG_HOME"), "cvat-sdk", "auth.json")
	}
	return joinIf(home, ".config", "cvat-sdk", "auth.json")
}

// joinIf joins below base, or is empty where base is unknown.
func joinIf(base string, parts ...string) string {
	if base == "" {
		return ""
	}
	return filepath.Join(append([]string{base}, parts...)...)
}
