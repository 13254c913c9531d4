package plan

import "strings"

// permanentFailures are messages of failed imports after which no later attempt on the same
// task and archive can succeed, measured on CVAT 2.73: what was unpacked stays, and so
// does the index of it that the failed attempt wrote.
var permanentFailures = []string{
	"InvalidImageError",          // an image in it cannot be read
	"cannot identify image file", // the same, for the first one, and before 2.46
	"IndexError: Invalid index",  // an earlier attempt failed on an image
	"Only one video, audio",      // two archives
	"BadZipFile",                 // no archive
	"Too many jobs would be",     // segment_size cannot be changed after the creation
	"DecompressionBombError",     // an image above the server's pixel limit
	"InvalidDataError",           // a video that cannot be read, or one of its pictures
	"tuple index out of range",   // a video without a picture
	"Could not read pcd file",    // a point cloud in it cannot be read
	"ZeroDivisionError",          // the first one has no points
	"of the task must be compatible with other tasks in the project", // the project came to hold the other dimension
}

// retryable reports whether sending the archive once more may fix a failed import.
// What is not known to be hopeless is worth one more attempt: a killed worker, a full
// disk, a parameter. Each attempt consumes the archive, so it is sent again in full.
func retryable(message string) bool {
	for _, m := range permanentFailures {
		if strings.Contains(message, m) {
			return false
		}
	}
	return true
}
