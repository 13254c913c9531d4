package cvat

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretNeverShows(t *testing.T) {
	type nested struct {
		Seen   Secret
		hidden Secret
		list   []Secret
	}
	s := NewSecret("CANARY")
	v := nested{s, s, []Secret{s}}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
		fmt.Fprintf(&out, verb+verb+verb+verb+"\n", s, &s, v, &v)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "secret", s, "nested", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "secret", s, "nested", v)
	asJSON, err := json.Marshal(map[string]any{"s": s, "p": &s})
	if err != nil {
		t.Fatal(err)
	}
	asXML, err := xml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	all := out.String() + string(asJSON) + string(asXML) + fmt.Sprint(s, v) + s.String()
	for _, shown := range []string{"CANARY", "43414e415259", "43414E415259"} {
		if strings.Contains(all, shown) {
			t.Errorf("the secret shows as %q in\n%s", shown, all)
		}
	}
	if !strings.Contains(all, redacted) {
		t.Errorf("nothing says %q:\n%s", redacted, all)
	}
}

func TestZeroSecretIsEmpty(t *testing.T) {
	if !(Secret{}).Empty() || !NewSecret("").Empty() || NewSecret("a").Empty() {
		t.Error("Empty is wrong")
	}
}
