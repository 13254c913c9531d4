// Package contract holds what cvatplan believes of CVAT, as numbered questions
// that its tests put to a server. It has no code of its own.
//
// Each question is one fact that the design rests on: that creating a task twice
// makes two, that an upload of a name that exists is refused, that an import
// consumes its archive. They were measured on CVAT 2.73, and are asked
//
//   - always of the embedded server, [github.com/cvatplan/cvatplan/internal/sandbox],
//     so that it cannot drift away from CVAT;
//   - of any CVAT whose URL and personal access token stand in CVAT_TEST_URL and
//     CVAT_TEST_TOKEN. With CVAT_TEST_USERNAME and CVAT_TEST_PASSWORD the
//     questions about logins and access tokens are asked too.
//
// For example:
//
//	CVAT_TEST_URL=https://cvat.example.com CVAT_TEST_TOKEN=… go test -v ./pkg/cvat/contract
//
// Ask as an ordinary user: an administrator is refused less (an unknown assignee, for
// one, is a 500 to them where others get 403), so that some questions fail as one.
//
// All is done in projects of the suite's own, in an organization of its own where
// the user may make one; they are deleted at the end. On an idle CVAT it takes about
// ten minutes and a few MB, and imports some broken images on purpose. A question
// whose answer depends on what a CVAT has to do just then (an import that is over
// before it could hold anybody up) takes each answer that CVAT may give; the embedded
// server is asked it with imports held, and has to give the rarer one.
package contract
