package sandbox

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// chunk answers a zip of chunk_size images, named by their place in it.
func (v view) chunk(number int) (answer, error) {
	size := max(1, *v.task.chunkSize)
	last := (len(v.frames) - 1) / size
	if number < 0 || number > last {
		return answer{}, quoted(http.StatusBadRequest, "Invalid chunk number '%d'. The chunk number should be in the [0, %d] range", number, last)
	}
	frames := v.frames[number*size : min(len(v.frames), (number+1)*size)]
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i, f := range frames {
		body, _, err := v.bytes(f)
		if err != nil {
			return answer{}, err
		}
		ending := path.Ext(f.Name)
		if !v.original {
			ending = ".jpeg"
		}
		if err := addStored(z, fmt.Sprintf("%06d%s", i, ending), body); err != nil {
			return answer{}, err
		}
	}
	if err := z.Close(); err != nil {
		return answer{}, err
	}
	a := answer{status: http.StatusOK, ctype: "application/zip", body: b.Bytes(), header: http.Header{"X-Checksum": {checksum(b.Bytes())}, "Accept-Ranges": {"bytes"}}}
	if at := v.task.chunksUpdated; at != nil {
		a.header.Set("X-Updated-Date", strings.Trim(string(encode(at)), `"`))
	}
	return a, nil
}

func addStored(z *zip.Writer, name string, body []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = w.Write(body)
	return err
}

// checksum is CVAT's: of the chunk's length, then of its first 1000 bytes.
func checksum(chunk []byte) string {
	sum := crc32.ChecksumIEEE([]byte(strconv.Itoa(len(chunk))))
	return strconv.FormatUint(uint64(crc32.Update(sum, crc32.IEEETable, chunk[:min(1000, len(chunk))])), 10)
}

// contextImages answers a zip of the images that belong to a frame.
func (v view) contextImages(number int) (answer, error) {
	if number < 0 || number >= len(v.frames) {
		return answer{}, v.outOfRange(number)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, src := range v.frames[number].Related {
		body, err := v.s.read(*v.task.data, src)
		if err != nil {
			return answer{}, err
		}
		if err := addStored(z, path.Base(src.Name), body); err != nil {
			return answer{}, err
		}
	}
	if err := z.Close(); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, ctype: "application/zip", body: b.Bytes()}, nil
}

// imageTypes are the MIME types of originals, by ending.
var imageTypes = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".jpe": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".bmp": "image/bmp",
	".tif": "image/tiff", ".tiff": "image/tiff", ".webp": "image/x-webp", ".jp2": "image/jp2", ".ppm": "image/x-portable-pixmap", ".pgm": "image/x-portable-graymap",
}

func imageType(name string) string {
	if t := imageTypes[strings.ToLower(path.Ext(name))]; t != "" {
		return t
	}
	return "application/octet-stream"
}
