// Package resume keeps, from one run to the next, where a server holds a half-sent
// upload, so that bytes that it has are not sent again.
//
// All of it is a hint. An upload is known to the server by an id that only its creation
// tells; without the hint the next run creates the upload again and sends it from its
// start, which costs time and nothing else. So nothing here ever fails: what cannot be
// read is not there, what cannot be written is reported to [Store].Warn once.
//
// # On the disk
//
// A [Store] is a directory, by default the one that [Dir] names, with two small files
// for each upload that is under way or was cut off:
//
//	<key>.json   server, task, file and the upload's id there; mode 0600
//	<key>.lock   locked by the one process that uses the hint
//
// The key is a hash of server, task and file. The .json file is only ever replaced whole.
// Both files go when the upload is done; what is left of uploads that were never finished is
// removed after [Old].
package resume
