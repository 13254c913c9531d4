package sandbox

// An Assumption is something that CVAT does, and that one would not expect. The code
// cites it by its number, as A7.
type Assumption struct {
	Number int
	Text   string
	// Question is the number of the question in pkg/cvat/contract that puts it to a
	// server; 0 is none, and then a test of this package holds it.
	Question int
}

// Assumptions are all of them, by number. All were measured on CVAT 2.73, or, where
// they say so, read in its source.
func Assumptions() []Assumption { return append([]Assumption{}, assumptions...) }

var assumptions = []Assumption{
	{1, "errors come in eight shapes: {detail}, {field: [text]}, [text], \"text\", bare text called HTML, a JSON string called text, Django's page, nginx's page", 0},
	{2, "what was begun is finished though the client is gone", 0},
	{3, "links are built from the Host header", 0},
	{4, "unknown JSON fields are ignored", 41},
	{5, "a JSON body that is no object is a 500", 0},
	{6, "outer blanks of names are stripped", 31},
	{7, "a bad token is 401 even where none is needed", 2},
	{8, "an access token goes as Bearer, a login's key as Token, and not the other way round; another scheme counts as no credentials", 3},
	{9, "users are listed within an organization only; without one a user sees themselves, and in the personal workspace nobody", 148},
	{10, "a login's key is one per user, and a logout takes it from every client", 6},
	{11, "a new access token is read-only unless asked otherwise, and may not make another", 8},
	{12, "an unknown sort term is ignored; without one the newest come first", 50},
	{13, "a page_size that is none is 10, all is everything, and a page past the end is 404", 52},
	{14, "names are not unique", 30},
	{15, "PATCH refuses a field that it does not know with 403; segment_size, overlap and consensus_replicas are among them", 38},
	{16, "an assignee out of scope is 403, as is one that does not exist; within an organization the latter is a 500", 43},
	{17, "an id that is text, or a project_id of 0, is a 500, as permissions look for it before it is checked; so is \"assignee\": \"name\"", 0},
	{18, "labels of a missing project or task are a 500", 25},
	{19, "colours, defaults and number ranges of labels are not checked", 0},
	{20, "PATCH of labels adds those without an id, changes those with one, and leaves the others", 23},
	{21, "a task that has its frames takes no others: every POST of data is 400", 81},
	{22, "a task without data has data null and no size; one whose import did not end well has data and size 0", 36},
	{23, "tasks/N/status says Finished of a task that nothing was sent to", 0},
	{24, "progress stays 0.0", 0},
	{25, "a repeated POST makes another task", 30},
	{26, "an unknown project is 400, another's is 403, and so is an organization's header on a personal project", 42},
	{27, "an import holds its task: PATCH and POST of data wait for 10 s, and are 409 then", 0},
	{28, "a deletion during an import waits for it; if the import ends well it is a 500, and the task stays", 88},
	{29, "a body above 1 GiB is the proxy's 413", 0},
	{30, "Upload-Start, Upload-Multiple and Upload-Finish count with any value, the empty one too", 0},
	{31, "a refused POST of data leaves the new Data row if CVAT answered, and takes it back if CVAT raised", 0},
	{32, "of several first POSTs of data at once, one is served and the others are a 500: they saw the task without a Data row", 0},
	{33, "multipart of a name that the task knows is a 500, and nothing of the request is kept", 0},
	{34, "multipart of a name that an import left there is appended to the file", 0},
	{35, "a body that breaks off counts for nothing", 66},
	{36, "client_files without an index are received and forgotten", 0},
	{37, "multipart keeps base names only", 0},
	{38, "a TUS creation is 409 if the file is there whole, and 201 if not, as often as one likes", 62},
	{39, "a TUS upload of nothing is a 500", 68},
	{40, "HEAD and PATCH are 404 once the upload is complete, and 403 for another's", 61},
	{41, "of two TUS uploads of one name the second is renamed, and not imported", 71},
	{42, "a TUS upload into a directory fails with its last PATCH, and is stuck", 0},
	{43, "parameters stay with the Data row, a failed attempt's too", 0},
	{44, "a request that is unknown, expired or cancelled is 404 in bare text, another's 403, and a deleted task's 400", 89},
	{45, "stop_frame 0 is no stop_frame", 0},
	{46, "files that come while the import is queued are taken and not imported", 0},
	{47, "the id of a request hangs on the task alone", 80},
	{48, "Upload-Finish while the import is queued is 409 with the request's id", 95},
	{49, "a finished request lives for 500 s, a failed one for 365 days", 0},
	{50, "a queued import can be cancelled, and vanishes; a started or ended one is 400", 0},
	{51, "an import reads headers only: an image that is cut behind its header imports", 105},
	{52, "an image that EXIF turns has the size that is shown, and its original is encoded anew", 127},
	{53, "what a file is, its ending says: an image named .dat is dropped without a word", 110},
	{54, "natural order folds case, splits paths, and takes endings off", 120},
	{55, "names in a zip that do not say that they are UTF-8 are of code page 437 (source: Python)", 0},
	{56, "an import consumes its zip, even if it fails after the unpacking", 107},
	{57, "a bad image that is not the first leaves half a manifest, and every later import fails over it", 109},
	{58, "any file whose name ends in .jsonl is taken for a manifest", 122},
	{59, "images in related_images/NAME_ENDING/ belong to the image NAME.ENDING beside it", 129},
	{60, "a missing image_quality fails the import, after the first image was opened", 107},
	{61, "segment_size 0 or above the frames becomes their number, overlap at most half of it", 83},
	{62, "a frame number that is none is a 500", 0},
	{63, "originals are byte for byte what was sent", 125},
	{64, "a slash at the end is 404, but for data/ and annotations/", 58},
	{65, "chunk_size null is a 500", 94},
	{66, "frames_per_job_count fails unless segment_size is above it, and 0 is not", 0},
	{67, "OPTIONS of data makes the Data row", 0},
	{68, "names that an import unpacked are taken, after it failed too", 0},
	{69, "a multipart body that is nonsense is read as far as it makes sense, and is no error", 0},
}
