package pull

import (
	"fmt"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// rawLabels are labels without the server's ids, as a manifest's labels file, and CVAT's "Raw" editor, take them.
func rawLabels(labels []cvat.Label) []cvat.Label {
	out := make([]cvat.Label, len(labels))
	for i, l := range labels {
		for _, s := range l.Sublabels {
			l.SVG = strings.ReplaceAll(l.SVG, fmt.Sprintf(`data-label-id="%d"`, s.ID), fmt.Sprintf(`data-label-name="%s"`, s.Name))
		}
		l.ID, l.HasParent = 0, false
		l.Attributes = append([]cvat.Attribute{}, l.Attributes...)
		for k := range l.Attributes {
			l.Attributes[k].ID = 0
			if l.Attributes[k].Values == nil {
				l.Attributes[k].Values = []string{}
			}
		}
		if l.Sublabels != nil {
			l.Sublabels = rawLabels(l.Sublabels)
		}
		out[i] = l
	}
	return out
}
