package cvat

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// A sink takes every request and answers as a CVAT does.
type sink struct{ body string }

func (s sink) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(s.body))), Request: r}, nil
}

func TestUploadsTogetherAreNoFasterThanTheRate(t *testing.T) {
	for name, perSecond := range map[string]int64{"fast": 1 << 20, "slower than one read in a minute": 1000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, err := New(Options{BaseURL: "http://cvat.localhost", Transport: sink{`{"rq_id":"1"}`}, UploadRate: perSecond})
				if err != nil {
					t.Fatal(err)
				}
				began := time.Now()
				const uploads = 4
				ends := make(chan error, uploads)
				size := 30 * perSecond
				for i := range uploads {
					go func() {
						_, err := c.ImportFiles(context.Background(), i, []File{{Name: "a", Content: bytes.NewReader(make([]byte, size)), Size: size}}, DataParams{}, UploadOptions{Chunk: 95 << 20})
						ends <- err
					}()
				}
				for range uploads {
					if err := <-ends; err != nil {
						t.Error(err)
					}
				}
				if took := time.Since(began); took < 119*time.Second || took > 123*time.Second {
					t.Errorf("%d bytes at %d a second took %s", uploads*size, perSecond, took)
				}
			})
		})
	}
}

func TestRequestsComeNoFasterThanTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := New(Options{BaseURL: "http://cvat.localhost", Transport: sink{`{"id":1}`}, RequestRate: 2})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		for range 11 {
			if _, err := c.Task(context.Background(), 1); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("11 requests took %s", took)
		}
		ending, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if _, err := c.Task(ending, 1); err == nil {
			t.Error("a request that has to wait does not end with its context")
		}
	})
}
