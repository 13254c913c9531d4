package cvat

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/limits"
)

func TestLocationsLastSegmentIsTaken(t *testing.T) {
	tests := map[string]struct {
		location, want string
	}{
		"2.73":             {"http://127.0.0.1:8080/api/tasks/37/data/2_0e571a02-3612-4cbe-8772-8f355959a48c", "2_0e571a02-3612-4cbe-8772-8f355959a48c"},
		"up to 2.55":       {"http://cvat.example.com/api/tasks/37/data/0e571a02", "0e571a02"},
		"another host":     {"http://evil.example.com/x/abc", "abc"},
		"bare":             {"abc", "abc"},
		"empty":            {"", ""},
		"slash at the end": {"http://h/api/tasks/37/data/", ""},
		"query":            {"http://h/data/abc?x=1", ""},
		"upwards":          {"http://h/data/..", ""},
		"encoded slash":    {"http://h/data/a%2Fb", ""},
		"control":          {"http://h/data/a\x1bb", ""},
		"too long":         {"/" + strings.Repeat("a", 201), ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := uploadID(tt.location)
			if got != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("uploadID(%q) = %q, %v", tt.location, got, err)
			}
		})
	}
}

func FuzzUploadID(f *testing.F) {
	for _, seed := range []string{"http://h/api/tasks/1/data/2_ab-c", "", "/", "../..", "a?b#c", "\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, location string) {
		id, err := uploadID(location)
		if (err == nil) != (id != "") || strings.ContainsAny(id, "/.?#%\\ ") {
			t.Errorf("uploadID(%q) = %q, %v", location, id, err)
		}
	})
}

func FuzzUploadOffset(f *testing.F) {
	for _, seed := range []string{"0", "100", "101", "-1", "", "1e2", "9223372036854775808", "+5", " 5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if off, err := parseOffset(header, 100); err == nil && (off < 0 || off > 100) {
			t.Errorf("parseOffset(%q, 100) = %d", header, off)
		}
	})
}

func TestCreationIsWhatEveryVersionNeeds(t *testing.T) {
	type creation struct{ Path, Length, ContentLength, Name, Origin string }
	var got creation
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		name, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(r.Header.Get("Upload-Metadata"), "filename "))
		got = creation{r.URL.Path, r.Header.Get("Upload-Length"), r.Header.Get("Content-Length"), string(name), r.Header.Get("Origin")}
		w.Header().Set("Location", "http://inside:8080/api/tasks/5/data/2_ab")
		w.WriteHeader(201)
	})
	u, err := c.CreateUpload(t.Context(), 5, "cvatplan-ä.zip", 1000)
	if err != nil {
		t.Fatal(err)
	}
	want := creation{"/api/tasks/5/data/", "1000", "0", "cvatplan-ä.zip", c.Server()}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := (Upload{5, "2_ab", 1000}); u != want {
		t.Errorf("got %+v", u)
	}
}

func TestCreationsAnswersAreDistinguished(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   error
	}{
		"whole on the server": {409, "File with same name already exists", ErrExists},
		"busy":                {409, `{"detail":"This resource is currently busy with another operation. Please try again in a moment."}`, ErrBusy},
		"imported":            {400, `["Adding more data is not supported"]`, ErrAlreadyImported},
		"too large":           {413, "", ErrTooLarge},
		"not allowed":         {403, "", ErrNotAuthorised},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, tt.status, tt.body) })
			_, err := c.CreateUpload(t.Context(), 5, "a.zip", 10)
			if !errors.Is(err, tt.want) || (tt.want == ErrBusy && errors.Is(err, ErrExists)) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSizesThatCVATRefusesAreNotSent(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("sent") })
	for _, size := range []int64{-1, 0, limits.MaxUpload + 1} {
		if _, err := c.CreateUpload(t.Context(), 5, "a.zip", size); err == nil {
			t.Errorf("size %d: no error", size)
		}
	}
}

func TestLostUploadsAreDistinguishedFromLostAnswers(t *testing.T) {
	for status, gone := range map[int]bool{404: true, 410: true, 409: true, 403: true, 500: true, 502: false, 401: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			asked := 0
			c := serve(t, func(w http.ResponseWriter, r *http.Request) { asked++; w.WriteHeader(status) })
			_, err := c.UploadOffset(t.Context(), Upload{5, "2_ab", 100})
			if errors.Is(err, ErrUploadGone) != gone || gone && asked != 1 {
				t.Errorf("%v after %d requests", err, asked)
			}
		})
	}
}

func TestChunkOverrunsNothing(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) { t.Error("sent") })
	for _, at := range [][2]int64{{-1, 5}, {0, 0}, {0, 101}, {100, 1}, {50, 51}} {
		if _, err := c.SendChunk(t.Context(), Upload{5, "2_ab", 100}, at[0], strings.NewReader(""), at[1]); err == nil {
			t.Errorf("%d bytes at %d: no error", at[1], at[0])
		}
	}
}
