package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"sync"
)

// A Video says what a task of [manifest.KindVideo] takes of its file. CVAT gets the file as it is, and
// counts its frames as its decoder gives them; a step and the ends of a span are all that it can choose by.
type Video struct {
	File  string `json:"file"`  // the name under which CVAT gets it, with its ending
	Total int    `json:"total"` // frames of the file
	Start int    `json:"start"` // the first frame that is taken, counted from 0
	Step  int    `json:"step"`  // every so many are taken; 1: all
	Count int    `json:"count"` // frames that are taken
}

// maxVideoFrames bounds what [Video.Check] lets pass.
const maxVideoFrames = 2 << 20

// Check refuses what describes no video.
func (v Video) Check() error {
	switch {
	case v.Total < 1 || v.Total > maxVideoFrames:
		return fmt.Errorf("a video of %d frames", v.Total)
	case v.Start < 0 || v.Step < 1 || v.Step > v.Total || v.Count < 1 || v.Count > v.Total || v.Stop() >= v.Total:
		return fmt.Errorf("of a video of %d frames, %d from %d on in steps of %d", v.Total, v.Count, v.Start, v.Step)
	}
	return nil
}

// Stop is the last frame that is taken.
func (v Video) Stop() int { return v.Start + (v.Count-1)*v.Step }

// CutsEnd reports whether frames after the last one that is taken are left out, beyond what the step does.
func (v Video) CutsEnd() bool { return v.Stop()+v.Step < v.Total }

// Cut is the same frames of a file whose length is not known: CVAT gets their end.
func (v Video) Cut() Video {
	v.Total = maxVideoFrames
	return v
}

// Names are the frames' names, as CVAT's exports have them: by their numbers in the file.
func (v Video) Names() []string { return videoNames.of(v.Start, v.Step, v.Count) }

// Identity is what the marker of the task names: the hash (64 hex digits) of the file, by its name, size and SHA-256, and
// of what is taken of it.
func (v Video) Identity(size int64, sum [sha256.Size]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "cvatplan video 1\n%q %d %x %d %d %d\n", v.File, size, sum, v.Start, v.Step, v.Count)
	return hex.EncodeToString(h.Sum(nil))
}

// videoNames are names of videos' frames, kept once: thousands of videos have the same.
var videoNames nameTable

type nameTable struct {
	mu    sync.Mutex
	names []string
}

func (t *nameTable) of(start, step, count int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if count <= 0 {
		return nil
	}
	last := start + (count-1)*step
	for i := len(t.names); i <= last; i++ {
		t.names = append(t.names, fmt.Sprintf("frame_%06d", i))
	}
	if step == 1 {
		return t.names[start : last+1 : last+1]
	}
	names := make([]string, 0, count)
	for i := start; i <= last; i += step {
		names = append(names, t.names[i])
	}
	return names
}
