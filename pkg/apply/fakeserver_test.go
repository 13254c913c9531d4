package apply

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// A fakeServer is a CVAT in memory, as far as apply can tell: names are not unique, an import
// attempt uses the archive up, two archives poison a task, records expire. Its clock is
// time.Now, so under testing/synctest it waits for nothing. Many sessions share it.
type fakeServer struct {
	mu       sync.Mutex
	projects map[int]*fakeProject
	tasks    map[int]*fakeTask
	nextID   int

	importTime  time.Duration
	importError func(t *fakeTask, attempt int) string // "": it succeeds
	drop        string                                // a frame, or a context image, that imports drop without a word

	late       func() // a request of a dead session, not handled yet
	violations []string
}

type fakeProject struct {
	id      int
	name    string
	tracker string
	labels  []cvat.Label
	hidden  bool
	guide   *fakeGuide
}

// A fakeGuide has assets by their UUIDs, which its next text deletes where it does not mention them.
type fakeGuide struct {
	text   string
	assets map[string]string
	made   int
}

type fakeTask struct {
	cvat.Task
	hidden   bool              // created, and not visible yet
	files    map[string][]byte // whole files
	frames   []string
	state    string // of the import; "" no record
	message  string
	attempts int
	imported []string  // the names of the files that the last attempt had
	until    time.Time // when the import ends
	user     string
	params   cvat.DataParams
	shapes   []cvat.Shape
	jobs     []cvat.Job     // once it has frames: see jobsOf
	related  map[string]int // of context images, by the frame
	served   []string       // names of files that the server reads by itself
}

func newFakeServer() *fakeServer {
	return &fakeServer{projects: map[int]*fakeProject{}, tasks: map[int]*fakeTask{}, importTime: time.Second}
}

// settle lets imports end whose time has come. The lock is held.
func (w *fakeServer) settle() {
	for _, t := range w.tasks {
		switch age := time.Since(t.until); {
		case t.state == cvat.StatusQueued && age >= -w.importTime/2 && age < 0:
			t.state = cvat.StatusStarted
		case (t.state == cvat.StatusQueued || t.state == cvat.StatusStarted) && age >= 0:
			w.importNow(t)
		case t.state == cvat.StatusFinished && age > 500*time.Second:
			t.state = ""
		}
	}
}

// importNow ends an import. The attempt uses the archives up.
func (w *fakeServer) importNow(t *fakeTask) {
	t.attempts++
	t.state, t.message = cvat.StatusFailed, ""
	t.imported = slices.Sorted(maps.Keys(t.files))
	var zips []string
	for name := range t.files {
		if strings.HasSuffix(name, ".zip") {
			zips = append(zips, name)
		}
	}
	switch {
	case len(t.served) > 0:
		if w.importError != nil {
			t.message = w.importError(t, t.attempts)
		}
		if t.message == "" {
			t.frames = slices.Clone(t.served)
			t.Size, t.state = len(t.frames), cvat.StatusFinished
		}
		return
	case len(zips) == 0:
		t.message = "FileNotFoundError: [Errno 2] No such file or directory: 'raw/cvatplan-1.zip'"
	case len(zips) > 1:
		t.message = "ValueError: Only one video, audio, archive can be used simultaneously, 2 zip(s) found."
		return
	case w.importError != nil:
		t.message = w.importError(t, t.attempts)
	}
	if t.message == "" {
		t.frames, t.related = nil, map[string]int{}
		for line := range strings.SplitSeq(string(t.files[zips[0]]), "\n") {
			owner, context := strings.CutPrefix(line, contextLine)
			switch {
			case line == w.drop:
			case context:
				t.related[owner]++
			default:
				t.frames = append(t.frames, line)
			}
		}
		t.Size, t.state = len(t.frames), cvat.StatusFinished
	}
	clear(t.files)
}

// jobsOf are a task's jobs, of one frame each.
func (w *fakeServer) jobsOf(t *fakeTask) []cvat.Job {
	for i := len(t.jobs); i < t.Size; i++ {
		t.jobs = append(t.jobs, cvat.Job{ID: 1000*t.ID + i, TaskID: t.ID, StartFrame: i, StopFrame: i, Type: "annotation", Stage: "annotation", State: "new"})
	}
	return t.jobs
}

// addTask puts a task there as if somebody had made it.
func (w *fakeServer) addTask(name string, project int, bugTracker string, frames ...string) *fakeTask {
	w.nextID++
	t := &fakeTask{files: map[string][]byte{}, frames: frames, user: "colleague"}
	t.ID, t.Name, t.ProjectID, t.BugTracker, t.Size = w.nextID, name, &project, bugTracker, len(frames)
	t.Owner = &cvat.User{Username: "colleague"}
	if len(frames) > 0 {
		t.Data = &t.ID
	}
	w.tasks[t.ID] = t
	return t
}

func (w *fakeServer) addProject(name, tracker string) int {
	w.nextID++
	w.projects[w.nextID] = &fakeProject{id: w.nextID, name: name, tracker: tracker}
	return w.nextID
}

// find is a task that can be seen, or what CVAT answers for one that cannot.
func (w *fakeServer) find(id int) (*fakeTask, error) {
	t := w.tasks[id]
	if t == nil || t.hidden {
		return nil, status("GET", http.StatusNotFound, "No Task matches the given query.")
	}
	return t, nil
}

func status(method string, code int, detail string) error {
	return &cvat.APIError{Method: method, Path: "/api", Status: code, Detail: detail}
}

// show lists the tasks as "name id state frames", for comparison.
func (w *fakeServer) show() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle()
	var out []string
	for _, t := range w.tasks {
		out = append(out, fmt.Sprintf("%s %q %v", t.Name, t.BugTracker, t.frames))
	}
	slices.Sort(out)
	return out
}

// contextLine begins the line of a context image; what follows is its frame.
const contextLine = "related_images/"

// A files is an archive whose bytes are its frames' names: what the fakeServer imports.
type files struct {
	*strings.Reader
	text string
	read error // what reading gives
}

func archiveOf(frames ...string) *files {
	text := strings.Join(frames, "\n")
	return &files{Reader: strings.NewReader(text), text: text}
}

func (f *files) ReadAt(p []byte, off int64) (int, error) {
	if f.read != nil {
		return 0, f.read
	}
	return f.Reader.ReadAt(p, off)
}

func (f *files) Hash() string {
	sum := sha256.Sum256([]byte(f.text))
	return hex.EncodeToString(sum[:])
}
func (f *files) Name() string      { return "cvatplan-" + f.Hash() + ".zip" }
func (f *files) OrderName() string { return "cvatplan-" + f.Hash() + ".jsonl" }
func (f *files) Order() []byte     { return []byte("{}\n") }
func (f *files) Close() error      { return nil }

func readWhole(src io.ReaderAt, size int64) ([]byte, error) {
	data := make([]byte, size)
	_, err := src.ReadAt(data, 0)
	if err == io.EOF {
		err = nil
	}
	return data, err
}

var _ Server = (*session)(nil)
