package cvat

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
)

func TestAnErrorsCodeIsKnownThroughAllThatWrapsIt(t *testing.T) {
	t.Parallel()
	for want, err := range map[diag.Code]error{
		"wrong_password":    &APIError{Status: 400, login: true},
		"bad_credentials":   &APIError{Status: 401},
		"read_only_token":   &APIError{Status: 403, Method: "POST", token: true},
		"no_right":          &APIError{Status: 403, Method: "GET", token: true},
		"project":           &APIError{Status: 404, Detail: "The specified organization does not exist."},
		"request_too_large": &APIError{Status: 413},
		"throttled":         &APIError{Status: 429},
		"server_error":      &APIError{Status: 502},
		"not_cvat":          &answerError{notCVAT: true},
		"redirect":          &redirectError{},
		"insecure_http":     &insecureError{},
		"stalled":           &ConnectionError{Err: ErrStalled},
		"certificate":       &ConnectionError{Err: x509.UnknownAuthorityError{}},
		"unreachable":       &ConnectionError{Err: errors.New("connection refused")},
		"server_too_old":    ErrTooOld,
		"unsettled":         ErrListMoved,
	} {
		if got := Code(&unknownOutcome{fmt.Errorf("task a: %w", err)}); got != want {
			t.Errorf("%v: code %q, want %q", err, got, want)
		}
	}
	for _, err := range []error{nil, errors.New("something else"), &APIError{Status: 404}, &ConnectionError{Err: context.Canceled}} {
		if got := Code(err); got != "" {
			t.Errorf("%v: code %q, want none", err, got)
		}
	}
}
