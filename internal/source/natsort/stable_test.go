package natsort

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The wanted orders are natsort's own (8.4, os_sorted without ICU).
func TestNaturalOrderIsNatsorts(t *testing.T) {
	for name, want := range map[string][]string{
		"numbers by value, case ignored": {"a.jpg", "B.jpg", "img1.jpg", "img2.jpg", "img9.jpg", "img10.jpg"},
		"directories part by part":       {"A/2.jpg", "a/9.jpg", "a/10.jpg", "a.jpg", "a/b/1.jpg", "a/x.jpg", "a b/1.jpg", "a-b/1.jpg", "ab/1.jpg", "b/1.jpg"},
		"two short endings apart":        {".x.jpg", "x", "x..jpg", "x.jpeg", "x.jpg", "x.png", "x.1.jpg", "x.2.jpg", "x.10.jpg", "x.a.b.c.jpg", "x.tar.gz.jpg", "x.verylong"},
		"letters folded and composed":    {"e.jpg", "sr.jpg", "ß.jpg", "ss.jpg", "st.jpg", "z.jpg", "é.jpg", "É2.jpg", "ü.jpg"},
		"numbers of any length": {"1,000.jpg", "1.5.jpg", "1.10.jpg", "1e5.jpg", "9.jpg", "10.jpg", "-1.jpg", "-2.jpg", "_1.jpg", "cam.jpg", "cam_.jpg", "cam_170000000.jpg",
			"cam_1700000000000000000.jpg", "cam_99999999999999999999.jpg", "cam_a1b2c9.jpg", "cam_a1b2c10.jpg"},
		"signs and blanks": {"a.b.jpg", "a b.jpg", "a(1).jpg", "a(2).jpg", "A(3).jpg", "a(10).jpg", "a-b.jpg", "a_b.jpg", "aB.jpg", "コ1.jpg", "コ2.jpg", "コ10.jpg"},
	} {
		names := slices.Clone(want)
		slices.Sort(names)
		if name == "letters folded and composed" {
			names = []string{"é.jpg", "e.jpg", "z.jpg", "É2.jpg", "ü.jpg", "ß.jpg", "ss.jpg", "st.jpg", "sr.jpg"} // ß and ss are equal
		}
		if diff := cmp.Diff(want, stable(names)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEqualNumbersKeepTheirOrder(t *testing.T) {
	names := []string{"001.jpg", "1.jpg", "01.jpg", "2.jpg", "0002.jpg"}
	if diff := cmp.Diff(names, stable(names)); diff != "" {
		t.Error(diff)
	}
}

func stable(names []string) []string {
	names = slices.Clone(names)
	Stable(names)
	return names
}
