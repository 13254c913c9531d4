package pcd

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func head(points int, data string) string {
	return fmt.Sprintf("# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS x y z ring\nSIZE 4 4 4 2\nTYPE F F F U\nCOUNT 1 1 1 1\nWIDTH %d\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS %d\nDATA %s\n", points, points, data)
}

// packed is binary_compressed data: its two lengths, then LZF.
func packed(claimed int, lzf string) string {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(lzf)))
	return string(binary.LittleEndian.AppendUint32(b, uint32(claimed))) + lzf
}

func TestACloudThatIsNotAllThereIsRefused(t *testing.T) {
	literal := func(n int) string { return string(rune(n-1)) + strings.Repeat("a", n) }
	tests := map[string]struct{ file, want string }{
		"binary":                        {head(2, "binary") + strings.Repeat("a", 28), ""},
		"binary and more":               {head(2, "binary") + strings.Repeat("a", 29), ""},
		"binary, cut":                   {head(2, "binary") + strings.Repeat("a", 27), "2 points of 14 bytes are 28 bytes, and 27 are there"},
		"text":                          {head(2, "ascii") + "1 2 3 4\n\n-1e3 nan 3.5 4", ""},
		"text, cut":                     {head(2, "ascii") + "1 2 3 4\n", "it has 1 of 2 points"},
		"text, cut in a point":          {head(2, "ascii") + "1 2 3 4\n1 2", "point 1 has 2 numbers, not 4"},
		"text that is none":             {head(1, "ascii") + "1 2 x 4\n", `point 0 has "x" where a number should be`},
		"text of one endless line":      {head(1, "ascii") + strings.Repeat("1 ", 1<<20), "is a line of more than 65536 bytes"},
		"compressed":                    {head(2, "binary_compressed") + packed(28, literal(28)), ""},
		"compressed, repeated":          {head(2, "binary_compressed") + packed(28, literal(2)+"\xe0\x11\x01"), ""}, // 2, and 2+7+17 of what is 2 before
		"compressed, short repeats":     {head(2, "binary_compressed") + packed(28, literal(22)+"\x80\x00"), ""},
		"compressed, too little":        {head(2, "binary_compressed") + packed(28, literal(27)), "unpacks to 27 bytes, not 28"},
		"compressed, lying":             {head(2, "binary_compressed") + packed(27, literal(27)), "says that it unpacks to 27 bytes"},
		"compressed, cut":               {head(2, "binary_compressed") + packed(28, literal(28))[:20], "29 bytes compressed, and 12 are there"},
		"compressed, no lengths":        {head(2, "binary_compressed") + "abc", "its data is cut"},
		"compressed, from before":       {head(2, "binary_compressed") + packed(28, literal(2)+"\xe0\x11\x02"), "it repeats what is 3 bytes before"},
		"unknown data":                  {head(2, "zip") + strings.Repeat("a", 28), `its data is "DATA zip"`},
		"no points":                     {head(0, "binary"), ErrEmpty.Error()},
		"organised":                     {strings.Replace(head(4, "binary"), "WIDTH 4\nHEIGHT 1", "WIDTH 2\nHEIGHT 2", 1) + strings.Repeat("a", 56), ""},
		"points that contradict":        {strings.Replace(head(4, "binary"), "HEIGHT 1", "HEIGHT 2", 1), "POINTS 4, and WIDTH × HEIGHT is 8"},
		"hostile count":                 {head(1<<31-1, "binary"), "2147483647 points of 14 bytes"},
		"more points than there can be": {strings.Replace(head(2000000000, "binary"), "HEIGHT 1", "HEIGHT 2000000000", 1), "the limit is"},
		"a number out of reach":         {strings.ReplaceAll(head(2, "binary"), "WIDTH 2", "WIDTH 99999999999999999999"), "WIDTH"},
		"a point too large":             {strings.Replace(head(2, "binary"), "COUNT 1 1 1 1", "COUNT 1 1 1 999999999", 1), "more than 1048576 bytes each"},
		"no z":                          {strings.Replace(head(2, "binary"), "x y z ring", "x y w ring", 1), "no field z"},
		"fields that do not match":      {strings.Replace(head(2, "binary"), "SIZE 4 4 4 2", "SIZE 4 4 4", 1), "4 fields, 3 sizes"},
		"a type nobody knows":           {strings.Replace(head(2, "binary"), "SIZE 4 4 4 2", "SIZE 4 4 3 2", 1), "type F and size 3"},
		"version 0.8":                   {strings.Replace(head(2, "binary"), "VERSION 0.7", "VERSION 0.8", 1), `VERSION is "0.8"`},
		"no version":                    {strings.Replace(head(2, "binary"), "VERSION 0.7\n", "", 1), "no VERSION"},
		"a blank line":                  {strings.Replace(head(2, "binary"), "WIDTH", "\nWIDTH", 1), "not a key and a value"},
		"something else":                {"\x89PNG\r\n\x1a\n" + strings.Repeat("\x00 ", 1<<20), "not a key and a value"},
		"endless":                       {strings.Repeat("# ", 1<<20), "no line that begins with DATA"},
		"empty":                         {"", "no line that begins with DATA"},
		"CRLF, text":                    {strings.ReplaceAll(head(2, "ascii")+"1 2 3 4\n1 2 3 4\n", "\n", "\r\n"), ""},
		"CRLF, binary":                  {strings.ReplaceAll(head(2, "binary"), "\n", "\r\n") + strings.Repeat("a", 28), "its DATA line ends with more than a line feed"},
		"CRLF before binary":            {strings.Replace(strings.ReplaceAll(head(2, "binary"), "\n", "\r\n"), "DATA binary\r", "DATA binary", 1) + strings.Repeat("a", 28), ""},
		"a blank after DATA":            {head(2, "binary ") + strings.Repeat("a", 28), "its DATA line ends with more than a line feed"},
		"a blank after the fields":      {strings.Replace(head(2, "binary"), "ring", "ring ", 1) + strings.Repeat("a", 28), "the values of FIELDS in its header"},
		"two blanks between fields":     {strings.Replace(head(2, "binary"), "y z", "y  z", 1) + strings.Repeat("a", 28), "the values of FIELDS in its header are not separated by single spaces"},
		"a tab between sizes":           {strings.Replace(head(2, "binary"), "4 4 4 2", "4\t4 4 2", 1) + strings.Repeat("a", 28), "the values of SIZE in its header"},
		"text in columns":               {head(1, "ascii") + "1  2 3 4\n", "the numbers of point 0 are not separated by single spaces"},
		"text behind a blank":           {head(1, "ascii") + " 1 2 3 4\n", "the numbers of point 0 are not separated by single spaces"},
		"text before a blank":           {head(1, "ascii") + "1 2 3 4 \n", ""},
		"text, numbers before x":        {strings.NewReplacer("x y z ring", "n x y z", "COUNT 1", "COUNT 3").Replace(head(1, "ascii")) + "1 2 3 4 5 6\n", "its field n has 3 numbers, and CVAT's viewer counts it as one column before x"},
		"columns":                       {strings.Replace(head(2, "binary"), "FIELDS", "COLUMNS", 1), "CVAT's viewer reads FIELDS alone"},
		"version .5 without counts":     {strings.NewReplacer("VERSION 0.7", "VERSION .5", "COUNT 1 1 1 1\n", "").Replace(head(2, "binary")) + strings.Repeat("a", 28), ""},
		"padding fields":                {strings.NewReplacer("x y z ring", "x _ y z", "4 4 4 2", "4 2 4 4", "F F F U", "F U F F", "COUNT 1 1", "COUNT 1 1").Replace(head(2, "binary")) + strings.Repeat("a", 28), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h, err := Check(strings.NewReader(tt.file), int64(len(tt.file)))
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if damage := (*DamagedError)(nil); err != nil && !errors.Is(err, ErrEmpty) && !errors.As(err, &damage) {
				t.Errorf("%T", err)
			}
			if err == nil && (h.Points() == 0 || h.Step() != 14) {
				t.Errorf("%+v", h)
			}
		})
	}
}

func TestAKITTIFileIsAPCDWithAHeader(t *testing.T) {
	b, points, err := BinHeader("a.bin", 48)
	if err != nil || points != 3 {
		t.Fatal(points, err)
	}
	file := append(b, make([]byte, 48)...)
	h, err := Check(bytes.NewReader(file), int64(len(file)))
	if err != nil || h.Points() != 3 || h.Step() != 16 || h.Len != int64(len(b)) {
		t.Errorf("%+v, %v", h, err)
	}
	if _, _, err := BinHeader("a.bin", 47); err == nil || !strings.Contains(err.Error(), "47 bytes") {
		t.Error(err)
	}
	if _, _, err := BinHeader("a.bin", 0); !errors.Is(err, ErrEmpty) {
		t.Error(err)
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	f.Add([]byte(head(2, "ascii") + "1 2 3 4\n1 2 3 4\n"))
	f.Add([]byte(head(2, "binary_compressed") + packed(28, "\x01ab\xe0\x11\x01")))
	f.Fuzz(func(t *testing.T, file []byte) {
		h, err := Check(bytes.NewReader(file), int64(len(file)))
		if err == nil && h.Points() <= 0 {
			t.Errorf("%+v of %q", h, file)
		}
	})
}

func TestAHeaderIsAsCVATWritesIt(t *testing.T) {
	b, _, err := BinHeader("a.bin", 5*16)
	want := "VERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH 5\nHEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS 5\nDATA binary\n"
	if err != nil || string(b) != want {
		t.Errorf("%q, %v", b, err)
	}
}

func TestABinIsWhatItsNameSays(t *testing.T) {
	for name, tt := range map[string]struct {
		size, points int64
		want         string // in the header, or the error
	}{
		"a.bin":                         {80, 5, "FIELDS x y z intensity\n"},
		"LIDAR_TOP__1532402927.PCD.bin": {80, 4, "FIELDS x y z intensity ring\nSIZE 4 4 4 4 4\n"},
		"b.bin":                         {60, 0, "points of 20 bytes, as in nuScenes, are looked for in files named .pcd.bin"},
		"b.pcd.bin":                     {64, 0, "(float32 x y z intensity ring, as in nuScenes): it is cut"},
	} {
		header, points, err := BinHeader(name, tt.size)
		if got := fmt.Sprint(string(header), err); points != tt.points && err == nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %d, %s", name, points, got)
		}
	}
	for name, want := range map[string]string{"x/a.bin": "x/a.pcd", "a.pcd.bin": "a.pcd", "a.PCD.BIN": "a.PCD", "a.b.bin": "a.b.pcd", "a.pcd": "a.pcd", ".bin": ".pcd"} {
		if got := FileName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
