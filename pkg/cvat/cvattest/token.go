package cvattest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/cvatplan/cvatplan/internal/sandbox"
)

// MakeToken makes a further access token of the account sandbox. settings is what CVAT is
// sent, such as {"name": "ci", "read_only": true, "expiry_date": "2026-03-04T05:06:07Z"}.
func (s *Server) MakeToken(settings string) (string, error) { return makeToken(s.Sandbox, settings) }

// canary is a token that no text holds by chance, so that one that does has leaked it.
const canary = `{"name": "canary", "read_only": false}`

func makeToken(box http.Handler, settings string) (string, error) {
	r := httptest.NewRequest(http.MethodPost, "/api/auth/access_tokens", strings.NewReader(settings))
	r.SetBasicAuth(sandbox.Username, sandbox.Password)
	r.Header.Set("Content-Type", "application/json")
	rec := httptest.NewRecorder()
	box.ServeHTTP(rec, r)
	var answer struct{ Value string }
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || answer.Value == "" {
		return "", fmt.Errorf("make the token %s: %d %s", settings, rec.Code, rec.Body)
	}
	return answer.Value, nil
}
