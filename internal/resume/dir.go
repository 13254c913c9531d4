package resume

import (
	"path/filepath"
	"runtime"
)

// Dir is where a user's state belongs on this system; it is empty where the environment
// names no home. The directory need not exist.
//
// It is $XDG_STATE_HOME/cvatplan wherever that is set to an absolute path (the XDG
// specification ignores others), else ~/.local/state/cvatplan, on macOS
// ~/Library/Application Support/cvatplan, on Windows %LocalAppData%\cvatplan.
func Dir(getenv func(string) string) string { return dir(runtime.GOOS, getenv) }

func dir(system string, getenv func(string) string) string {
	if xdg := getenv("XDG_STATE_HOME"); filepath.IsAbs(xdg) {
		return filepath.Join(xdg, "cvatplan")
	}
	home := getenv("HOME")
	switch {
	case system == "windows":
		return below(getenv("LocalAppData"))
	case system == "darwin":
		return below(home, "Library", "Application Support")
	}
	return below(home, ".local", "state")
}

// below is cvatplan's directory below base, or empty where base is unknown.
func below(base string, parts ...string) string {
	if base == "" {
		return ""
	}
	return filepath.Join(append(append([]string{base}, parts...), "cvatplan")...)
}
