package importer

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/sandbox/storage"
	"golang.org/x/sync/errgroup"
	"golang.org/x/text/encoding/charmap"
)

// An unpacked zip: its images, and where they are. Nothing is unpacked, in truth; the
// zip is checked, indexed, and put away, which to a client looks the same.
type unpacked struct {
	images   []string // in the order of the directory
	sources  map[string]storage.Source
	manifest []byte // manifest.jsonl in the zip's root, if there is one
}

// openZip reads the directory of a zip; the errors are Python's.
func openZip(path string) (*zip.ReadCloser, error) {
	z, err := zip.OpenReader(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, noFile(path)
	case errors.Is(err, zip.ErrFormat):
		return nil, failure("zipfile.BadZipFile", "File is not a zip file")
	case errors.Is(err, zip.ErrInsecurePath):
		return z, nil
	}
	return z, err
}

// entryName is a name as Python decodes it: UTF-8 if the entry says so, else the
// letters of the first IBM PC (A55).
func entryName(f *zip.File) string {
	name := f.Name
	if f.Flags&0x800 == 0 {
		if dos, err := charmap.CodePage437.NewDecoder().String(name); err == nil {
			name = dos
		}
	}
	name, _, _ = strings.Cut(name, "\x00")
	return name
}

// imageNames are the entries that CVAT takes for images.
func imageNames(z *zip.ReadCloser) (names []string) {
	for _, f := range z.File {
		if n := entryName(f); !junk(n) && kindOf(n) == mediaImage && !strings.HasSuffix(n, "/") {
			names = append(names, n)
		}
	}
	return names
}

// unpack checks every entry, as Python does while it extracts, and indexes them.
func unpack(z *zip.ReadCloser, archive string) (*unpacked, error) {
	if err := checkSizes(z); err != nil {
		return nil, err
	}
	if err := checkEntries(z); err != nil {
		return nil, err
	}
	u := &unpacked{sources: map[string]storage.Source{}}
	for _, f := range z.File {
		name := entryName(f)
		if strings.HasSuffix(name, "/") {
			continue
		}
		src, err := zipSource(archive, name, f)
		if err != nil {
			return nil, failure("zipfile.BadZipFile", "Bad magic number for file header")
		}
		u.sources[name] = src
		if name == storage.ManifestName {
			if u.manifest, err = readEntry(f); err != nil {
				return nil, err
			}
		}
	}
	u.images = imageNames(z)
	return u, nil
}

// What a zip may unpack to; no camera makes images of a gibibyte.
const (
	maxEntry    = 1 << 30
	maxUnpacked = 64 << 30
)

// checkSizes refuses zips that unpack to more than there could be good reason for, as the
// directory tells it. CVAT unpacks until its disk is full.
func checkSizes(z *zip.ReadCloser) error {
	total := uint64(0)
	for _, f := range z.File {
		if f.UncompressedSize64 > maxEntry {
			return notHere(fmt.Sprintf("a file of %d bytes, as %s would be unpacked; the limit is %d", f.UncompressedSize64, entryName(f), maxEntry))
		}
		total += f.UncompressedSize64
	}
	if total > maxUnpacked {
		return notHere(fmt.Sprintf("a zip that unpacks to %d bytes; the limit is %d", total, int64(maxUnpacked)))
	}
	return nil
}

// checkEntries reads all of the zip once, on all processors.
func checkEntries(z *zip.ReadCloser) error {
	group := errgroup.Group{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range z.File {
		group.Go(func() error {
			return crash.Guard(func() error { return checkEntry(f) })
		})
	}
	return crash.Rethrow(group.Wait())
}

func checkEntry(f *zip.File) error {
	if f.Flags&1 != 0 {
		return failure("RuntimeError", "File '%s' is encrypted, password required for extraction", entryName(f))
	}
	r, err := f.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return failure("NotImplementedError", "That compression method is not supported")
	}
	if err == nil {
		_, err = storage.Copy(io.Discard, io.LimitReader(r, maxEntry+1)) // the directory may lie
		err = errors.Join(err, r.Close())
	}
	if err != nil {
		return failure("zipfile.BadZipFile", "Bad CRC-32 for file '%s'", entryName(f))
	}
	return nil
}

func readEntry(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxManifest))
}

// NameTaken tells whether a file of that name lies among the upload's: one that was
// sent, one that an import wrote, or one that an import unpacked (A68).
func NameTaken(s *storage.Store, data int, name string) (bool, error) {
	if _, err := os.Lstat(filepath.Join(s.Dir.Raw(data), name)); err == nil {
		return true, nil
	}
	archives, err := os.ReadDir(s.Dir.Archives(data))
	if err != nil {
		return false, err
	}
	for _, a := range archives {
		z, err := zip.OpenReader(filepath.Join(s.Dir.Archives(data), a.Name()))
		if err != nil {
			return false, err
		}
		for _, f := range z.File {
			if entryName(f) == name {
				return true, z.Close()
			}
		}
		if err := z.Close(); err != nil {
			return false, err
		}
	}
	return false, nil
}

// consume puts a zip away: whatever becomes of the import, the name is free again, and
// the next attempt needs the zip to be sent again (A56).
func consume(s *storage.Store, data int, name string, u *unpacked) error {
	raw := s.Dir.Raw(data)
	if u.manifest != nil {
		if err := s.Dir.Replace(filepath.Join(raw, storage.ManifestName), u.manifest); err != nil {
			return err
		}
	}
	err := os.Rename(filepath.Join(raw, name), filepath.Join(s.Dir.Archives(data), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // by an earlier process that was killed over it
	}
	return err
}

// zipSource is where a zip's entry is.
func zipSource(archive, name string, f *zip.File) (storage.Source, error) {
	offset, err := f.DataOffset()
	return storage.Source{
		Name: name, Archive: archive, Offset: offset, Deflate: f.Method == zip.Deflate,
		Packed: int64(f.CompressedSize64), Size: int64(f.UncompressedSize64),
	}, err
}
