// Package report shows what pkg/plan decided and what pkg/apply did. Its renderers
// are siblings over the same values, and none of them decides anything:
//
//	             a plan                    a result of apply
//	a person     [Text]                    [ResultText]
//	a program    [JSON]                    [Stream] (NDJSON)
//	a review     [Markdown], [HTML]        [ResultMarkdown]
//
// Besides, [GitHub] annotates a manifest's mistakes, [Paths] lists files for other
// programs, and package progress shows a run while it goes on.
//
// # What can be relied upon
//
// Equal values give equal bytes: nothing depends on the clock, the locale or the order
// in which things happened. Scripts may read the JSON, whose schemas are in schema/,
// and the summary line that ends the text; all else is for people and may change.
//
// # Names are not to be trusted
//
// Names come from servers, disks and pull requests. Each renderer makes them harmless
// for where they go: [wording.Safe] for terminals, code and prose for Markdown, html/template
// and a content security policy for the page. What would be obeyed is shown instead.
package report
