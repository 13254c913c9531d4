package sandbox

import (
	"errors"
	"net/http"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// fullDisk is the answer where the directory's disk is full; nil where that is not why. A
// CVAT answers 500 and tells nobody why, but this disk is mostly that of who applies.
func (s *Server) fullDisk(err error) *problem {
	var db *sqlite.Error
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return detail(http.StatusInsufficientStorage, "%v", err)
	case errors.As(err, &db) && db.Code()&0xff == sqlite3.SQLITE_FULL:
		return detail(http.StatusInsufficientStorage, "%s: %v", s.dir.database(), err)
	}
	return nil
}
