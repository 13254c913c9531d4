// Package planfile keeps a plan in a file: what `plan --out F` writes, `show F` renders
// again and `apply F` carries out.
//
// # What is in it
//
// Not the decisions, but all that they were made of: the tasks that the manifests ask for,
// with the frames' names and, of what is to be uploaded, sizes and archive hash; the
// server's tasks by name; the options. [plan.Diff] is a pure function, so a plan that is
// loaded is the plan that was saved, word for word ([Project.Plan]), and the same inputs
// give the same bytes. Each task's action is stored with it: a cvatplan that would decide
// otherwise refuses the file. No time of a file is in it, and nothing secret: a plan needs
// no credentials.
//
// # The format
//
// JSON Lines, which schema/planfile.schema.json describes: a line of type saved_plan, by
// which [Is] knows a plan whatever its file is called; for each project a line, one for
// each task that is asked for, one for each of the server's; a last line of type end with
// the SHA-256 of all before it, so that no damaged or half-written plan is ever taken for
// one. Both directions go line by line.
//
// # Whether it is still true
//
// [Project.Since] compares a saved plan with one that was made just now, of the same
// manifests. What carrying the saved one out has done by then is no difference: its own
// markers, and tasks that hold its frames. So an apply that was killed can be run again.
package planfile
