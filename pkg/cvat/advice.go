package cvat

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// Code names what went wrong in one word that never changes, for a page that explains it; empty where
// there is nothing to explain. Errors of other packages have one by a method Code.
func Code(err error) diag.Code {
	var coded interface{ Code() diag.Code }
	switch {
	case errors.As(err, &coded):
		return coded.Code()
	case errors.Is(err, ErrTooOld):
		return diag.CodeServerTooOld
	case errors.Is(err, ErrListMoved):
		return diag.CodeUnsettled
	}
	return ""
}

// Hint is what a person can do about err; empty where there is nothing to say. Errors of other packages
// have one by a method Hint.
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// Code names what the server refused.
func (e *APIError) Code() diag.Code { return e.advice().code }

// Hint says what mends it.
func (e *APIError) Hint() string { return e.advice().hint }

// Code names what came instead of an answer of CVAT.
func (e *AnswerError) Code() diag.Code { return e.advice().code }

// Hint says what mends it.
func (e *AnswerError) Hint() string { return e.advice().hint }

// Code names the redirect.
func (e *RedirectError) Code() diag.Code { return diag.CodeRedirect }

// Hint says what mends it.
func (e *RedirectError) Hint() string {
	return "give the address that the server redirects to as server.url, if it is your CVAT"
}

// Code names the refusal.
func (e *InsecureError) Code() diag.Code { return diag.CodeInsecureHTTP }

// Hint says what mends it.
func (e *InsecureError) Hint() string {
	return "use https, or --insecure-http if the network between is yours"
}

// Code names why there was no answer.
func (e *ConnectionError) Code() diag.Code { return e.advice().code }

// Hint says what mends it.
func (e *ConnectionError) Hint() string { return e.advice().hint }

// An advice is both, so that what is explained and what is proposed are about the same.
type advice struct {
	code diag.Code
	hint string
}

func (e *APIError) advice() advice {
	switch {
	case e.login && e.Is(ErrNotAuthorised):
		return advice{diag.CodeWrongPassword, "check CVAT_USERNAME and CVAT_PASSWORD"}
	case e.Status == http.StatusUnauthorized && e.token:
		return advice{diag.CodeBadCredentials, "check CVAT_ACCESS_TOKEN: it may be mistyped, expired or revoked; servers before 2.48 know no access tokens (use CVAT_USERNAME and CVAT_PASSWORD)"}
	case e.Status == http.StatusUnauthorized:
		return advice{diag.CodeBadCredentials, "give credentials: CVAT_ACCESS_TOKEN, or CVAT_USERNAME with CVAT_PASSWORD"}
	case e.Status == http.StatusForbidden && e.token && e.Method != http.MethodGet:
		return advice{diag.CodeReadOnlyToken, "the access token may be read-only (CVAT's default for new tokens), or the user may lack the right; ask for a token that may write"}
	case e.Status == http.StatusForbidden:
		return advice{diag.CodeNoRight, "the user may lack the right, or the organization may be another one; see server.organization"}
	case e.Status == http.StatusNotFound && strings.Contains(e.Detail, "organization does not exist"):
		return advice{diag.CodeProject, "server.organization is an organization's slug, as the address bar of CVAT shows it"}
	case e.Status == http.StatusRequestEntityTooLarge:
		return advice{diag.CodeRequestTooLarge, "a proxy in front of CVAT limits requests; upload in smaller chunks (--upload-chunk) or raise its limit (nginx: client_max_body_size)"}
	case e.Status == http.StatusTooManyRequests:
		return advice{diag.CodeThrottled, "the server limits requests; wait, then run again"}
	case e.Status == http.StatusInternalServerError:
		return advice{diag.CodeServerError, "the server failed; its administrator finds the cause in its log"}
	case e.Status == http.StatusInsufficientStorage:
		return advice{diag.CodeServerError, "the server's disk is full: free space there, then apply again"}
	case e.Status == http.StatusBadGateway, e.Status == http.StatusServiceUnavailable, e.Status == http.StatusGatewayTimeout:
		return advice{diag.CodeServerError, "CVAT, or a part of it, is not running or too busy; run again once it is up"}
	case e.Status > http.StatusInternalServerError:
		return advice{diag.CodeServerError, ""}
	}
	return advice{}
}

func (e *AnswerError) advice() advice {
	if e.notCVAT {
		return advice{diag.CodeNotCVAT, "is the server's URL that of CVAT itself? a login page or a proxy may be answering in its place"}
	}
	return advice{diag.CodeServerError, ""}
}

func (e *ConnectionError) advice() advice {
	switch {
	case errors.Is(e.Err, context.Canceled):
		return advice{}
	case errors.Is(e.Err, ErrStalled):
		return advice{diag.CodeStalled, "the server or the network is too slow; --timeout and --answer-timeout give them longer"}
	case speaksPlainHTTP(e.Err):
		return advice{diag.CodeCertificate, "the server speaks plain http there: write http:// in its URL, or the port of https"}
	case isTLS(e.Err):
		return advice{diag.CodeCertificate, "the certificate is not trusted: name the authority that signed it with --ca-file"}
	case isNoHost(e.Err):
		return advice{diag.CodeUnreachable, "no host has that name; check the server's URL, and the VPN"}
	}
	return advice{diag.CodeUnreachable, "check the server's URL, that it runs, and the network between"}
}
