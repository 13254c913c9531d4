package report

import (
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/internal/wording"
)

// markdown is text that is Markdown already; names become it only through code and prose.
type markdown string

// clipAt bounds one name or sentence in Markdown and HTML, in characters.
const clipAt = 300

// code is a name as a code span: nothing in it is markup, a mention or a link. A
// pipe is escaped for the table around it, which is the only escape that a span knows.
func code(name string) markdown {
	s := strings.ReplaceAll(wording.Safe(wording.Clip(name, clipAt)), "|", `\|`)
	if strings.TrimSpace(s) == "" {
		return "(blank)"
	}
	fence := strings.Repeat("`", longestRun(s, '`')+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.HasPrefix(s, " ") && strings.HasSuffix(s, " ") {
		s = " " + s + " "
	}
	return markdown(fence + s + fence)
}

func longestRun(s string, of byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		if s[i] != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// prose is a sentence that may hold names: what could be markup is written as a
// character reference, which never is. A comment behind what begins a reference on
// GitHub or GitLab (@user, #12, !7, …) keeps it from being one.
func prose(sentence string) markdown {
	return markdown(proseEscapes.Replace(wording.Safe(wording.Clip(sentence, clipAt))))
}

var proseEscapes = strings.NewReplacer(
	"@", "&#64;<!-- -->", "#", "&#35;<!-- -->", "!", "&#33;<!-- -->", "~", "&#126;<!-- -->",
	"%", "&#37;<!-- -->", "$", "&#36;<!-- -->", "&", "&#38;<!-- -->",
	"\\", "&#92;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "]", "&#93;",
	"<", "&#60;", ">", "&#62;", "|", "&#124;", "+", "&#43;",
	"://", "&#58;//", "www.", "www&#46;",
)

// MarkdownText is a name as text in a sentence of Markdown.
func MarkdownText(name string) string { return proseEscapes.Replace(name) }

// link makes text a link to a page of the server, unless the address is none.
func link(text markdown, url string) markdown {
	if !isWeb(url) {
		return text
	}
	return "[" + text + "](" + percentEncoded(url) + ")"
}

// isWeb says that an address may be linked: never javascript:, nor a sandbox's.
func isWeb(url string) bool {
	return strings.HasPrefix(url, "https://") || strings.HasPrefix(url, "http://")
}

func percentEncoded(url string) markdown {
	var b strings.Builder
	for _, c := range []byte(url) {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if letter || strings.IndexByte("-._~:/?#&=%+,;@", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return markdown(b.String())
}
