// Package api answers the requests of a CVAT client: one file for each area of CVAT's API
// (projects, tasks, jobs, labels, requests, …), the table of URLs in routes.go, and what
// all of them share: router.go and auth.go before a handler, form.go and listing.go in
// it, answer.go behind it.
//
// A handler checks who asks ([github.com/cvatplan/cvatplan/internal/sandbox/storage] has
// the rows), reads the body through a form that collects mistakes as Django's serializers
// do, changes rows in one transaction and returns an answer. Imports are queued with
// [github.com/cvatplan/cvatplan/internal/sandbox/importer].
package api
