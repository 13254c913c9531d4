package cvat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// Credentials are a personal access token, which goes as "Bearer", or the key
// of a login, which goes as "Token". CVAT refuses the one in place of the other.
type Credentials struct {
	AccessToken Secret // wins where both are given
	Key         Secret
}

func (a Credentials) empty() bool { return a.AccessToken.Empty() && a.Key.Empty() }

func (a Credentials) set(h http.Header) {
	switch {
	case !a.AccessToken.Empty():
		h.Set("Authorization", "Bearer "+a.AccessToken.text())
	case !a.Key.Empty():
		h.Set("Authorization", "Token "+a.Key.text())
	}
}

// authenticate keeps credentials for the requests to come, unless they would
// travel in the clear.
func (c *Client) authenticate(a Credentials) error {
	if a.empty() {
		return nil
	}
	if c.insecure != nil {
		return c.insecure
	}
	if !wording.IsSafe(a.AccessToken.text() + a.Key.text()) {
		return errors.New("credentials: the token holds a control character, perhaps a line end")
	}
	c.auth.Store(&a)
	return nil
}

// Login exchanges a user name and a password for a key, which the client sends
// from then on. The key is shared by all of the user's clients, so there is no
// logout. A wrong password is [ErrNotAuthorised].
//
//cvat:operation POST /api/auth/login
func (c *Client) Login(ctx context.Context, username string, password Secret) error {
	if c.insecure != nil {
		return c.insecure
	}
	c.password.Store(&password)
	body := struct {
		Username string `json:"username"`
		Password string `json:"password"`
	}{username, password.text()}
	q := post("/api/auth/login", body)
	q.idempotency, q.anonymous, q.everywhere = reading, true, true // logging in twice gives the same key
	var answer struct{ Key string }
	if err := c.do(ctx, q, into(&answer)); err != nil {
		return loginError(err)
	}
	if answer.Key == "" {
		return &answerError{Method: q.method, Path: q.path, Reason: "no key in it", notCVAT: true}
	}
	return c.authenticate(Credentials{Key: NewSecret(answer.Key)})
}

// loginError says "not authorised" where CVAT answers 400 to a wrong password.
func loginError(err error) error {
	var api *APIError
	if errors.As(err, &api) {
		api.login = true
	}
	return err
}

// A Token describes a personal access token.
type Token struct {
	Name     string     `json:"name"`
	ReadOnly bool       `json:"read_only"`
	Expires  *time.Time `json:"expiry_date"` // nil: never
}

// AccessTokenSelf describes the personal access token in use. CVAT knows it
// since 2.48; with a login's key it is [ErrNotFound].
//
//cvat:operation GET /api/auth/access_tokens/self
func (c *Client) AccessTokenSelf(ctx context.Context) (*Token, error) {
	q := get("/api/auth/access_tokens/self", nil)
	q.everywhere = true
	return one[Token](ctx, c, q)
}

// UsesAccessToken says whether requests carry a personal access token.
func (c *Client) UsesAccessToken() bool {
	auth := c.auth.Load()
	return auth != nil && !auth.AccessToken.Empty()
}

// plainHTTP says what to think of credentials sent to u unencrypted: nothing,
// a warning, or a refusal.
func plainHTTP(u *url.URL, allowed bool) (warning string, refused error) {
	host := u.Hostname()
	if u.Scheme == "https" || isLoopback(host) {
		return "", nil
	}
	warning = fmt.Sprintf("%s is not encrypted: credentials and images can be read on the way", u)
	if allowed || isPrivate(host) {
		return warning, nil
	}
	return "", &insecureError{Server: u.String()}
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}

// isPrivate: the laboratory's own network, where an unencrypted CVAT is usual.
func isPrivate(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		addr = addr.Unmap()
		return addr.IsPrivate() || addr.IsLinkLocalUnicast()
	}
	name := strings.TrimSuffix(strings.ToLower(host), ".")
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".local")
}
