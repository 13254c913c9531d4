package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cvatplan/cvatplan/internal/store/storetest"
)

// remote are the stores over one bucket's Objects: S3, and the same files behind plain HTTP.
func remote(t *testing.T, b *storetest.Bucket) map[string]Store {
	t.Helper()
	server := httptest.NewServer(b)
	t.Cleanup(server.Close)
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	return map[string]Store{"s3": At("s3://lab/data/"), "http": At(server.URL + "/lab/data")}
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b)
	return b
}

func TestABucketIsListedAsDirectories(t *testing.T) {
	b := &storetest.Bucket{Objects: map[string][]byte{
		"data/run-1/a.jpg": []byte("a"), "data/run-1/b.jpg": []byte("bb"), "data/run-1/c/d.jpg": []byte("d"),
		"data/run-1/": nil, "data/run-1//odd": []byte("odd"), "data/run-2.mcap": []byte("mcap"), "other/x": []byte("x"),
	}}
	s := remote(t, b)["s3"]
	for dir, want := range map[string][]string{
		".":       {"run-1/", "run-2.mcap 4"},
		"run-1":   {"a.jpg 1", "b.jpg 2", "c/"},
		"run-1/c": {"d.jpg 1"},
	} {
		entries, skipped, err := Listing(context.Background(), s, dir)
		if pathless := map[string]string{"run-1": "s3://lab/data/run-1//"}; skipped != pathless[dir] {
			t.Errorf("%s: left out %q", dir, skipped)
		}
		var got []string
		for _, e := range entries {
			if e.IsDir() {
				got = append(got, e.Name()+"/")
				continue
			}
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%s %d", e.Name(), info.Size()))
		}
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, %v, want %q", dir, got, err, want)
		}
	}
	for name, dir := range map[string]bool{".": true, "run-1": true, "run-1/c": true, "run-2.mcap": false} {
		if info, err := s.Stat(context.Background(), name); err != nil || info.IsDir() != dir {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	for _, name := range []string{"run", "run-1/z"} {
		_, errStat := s.Stat(context.Background(), name)
		_, errList := s.List(context.Background(), name)
		_, errOpen := s.Open(context.Background(), name)
		for _, err := range []error{errStat, errList, errOpen} {
			if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "s3://lab/data/"+name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestAWebServerIsNotListed(t *testing.T) {
	_, err := remote(t, &storetest.Bucket{})["http"].List(context.Background(), "run-1")
	if !errors.Is(err, ErrNoListing) {
		t.Error(err)
	}
}

func TestRangesOfARemoteFileAreItsBytes(t *testing.T) {
	content := noise(5<<20 + 321)
	for name, s := range remote(t, &storetest.Bucket{Objects: map[string][]byte{"data/big": content}}) {
		t.Run(name, func(t *testing.T) {
			f, err := s.Open(context.Background(), "big")
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if f.Size() != int64(len(content)) {
				t.Fatalf("%d bytes", f.Size())
			}
			for range 200 {
				off := rand.IntN(len(content))
				b := make([]byte, rand.IntN(1<<rand.IntN(22)))
				n, err := f.ReadAt(b, int64(off))
				want := content[off:min(off+len(b), len(content))]
				if !bytes.Equal(b[:n], want) || (err == io.EOF) != (off+len(b) > len(content)) {
					t.Fatalf("%d bytes at %d: got %d, %v", len(b), off, n, err)
				}
			}
			all, err := io.ReadAll(Reader(f))
			if err != nil || !bytes.Equal(all, content) {
				t.Errorf("%d bytes, %v", len(all), err)
			}
		})
	}
}

// A walk costs few requests, and a look here and there few bytes.
func TestReadsFetchWhatIsNeeded(t *testing.T) {
	content := noise(64 << 20)
	b := &storetest.Bucket{Objects: map[string][]byte{"data/big": content}}
	s := remote(t, b)["s3"]
	read := func(size, step int) (requests int, sent int64) {
		f, err := s.Open(context.Background(), "big")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		requests, sent = b.Seen()
		piece := make([]byte, size)
		for off := 0; off+size <= len(content); off += step {
			if _, err := f.ReadAt(piece, int64(off)); err != nil || !bytes.Equal(piece, content[off:off+size]) {
				t.Fatal(off, err)
			}
		}
		allRequests, allSent := b.Seen()
		return allRequests - requests, allSent - sent
	}
	if requests, sent := read(4<<10, 4<<10); requests > 40 || sent > int64(len(content)) {
		t.Errorf("a walk: %d requests, %d bytes", requests, sent)
	}
	if _, sent := read(100, 800<<10); sent > int64(len(content))*3/100 {
		t.Errorf("looks: %d bytes of %d", sent, len(content))
	}
}

func TestBrokenAnswersAreAskedAgain(t *testing.T) {
	cut := func(w http.ResponseWriter, r *http.Request, again int) bool {
		if r.Method != http.MethodGet || again > 1 {
			return false
		}
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusPartialContent)
		_, _ = w.Write(noise(1000)[:400])
		panic(http.ErrAbortHandler)
	}
	times := 2 // between which S3's client waits longer and longer
	if testing.Short() {
		times = 1
	}
	busy := func(w http.ResponseWriter, _ *http.Request, again int) bool {
		if again > times {
			return false
		}
		http.Error(w, `<?xml version="1.0"?><Error><Code>SlowDown</Code></Error>`, http.StatusServiceUnavailable)
		return true
	}
	for fault, f := range map[string]func(http.ResponseWriter, *http.Request, int) bool{"cut": cut, "busy": busy} {
		b := &storetest.Bucket{Objects: map[string][]byte{"data/big": noise(1000)}, Fault: f}
		var both sync.WaitGroup // since each waits before it asks again
		for name, s := range remote(t, b) {
			both.Go(func() {
				got, err := Head(context.Background(), s, "big", 1000)
				if err != nil || !bytes.Equal(got, noise(1000)) {
					t.Errorf("%s, %s: %d bytes, %v", fault, name, len(got), err)
				}
			})
		}
		both.Wait()
	}
}

func TestAnAddressThatCannotBeReadIsNotAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, err := Web{Root: "http://bob:canary-4711@h:port/d?sig=canary-4711"}.Open(t.Context(), "big")
		if !errors.Is(err, errAddress) || strings.Contains(err.Error(), "4711") || time.Since(began) > 0 {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
}

func TestWhatAServerDecidedIsNotAskedAgain(t *testing.T) {
	answer := func(code int, word string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, r *http.Request, _ int) bool {
			if r.Method == http.MethodHead {
				return false
			}
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(code)
			fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code></Error>`, word)
			return true
		}
	}
	whole := func(w http.ResponseWriter, r *http.Request, _ int) bool {
		if r.Method == http.MethodGet {
			r.Header.Del("Range")
		}
		return false
	}
	for name, c := range map[string]struct {
		fault func(http.ResponseWriter, *http.Request, int) bool
		want  error
	}{
		"expired": {answer(403, "ExpiredToken"), fs.ErrPermission},
		"changed": {answer(412, "PreconditionFailed"), ErrChanged},
		"gone":    {answer(404, "NoSuchKey"), fs.ErrNotExist},
		"shorter": {answer(416, "InvalidRange"), ErrChanged},
		"whole":   {whole, errNoRanges},
	} {
		for kind, s := range remote(t, &storetest.Bucket{Objects: map[string][]byte{"data/big": noise(1000)}, Fault: c.fault}) {
			if name == "whole" && kind == "s3" {
				continue // its protocol has ranges
			}
			f, err := s.Open(context.Background(), "big")
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.ReadAt(make([]byte, 10), 5)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), s.Path("big")) {
				t.Errorf("%s, %s: %v", name, kind, err)
			}
			if name == "expired" && kind == "s3" && !strings.Contains(err.Error(), "ExpiredToken") {
				t.Errorf("the server's word is missing: %v", err)
			}
		}
	}
}

func TestAnObjectThatChangesMidwayIsNotMixed(t *testing.T) {
	b := &storetest.Bucket{Objects: map[string][]byte{"data/big": noise(1 << 20)}}
	for name, s := range remote(t, b) {
		b.Objects["data/big"] = noise(1 << 20)
		f, err := s.Open(context.Background(), "big")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.ReadAt(make([]byte, 10), 0); err != nil {
			t.Fatal(err)
		}
		b.Objects["data/big"] = bytes.Repeat([]byte("x"), 1<<20)
		if _, err := f.ReadAt(make([]byte, 10), 900<<10); !errors.Is(err, ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABucketNeedsAName(t *testing.T) {
	if _, err := At("s3:///prefix").Stat(context.Background(), "."); err == nil || !strings.Contains(err.Error(), "s3://BUCKET/PREFIX") {
		t.Error(err)
	}
}

func TestARootSaysWhereItIs(t *testing.T) {
	for root, want := range map[string]bool{"": false, "data": false, "/data": false, `C:\data`: false, "s3://b/p": true, "https://h/p": true, "http://h": true} {
		if got := IsRemote(root); got != want {
			t.Errorf("%q: %t", root, got)
		}
	}
}

func TestWithoutCredentialsNothingIsSigned(t *testing.T) {
	signed := false
	b := &storetest.Bucket{Objects: map[string][]byte{"data/a": []byte("a")}, Fault: func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		signed = signed || r.Header.Get("Authorization") != ""
		return false
	}}
	s := remote(t, b)["s3"]
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	if got, err := Head(context.Background(), s, "a", 1); err != nil || string(got) != "a" || signed {
		t.Errorf("got %q, %v, signed %t", got, err, signed)
	}
}

// A page that lists a directory often has no length (nginx's), and never ranges: that is no reason to refuse the root. A
// root without its last slash is led to the page; only a file is no directory.
func TestARootThatIsAListingIsADirectory(t *testing.T) {
	page := func(w http.ResponseWriter, length string) {
		if length != "" {
			w.Header().Set("Content-Length", length)
		}
		w.(http.Flusher).Flush()
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { page(w, "0") })
	mux.HandleFunc("/known/", func(w http.ResponseWriter, _ *http.Request) { page(w, "0") })
	mux.HandleFunc("/unknown/", func(w http.ResponseWriter, _ *http.Request) { page(w, "") })
	mux.HandleFunc("/a.mcap", func(w http.ResponseWriter, _ *http.Request) { page(w, "0") })
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	for root, dir := range map[string]bool{"": true, "/": true, "/known": true, "/known/": true, "/unknown": true, "/unknown/": true, "/absent": true, "/a.mcap": false,
		"/unknown/?sig=a/b": true, "/unknown?sig=a/": true, "/a.mcap?sig=a/": false} {
		info, err := Web{Root: srv.URL + root}.Stat(t.Context(), ".")
		if err != nil || info.IsDir() != dir {
			t.Errorf("%q: got %v, %v, want a directory: %t", root, info, err, dir)
		}
	}
}

// A signed address is asked as it is, and shown without what it is signed with.
func TestAnAddressIsShownWithoutItsSecrets(t *testing.T) {
	asked := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked = user + ":" + password + " " + r.URL.String()
		http.Error(w, "no", http.StatusForbidden)
	}))
	t.Cleanup(srv.Close)
	web := Web{Root: strings.Replace(srv.URL, "://", "://bob:pass@", 1) + "/d?sig=abc"}
	_, err := web.Stat(t.Context(), "a b.mcap")
	if want := "bob:pass /d/a%20b.mcap?sig=abc"; asked != want {
		t.Errorf("asked %s, want %s", asked, want)
	}
	shown := srv.URL + "/d/a%20b.mcap?…"
	if err == nil || !strings.Contains(err.Error(), shown) || strings.Contains(err.Error(), "pass@") || strings.Contains(err.Error(), "abc") {
		t.Errorf("%v, want …%s…", err, shown)
	}
}

// The signature goes with the directory, and what stands in it is no path.
func TestAFileOfASignedAddressIsSplitFromItsDirectory(t *testing.T) {
	for address, want := range map[string][2]string{
		"https://h/d/a.mcap":            {"https://h/d/a.mcap", "a.mcap"},
		"https://h/d/a%20b.mcap?sig=1/": {"https://h/d/a%20b.mcap?sig=1/", "a b.mcap"},
		"https://h/d/e/?sig=1/2":        {"https://h/d/e/?sig=1/2", ""},
	} {
		in, name := Split(address)
		u, err := in.(Web).address(cmp.Or(name, "."))
		if err != nil || name != want[1] || u.String() != want[0] {
			t.Errorf("%s: %s of %v, %v", address, name, u, err)
		}
	}
}

// What a server says of itself is not repeated: net/http quotes a Location that cannot be parsed, and a status may repeat the request.
func TestAServersOwnWordsAreNotInErrors(t *testing.T) {
	const signed = "canary-4711"
	answer := func(status, location string) string {
		return "HTTP/1.1 " + status + "\r\nLocation: " + location + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
	}
	for name, tt := range map[string]struct {
		answer string
		s3     bool // too; it asks again, and waits between
	}{
		"a Location that cannot be parsed":  {answer("307 Temporary", "https://h:port/?sig="+signed), true},
		"302 to what cannot be parsed":      {answer("302 Found", "https://h:port/?sig="+signed), false},
		"a Location of another scheme":      {answer("302 Found", "gopher://h/?sig="+signed), false},
		"a Location where nobody listens":   {answer("307 Temporary", "http://127.0.0.1:1/?sig="+signed), false},
		"a status that repeats the request": {answer("403 "+signed, ""), true},
		"a code of S3 that repeats it": {"HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n<Error><Code>of " + signed + "</Code><Message>" + signed +
			"</Message></Error>", true},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err == nil {
					_, _ = io.WriteString(conn, tt.answer)
					conn.Close()
				}
			}))
			t.Cleanup(srv.Close)
			alone(t, map[string]string{"AWS_ENDPOINT_URL": srv.URL, "AWS_MAX_ATTEMPTS": "1"})
			web := Web{Root: srv.URL}
			_, errWeb := web.tryHead(t.Context(), "a")
			errS3 := errWeb
			if tt.s3 {
				_, errS3 = At("s3://lab/d").List(t.Context(), "a")
			}
			for _, err := range []error{errWeb, errS3} {
				if err == nil || strings.Contains(err.Error(), signed) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

func TestAnS3RequestThatWasLedAwayIsToldWithoutItsAddress(t *testing.T) {
	led := &url.Error{Op: "Head", URL: "https://h/?X-Amz-Signature=canary-4711", Err: io.ErrUnexpectedEOF}
	err := (&S3{}).meaning(fmt.Errorf("request send failed, %w", led))
	if !errors.Is(err, io.ErrUnexpectedEOF) || strings.Contains(err.Error(), "4711") {
		t.Error(err)
	}
}

// A server that refuses HEAD, or tells no length with it, is asked for the first byte; what is not a part of the file that was
// opened is not taken for one.
func TestWhatWebServersAnswerToPartsIsChecked(t *testing.T) {
	content := noise(5000)
	serve := func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
	refused := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(status)
				return
			}
			serve(w, r)
		}
	}
	parts := 0
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string // of the error; empty: it is read
	}{
		"HEAD is not allowed":         {refused(405), ""},
		"HEAD is not known":           {refused(501), ""},
		"HEAD is not what was signed": {refused(403), ""},
		"all is refused":              {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }, "permission denied"},
		"no length": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.(http.Flusher).Flush()
				return
			}
			serve(w, r)
		}, ""},
		"no ranges":              {func(w http.ResponseWriter, r *http.Request) { r.Header.Del("Range"); serve(w, r) }, errNoRanges.Error()},
		"no ranges, and no HEAD": {func(w http.ResponseWriter, r *http.Request) { r.Header.Del("Range"); refused(405)(w, r) }, errNoRanges.Error()},
		"packed":                 {func(w http.ResponseWriter, r *http.Request) { w.Header().Set("Content-Encoding", "gzip"); serve(w, r) }, "Content-Encoding"},
		"another part": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodGet {
				r.Header.Set("Range", "bytes=7-70")
			}
			serve(w, r)
		}, "another part"},
		"a weak ETag that changed": {func(w http.ResponseWriter, r *http.Request) {
			parts++
			w.Header().Set("ETag", fmt.Sprintf(`W/"%d"`, parts))
			serve(w, r)
		}, ErrChanged.Error()},
		"a weak ETag that stays": {func(w http.ResponseWriter, r *http.Request) { w.Header().Set("ETag", `W/"a"`); serve(w, r) }, ""},
		"another length, without an ETag": {func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.Header().Set("Content-Length", "6000")
				return
			}
			serve(w, r)
		}, ErrChanged.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			srv := httptest.NewServer(tt.answer)
			defer srv.Close()
			f, err := At(srv.URL).Open(t.Context(), "big")
			got := make([]byte, 100)
			if err == nil {
				_, err = f.ReadAt(got, 1000)
			}
			switch {
			case tt.want == "" && (err != nil || !bytes.Equal(got, content[1000:1100])):
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
