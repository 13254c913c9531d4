package source

import (
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestATimeIsReadFromAFilesName(t *testing.T) {
	tests := map[string]int64{ // 0: none
		"jai_cam_1700000000123456789.jpg":       1700000000123456789,
		"1700000000123456789.png":               1700000000123456789,
		"0000000000000000005.png":               5, // simulated time
		"cam/1700000000123456.png":              1700000000123456000,
		"1700000000123.png":                     1700000000123000000,
		"1305031102.175304.png":                 1305031102175304000, // TUM
		"1700000000.5.jpg":                      1700000000500000000,
		"left_1700000000-000000005.jpg":         1700000000000000005,
		"frame_1700000000_5.jpg":                1700000000000000005, // unpadded nanoseconds
		"1700000000123456789_rect.png":          1700000000123456789,
		"n015__CAM_FRONT__1531883530412470.jpg": 1531883530412470000, // nuScenes
		"jai_cam_000001.jpg":                    0,
		"0000000001.png":                        0, // KITTI counts
		"1700000000.jpg":                        0,
		"1700000000a5.jpg":                      0,
		"1700000000_5_left.jpg":                 0,
		"frame.jpg":                             0,
		"2023010112_5.jpg":                      0, // a date and hour
		"cam_2023123123-000000005.jpg":          0,
		"2023010112153000.jpg":                  0,                   // with minutes, seconds and their hundredths
		"2000000000_5.jpg":                      2000000000000000005, // no date
		"99999999999999999999.jpg":              0,
		"9999999999999999999.jpg":               0, // beyond 63 bits
	}
	for name, want := range tests {
		if got, ok := stampOf(name); got != want || ok != (want != 0) {
			t.Errorf("%s: %d, %v; want %d", name, got, ok, want)
		}
	}
}

func TestADateIsReadFromABagsName(t *testing.T) {
	tests := map[string]string{
		"2026-03-04":                  "2026-03-04",
		"20260304":                    "2026-03-04",
		"2023-11-14-22-13-20":         "2023-11-14",
		"2023-11-14-22-13-20.bag":     "2023-11-14",
		"rosbag2_2023_11_14-22_13_20": "2023-11-14",
		"run_20231114_221320":         "2023-11-14",
		"20231114221320":              "2023-11-14",
		"2026.03.04 field":            "2026-03-04",
		"2026-03-04/run1":             "2026-03-04", // the directory above
		"2026-03-04/2026-03-05":       "2026-03-05",
		"2026-03_04":                  "",
		"2026-13-04":                  "",
		"2026-02-30":                  "",
		"1700000000123456789":         "",
		"run7":                        "",
		"99990101x":                   "9999-01-01",
		"12345678":                    "",
	}
	for rel, want := range tests {
		if got := dateOf(rel); got != want {
			t.Errorf("%s: %q, want %q", rel, got, want)
		}
	}
}

func TestNamesThatCVATWouldNotKeepAreRefused(t *testing.T) {
	tests := map[string]string{ // part of the fault; empty: fine
		"x/1.jpg":                         "",
		"ä ö/(1) #%'\".JPG":               "",
		"x/.1.jpg":                        "",
		strings.Repeat("a", 251) + ".jpg": "",
		strings.Repeat("a", 252) + ".jpg": "256 bytes; CVAT takes 255",
		strings.Repeat("ä", 126) + ".jpg": "256 bytes; CVAT takes 255",
		"x/\x00.jpg":                      "control character U+0000",
		"x/\x1b[31m.jpg":                  "control character U+001B",
		"x/\u0085.jpg":                    "control character U+0085",
		"x/\xff.jpg":                      "not UTF-8",
		`x/a\b.jpg`:                       "backslash", // "Incorrect file mapping to manifest content", after all was sent
		"/x.jpg":                          "not a plain path",
		"x//y.jpg":                        "not a plain path",
		"x/../y.jpg":                      "not a plain path",
		"../y.jpg":                        "not a plain path",
		"./y.jpg":                         "not a plain path",
		"x/1":                             "no extension of an image",
		"x/1.heic":                        "no extension of an image",
		"__MACOSX/1.jpg":                  "CVAT drops what has __MACOSX",
		"related_images/1.jpg":            "CVAT drops what has related_images",
		"":                                "not a plain path",
	}
	for name, want := range tests {
		err := frameFault(manifest.KindImages, name)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v; want %q", name, err, want)
		}
	}
}

func TestTaskNamesThatCVATWouldNotKeepAreRefused(t *testing.T) {
	tests := map[string]struct{ bag, want string }{
		"too long":          {strings.Repeat("n", 257), "257 characters; CVAT takes 256"},
		"as long as may be": {strings.Repeat("ä", 120), ""},
		"control character": {"a\tb", "control character U+0009"},
		"not UTF-8":         {"a\xffb", "not UTF-8"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			m := parse(t, "bags: [{path: x}]")
			task := newView(m, &bagRef{rel: tt.bag, root: "/data", store: store.At("/data")}, nil)
			task.bag.entries = nil
			_, err := taskName(task.nameTemplate(), task.vars)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v; want %q", err, tt.want)
			}
		})
	}
}

func TestAnAssigneeStaysWithTheBag(t *testing.T) {
	people := []string{"ada", "grace", "linus"}
	assigned := map[string]int{}
	for _, bag := range strings.Fields("2026-03-01 2026-03-02 2026-03-03 2026-03-04 2026-03-05 2026-03-06 run7 run8 caf\u00e9") {
		assigned[*assignByHash(people, bag)]++
	}
	if len(assigned) != 3 {
		t.Errorf("assigned as %v", assigned)
	}
	if got := *assignByHash(people, "2026-03-04"); got != "linus" { // pinned: a release must not assign otherwise
		t.Errorf("2026-03-04 went to %s", got)
	}
	if *assignByHash(people, "caf\u00e9") != *assignByHash(people, "cafe\u0301") {
		t.Error("Unicode's forms make two bags")
	}
	if assignByHash(nil, "x") != nil {
		t.Error("nobody is named, and somebody is assigned")
	}
}
