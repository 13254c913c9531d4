// Package storage keeps all that the embedded server knows: SQLite (schema.sql), the files
// next to it ([Directory]), and the rows that the API and the import both read ([Task],
// [Job], [Frame], [ImportRecord]).
//
// What was answered is kept: kill -9 loses nothing that is committed, files come before
// their rows and go after them, and [Store.Sweep] removes those of no row.
package storage
