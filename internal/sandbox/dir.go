package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gofrs/flock"
)

// A directory is the server's place on disk:
//
//	lock               held by the process that has it open
//	sandbox.db         everything but bytes of images
//	tmp/               bodies on their way in; emptied by Open
//	data/N/raw/        the files of upload N under their names, as CVAT has them
//	data/N/parts/      TUS uploads that are not complete
//	data/N/archives/   zips that an import consumed, read through their index
type directory struct {
	root string
	lock *flock.Flock
}

// lockPoll is how often Open looks whether the other process has let go.
const lockPoll = 20 * time.Millisecond

func openDirectory(root string, wait time.Duration) (directory, error) {
	if root == "" {
		return directory{}, errors.New("open sandbox: no directory given")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return directory{}, fmt.Errorf("open sandbox: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(root, "data"), 0o755); err != nil {
		return directory{}, fmt.Errorf("open sandbox: %w", err)
	}
	lock := flock.New(filepath.Join(root, "lock"))
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	switch got, err := lock.TryLockContext(ctx, lockPoll); {
	case errors.Is(err, context.DeadlineExceeded):
		return directory{}, fmt.Errorf("open sandbox %s: another process has had it open for %v; stop it, or use another directory", root, wait)
	case err != nil:
		return directory{}, fmt.Errorf("open sandbox %s: %w", root, err)
	case !got:
		return directory{}, fmt.Errorf("open sandbox %s: another process has it open", root)
	}
	d := directory{root: root, lock: lock}
	if err := errors.Join(os.RemoveAll(d.tmp()), os.MkdirAll(d.tmp(), 0o755)); err != nil {
		return directory{}, errors.Join(fmt.Errorf("open sandbox %s: %w", root, err), lock.Close())
	}
	return d, nil
}

// Exists reports whether dir holds a server's data, or what is in its way; without
// either, [Open] makes an empty server there.
func Exists(dir string) bool {
	_, err := os.Stat(directory{root: dir}.database())
	return !errors.Is(err, fs.ErrNotExist)
}

func (d directory) close() error     { return d.lock.Close() }
func (d directory) database() string { return filepath.Join(d.root, "sandbox.db") }
func (d directory) tmp() string      { return filepath.Join(d.root, "tmp") }

func (d directory) data(id int) string     { return filepath.Join(d.root, "data", strconv.Itoa(id)) }
func (d directory) raw(id int) string      { return filepath.Join(d.data(id), "raw") }
func (d directory) archives(id int) string { return filepath.Join(d.data(id), "archives") }
func (d directory) part(id int, upload string) string {
	return filepath.Join(d.data(id), "parts", upload)
}

// replace writes a file whole or not at all: a process that is killed over it leaves the
// old one, or none.
func (d directory) replace(file string, data []byte) error {
	fresh := filepath.Join(d.tmp(), newUUID())
	err := os.WriteFile(fresh, data, 0o644)
	if err == nil {
		err = os.Rename(fresh, file)
	}
	if err != nil {
		_ = os.Remove(fresh) // or the next Open sweeps it
	}
	return err
}

// makeData makes the directories of a new Data row.
func (d directory) makeData(id int) error {
	for _, dir := range []string{d.raw(id), d.archives(id), filepath.Dir(d.part(id, "x"))} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	return nil
}
