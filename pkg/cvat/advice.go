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

// A Hint is what a person can do about an error, as data: an Action and its Args, which a program puts
// into its own words. The errors of this package that propose something have a method Hint.
type Hint = diag.Hint

// Code names what the server refused.
func (e *APIError) Code() diag.Code { return e.explain().code }

// Hint says what fixes it.
func (e *APIError) Hint() diag.Hint { return e.explain().hint }

// Code names what came instead of an answer of CVAT.
func (e *answerError) Code() diag.Code { return e.explain().code }

// Hint says what fixes it.
func (e *answerError) Hint() diag.Hint { return e.explain().hint }

// Code names the redirect.
func (e *redirectError) Code() diag.Code { return diag.CodeRedirect }

// Hint says what fixes it.
func (e *redirectError) Hint() diag.Hint {
	if e.elsewhere {
		return diag.Do(diag.HintPassLogin)
	}
	return diag.Do(diag.HintUseRedirectTarget)
}

// Code names the refusal.
func (e *insecureError) Code() diag.Code { return diag.CodeInsecureHTTP }

// Hint says what fixes it.
func (e *insecureError) Hint() diag.Hint {
	return diag.Do(diag.HintUseHTTPS)
}

// Code names why there was no answer.
func (e *ConnectionError) Code() diag.Code { return e.explain().code }

// Hint says what fixes it.
func (e *ConnectionError) Hint() diag.Hint { return e.explain().hint }

// An advisedError carries a hint apart from its text.
type advisedError struct {
	error
	hint diag.Hint
}

func (e *advisedError) Unwrap() error   { return e.error }
func (e *advisedError) Hint() diag.Hint { return e.hint }

// An explanation is both, so that what is explained and what is proposed are about the same.
type explanation struct {
	code diag.Code
	hint diag.Hint
}

func (e *APIError) explain() explanation {
	switch {
	case e.login && e.Is(ErrNotAuthorised):
		return explanation{diag.CodeWrongPassword, diag.Do(diag.HintCheckPassword)}
	case e.Status == http.StatusUnauthorized && e.token:
		return explanation{diag.CodeBadCredentials, diag.Do(diag.HintCheckToken)}
	case e.Status == http.StatusUnauthorized:
		return explanation{diag.CodeBadCredentials, diag.Do(diag.HintGiveCredentials)}
	case e.Status == http.StatusForbidden && e.token && e.Method != http.MethodGet:
		return explanation{diag.CodeReadOnlyToken, diag.Do(diag.HintGetWritingToken)}
	case e.Status == http.StatusForbidden:
		return explanation{diag.CodeNoRight, diag.Do(diag.HintCheckRight)}
	case e.Status == http.StatusNotFound && strings.Contains(e.Detail, "organization does not exist"):
		return explanation{diag.CodeProject, diag.Do(diag.HintOrganizationSlug)}
	case e.Status == http.StatusRequestEntityTooLarge:
		return explanation{diag.CodeRequestTooLarge, diag.Do(diag.HintUploadSmaller)}
	case e.Status == http.StatusTooManyRequests:
		return explanation{diag.CodeThrottled, diag.Do(diag.HintWaitForRate)}
	case e.Status == http.StatusInternalServerError:
		return explanation{diag.CodeServerError, diag.Do(diag.HintReadServerLog)}
	case e.Status == http.StatusInsufficientStorage:
		return explanation{diag.CodeServerError, diag.Do(diag.HintFreeServerDisk)}
	case e.Status == http.StatusBadGateway, e.Status == http.StatusServiceUnavailable, e.Status == http.StatusGatewayTimeout:
		return explanation{diag.CodeServerError, diag.Do(diag.HintWaitForServer)}
	case e.Status > http.StatusInternalServerError:
		return explanation{diag.CodeServerError, diag.Do(diag.HintReadServerLog)}
	}
	return explanation{}
}

func (e *answerError) explain() explanation {
	if e.notCVAT {
		return explanation{diag.CodeNotCVAT, diag.Do(diag.HintCheckForLoginPage)}
	}
	if e.early {
		return explanation{diag.CodeServerError, diag.Do(diag.HintAnswerCut)}
	}
	return explanation{diag.CodeServerError, diag.Hint{}}
}

func (e *ConnectionError) explain() explanation {
	switch {
	case errors.Is(e.Err, context.Canceled):
		return explanation{}
	case errors.Is(e.Err, ErrStalled):
		return explanation{diag.CodeStalled, diag.Do(diag.HintWaitForAnswer)}
	case speaksPlainHTTP(e.Err):
		return explanation{diag.CodeCertificate, diag.Do(diag.HintUseHTTP)}
	case isOutOfDate(e.Err):
		return explanation{diag.CodeCertificate, diag.Do(diag.HintRenewCertificate)}
	case isOtherName(e.Err):
		return explanation{diag.CodeCertificate, diag.Do(diag.HintUseCertifiedName)}
	case isTLS(e.Err):
		return explanation{diag.CodeCertificate, diag.Do(diag.HintTrustCertificate)}
	case isProxy(e.Err):
		return explanation{diag.CodeUnreachable, diag.Do(diag.HintCheckProxy)}
	case isNoHost(e.Err):
		return explanation{diag.CodeUnreachable, diag.Do(diag.HintCheckHostName)}
	}
	return explanation{diag.CodeUnreachable, diag.Do(diag.HintCheckServerURL)}
}
