package source

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/video"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// CVAT's limits, measured on 2.73: task names of 256 characters, file names of 255
// bytes (it answers 500 beyond).
const (
	maxTaskName  = 256
	maxFrameName = 255
)

// bagVars are the variables that a bag gives to both templates.
func bagVars(b *bagRef, camera string) manifest.Vars {
	parent := path.Base(path.Dir(b.rel))
	if parent == "." {
		parent = path.Base(strings.ReplaceAll(absolute(b.root), `\`, "/"))
	}
	return manifest.Vars{
		Camera: camera, Bag: bagName(b), Parent: parent, Rel: b.rel, Date: dateOf(b.rel),
	}
}

// bagName is {bag}: the base name, a recording's without its extension. The root
// itself, as a bag, has its directory's name.
func bagName(b *bagRef) string {
	if b.rel == "." {
		return path.Base(strings.ReplaceAll(absolute(b.path()), `\`, "/"))
	}
	name := path.Base(b.rel)
	if b.file && video.Named(name) {
		return trimExtension(name)
	}
	for _, ext := range []string{".active", ".zstd", ".bag", ".mcap", ".db3"} {
		if b.file || ext == ".bag" || ext == ".mcap" {
			name = strings.TrimSuffix(name, ext)
		}
	}
	return name
}

// taskName executes the template as CVAT would keep it: trimmed, and NFC.
func taskName(t *manifest.Template, v manifest.Vars) (string, error) {
	raw, err := t.Execute(v)
	if err != nil {
		return "", err
	}
	name := plan.NameOf(raw).String()
	switch n := utf8.RuneCountInString(name); {
	case name == "":
		return "", fmt.Errorf("task name is empty")
	case n > maxTaskName:
		return name, fmt.Errorf("task name %s has %d characters; CVAT takes %d", wording.Safe(wording.Clip(name, 80)), n, maxTaskName)
	}
	return name, unfit("task name", name)
}

// unfit refuses what would not arrive as it was sent, or would command a terminal.
func unfit(what, name string) error {
	if !utf8.ValidString(name) {
		return fmt.Errorf("%s %s is not UTF-8", what, wording.Safe(wording.Clip(name, 80)))
	}
	for _, r := range name {
		if unicode.IsControl(r) {
			return fmt.Errorf("%s %s holds the control character U+%04X", what, wording.Safe(wording.Clip(name, 80)), r)
		}
	}
	return nil
}

// frameFault says why CVAT would not hold a frame under this name; nil if it would.
func frameFault(kind manifest.Kind, name string) error {
	if plainName(name) && accepted(kind, name) {
		return nil
	}
	if err := unfit("frame name", name); err != nil {
		return err
	}
	if strings.ContainsRune(name, '\\') {
		return fmt.Errorf("frame name %s has a backslash, by which CVAT's import fails", wording.Safe(wording.Clip(name, 80)))
	}
	if len(name) > maxFrameName {
		return fmt.Errorf("frame name %s has %d bytes; CVAT takes %d", wording.Safe(wording.Clip(name, 80)), len(name), maxFrameName)
	}
	if path.Clean(name) != name || name[0] == '/' || name == ".." || strings.HasPrefix(name, "../") {
		return fmt.Errorf("frame name %s is not a plain path: CVAT unpacks it as %s", wording.Safe(name), wording.Safe(strings.TrimPrefix(path.Clean("/"+name), "/")))
	}
	for part := range strings.SplitSeq(name, "/") {
		if ignoredByCVAT(part) {
			return fmt.Errorf("frame name %s: CVAT drops what has %s in its path", wording.Safe(name), part)
		}
	}
	switch {
	case accepted(kind, name):
	case kind == manifest.KindPointCloud:
		return fmt.Errorf("frame name %s has not the extension .pcd, by which CVAT knows a point cloud", wording.Safe(name))
	default:
		return fmt.Errorf("frame name %s has no extension of an image, so CVAT drops it", wording.Safe(name))
	}
	return nil
}

// plainName clears nearly every name at one look: ASCII letters, digits and a few
// signs, no component that is empty or begins with a dot, nothing that CVAT drops.
func plainName(name string) bool {
	begins := true
	for i := range len(name) {
		c := name[i]
		switch {
		case c == '/' || c == '.':
			if begins {
				return false
			}
		case c != '_' && c != '-' && !isDigit(c) && !isLetter(c):
			return false
		}
		begins = c == '/'
	}
	return !begins && len(name) <= maxFrameName &&
		!strings.Contains(name, "related_images") && !strings.Contains(name, "__M")
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// ignoredByCVAT are the names that CVAT drops wherever they are in a path
// (media_extractors.files_to_ignore), and the directory of context images.
func ignoredByCVAT(name string) bool {
	return name == "related_images" || strings.Contains(name, "__MACOSX") ||
		strings.Contains(name, "__MSOSX") || strings.Contains(name, ".DS_Store")
}

// systemFolders are the names that operating systems and network storages give to folders of their
// own, in lower case: thumbnails, recycle bins, snapshots.
var systemFolders = map[string]bool{
	"@eadir": true, "#recycle": true, "#snapshot": true, "@recycle": true, "@recently-snapshot": true, "@tmp": true, "@synoeastream": true,
	"$recycle.bin": true, "recycler": true, "system volume information": true, "lost+found": true,
	"__macosx": true, "network trash folder": true, "temporary items": true, "thevolumesettingsfolder": true, "~snapshot": true,
	"@__thumb": true, "@transcode": true, "@sharebin": true, "@download": true, "trashbox": true, "recycle bin": true, "recycled": true,
	"found.000": true, "found.001": true, "$av_asw": true, "node_modules": true, "__pycache__": true,
}

// systemInitials are their first bytes, in any case: a million names are looked at.
var systemInitials = func() (initials [256]bool) {
	for name := range systemFolders {
		initials[name[0]], initials[strings.ToUpper(name)[0]] = true, true
	}
	return initials
}()

// ofSystem reports whether a name is a folder's that holds no data of anybody's, in any case.
func ofSystem(name string) bool {
	return name != "" && systemInitials[name[0]] && systemFolders[strings.ToLower(name)]
}

// systemFolder is the first folder of a path that is one, or one that CVAT ignores; empty if none is.
func systemFolder(rel string) string {
	end := 0
	for part := range strings.SplitSeq(rel, "/") {
		end += len(part)
		if ofSystem(part) || ignoredByCVAT(part) {
			return rel[:end]
		}
		end++
	}
	return ""
}

// isLeftOut reports whether an entry that is passed over is one that a person may miss: a folder, but for
// those of version control, or an image.
func isLeftOut(e fs.DirEntry) bool {
	if e.IsDir() {
		return e.Name() != ".git" && e.Name() != ".dvc"
	}
	return imageheader.Accepted(e.Name())
}
