// Package sandbox is an embedded server that answers as CVAT 2.73 does, as far as
// cvatplan, cvat-sdk 2.80 and cvat-cli 2.80 can see: sign-in, users, organizations,
// projects, labels, tasks, jobs, uploads, imports, requests, frames, annotations, and the
// export of these as "CVAT for images 1.1".
//
//	s, err := sandbox.Open(sandbox.Options{Dir: "sandbox"})
//	…
//	client := &http.Client{Transport: &http.Transport{DialContext: s.DialContext}}
//	addr, err := s.Listen(ctx, "127.0.0.1:0")
//
// # What it promises
//
// State lives in one directory: a SQLite database, and next to it the images. A
// directory belongs to one process at a time ([Open] waits for it, then says who is
// in the way). What was answered is kept: kill -9 loses no task and no complete
// PATCH, and an import that was queued or running is taken up again by the next
// [Open]. Requests may come in parallel, in any number.
//
// Its answers are CVAT's, the odd ones included. Each oddity is a numbered
// assumption (see assumptions.go) which the code cites as A1, A2, …, so that a
// contract suite can put the same question to a real server.
//
// Endpoints are in the package api, the import in importer, what is done with annotations
// in annotation, the database and the files in storage; this package opens, listens and
// closes.
//
// Uploads go straight to the disk, never into memory; a zip is indexed and not
// unpacked, though to a client it looks consumed by its import, as in CVAT.
//
// # What it refuses
//
// It binds loopback only: it has one well-known account (sandbox, password sandbox,
// access token sandbox), so it must not be reached from elsewhere. It imports images
// and zip archives of images; videos, PDFs, other archives, server files and remote
// files end in a failed request that says so. What it knows of but does not do
// (other formats, cloud storage, issues, …) answers 501.
package sandbox
