package video

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A decoded file is what PyAV gives of a fixture: see testdata/make_fixtures.py.
type decoded struct {
	Codec string
	Times []int64 `json:"times_us"`
	Error string
}

func fixtures(t testing.TB) map[string]decoded {
	data, err := os.ReadFile("testdata/frames.json")
	if err != nil {
		t.Fatal(err)
	}
	var files map[string]decoded
	if err := json.Unmarshal(data, &files); err != nil {
		t.Fatal(err)
	}
	return files
}

func open(t testing.TB, name string) (*File, error) {
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return Read(context.Background(), bytes.NewReader(data), int64(len(data)), name)
}

// uncounted are the fixtures whose frames are refused, and why.
var uncounted = map[string]string{
	"no_first_key.mp4":           "its first frame is no key frame",
	"no_first_key.mkv":           "its first frame is no key frame",
	"no_first_key.avi":           "its first frame is no key frame",
	"open_gop_cut.mkv":           "it begins in the midst of a stream (open GOP)",
	"h264_fragments_overlap.mp4": "its fragments overlap: frame 3,",
	"cut.mkv":                    "cut short", // CVAT would take what is left of it without a word
}

// lossy are fixtures of which no table tells that the decoder gives fewer frames, or none, for pictures that others need
// were lost before the file was written. What their packets tell, package remux checks.
var lossy = map[string]bool{"lost_packets_h265.mp4": true, "lost_packets_av1.mp4": true, "lost_key.mp4": true, "lost_key_b.mkv": true, "lost_as_a_group_av1.mp4": true}

// Cameras and editors write behind the video what is no box; decoders do not look there.
func TestWhatLiesBehindAnMP4IsPassedOver(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "h264_b.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range []string{"x", "GoPro's own\xff\xff\xff\xff", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		all := append(bytes.Clone(data), more...)
		if f, err := Read(context.Background(), bytes.NewReader(all), int64(len(all)), "a.mp4"); err != nil || len(f.Times) != 30 {
			t.Errorf("%q: %v", more, err)
		}
	}
}

// The tables give the frames that FFmpeg decodes, one for one, at the times at which it says that they are shown.
func TestFramesAreThoseOfTheDecoder(t *testing.T) {
	for name, want := range fixtures(t) {
		t.Run(name, func(t *testing.T) {
			f, err := open(t, name)
			why, refused := uncounted[name]
			switch {
			case refused && (err == nil || !strings.Contains(err.Error(), why)):
				t.Fatalf("got %v, want an error with %q", err, why)
			case refused:
				return
			case want.Error != "" && !lossy[name]:
				if err == nil {
					t.Fatalf("it is read, but PyAV says: %s", want.Error)
				}
				return
			case err != nil:
				t.Fatal(err)
			case lossy[name]:
				if len(f.Times) <= len(want.Times) {
					t.Fatalf("%d frames, the decoder gives %d: it is not lossy", len(f.Times), len(want.Times))
				}
				return
			}
			if f.Width != 64 || f.Height != 48 {
				t.Errorf("%dx%d", f.Width, f.Height)
			}
			first := int64(0)
			if name == "h264.avi" && want.Times[0] > 0 {
				first = want.Times[0] // AVI has no times, and FFmpeg guesses that H.264 is shown a frame late
			}
			times := make([]int64, len(f.Times))
			for i, ns := range f.Times {
				times[i] = (ns+500)/1000 + first
			}
			if diff := cmp.Diff(want.Times, times); diff != "" {
				t.Errorf("times in µs (-PyAV +tables):\n%s", diff)
			}
		})
	}
}

func TestFramesThatAnEditListHidesAreCounted(t *testing.T) {
	for name, want := range map[string]int{"hidden_start.mp4": 3, "h264_b.mp4": 0} {
		if f, err := open(t, name); err != nil || f.Hidden != want {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

// What a container says of its first frame is compared with the frame itself.
func TestAFirstFrameThatIsOnlyMarkedAsAKeyFrameIsRefused(t *testing.T) {
	for name, bit := range map[string]byte{"vp8.webm": 1, "vp9.webm": 4, "vp9.mp4": 4} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		f, err := ReadPackets(context.Background(), bytes.NewReader(data), int64(len(data)), name)
		if err != nil {
			t.Fatal(err)
		}
		data[f.Packets[0].At] ^= bit
		_, err = Read(context.Background(), bytes.NewReader(data), int64(len(data)), name)
		if own := (*Error)(nil); !errors.As(err, &own) || !own.Count || !strings.Contains(own.Text, "marked as a key frame") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Frames that are missing from a steady rate are told by the clock; a rate that is not steady tells nothing.
func TestAGapInTheTimesTellsOfMissingFrames(t *testing.T) {
	steady := func(n int, without ...int) (times []int64) {
		for i := range n {
			if !slices.Contains(without, i) {
				times = append(times, int64(i)*33_366_667/1_000_000*1_000_000) // as Matroska rounds them
			}
		}
		return times
	}
	irregular := steady(60)
	for i := range irregular {
		irregular[i] += int64(i * i * 2_000_000)
	}
	for name, tt := range map[string]struct {
		times []int64
		want  []Gap
	}{
		"none":              {steady(60), nil},
		"one":               {steady(60, 20), []Gap{{1, 19}}},
		"a group":           {steady(60, 24, 25, 26, 27, 28, 29), []Gap{{6, 23}}},
		"two places":        {steady(60, 10, 11, 40), []Gap{{2, 9}, {1, 37}}},
		"no steady rate":    {irregular, nil},
		"few frames":        {steady(12, 6), nil},
		"all at one moment": {make([]int64, 60), nil},
	} {
		if diff := cmp.Diff(tt.want, (&File{Times: tt.times}).Gaps()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
