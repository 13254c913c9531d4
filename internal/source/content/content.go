// Package content tells what a file holds in place of an image or a recording: the pointer that
// version control leaves there, a web page, zeros.
package content

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"

	"github.com/cvatplan/cvatplan/internal/diag"
)

// MaxPointer is the size in bytes below which a file may be a pointer of Git LFS, git-annex or DVC,
// and as much of it as [Pointer] wants to see.
const MaxPointer = 1024

// Pointer recognizes what version control leaves in place of a large file, by how it begins: the
// code of it, and its name ("a Git LFS pointer"). The code of anything else is empty.
func Pointer(head []byte) (code diag.Code, name string) {
	switch {
	case bytes.HasPrefix(head, []byte("version https://git-lfs.github.com/spec/")):
		return diag.CodeLFSPointer, "a Git LFS pointer"
	case bytes.HasPrefix(head, []byte("/annex/objects/")):
		return diag.CodeAnnexMissing, "a git-annex pointer"
	case bytes.HasPrefix(head, []byte("outs:")) && bytes.Contains(head, []byte("md5:")):
		return diag.CodeDVCMissing, "a DVC stub"
	}
	return "", ""
}

// Describe names what a file holds that is neither an image nor a recording, by how it begins.
func Describe(head []byte) string {
	kind, _, _ := strings.Cut(http.DetectContentType(head), ";")
	switch {
	case len(bytes.Trim(head, "\x00")) == 0:
		return "it begins with zeros only, as a file does whose copy was interrupted"
	case kind == "text/html":
		return "an HTML page, as a download gives that needed a login"
	case kind == "text/plain":
		return "text" // none of it is repeated: a link may lead to any file of this machine
	case kind == "application/octet-stream":
		return fmt.Sprintf("it begins with the bytes % x", head[:min(4, len(head))])
	}
	return "its content is " + kind
}
