// Package index is the index of frames that `cvatplan frames` writes: one record per frame, which
// joins what CVAT calls it (task, frame name, number, job) to where it comes from (bag, topic, message,
// times), so that annotations find the way back to the recording's time line.
//
// Committed next to a manifest (`bags: [{path: run7/, index: index/run7.jsonl}]`) it replaces a bag
// that is not there: its names, sizes and SHA-256 are all that a plan needs.
//
// An index is JSON Lines ([Writer], [Read]) or CSV ([NewCSV]), described by schema/frames.schema.json.
// Records are ordered by bag, then by the manifest's cameras, then by frame, so that equal datasets give
// equal files. Times are nanoseconds since 1970, as strings: JSON's readers keep no more than 53 bits of
// a number. Fields that do not apply are left out.
package index

// A Record is one frame.
type Record struct {
	Task  string `json:"task"`
	Name  string `json:"name"`  // CVAT's name of the frame
	Frame int    `json:"frame"` // its number in the task, from 0, in the order of the manifest

	// As the server has them; 0, nil and 0 where it was not asked, or has no such task or frame.
	TaskID      int  `json:"task_id,omitempty"`
	ServerFrame *int `json:"server_frame,omitempty"`
	JobID       int  `json:"job_id,omitempty"`

	Bag    string `json:"bag"` // its path from the manifest's root, with slashes
	Camera string `json:"camera,omitempty"`
	Path   string `json:"path,omitempty"` // of a directory's image, or of the video: in the bag, with slashes

	// Of a recording's message.
	Topic     string `json:"topic,omitempty"`
	Message   *int   `json:"message,omitempty"` // its number among the topic's, by receive time, from 0
	Seq       *int64 `json:"seq,omitempty"`     // of a ROS 1 header
	HeaderNS  *int64 `json:"header_ns,string,omitempty"`
	LogNS     *int64 `json:"log_ns,string,omitempty"`     // when it was received
	PublishNS *int64 `json:"publish_ns,string,omitempty"` // where the container keeps it
	FrameID   string `json:"frame_id,omitempty"`
	Encoding  string `json:"encoding,omitempty"` // of the message: bgr8, jpeg, …

	StampNS   *int64 `json:"stamp_ns,string,omitempty"` // the frame's time: the chosen one of the above, or what the file's name carries
	PTSNS     *int64 `json:"pts_ns,string,omitempty"`   // of a video's frame: when it is shown, in ns from the video's start
	Index     *int   `json:"index,omitempty"`           // {index}: its number among all frames of the camera in the bag; of a video's, in the file
	Width     int    `json:"width,omitempty"`           // pixels, as CVAT shows it
	Height    int    `json:"height,omitempty"`
	Size      int64  `json:"size,omitempty"`      // bytes, as they are uploaded, of a video's frame those of the video; 0: not known, as SHA256 is then
	SHA256    string `json:"sha256,omitempty"`    // of these bytes, hex; empty: not known, since the server alone has them
	ChosenBy  string `json:"chosen_by,omitempty"` // the algorithms by which it was chosen for what it shows, with their versions; empty: it was not
	Judged    int    `json:"judged,omitempty"`    // how many of the camera's frames in the bag, the first in time's order, were there to choose from
	Selection string `json:"selection,omitempty"` // the frames: settings that it was selected and encoded with, where they are not the defaults

	Context []Context `json:"context,omitempty"` // images of other cameras that are shown next to it
}

// A Context is one image next to a frame.
type Context struct {
	Name    string `json:"name"`            // its file name in CVAT, left.png: what comes before the ending is the source of context
	Path    string `json:"path,omitempty"`  // of a directory's image: in the bag, with slashes
	Topic   string `json:"topic,omitempty"` // of a recording's message
	Message *int   `json:"message,omitempty"`
	StampNS *int64 `json:"stamp_ns,string,omitempty"` // its time, on the clock of the frame's
	Size    int64  `json:"size"`                      // bytes, as they are uploaded
	SHA256  string `json:"sha256"`                    // of these bytes, hex
}

// Sum is the image's SHA-256.
func (c Context) Sum() [32]byte { return Record{SHA256: c.SHA256}.Sum() }
