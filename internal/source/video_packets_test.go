package source

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
)

// What a file's packets tell, in addition to its tables; the fixtures that are not here tell nothing.
var packetsTell = map[string]struct {
	code diag.Code
	text string
}{
	"lost_packets.mp4":      {diag.CodeVideoPackets, "packets are missing in 1 place, the first before packet 14: "},
	"lost_packets.mkv":      {diag.CodeVideoPackets, "packets are missing in 1 place, the first before packet 14: "},
	"lost_b_packets.mp4":    {diag.CodeVideoPackets, "packets are missing in 1 place, the first before packet 14: "},
	"lost_key.mp4":          {diag.CodeVideoFrames, "packet 12: packets are missing before it, so that the decoder takes it for an earlier one: "},
	"lost_key_b.mkv":        {diag.CodeVideoFrames, "packet 12: packets are missing before it, so that the decoder takes it for an earlier one: "},
	"lost_packets_h265.mp4": {diag.CodeVideoFrames, "packet 14: packets are missing before it: "},
	"lost_packets_av1.mp4":  {diag.CodeVideoFrames, "packet 5: packets are missing before it: "},
}

// A decoder gives of each file as many frames as its tables and packets say, or these say that it does not: before a task is
// created. However the file's bytes arrive.
func TestPacketsTellWhatADecoderDrops(t *testing.T) {
	const dir = "../video/testdata"
	data, err := os.ReadFile(filepath.Join(dir, "frames.json"))
	if err != nil {
		t.Fatal(err)
	}
	var decoded map[string]struct {
		Numbers []int
		Error   string
	}
	if err := json.Unmarshal(data, &decoded); err != nil {
		t.Fatal(err)
	}
	for name, want := range decoded {
		in := frame.NewVideoFile(store.Local{Root: dir}, name, name, frame.Span{Step: 1})
		bytes, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []int{1, 777, len(bytes)} {
			c, err := checkPackets(t.Context(), in)
			if err != nil {
				break // its tables say that it is not taken
			}
			for at := 0; at < len(bytes); at += step {
				_, _ = c.Write(bytes[at:min(at+step, len(bytes))])
			}
			found := c.problems(Task{frames: frames{source: in}})
			tell := packetsTell[name]
			switch {
			case len(found) > 1 || len(found) == 1 && (found[0].Code != tell.code || !strings.Contains(found[0].Text, tell.text)):
				t.Errorf("%s in steps of %d: %v, want %v", name, step, found, tell)
			case len(found) == 0 && tell.text != "":
				t.Errorf("%s in steps of %d: nothing, want %v", name, step, tell)
			case len(diag.Errors(found)) == 0 && (want.Error != "" || len(want.Numbers) != len(c.file.Times)):
				t.Errorf("%s: a decoder gives %d frames, and the file says %d: %s", name, len(want.Numbers), len(c.file.Times), want.Error)
			}
			if len(bytes) > 0 && len(c.packets) > 0 && len(diag.Errors(found)) == 0 {
				t.Errorf("%s in steps of %d: %d packets were not looked into", name, step, len(c.packets))
			}
		}
	}
}

// Packets of MPEG-4, VP8 and VP9 do not tell that others are missing; the clock does.
func TestFramesThatTheClockMissesAreWarnedOf(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"lost_packets_vp9.mp4", "lost_packets.mp4"} {
		content, err := os.ReadFile(filepath.Join("../video/testdata", name))
		check(t, err)
		check(t, os.WriteFile(filepath.Join(root, name), content, 0o644))
	}
	for name, want := range map[string]string{
		"lost_packets_vp9.mp4": "warning: ROOT/lost_packets_vp9.mp4: by its times 2 frames are missing, the first after frame 13: ",
		"lost_packets.mp4":     "", // its packets tell more, when they are read
	} {
		got := scan(t, root, `bags: [`+name+`]`)
		if len(got.Tasks) != 1 {
			t.Fatalf("%s: %+v", name, got)
		}
		problems := got.Tasks[0].Problems
		if want == "" && len(problems) > 0 || want != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0], want)) {
			t.Errorf("%s: %q, want %q", name, problems, want)
		}
	}
}
