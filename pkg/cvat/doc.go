// Package cvat is a client of CVAT's REST API: the part of it that cvatplan
// needs, TUS uploads included. Nothing else in the product speaks HTTP.
//
// A [Client] is made by [New] and may be used by many goroutines at once. Its
// methods are named after CVAT's operations, and each one names its operation
// in a line `//cvat:operation METHOD /path` that a test holds against CVAT's
// OpenAPI document. Servers from [OldestServer] to [NewestServer] are served by
// one protocol; [About.Check] judges a server's version.
//
// # What it promises
//
//   - Requests are repeated as their idempotency allows (see retry.go): reading
//     always, creating never. A creation whose answer was lost is reported as
//     [ErrUnknownOutcome], so that the caller looks before it creates again.
//   - Nothing waits for ever: 256 bytes a second must move in each Options.IdleTimeout
//     and an answer must begin within Options.AnswerTimeout. There is no limit on the
//     time that a whole upload takes.
//   - Answers are read through limits. A server that lies (endless pages, huge
//     bodies, truncated JSON, a wrong Content-Length) is an error, never memory.
//   - Secrets have the type [Secret] and never show in an error, a debug line or
//     JSON. They are sent to Options.BaseURL and nowhere else: redirects are
//     never followed.
//   - What a server says is made harmless before it enters an error's text:
//     control characters are escaped and the length is bounded.
//
// # Errors
//
// An answer that is no success is an [*APIError]; callers branch on the
// sentinels ([ErrBusy], [ErrGone], [ErrNotAuthorised], …) with errors.Is.
// Advice is apart from the error: see [Hint].
package cvat
