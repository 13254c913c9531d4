package sandbox

import (
	"os"
	"strings"
	"testing"
)

// The disk is full in the midst of an upload: the answer is no word about the request, as if
// that had been cut on its way, but names the file.
func TestAFullDiskIsReportedWithThePath(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"full"}`)
	location := c.createTUS(id, "a.zip", 5).want(t, 201, "").header.Get("Location")
	part := c.s.store.Dir.Part(1, location[strings.LastIndexByte(location, '/')+1:])
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", part); err != nil {
		t.Fatal(err)
	}
	c.patchTUS(location, 0, []byte("image")).want(t, 507, part+": no space left on device")
}
