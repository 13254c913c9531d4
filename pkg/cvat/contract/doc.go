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
// All is done in a project of the suite's own, in an organization of its own
// where the user may make one; both are deleted at the end. It takes about two
// minutes and a few MB, and imports some broken images on purpose.
package contract
