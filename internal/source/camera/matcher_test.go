package camera

import (
	"testing"

	"github.com/cvatplan/cvatplan/pkg/manifest"
)

func TestACameraIsAWholeTokenOfThePath(t *testing.T) {
	tests := map[string]bool{
		"jai_cam_0001.jpg": true, "x/jai_cam/1.png": true, "jai_cam.png": true, "a-jai_cam-b/1.png": true,
		"xjai_cam_1.jpg": false, "jai_camera_1.jpg": false, "jai_cam1.jpg": false, "JAI_CAM_1.jpg": false,
		"jai_cam1/jai_cam.jpg": true, "éjai_cam.jpg": false, "1.jai_cam": false, "a/1.b.jai_cam.png": true,
	}
	for path, want := range tests {
		if got := TokenAt(withoutExtension(path), "jai_cam") >= 0; got != want {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

func TestAFileBelongsToTheLongerNameAndAGlobBeatsAName(t *testing.T) {
	c := NewMatcher([]manifest.Camera{{Name: "cam"}, {Name: "cam_depth"}, {Name: "glob", Files: []string{"**/cam_depth_9*"}}}, manifest.KindImages)
	for path, want := range map[string]int{"cam_1.jpg": 0, "cam_depth_1.png": 1, "cam/cam_depth/1.png": 1, "a/cam_depth_91.png": 2, "x.png": Unmatched} {
		if got, _ := c.Owner(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
