package cvat

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestVersionIsRead(t *testing.T) {
	tests := map[string]struct {
		text string
		want Version
		ok   bool
	}{
		"release":     {"2.73.0", Version{2, 73, 0}, true},
		"alpha":       {"2.54.1-alpha", Version{2, 54, 1}, true},
		"no patch":    {"2.39", Version{2, 39, 0}, true},
		"v":           {"v3.0.1", Version{3, 0, 1}, true},
		"nightly":     {"nightly", Version{}, false},
		"empty":       {"", Version{}, false},
		"too long":    {"2.99999999999999999999.0", Version{}, false},
		"text before": {"CVAT 2.73", Version{}, false},
		"one number":  {"2", Version{}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got Version
			err := got.UnmarshalText([]byte(tt.text))
			if got != tt.want || (err == nil) != tt.ok {
				t.Errorf("version of %q: %v, %v", tt.text, got, err)
			}
		})
	}
}

func TestServersVersionIsJudged(t *testing.T) {
	tests := map[string]struct {
		version          Version
		token            bool
		warning, refusal string
	}{
		"2.38":           {Version{2, 38, 9}, false, "", "2.38.9"},
		"1.7":            {Version{1, 7, 0}, false, "", "1.7.0"},
		"2.39":           {Version{2, 39, 0}, false, "", ""},
		"2.47, token":    {Version{2, 47, 5}, true, "", "CVAT_USERNAME"},
		"2.47, no token": {Version{2, 47, 5}, false, "", ""},
		"2.48, token":    {Version{2, 48, 0}, true, "", ""},
		"2.73":           {Version{2, 73, 0}, true, "", ""},
		"2.80.4":         {Version{2, 80, 4}, true, "", ""},
		"2.81":           {Version{2, 81, 0}, true, "newer than 2.80", ""},
		"3.0":            {Version{3, 0, 0}, false, "newer than 2.80", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			warning, err := (&About{Version: tt.version}).Check(tt.token)
			if (tt.warning == "") != (warning == "") || !strings.Contains(warning, tt.warning) {
				t.Errorf("warning %q, want %q in it", warning, tt.warning)
			}
			if errors.Is(err, ErrTooOld) != (tt.refusal != "") || err != nil && !strings.Contains(err.Error(), tt.refusal) {
				t.Errorf("error %v, want %q in it", err, tt.refusal)
			}
		})
	}
}

func TestVersionIsAskedWithoutCredentials(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization") + r.Header.Get("X-Organization"); got != "" {
			t.Errorf("sent %q", got)
		}
		say(w, 200, `{"name":"CVAT","version":"2.73.0"}`)
	}, withToken, func(o *Options) { o.Organization = "orchard" })
	if _, err := c.About(t.Context()); err != nil {
		t.Error(err)
	}
}
