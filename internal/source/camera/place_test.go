package camera

import "testing"

// A camera's name alone may stand for a raw and a compressed topic of one device, never of two.
func TestTwoTopicsAreOfOneDeviceWhereTheNameIsAtOnePlace(t *testing.T) {
	for _, tt := range []struct {
		a, b, name string
		want       bool
	}{
		{"/front/image_raw", "/front/jpeg", "front", true},
		{"/front/image_raw", "/front/image_color/compressed", "front", true},
		{"/robot/front/image_raw", "/robot/front/compressed", "front", true},
		{"/front", "/front/compressed", "front", true},
		{"/front", "/front_compressed", "front", true},
		{"/robot1/front/image_raw", "/robot2/front/compressed", "front", false},
		{"/front/image_raw", "/robot2/front/compressed", "front", false},
		{"/cam_left", "/cam_right", "cam", false},
		{"/left_cam/image_raw", "/right_cam/compressed", "cam", false},
		{"/cam/a/image_raw", "/cam/b/compressed", "cam/a", false},
	} {
		if got := SamePlace(tt.a, tt.b, tt.name); got != tt.want {
			t.Errorf("%s and %s of %s: %t", tt.a, tt.b, tt.name, got)
		}
	}
}
