package credential

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
)

// Profiles is the store in which `cvat-cli profile` keeps access tokens, version 1
// (cvat-sdk 2.80, core/auth.py).
type Profiles struct {
	Version  int
	Default  string `json:"default_profile"`
	Profiles map[string]struct{ Server, Token string }
}

// LoadProfiles reads the store of this machine. There is none, which is no error, where cvat-cli has made none or
// where another version of it has; one that others can read is an [OpenStoreError].
func LoadProfiles(getenv func(string) string) (Profiles, error) {
	path := ProfilePath(getenv)
	if path == "" {
		return Profiles{}, nil
	}
	text, err := profileText(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Profiles{}, nil
	}
	if err != nil {
		return Profiles{}, fmt.Errorf("cvat-cli's profiles: %w", err)
	}
	if err := private(path); err != nil {
		return Profiles{}, err
	}
	return readProfiles(text), nil
}

func profileText(path string) ([]byte, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}

// readProfiles finds nothing in what another cvat-cli wrote, which is its own business.
func readProfiles(text []byte) Profiles {
	var p Profiles
	if json.Unmarshal(text, &p) != nil || p.Version != 1 {
		return Profiles{}
	}
	return p
}

// TokenFor is the access token for a server's host, empty where there is none. Where several profiles name it, the
// default one is taken, and without one among them nothing: it would be a guess.
func (p Profiles) TokenFor(server string) string {
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

// An OpenStoreError is a store of access tokens that others can read.
type OpenStoreError struct {
	Path string
	Mode fs.FileMode
}

func (e *OpenStoreError) Error() string {
	return fmt.Sprintf("%s holds access tokens and others can read it (mode %04o)", e.Path, e.Mode)
}

// Code is the section of docs/errors.md.
func (e *OpenStoreError) Code() diag.Code { return diag.CodeOpenProfile }

// Hint says how to close the store.
func (e *OpenStoreError) Hint() diag.Hint { return diag.Do(diag.HintCloseProfile, e.Path) }

// private refuses a store that others can read, as cvat-cli itself does.
func private(path string) error {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return err
	}
	return &OpenStoreError{path, info.Mode().Perm()}
}

// ProfilePath is where cvat-cli keeps its store on this system (platformdirs' user_config_path); empty where the
// environment does not say.
func ProfilePath(getenv func(string) string) string {
	home := getenv("HOME")
	switch {
	case runtime.GOOS == "windows":
		return joinIf(getenv("LOCALAPPDATA"), "CVAT.ai", "cvat-sdk", "auth.json")
	case runtime.GOOS == "darwin":
		return joinIf(home, "Library", "Application Support", "cvat-sdk", "auth.json")
	case getenv("XDG_CONFIG_HOME") != "":
		return filepath.Join(getenv("XDG_CONFIG_HOME"), "cvat-sdk", "auth.json")
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
