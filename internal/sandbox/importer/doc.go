// Package importer makes frames of what was uploaded, in the order of CVAT's steps: which
// of several mistakes is named, and what a failed attempt leaves behind, depends on it.
//
// A [Queue] has the workers; importer.go lists the steps: the parameters, the kind of
// media, the zip (unzip.go), the order (order.go), the images' headers
// (describe.go, header*.go), the rows (save.go). Failures are CVAT's Python exceptions
// (failure.go).
//
// It reads no pixels, as CVAT does not, and unpacks no zip.
package importer
