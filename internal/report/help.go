package report

import (
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

const helpPage = "https://github.com/cvatplan/cvatplan/blob/main/docs/errors.md#"

// HelpURL is where docs/errors.md explains the code of a reason, a problem or an error;
// empty without a code. A test holds that each code has its section.
func HelpURL(code diag.Code) string {
	if code == "" {
		return ""
	}
	return helpPage + string(code)
}

// hint writes an advice; the first of each code is followed by the address of its section.
func (t *text) hint(s, url string) {
	t.detail("hint", wording.Safe(s))
	if url == "" || t.linked[url] {
		return
	}
	if t.linked == nil {
		t.linked = make(map[string]bool)
	}
	t.linked[url] = true
	t.detail("see", url)
}
