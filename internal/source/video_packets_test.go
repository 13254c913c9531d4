package source

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/remux"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
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

	"lost_as_a_group_h264.mp4": {diag.CodeVideoPackets, "by its times 6 frames are missing after frame 7, as many as a group of pictures has: "},
	"lost_as_a_group_av1.mp4":  {diag.CodeVideoPackets, ", or its import fails"},
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
			case strings.Contains(tell.text, "import fails"): // packets that are as many as a group of pictures has: a guess by the clock
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

// Where as many packets are missing as a group of pictures has, the numbers in those behind them go on as if nothing were missing.
func TestALossThatPacketsCannotTellIsWarnedOfByTheClock(t *testing.T) {
	const group = 12
	for _, kind := range []string{"h264", "h264_b", "h265", "av1"} {
		var all []videoPacket
		for again := range 3 {
			for _, p := range videoPackets(t, kind) {
				all = append(all, videoPacket{36*again + p.number, p.data})
			}
		}
		for name, tt := range map[string]struct {
			from, to int
			paused   bool // nothing is missing but time
			want     bool
		}{
			"nothing":                      {0, 0, false, false},
			"a group":                      {2 * group, 3 * group, false, false},
			"as many, from midst to midst": {2*group + 4, 3*group + 4, false, true},
			"two groups' worth":            {2*group + 4, 4*group + 4, false, true},
			"a long pause":                 {2*group + 4, 3*group + 4, true, true},
			"a short pause":                {2*group + 4, 2*group + 6, true, false},
			"a pause before a group":       {2 * group, 4 * group, true, false},
		} {
			c := &packetCheck{file: &video.File{Codec: "h264"}, check: remux.NewCheck(remux.Codec(strings.TrimSuffix(kind, "_b")), nil)}
			for i, p := range all {
				at := int64(p.number) * videoStep
				if tt.paused && p.number >= tt.from {
					at += int64(tt.to-tt.from) * videoStep
				}
				if tt.paused || i < tt.from || i >= tt.to {
					c.check.Add(p.data)
					c.file.Times = append(c.file.Times, at)
				}
			}
			slices.Sort(c.file.Times)
			in := frame.NewVideoFile(store.Local{}, "a.mp4", "a.mp4", frame.Span{Step: 1})
			found := c.problems(Task{frames: frames{source: in}})
			if told := len(found) == 1 && found[0].Severity == diag.Warning && strings.Contains(found[0].Text, "as many as a group of pictures has"); told != tt.want {
				t.Errorf("%s, %s: %v", kind, name, found)
			}
		}
	}
}
