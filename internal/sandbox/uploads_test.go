package sandbox

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"github.com/google/go-cmp/cmp"
)

const quality = `{"image_quality":70}`

func TestMultipartKeepsBaseNamesAndRefusesRepeatedOnes(t *testing.T) { // A33, A37
	c := start(t, Options{})
	id := c.newTask(`{"name":"m"}`)
	c.multiple(id, file{"a/x.jpg", picture(1)}, file{"b/y.jpg", picture(2)}).want(t, 200, "")
	for name, files := range map[string][]file{
		"sent before":        {{"other/x.jpg", picture(3)}},
		"one new, one known": {{"new.jpg", picture(4)}, {"y.jpg", picture(5)}},
		"twice in one":       {{"p/z.jpg", picture(6)}, {"q/z.jpg", picture(7)}},
		"a name too long":    {{strings.Repeat("n", 252) + ".jpg", picture(8)}},
	} {
		if r := c.multiple(id, files...); r.status != 500 {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	if got := c.tus(id, "x.jpg", picture(1)); got != 409 {
		t.Errorf("TUS of a name that came by multipart: %d", got)
	}
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"x.jpg", "y.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
}

func TestMultipartOfANameWithATUSCreationFails(t *testing.T) { // A33
	c := start(t, Options{})
	id := c.newTask(`{"name":"m"}`)
	c.createTUS(id, "a.jpg", 10).want(t, 201, "")
	c.multiple(id, file{"a.jpg", picture(1)}).want(t, 500, "")
}

func TestFilesWithoutAnIndexAreForgotten(t *testing.T) { // A36
	c := start(t, Options{})
	id := c.newTask(`{"name":"m"}`)
	body := "--B\r\nContent-Disposition: form-data; name=\"client_files\"; filename=\"a.jpg\"\r\n\r\n" + string(picture(1)) + "\r\n--B--\r\n"
	c.send("POST", fmt.Sprintf("/api/tasks/%d/data", id), strings.NewReader(body), "Content-Type", "multipart/form-data; boundary=B", "Upload-Multiple", "").want(t, 200, "")
	if got := c.imported(id, quality); got != "failed ValueError: No media data found\n" {
		t.Error(got)
	}
}

func TestAMultipartBodyThatIsNonsenseIsReadAsFarAsItGoes(t *testing.T) { // A69
	c := start(t, Options{})
	id := c.newTask(`{"name":"m"}`)
	c.send("POST", fmt.Sprintf("/api/tasks/%d/data", id), strings.NewReader("--B\r\nxx"), "Content-Type", "multipart/form-data; boundary=B", "Upload-Multiple", "").want(t, 200, "")
}

func TestOneMultipartRequestMakesATask(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"m"}`)
	body, ctype := multipartOf([][2]string{{"upload_file_order[1]", "a.jpg"}, {"image_quality", "70"}, {"sorting_method", "predefined"}, {"upload_file_order[0]", "b.jpg"}},
		[]file{{"a.jpg", picture(1)}, {"b.jpg", picture(2)}})
	c.send("POST", fmt.Sprintf("/api/tasks/%d/data", id), body, "Content-Type", ctype).want(t, 202, storage.RequestID(id))
	if got := c.wait(id); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"b.jpg", "a.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
}

func TestATUSUploadIntoADirectoryIsStuck(t *testing.T) { // A42
	c := start(t, Options{})
	id := c.newTask(`{"name":"d"}`)
	at := c.createTUS(id, "sub/x.jpg", 4).want(t, 201, "").header.Get("Location")
	c.patchTUS(at, 0, []byte("1234")).want(t, 500, "")
	if r := c.send("HEAD", strings.TrimPrefix(at, "http://sandbox"), nil); r.status != 200 || r.header.Get("Upload-Offset") != "4" {
		t.Errorf("HEAD: %d %v", r.status, r.header)
	}
	if got := c.imported(id, quality); !strings.Contains(got, "failed FileNotFoundError: [Errno 2] No such file or directory: '") || !strings.Contains(got, "/raw/sub/x.jpg'\n") {
		t.Error(got)
	}
}

func TestTheSecondOfTwoUploadsOfOneNameIsNotImported(t *testing.T) { // A41
	c := start(t, Options{})
	id := c.newTask(`{"name":"two"}`)
	first := c.createTUS(id, "a.jpg", len(picture(1))).header.Get("Location")
	second := c.createTUS(id, "a.jpg", len(picture(2))).want(t, 201, "").header.Get("Location")
	c.patchTUS(first, 0, picture(1)).want(t, 204, "")
	c.patchTUS(second, 0, picture(2)).want(t, 204, "")
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=0&quality=original", id)).want(t, 200, string(picture(1)))
}

func TestParametersOfAFailedAttemptStay(t *testing.T) { // A43
	c := start(t, Options{})
	id := c.newTask(`{"name":"s"}`)
	c.multiple(id, file{"b1.jpg", picture(1)}, file{"b10.jpg", picture(2)}, file{"b9.jpg", picture(3)})
	if got := c.imported(id, `{"sorting_method":"natural"}`); !strings.Contains(got, "image_quality") {
		t.Fatal(got)
	}
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"b1.jpg", "b9.jpg", "b10.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
}

func TestAStopFrameOfZeroIsNone(t *testing.T) { // A45
	c := start(t, Options{})
	id := c.newTask(`{"name":"s"}`)
	c.multiple(id, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)})
	if got := c.imported(id, `{"image_quality":70,"stop_frame":0}`); got != "finished " || len(c.names(id)) != 2 {
		t.Error(got, c.names(id))
	}
}

func TestFramesAreChosenByStartStopAndStep(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"s"}`)
	var files []file
	for i := range 9 {
		files = append(files, file{fmt.Sprintf("%d.jpg", i), picture(i)})
	}
	c.multiple(id, files...)
	if got := c.imported(id, `{"image_quality":70,"start_frame":1,"stop_frame":7,"frame_filter":"step=3"}`); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"1.jpg", "4.jpg", "7.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data/meta", id)).want(t, 200, `"start_frame":1,"stop_frame":7,"frame_filter":"step=3"`)
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=1&quality=original", id)).want(t, 200, string(picture(4)))
}

func TestGroundTruthPerJobNeedsALargerSegment(t *testing.T) { // A66
	c := start(t, Options{})
	id := c.newTask(`{"name":"s"}`)
	c.multiple(id, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)})
	got := c.imported(id, `{"image_quality":70,"validation_params":{"mode":"gt","frame_selection_method":"random_per_job","frames_per_job_count":1}}`)
	if !strings.Contains(got, "cannot be greater than segment size") {
		t.Error(got)
	}
}

func TestAFailedImportPoisonsTheTask(t *testing.T) { // A34, A57, A68
	c := start(t, Options{})
	id := c.newTask(`{"name":"p"}`)
	c.tus(id, "a.zip", archiveOf(t, file{"1.jpg", picture(1)}, file{"2.jpg", []byte("no image")}, file{"3.jpg", picture(3)}))
	if got := c.imported(id, quality); got != "failed utils.dataset_manifest.errors.InvalidImageError: failed to parse image file '2.jpg'\n" {
		t.Fatal(got)
	}
	if got := c.imported(id, quality); !strings.Contains(got, "FileNotFoundError") || !strings.Contains(got, "/raw/a.zip'") {
		t.Error(got)
	}
	c.createTUS(id, "1.jpg", 5).want(t, 409, "File with same name already exists")
	if got := c.tus(id, "a.zip", archiveOf(t, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)}, file{"3.jpg", picture(3)})); got != 201 {
		t.Fatalf("the archive's name is taken: %d", got)
	}
	if got := c.imported(id, quality); got != "failed IndexError: Invalid index number: 1, Maximum allowed index is 0\n" {
		t.Error(got)
	}
	c.createTUS(id, storage.ManifestName, 5).want(t, 409, "")
	c.createTUS(id, storage.IndexName, 5).want(t, 409, "")
	c.multiple(id, file{storage.ManifestName, []byte(`{"name":"2","extension":".jpg","width":1,"height":1}` + "\n")}).want(t, 200, "")
}

func TestNamesInAnOldZipAreOfCodePage437(t *testing.T) { // A55
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "gr\x81n.jpg", NonUTF8: true, Method: zip.Deflate})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(picture(1))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	c := start(t, Options{})
	id := c.newTask(`{"name":"z"}`)
	c.tus(id, "a.zip", b.Bytes())
	if got := c.imported(id, quality); got != "finished " {
		t.Fatal(got)
	}
	if diff := cmp.Diff([]string{"grün.jpg"}, c.names(id)); diff != "" {
		t.Error(diff)
	}
	c.get(fmt.Sprintf("/api/tasks/%d/data?type=frame&number=0&quality=original", id)).want(t, 200, string(picture(1)))
}

func TestAZipWithABadChecksumFailsAndStays(t *testing.T) {
	c := start(t, Options{})
	id := c.newTask(`{"name":"z"}`)
	bad := archiveOf(t, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)})
	bad[bytes.Index(bad, picture(1))+40] ^= 1
	c.tus(id, "a.zip", bad)
	if got := c.imported(id, quality); got != "failed zipfile.BadZipFile: Bad CRC-32 for file '1.jpg'\n" {
		t.Error(got)
	}
	c.createTUS(id, "a.zip", 5).want(t, 409, "")
}

func TestMixturesAreRefusedInCVATsWords(t *testing.T) {
	c := start(t, Options{})
	for name, test := range map[string]struct {
		files []file
		want  string
	}{
		"a zip and an image": {[]file{{"a.zip", nil}, {"b.jpg", nil}}, "1 image(s), 0 video(s), 0 audio(s), 0 archive(s), 0 directory(s), 0 pdf(s), 1 zip(s) found."},
		"two videos":         {[]file{{"a.mp4", nil}, {"b.mp4", nil}}, "Only one video, audio, archive, pdf, zip or many image, directory can be used simultaneously,             but 0 image(s), 2 video(s)"},
		"nothing known":      {[]file{{"a.txt", nil}, {"b.dat", picture(1)}}, "ValueError: No media data found"},
		"no image in a zip":  {[]file{{"a.zip", archiveOf(t, file{"x.txt", nil})}}, "Exception: No image found"},
		"no zip":             {[]file{{"a.zip", []byte("x")}}, "zipfile.BadZipFile: File is not a zip file"},
		"an empty first":     {[]file{{"a.jpg", nil}, {"b.jpg", picture(1)}}, "PIL.UnidentifiedImageError: cannot identify image file '"},
		"an empty second":    {[]file{{"a.jpg", picture(1)}, {"b.jpg", nil}}, "InvalidImageError: failed to parse image file 'b.jpg'"},
		"a video":            {[]file{{"a.mp4", nil}}, "av.error.InvalidDataError: [Errno 1094995529] Invalid data found when processing input: "},
	} {
		id := c.newTask(`{"name":"x"}`)
		c.multiple(id, test.files...).want(t, 200, "")
		if got := c.imported(id, quality); !strings.HasPrefix(got, "failed ") || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestABodyAboveAGibibyteIsTheProxys413(t *testing.T) { // A29
	c := start(t, Options{})
	req, err := http.NewRequest("POST", "http://sandbox/api/tasks/1/data", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = 1<<30 + 1
	rec := httptest.NewRecorder()
	if c.s.ServeHTTP(rec, req); rec.Code != 413 || !strings.Contains(rec.Body.String(), "<title>413 Request Entity Too Large</title>") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

func TestTooManyJobsFailTheImport(t *testing.T) {
	c := start(t, Options{MaxJobs: 2})
	id := c.newTask(`{"name":"x","segment_size":1}`)
	c.multiple(id, file{"1.jpg", picture(1)}, file{"2.jpg", picture(2)}, file{"3.jpg", picture(3)})
	if got := c.imported(id, quality); got != "failed ValueError: Too many jobs would be created for the task. Current total: 3, maximum allowed: 2.\n" {
		t.Error(got)
	}
}
