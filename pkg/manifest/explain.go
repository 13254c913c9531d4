package manifest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A schemaViolation is a value that one keyword of the schema refuses.
type schemaViolation struct {
	node    *node
	name    string // the key, or key[index]
	pointer string
	schema  map[string]any // the keyword's owner
	keyword string
}

// explain reports one schema error in the words of a manifest.
func (l *loader) explain(root *node, e *jsonschema.ValidationError) {
	m := schemaViolation{pointer: e.InstanceLocation}
	m.node, m.name = walk(root, e.InstanceLocation)
	if m.node.broken {
		return
	}
	m.schema, m.keyword = theShape().at(e.AbsoluteKeywordLocation)
	if l.baseless && (m.keyword == "required" || m.keyword == "oneOf") && !inList.MatchString(m.pointer) {
		return // the manifest that could not be read may have it
	}
	if m.keyword == "additionalProperties" {
		l.unknownKeys(m)
		return
	}
	if m.keyword == "required" && len(m.absent()) == 0 {
		return
	}
	if text, ok := m.schema["errorMessage"].(string); ok && m.keyword != "type" {
		l.report(m.node.at, diag.Hint{}, "%s", text)
		return
	}
	text, hint := m.words(l)
	if text == "" {
		text = m.name + ": " + e.Message
	}
	l.report(m.node.at, hint, "%s", text)
}

// inList is a pointer into a list: lists are not merged with those of an extended manifest.
var inList = regexp.MustCompile(`/\d+(/|$)`)

// walk follows an instance pointer to its node, and names it.
func walk(n *node, pointer string) (*node, string) {
	name := "the manifest"
	for _, step := range strings.Split(pointer, "/")[1:] {
		step = unescape(step)
		if n.kind == list {
			i, _ := strconv.Atoi(step)
			n, name = n.items[i], fmt.Sprintf("%s[%d]", name, i)
			continue
		}
		n, name = n.get(step), step
	}
	return n, name
}

// words returns what is wrong and a hint, for each keyword that the schema uses.
func (m schemaViolation) words(l *loader) (text string, hint diag.Hint) {
	switch m.keyword {
	case "type":
		return m.wrongType(l, typeWords(m.schema["type"]))
	case "anyOf", "oneOf":
		return m.wrongType(l, m.alternatives())
	case "enum":
		return m.notListed()
	case "pattern":
		message, _ := m.schema["patternErrorMessage"].(string)
		if m.name == "url" && hostOnly().MatchString(m.node.text) {
			hint = diag.Do(diag.HintWrite, "https://"+m.node.text)
		}
		return message, hint
	case "required":
		return m.missing()
	case "minLength":
		return m.name + " must not be empty", diag.Hint{}
	case "minItems":
		if least := m.schema["minItems"].(float64); least > 1 {
			return fmt.Sprintf("%s has %d items; at least %v are needed", m.name, len(m.node.items), least), diag.Hint{}
		}
		return m.name + " must not be empty", diag.Hint{}
	case "maxItems":
		return fmt.Sprintf("%s has %d items; at most %v are allowed", m.name, len(m.node.items), m.schema["maxItems"]), diag.Hint{}
	case "maxLength":
		return fmt.Sprintf("%s has %d characters; at most %v are allowed", m.name, utf8.RuneCountInString(m.node.text), m.schema["maxLength"]), diag.Hint{}
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return fmt.Sprintf("%s must be %s, not %s", m.name, m.bounds(), m.node.text), diag.Hint{}
	}
	return "", diag.Hint{}
}

// hostOnly is an address without its scheme.
var hostOnly = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\w-]+(\.[\w-]+)+(:\d+)?/?$`) })

// names of JSON types, as a person who writes YAML calls them.
var typeNames = map[string]string{
	"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
	"array": "a list", "object": "a mapping", "null": "empty",
}

func typeWords(types any) string {
	switch v := types.(type) {
	case string:
		return typeNames[v]
	case []any:
		var words []string
		for _, t := range v {
			words = append(words, typeWords(t))
		}
		return strings.Join(words, " or ")
	}
	return ""
}

func (m schemaViolation) alternatives() string {
	var words []string
	for _, branch := range m.schema[m.keyword].([]any) {
		types := resolve(branch.(map[string]any))["type"]
		if w := typeWords(types); !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	return strings.Join(words, " or ")
}

// resolve follows a $ref of the schema's own.
func resolve(s map[string]any) map[string]any {
	if ref, ok := s["$ref"].(string); ok {
		s, _ = theShape().document["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	return s
}

func (m schemaViolation) wrongType(l *loader, want string) (text string, hint diag.Hint) {
	text = fmt.Sprintf("%s must be %s, not %s", m.name, want, m.node.what())
	if m.node.kind == scalar && m.node.value == nil {
		text = fmt.Sprintf("%s is empty; it must be %s", m.name, want)
	}
	return text, m.typeHint(l, want)
}

// missingBlank is a key whose value follows the colon too closely for YAML.
var missingBlank = regexp.MustCompile(`^[a-z_]+:[^\s/]`)

func (m schemaViolation) typeHint(l *loader, want string) diag.Hint {
	line := l.line(m.node.at)
	switch v := m.node.value.(type) {
	case nil:
		if m.node.kind == mapping && want == "text" && strings.HasPrefix(line, "{") {
			return diag.Do(diag.HintQuoteValueLike, m.name)
		}
		if m.node.kind == scalar && strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			return diag.Do(diag.HintQuoteComment)
		}
	case int64, float64, bool:
		return m.numberHint(want)
	case string:
		if missingBlank.MatchString(v) && strings.Contains(want, "mapping") {
			return diag.Do(diag.HintWriteBlankAfterColon)
		}
		if want == "true or false" && slices.Contains([]string{"yes", "on", "y"}, strings.ToLower(v)) {
			return diag.Do(diag.HintWrite, "true")
		}
		if want == "true or false" && slices.Contains([]string{"no", "off", "n"}, strings.ToLower(v)) {
			return diag.Do(diag.HintWrite, "false")
		}
		if _, err := strconv.ParseFloat(v, 64); err == nil && strings.Contains(want, "number") {
			return diag.Do(diag.HintUnquote, v)
		}
		return m.wrappedHint(want)
	}
	return diag.Hint{}
}

// whatTextMeans is the key that a text most likely is the value of, where a mapping is wanted in its place.
var whatTextMeans = map[string]string{"project": "name", "server": "url"}

// wrappedHint is for a text where a list, or a mapping, of it is wanted.
func (m schemaViolation) wrappedHint(want string) diag.Hint {
	text := m.node.text
	if text == "" || strings.ContainsAny(text, "\"\\\n") || len(text) > excerptLimit {
		return diag.Hint{}
	}
	switch key, known := whatTextMeans[m.name]; {
	case want == "a list":
		return diag.Do(diag.HintWrite, m.name+`: ["`+text+`"]`)
	case want == "a mapping" && known:
		return diag.Do(diag.HintWrite, m.name+": {"+key+`: "`+text+`"}`)
	}
	return diag.Hint{}
}

// numberHint is for a number, or true, where text is wanted.
func (m schemaViolation) numberHint(want string) diag.Hint {
	pattern, _ := m.schema["pattern"].(string)
	message, _ := m.schema["patternErrorMessage"].(string)
	fits := pattern == "" || regexp.MustCompile(pattern).MatchString(m.node.text)
	switch {
	case message != "" && !fits:
		return diag.Do(diag.HintVerbatim, message)
	case strings.HasPrefix(want, "a list"): // text would be the name of a file
		return diag.Do(diag.HintWriteList, m.name, m.node.text)
	case strings.Contains(want, "text"):
		return diag.Do(diag.HintQuoteAs, m.node.text)
	}
	return diag.Hint{}
}

// line returns a line from a position on.
func (l *loader) line(at Position) string {
	f := l.file(at.File)
	if f == nil || at.Line < 1 || at.Line > len(f.lines) || len(f.lines[at.Line-1]) > excerptLimit {
		return ""
	}
	runes := []rune(f.lines[at.Line-1])
	return string(runes[min(max(at.Column-1, 0), len(runes)):])
}

func (m schemaViolation) notListed() (text string, hint diag.Hint) {
	var known []string
	for _, v := range m.schema["enum"].([]any) {
		known = append(known, fmt.Sprint(v))
	}
	text = fmt.Sprintf("%s must be one of %s, not %s", m.name, strings.Join(known, ", "), clip(m.node.text))
	written := strings.ToLower(m.node.str())
	near := wording.Nearest(written, known)
	if meant := otherValues[written]; near == "" && slices.Contains(known, meant) {
		near = meant
	}
	switch {
	case strings.HasPrefix(m.pointer, "/ignore/") && slices.ContainsFunc(diag.Codes, func(c diag.Meaning) bool { return string(c.Code) == written }):
		hint = diag.Do(diag.HintAlwaysShown, written)
	case near != "" && written != "":
		hint = diag.Do(diag.HintDidYouMean, near)
	}
	return text, hint
}

// otherValues are what other tools call a value.
var otherValues = map[string]string{
	"bbox": "rectangle", "box": "rectangle", "bounding_box": "rectangle", "keypoint": "points", "keypoints": "points",
	"line": "polyline", "segmentation": "polygon", "brush": "mask", "classification": "tag", "cuboid_3d": "cuboid",
}

// missing names the keys that are absent.
func (m schemaViolation) missing() (text string, hint diag.Hint) {
	absent := m.absent()
	switch {
	case slices.Contains(absent, "version"):
		hint = diag.Do(diag.HintWrite, "version: 1")
	case slices.Contains(absent, "bags"):
		hint = diag.Do(diag.HintWrite, `bags: ["*/"]`)
	}
	return fmt.Sprintf("%s needs %s", m.name, strings.Join(absent, ", ")), hint
}

// absent are the keys that are required and not there. One under another spelling is reported as an unknown key.
func (m schemaViolation) absent() []string {
	properties, _ := m.schema["properties"].(map[string]any)
	if m.pointer == "" { // what a whole manifest needs is said apart from its keys
		properties, _ = theShape().document["properties"].(map[string]any)
	}
	known := slices.Sorted(maps.Keys(properties))
	meant := map[string]bool{}
	for _, f := range m.node.fields {
		if properties[f.name] == nil {
			meant[nearestKey(f.name, known)] = true
		}
	}
	var absent []string
	for _, key := range m.schema["required"].([]any) {
		if key := key.(string); m.node.field(key) == nil && !meant[key] {
			absent = append(absent, key)
		}
	}
	return absent
}

func (m schemaViolation) bounds() string {
	low, hasLow := m.schema["minimum"]
	above, hasAbove := m.schema["exclusiveMinimum"]
	high, hasHigh := m.schema["maximum"]
	var words []string
	if hasLow {
		words = append(words, "at least "+number(low))
	}
	if hasAbove {
		words = append(words, "above "+number(above))
	}
	if hasHigh {
		words = append(words, "at most "+number(high))
	}
	return strings.Join(words, " and ")
}

func number(v any) string { return strconv.FormatFloat(v.(float64), 'f', -1, 64) }

// unknownKeys reports each key that the schema does not know.
func (l *loader) unknownKeys(m schemaViolation) {
	properties, _ := m.schema["properties"].(map[string]any)
	for _, f := range m.node.fields {
		if _, known := properties[f.name]; known || m.pointer == "" && strings.HasPrefix(f.name, "x-") {
			continue
		}
		if isCredential(f.name) {
			l.report(f.at, diag.Do(diag.HintKeepSecretsOut), "credentials never belong in a manifest")
			continue
		}
		l.report(f.at, keyHint(f.name, slices.Sorted(maps.Keys(properties))), "unknown key %q", clip(f.name))
	}
}

// otherNames are what other tools, and CVAT's pages, call a key.
var otherNames = map[string]string{
	"job_size": "segment_size", "frames_per_job": "segment_size", "quality": "image_quality",
	"host": "url", "address": "url", "org": "organization", "images": "bags", "datasets": "bags",
}

// nearestKey is the known key that was most likely meant; empty if none was.
func nearestKey(name string, known []string) string {
	plain := plainKey(name)
	near := wording.Nearest(plain, known)
	if meant := otherNames[plain]; near == "" && slices.Contains(known, meant) {
		near = meant
	}
	return near
}

func plainKey(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "_") }

func keyHint(name string, known []string) diag.Hint {
	if key, _, ok := strings.Cut(name, ":"); ok && slices.Contains(known, key) {
		return diag.Do(diag.HintWriteBlankAfterColon)
	}
	if near := nearestKey(name, known); near != "" {
		return diag.Do(diag.HintDidYouMean, strconv.Quote(near))
	}
	plain := plainKey(name)
	if home, ok := theShape().keys[plain]; ok {
		return diag.Do(diag.HintBelongsElsewhere, plain, home)
	}
	if len(known) <= 12 {
		return diag.Do(diag.HintKnownAre, strings.Join(known, ", "))
	}
	return diag.Hint{}
}

func isCredential(key string) bool {
	key = strings.NewReplacer("-", "", "_", "").Replace(strings.ToLower(key))
	return slices.Contains([]string{
		"token", "accesstoken", "apitoken", "apikey", "password", "passwd", "secret",
		"username", "user", "credentials", "cvataccesstoken", "cvatusername", "cvatpassword",
	}, key)
}
