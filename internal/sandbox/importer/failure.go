package importer

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// An importError is why an import failed, in the words of CVAT's: the Python exception
// and its text, as they are in the last line of its traceback.
type importError struct{ class, text string }

func (e *importError) Error() string {
	if e.text == "" {
		return e.class
	}
	return e.class + ": " + e.text
}

func failure(class, format string, args ...any) error {
	return &importError{class, fmt.Sprintf(format, args...)}
}

// invalid is an error of Django's REST framework, which shows the Python value.
func invalid(format string, args ...any) error {
	return failure("rest_framework.exceptions.ValidationError", "[ErrorDetail(string=%s, code='invalid')]", PythonString(fmt.Sprintf(format, args...)))
}

// PythonString quotes as Python does: with single quotes unless that costs a backslash.
func PythonString(s string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	s = strings.ReplaceAll(s, "\n", `\n`)
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `\'`) + "'"
}

func noFile(path string) error {
	return failure("FileNotFoundError", "[Errno 2] No such file or directory: '%s'", path)
}

// asImportError is the error of reading an image that the import needs at once: the
// first one, whose size decides on the size of chunks.
func asImportError(err error, path, shown string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return noFile(path)
	case errors.Is(err, errNoImage):
		return failure("PIL.UnidentifiedImageError", "cannot identify image file %s", shown)
	}
	return err
}

// FirstFew lists at most five names, as CVAT does in its messages.
func FirstFew(names []string) string {
	const few = 5
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + fmt.Sprintf(" (and %d more). ", len(names)-few)
}
