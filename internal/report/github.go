package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// GitHub writes problems as workflow commands, which GitHub shows as annotations on the
// lines of a pull request: ::error file=…,line=…,col=…::…. Files are as they were given,
// so relative ones must be relative to the repository's root.
func GitHub(w io.Writer, problems []diag.Diagnostic) error {
	var b strings.Builder
	for _, p := range problems {
		message := wording.Safe(p.Text)
		if p.Hint != (diag.Hint{}) {
			message += "\nhint: " + wording.Safe(advice.Words(p.Hint))
		}
		fmt.Fprintf(&b, "::error %s::%s\n", annotated(p.Pos), commandData.Replace(message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// annotated are the command's properties, as far as the position is known.
func annotated(p manifest.Position) string {
	properties := []string{"title=cvatplan"}
	if p.File != "" {
		file := strings.TrimPrefix(filepath.ToSlash(p.File), "./")
		properties = append(properties, "file="+commandProperty.Replace(wording.Safe(file)))
	}
	if p.Line > 0 {
		properties = append(properties, fmt.Sprintf("line=%d", p.Line))
	}
	if p.Column > 0 {
		properties = append(properties, fmt.Sprintf("col=%d", p.Column))
	}
	return strings.Join(properties, ",")
}

// What a workflow command escapes (actions/toolkit, packages/core/src/command.ts).
var (
	commandData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	commandProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
