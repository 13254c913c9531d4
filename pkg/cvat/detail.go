package cvat

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/wording"
)

const maxDetail = 4 << 10 // bytes

// detail reads the body of an error in any of CVAT 2.73's nine shapes:
//
//	{"detail": "…"}           {"field": ["…"]}, nested       ["…"]
//	"…" as JSON               bare text labelled text/html    "…" as JSON labelled text/plain
//	a Django page             a page of nginx                 {"rq_id": "…"} (409 to a POST of data)
//
// and returns its text on one line, and the request that it names.
func detail(body []byte) (text, rqID string) {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return harmless(title(string(body))), ""
	}
	if m, ok := v.(map[string]any); ok {
		rqID, _ = m["rq_id"].(string)
	}
	if rqID != "" {
		return "an import is already under way", rqID
	}
	return harmless(strings.Join(flatten("", v, 0), "; ")), ""
}

// flatten walks a JSON error and names each text by its place: labels[0].name: …
func flatten(at string, v any, depth int) []string {
	if depth > 16 {
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		return flattenMap(at, v, depth)
	case []any:
		return flattenList(at, v, depth)
	case nil:
		return nil
	}
	if at == "" {
		return []string{fmt.Sprint(v)}
	}
	return []string{fmt.Sprintf("%s: %v", at, v)}
}

func flattenMap(at string, m map[string]any, depth int) (texts []string) {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		below := strings.TrimPrefix(at+"."+k, ".")
		if k == "detail" || k == "non_field_errors" {
			below = at
		}
		texts = append(texts, flatten(below, m[k], depth+1)...)
	}
	return texts
}

// flattenList numbers the items of a list of objects; texts belong to the field itself.
func flattenList(at string, list []any, depth int) (texts []string) {
	for i, item := range list {
		below := at
		if _, ok := item.(map[string]any); ok {
			below = fmt.Sprintf("%s[%d]", at, i)
		}
		texts = append(texts, flatten(below, item, depth+1)...)
	}
	return texts
}

var titlePattern = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?is)<title>(.*?)</title>`) })

// title is what a page of HTML calls itself; other text stays as it is.
func title(text string) string {
	if m := titlePattern().FindStringSubmatch(text); m != nil {
		return m[1]
	}
	if looksLikeHTML([]byte(text)) {
		return "a page of HTML"
	}
	return text
}

func looksLikeHTML(body []byte) bool {
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 512)])), "<")
}

// harmless makes a server's text safe to print on one line: blanks are joined,
// control and format characters are escaped, and it is at most 4 KiB long.
func harmless(text string) string {
	safe := wording.Safe(wording.OneLine(text))
	if len(safe) <= maxDetail {
		return safe
	}
	cut := maxDetail - len("…")
	for !utf8.RuneStart(safe[cut]) {
		cut--
	}
	return safe[:cut] + "…"
}
