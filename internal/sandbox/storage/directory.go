package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"

	"github.com/cvatplan/cvatplan/internal/atomicfile"
)

// A Directory is the server's place on disk:
//
//	lock               held by the process that has it open
//	sandbox.db         everything but bytes of images
//	tmp/               bodies on their way in; emptied by Open
//	data/N/raw/        the files of upload N under their names, as CVAT has them
//	data/N/parts/      TUS uploads that are not complete
//	data/N/archives/   zips that an import consumed, read through their index
//	buckets/NAME/      objects of cloud storages, as people put them there
//	share/             the files of the share
type Directory struct {
	root string
	lock *flock.Flock
}

// lockPoll is how often Open looks whether the other process has let go.
const lockPoll = 20 * time.Millisecond

func openDirectory(root string, wait time.Duration) (Directory, error) {
	if root == "" {
		return Directory{}, errors.New("open sandbox: no directory given")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return Directory{}, fmt.Errorf("open sandbox: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(root, "data"), 0o755); err != nil {
		return Directory{}, fmt.Errorf("open sandbox: %w", err)
	}
	lock := flock.New(filepath.Join(root, "lock"))
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	switch got, err := lock.TryLockContext(ctx, lockPoll); {
	case errors.Is(err, context.DeadlineExceeded):
		return Directory{}, fmt.Errorf("open sandbox %s: another process has had it open for %v; stop it, or use another directory", root, wait)
	case err != nil:
		return Directory{}, fmt.Errorf("open sandbox %s: %w", root, err)
	case !got:
		return Directory{}, fmt.Errorf("open sandbox %s: another process has it open", root)
	}
	d := Directory{root: root, lock: lock}
	if err := errors.Join(os.RemoveAll(d.Tmp()), os.MkdirAll(d.Tmp(), 0o755)); err != nil {
		return Directory{}, errors.Join(fmt.Errorf("open sandbox %s: %w", root, err), lock.Close())
	}
	return d, nil
}

// Exists reports whether dir holds a server's data, or what is in its way; without
// either, [Open] makes an empty server there.
func Exists(dir string) bool {
	_, err := os.Stat(Directory{root: dir}.database())
	return !errors.Is(err, fs.ErrNotExist)
}

func (d Directory) close() error     { return d.lock.Close() }
func (d Directory) database() string { return filepath.Join(d.root, "sandbox.db") }

// Tmp is where bodies wait on their way in.
func (d Directory) Tmp() string { return filepath.Join(d.root, "tmp") }

// Data is the directory of Data row id.
func (d Directory) Data(id int) string { return filepath.Join(d.root, "data", strconv.Itoa(id)) }

// Raw is where the files of Data row id lie under their names.
func (d Directory) Raw(id int) string { return filepath.Join(d.Data(id), "raw") }

// Archives is where the zips lie that an import consumed.
func (d Directory) Archives(id int) string { return filepath.Join(d.Data(id), "archives") }

// Part is the file of a TUS upload that is not complete.
func (d Directory) Part(id int, upload string) string {
	return filepath.Join(d.Data(id), "parts", upload)
}

// Replace writes a file whole or not at all: a process that is killed over it leaves the
// old one, or none.
func (d Directory) Replace(file string, data []byte) error {
	return atomicfile.Write(file, atomicfile.Options{TempDir: d.Tmp()}, func(w io.Writer) error { // the next Open sweeps it
		_, err := w.Write(data)
		return err
	})
}

// makeData makes the directories of a new Data row.
func (d Directory) makeData(id int) error {
	for _, dir := range []string{d.Raw(id), d.Archives(id), filepath.Dir(d.Part(id, "x"))} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// manifestName is CVAT's list of a task's images. An import writes it, line by line,
// and one that fails on the way leaves it half written: it is what poisons a task, as
// the next import believes it (A57).
const (
	ManifestName = "manifest.jsonl"
	IndexName    = "index.json"
)
