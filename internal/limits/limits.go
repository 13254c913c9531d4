// Package limits has what CVAT itself refuses to go beyond, each number once.
//
// The embedded server states its own, since it represents CVAT; pkg/cvat/contract asks both.
package limits

const (
	// MaxUpload is the largest archive that CVAT takes in one upload, in bytes: the
	// Tus-Max-Size that every version from 2.39 announces.
	MaxUpload = 25 << 30

	// MaxJobs is how many jobs a task may have (CVAT_MAX_JOBS_PER_TASK, since 2.48). A
	// server may be configured otherwise, so it is no more than a warning.
	MaxJobs = 5000
)
