package manifest

import (
	"strings"
	"testing"
)

// What would take a machine's time or memory is refused while it is cheap.
func TestWhatMultipliesIsRefused(t *testing.T) {
	const head = "version: 1\nproject: {name: p}\n"
	for want, lines := range map[string]string{
		"a template has at most":         "bags: [a]\ntask: {name: \"" + strings.Repeat("{bag}", 120_000) + "\"}\n",
		"more than 1000 alternatives":    "bags: [\"" + strings.Repeat("{a,b}", 30) + "\"]\n",
		"more than 1000 alternatives in": "bags: [a]\ncameras: [{name: c, files: [\"" + strings.Repeat("{a,{b,c}}", 12) + "\"]}]\n",
		"at most 20000 are allowed":      "bags:\n" + strings.Repeat("- a\n", 200_000),
		"bags has 20000 globs":           "bags:\n" + strings.Repeat("- a*\n", 20_000),
		"cameras has 20000 entries":      "bags: [a]\ncameras:\n" + strings.Repeat("- {name: a}\n", 20_000),
		"files has 20000 globs":          "bags: [a]\ncameras: [{name: a, files: [" + strings.Repeat("a,", 20_000) + "]}]\n",
		"exclude has 20000 globs":        "bags: [{path: a, exclude: [" + strings.Repeat("a,", 20_000) + "]}]\n",
		"skip has 20000 globs":           "bags: [a]\nskip:\n" + strings.Repeat("- {task: \"a*\"}\n", 20_000),
	} {
		_, err := Parse("m.yaml", []byte(head+lines))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %.300v", want, err)
		}
	}
	if _, err := Parse("m.yaml", []byte(head+"bags: [\"{a,b,c}/\\\\{*\", \"{2026,2027}-{01,02,03,04,05,06,07,08,09,10,11,12}-*\"]\n")); err != nil {
		t.Error(err)
	}
}
