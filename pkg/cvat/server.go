package cvat

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// OldestServer and NewestServer bound the versions that speak the one protocol
// of this client. Below 2.39 a file that exists is a 500 where it should be a
// 409, and a second import is started where it should be refused.
var (
	OldestServer = Version{2, 39, 0}
	NewestServer = Version{2, 80, 0}

	firstAccessTokens = Version{2, 48, 0}
)

// A Version is a CVAT release, such as 2.73.0.
type Version struct{ Major, Minor, Patch int }

var versionPattern = regexp.MustCompile(`^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:\D|$)`)

// UnmarshalText reads "2.73.0", and ignores what follows, as in "2.54.1-alpha".
func (v *Version) UnmarshalText(text []byte) error {
	m := versionPattern.FindStringSubmatch(string(text))
	if m == nil {
		return fmt.Errorf("%q is not a version of CVAT", harmless(string(text)))
	}
	major, _ := strconv.Atoi(m[1])
	minor, _ := strconv.Atoi(m[2])
	patch, _ := strconv.Atoi(m[3])
	*v = Version{major, minor, patch}
	return nil
}

// Before says whether v is older than w.
func (v Version) Before(w Version) bool {
	switch {
	case v.Major != w.Major:
		return v.Major < w.Major
	case v.Minor != w.Minor:
		return v.Minor < w.Minor
	}
	return v.Patch < w.Patch
}

// String returns "2.73.0".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// About is what a server says of itself.
type About struct {
	Name    string
	Text    string  // the version as the server writes it
	Version Version // zero if Text cannot be read
}

// About asks for the server's version. It sends no credentials, because a wrong
// one would hide the answer; a server that is no CVAT is [ErrNotCVAT].
//
//cvat:operation GET /api/server/about
func (c *Client) About(ctx context.Context) (*About, error) {
	q := get("/api/server/about", nil)
	q.anonymous, q.everywhere = true, true
	answer, err := one[struct{ Name, Version string }](ctx, c, q)
	if err != nil {
		return nil, c.asNotCVAT(err)
	}
	about := &About{Name: harmless(answer.Name), Text: harmless(answer.Version)}
	if err := about.Version.UnmarshalText([]byte(answer.Version)); err != nil {
		return nil, &answerError{Method: q.method, Path: q.path, Reason: err.Error(), notCVAT: true}
	}
	c.streams.Store(!about.Version.Before(streaming))
	return about, nil
}

// Check judges the server's version: an error ([ErrTooOld]) below the oldest
// that is served, and for access tokens below 2.48; a warning above the newest.
func (a *About) Check(accessToken bool) (warning string, err error) {
	switch {
	case a.Version.Before(OldestServer):
		return "", &advisedError{fmt.Errorf("%w: CVAT %s; cvatplan needs %s or newer", ErrTooOld, a.Version, OldestServer), diag.Do(diag.HintUpgradeServer)}
	case accessToken && a.Version.Before(firstAccessTokens):
		return "", fmt.Errorf("%w: CVAT %s knows no access tokens before 2.48; use CVAT_USERNAME and CVAT_PASSWORD", ErrTooOld, a.Version)
	case a.Version.Major > NewestServer.Major || a.Version.Major == NewestServer.Major && a.Version.Minor > NewestServer.Minor:
		return fmt.Sprintf("CVAT %s is newer than %d.%d, the newest that cvatplan was made for", a.Version, NewestServer.Major, NewestServer.Minor), nil
	}
	return "", nil
}
