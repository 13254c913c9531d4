package manifest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/regular"
)

// A Guide tells annotators what to do: Markdown, with local images.
//
// CVAT keeps images as assets of a guide, under names of its own, and encodes some of them again, so that what it has
// cannot be compared with the files. So [Guide.Markdown] ends with a comment that says which asset was made of which
// file, and Text, in which each image is named by its SHA-256, is what is compared: [GuideText] makes the same of what
// the server answers.
type Guide struct {
	Text   string       // its images as sha256:HEX; line ends are LF, outer blanks are stripped
	Images []GuideImage // each once
	Dir    string       // nothing above it is read
}

// A GuideImage is an image, or a PDF, of a guide.
type GuideImage struct {
	Path string // below the guide's Dir, with slashes
	Sum  string // SHA-256, 64 hex digits
	Type string // such as image/png
}

// What CVAT 2.73 takes.
const (
	maxGuideImage  = 10 << 20 // bytes
	maxGuideImages = 150
)

// guideTypes are the types of assets, with the ends that CVAT's names of them must have.
var guideTypes = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp", "image/gif": ".gif", "application/pdf": ".pdf",
}

// Name is what the image is called on the server, where it may lie next to others of its name.
func (i GuideImage) Name() string { return i.Sum + guideTypes[i.Type] }

// Open reads an image again; it is an error if it is another one by now.
func (g *Guide) Open(i GuideImage) ([]byte, error) {
	root, err := os.OpenRoot(g.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	data, err := readBelow(root, i.Path, maxGuideImage)
	if err == nil && sumOf(data) != i.Sum {
		err = errors.New("it changed while it was worked on")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %s", filepath.Join(g.Dir, filepath.FromSlash(i.Path)), reason(err))
	}
	return data, nil
}

const (
	uuidPattern  = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`
	recordBegins = "<!-- cvatplan: which file each image was made of; without this, CVAT would be sent all of them again."
)

var (
	assetLine = regexp.MustCompile(`\(/api/assets/(` + uuidPattern + `)\) sha256:([0-9a-f]{64})`)
	record    = regexp.MustCompile(`\n*` + regexp.QuoteMeta(recordBegins) + `\n((?:` + assetLine.String() + `\n)+)-->\s*$`)
)

// Markdown is the guide as CVAT is sent it. Assets are the UUIDs of its images, by their sums. CVAT deletes assets that
// a text does not mention as (/api/assets/UUID), which the comment does, whatever the text above it looks like.
func (g *Guide) Markdown(assets map[string]string) string {
	if len(g.Images) == 0 {
		return g.Text
	}
	text := g.Text
	var comment strings.Builder
	for _, i := range g.Images {
		text = strings.ReplaceAll(text, "sha256:"+i.Sum, "/api/assets/"+assets[i.Sum])
		fmt.Fprintf(&comment, "(/api/assets/%s) sha256:%s\n", assets[i.Sum], i.Sum)
	}
	return text + "\n\n" + recordBegins + "\n" + comment.String() + "-->"
}

// GuideText is what a server's Markdown is compared by, and the assets that it has, by the sums of the files that they
// were made of.
func GuideText(markdown string) (text string, assets map[string]string) {
	text, assets = lineEnds.Replace(markdown), map[string]string{}
	if found := record.FindStringSubmatchIndex(text); found != nil {
		lines := text[found[2]:found[3]]
		text = text[:found[0]]
		for _, m := range assetLine.FindAllStringSubmatch(lines, -1) {
			assets[m[2]] = m[1]
			text = strings.ReplaceAll(text, "/api/assets/"+m[1], "sha256:"+m[2])
		}
	}
	return strings.TrimSpace(text), assets
}

// guide reads the guide that a project names. What is wrong with it is reported in its own lines.
func (l *loader) guide(n *node) *Guide {
	if n.str() == "" {
		return nil
	}
	name := filepath.ToSlash(filepath.Clean(filepath.FromSlash(n.str())))
	dir := l.file(n.at.File).dir
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		l.report(n.at, diag.Hint{}, "guide: %q is not in the directory of the file that names it, or below it", clip(n.str()))
		return nil
	}
	if ofGit(resolved(filepath.Join(dir, name))) {
		l.report(n.at, diag.Hint{}, "guide: %q is what git keeps for itself", clip(n.str()))
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		l.unread(n.at, err, "guide")
		return nil
	}
	defer root.Close()
	data, err := readBelow(root, name, maxFileSize)
	if err == nil && !utf8.Valid(data) {
		err = errors.New("it is not UTF-8")
	}
	if err != nil {
		l.unread(n.at, err, "guide: "+clip(n.str()))
		return nil
	}
	r := &guideReader{loader: l, at: n.at, root: root, name: name, guide: &Guide{Dir: dir}, sums: map[string]string{}}
	r.readText(lineEnds.Replace(string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))))
	return r.guide
}

var errTooLarge = errors.New("it is too large")

// readBelow reads a regular file in a directory, of at most so many bytes; a link that leads out of the directory is
// none.
func readBelow(root *os.Root, name string, most int) ([]byte, error) {
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, regular.ErrNotRegular
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err == nil && len(data) > most {
		return nil, fmt.Errorf("%w: at most %d MiB", errTooLarge, most>>20)
	}
	return data, err
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// A guideReader takes the local images out of a guide.
type guideReader struct {
	*loader
	at    Position // of guide: in the manifest
	root  *os.Root
	name  string // of the guide, below root
	guide *Guide
	sums  map[string]string // by path, of images that were read
}

// Where Markdown and the HTML in it name an image, or a file: each has the target as its one group.
var (
	inlineTarget    = regexp.MustCompile(`\]\(\s*<?([^\s<>()]+)>?(?:\s+"[^"]*"|\s+'[^']*')?\s*\)`)
	referenceTarget = regexp.MustCompile(`^ {0,3}\[[^\]]+\]:\s*<?([^\s<>]+)>?`)
	htmlTarget      = regexp.MustCompile(`(?i)<img\b[^>]*?\bsrc\s*=\s*["']([^"']+)["']`)
	codeSpan        = regexp.MustCompile("`+[^`]*`+")
	scheme          = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
)

// readText makes the text of the guide, line by line; code is left as it is.
func (r *guideReader) readText(text string) {
	lines := strings.Split(text, "\n")
	fence := ""
	for i, line := range lines {
		mark := fenceOf(line)
		switch {
		case fence != "" && strings.HasPrefix(mark, fence):
			fence = ""
		case fence != "":
		case mark != "":
			fence = mark
		default:
			lines[i] = r.readLine(i+1, line)
		}
	}
	r.guide.Text = strings.TrimSpace(strings.Join(lines, "\n"))
	if len(r.guide.Images) > maxGuideImages {
		r.report(r.at, diag.Hint{}, "guide: %s names %d images, and CVAT takes %d", r.name, len(r.guide.Images), maxGuideImages)
	}
}

// fenceOf is what a block of code begins and ends with, on a line that may be one.
func fenceOf(line string) string {
	line = strings.TrimLeft(line, " ")
	for _, mark := range []string{"```", "~~~"} {
		if strings.HasPrefix(line, mark) {
			return mark
		}
	}
	return ""
}

func (r *guideReader) readLine(number int, line string) string {
	code := codeSpan.FindAllStringIndex(line, -1)
	var places [][2]int
	for _, pattern := range []*regexp.Regexp{inlineTarget, referenceTarget, htmlTarget} {
		for _, m := range pattern.FindAllStringSubmatchIndex(line, -1) {
			inCode := slices.ContainsFunc(code, func(c []int) bool { return m[2] >= c[0] && m[2] < c[1] })
			if !inCode {
				places = append(places, [2]int{m[2], m[3]})
			}
		}
	}
	slices.SortFunc(places, func(a, b [2]int) int { return b[0] - a[0] }) // from behind, so that places stay
	for _, p := range places {
		if sum := r.image(number, line[p[0]:p[1]]); sum != "" {
			line = line[:p[0]] + "sha256:" + sum + line[p[1]:]
		}
	}
	return line
}

// image is the sum of the image that a target names; "" if it is none of ours.
func (r *guideReader) image(line int, target string) string {
	file, err := url.PathUnescape(target)
	kinds := []string{".png", ".jpg", ".jpeg", ".webp", ".gif", ".pdf", ".svg", ".bmp", ".tif", ".tiff"}
	if err != nil || scheme.MatchString(target) || strings.HasPrefix(target, "/") || strings.HasPrefix(target, "#") || !slices.Contains(kinds, strings.ToLower(path.Ext(file))) {
		return ""
	}
	name := path.Join(path.Dir(r.name), file)
	if sum, read := r.sums[name]; read {
		return sum
	}
	image, err := r.readImage(name)
	if err != nil {
		r.unread(r.at, err, fmt.Sprintf("guide: %s, line %d: %s", r.name, line, clip(target)))
	}
	r.sums[name] = image.Sum
	if known := slices.ContainsFunc(r.guide.Images, func(i GuideImage) bool { return i.Sum == image.Sum }); image.Sum != "" && !known {
		r.guide.Images = append(r.guide.Images, image)
	}
	return image.Sum
}

func (r *guideReader) readImage(name string) (GuideImage, error) {
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return GuideImage{}, errors.New("it is not below the directory of the manifest")
	}
	data, err := readBelow(r.root, name, maxGuideImage)
	if errors.Is(err, fs.ErrNotExist) {
		return GuideImage{}, fs.ErrNotExist
	}
	if err != nil {
		return GuideImage{}, err
	}
	kind := guideType(data)
	if kind == "" {
		return GuideImage{}, errors.New("it is no JPEG, PNG, WebP, GIF or PDF, which are all that CVAT takes")
	}
	return GuideImage{Path: name, Sum: sumOf(data), Type: kind}, nil
}

// guideType is what the file's first bytes say that it is, or "".
func guideType(data []byte) string {
	for _, known := range []struct{ kind, magic string }{
		{"image/jpeg", "\xff\xd8\xff"}, {"image/png", "\x89PNG\r\n\x1a\n"}, {"image/gif", "GIF87a"}, {"image/gif", "GIF89a"}, {"application/pdf", "%PDF-"},
	} {
		if bytes.HasPrefix(data, []byte(known.magic)) {
			return known.kind
		}
	}
	if len(data) >= 16 && bytes.HasPrefix(data, []byte("RIFF")) && string(data[8:14]) == "WEBPVP" {
		return "image/webp"
	}
	return ""
}
