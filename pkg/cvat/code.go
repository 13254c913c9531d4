package cvat

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// Code names what went wrong in one word that never changes, for a page that explains it; empty where
// there is nothing to explain. Errors of other packages have one by a method Code.
func Code(err error) string {
	var coded interface{ Code() string }
	switch {
	case errors.As(err, &coded):
		return coded.Code()
	case errors.Is(err, ErrTooOld):
		return "server_too_old"
	case errors.Is(err, ErrListMoved):
		return "unsettled"
	}
	return ""
}

// Code names what the server refused.
func (e *APIError) Code() string {
	switch {
	case e.login && e.Is(ErrNotAuthorised):
		return "wrong_password"
	case e.Status == http.StatusUnauthorized:
		return "bad_credentials"
	case e.Status == http.StatusForbidden && e.token && e.Method != http.MethodGet:
		return "read_only_token"
	case e.Status == http.StatusForbidden:
		return "no_right"
	case e.Status == http.StatusNotFound && strings.Contains(e.Detail, "organization does not exist"):
		return "project"
	case e.Status == http.StatusRequestEntityTooLarge:
		return "request_too_large"
	case e.Status == http.StatusTooManyRequests:
		return "throttled"
	case e.Status >= http.StatusInternalServerError:
		return "server_error"
	}
	return ""
}

// Code names what came instead of an answer of CVAT.
func (e *AnswerError) Code() string {
	if e.notCVAT {
		return "not_cvat"
	}
	return "server_error"
}

// Code names the redirect.
func (e *RedirectError) Code() string { return "redirect" }

// Code names the refusal.
func (e *InsecureError) Code() string { return "insecure_http" }

// Code names why there was no answer.
func (e *ConnectionError) Code() string {
	switch {
	case errors.Is(e.Err, context.Canceled):
		return ""
	case errors.Is(e.Err, ErrStalled):
		return "stalled"
	case speaksPlainHTTP(e.Err), isTLS(e.Err):
		return "certificate"
	}
	return "unreachable"
}
