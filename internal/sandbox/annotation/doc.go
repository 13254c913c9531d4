// Package annotation holds what annotators draw, and does to it what CVAT does: a [Set] of
// tags, shapes and tracks is cut at the segments of a task's jobs ([Set.Slice]), put
// together again from jobs that overlap ([Merge]), unrolled frame by frame
// ([Track.Unroll]), and written as "CVAT for images 1.1" ([WriteImages]).
//
// It knows no HTTP and no database: everything is a function of its arguments.
package annotation
