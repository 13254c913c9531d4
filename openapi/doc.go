// Package openapi holds the client and the embedded server against CVAT's own
// OpenAPI document. It is a module of its own, so that those who build cvatplan
// need not fetch what only this test needs.
//
// The test sends every operation of the client to the embedded server, and
// judges each request and each answer by the document: paths, methods, query
// parameters, and bodies, in which no field may stand that the document does not
// know. Where the document itself is wrong against a CVAT 2.73, the exception is
// listed with its reason (see exceptions), and an exception that nothing needs
// any more is an error.
//
// The document is CVAT's to publish: GET /api/schema/ of a CVAT answers with it.
// It is looked for at CVAT_OPENAPI, then as shared/cvat-openapi.yml beside the
// repository. Without it the test says so, and checks nothing.
package openapi
