package cvat

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// Hint is what a person can do about err; empty where there is nothing to say.
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// Hint says what mends it.
func (e *APIError) Hint() string {
	switch {
	case e.login && e.Is(ErrNotAuthorised):
		return "check CVAT_USERNAME and CVAT_PASSWORD"
	case e.Status == http.StatusUnauthorized && e.token:
		return "check CVAT_ACCESS_TOKEN: it may be mistyped, expired or revoked; servers before 2.48 know no access tokens (use CVAT_USERNAME and CVAT_PASSWORD)"
	case e.Status == http.StatusUnauthorized:
		return "give credentials: CVAT_ACCESS_TOKEN, or CVAT_USERNAME with CVAT_PASSWORD"
	case e.Status == http.StatusForbidden && e.token && e.Method != http.MethodGet:
		return "the access token may be read-only (CVAT's default for new tokens), or the user may lack the right; ask for a token that may write"
	case e.Status == http.StatusForbidden:
		return "the user may lack the right, or the organization may be another one; see server.organization"
	case e.Status == http.StatusNotFound && strings.Contains(e.Detail, "organization does not exist"):
		return "server.organization is an organization's slug, as the address bar of CVAT shows it"
	case e.Status == http.StatusRequestEntityTooLarge:
		return "a proxy in front of CVAT limits requests; upload in smaller chunks (--upload-chunk) or raise its limit (nginx: client_max_body_size)"
	case e.Status == http.StatusTooManyRequests:
		return "the server limits requests; wait, then run again"
	case e.Status == http.StatusInternalServerError:
		return "the server failed; its administrator finds the cause in its log"
	case e.Status == http.StatusInsufficientStorage:
		return "the server's disk is full: free space there, then apply again"
	case e.Status == http.StatusBadGateway, e.Status == http.StatusServiceUnavailable, e.Status == http.StatusGatewayTimeout:
		return "CVAT, or a part of it, is not running or too busy; run again once it is up"
	}
	return ""
}

// Hint says what mends it.
func (e *AnswerError) Hint() string {
	if e.notCVAT {
		return "is the server's URL that of CVAT itself? a login page or a proxy may be answering in its place"
	}
	return ""
}

// Hint says what mends it.
func (e *RedirectError) Hint() string {
	return "give the address that the server redirects to as server.url, if it is your CVAT"
}

// Hint says what mends it.
func (e *InsecureError) Hint() string {
	return "use https, or --insecure-http if the network between is yours"
}

// Hint says what mends it.
func (e *ConnectionError) Hint() string {
	switch {
	case errors.Is(e.Err, context.Canceled):
		return ""
	case errors.Is(e.Err, ErrStalled):
		return "the server or the network is too slow; --timeout and --answer-timeout give them longer"
	case speaksPlainHTTP(e.Err):
		return "the server speaks plain http there: write http:// in its URL, or the port of https"
	case isTLS(e.Err):
		return "the certificate is not trusted: name the authority that signed it with --ca-file"
	case isNoHost(e.Err):
		return "no host has that name; check the server's URL, and the VPN"
	}
	return "check the server's URL, that it runs, and the network between"
}
