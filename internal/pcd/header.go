package pcd

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

const (
	maxLine   = 64 << 10 // bytes of a line of a header
	maxLines  = 1000     // of a header, comments with them
	maxFields = 1000
	maxStep   = 1 << 20 // bytes of a point
	maxPoints = 1 << 31
)

// ReadHeader reads a header. The reader is left where the data begins. Its rules are those of CVAT's
// import and of the viewer together: what either would not read is an error.
func ReadHeader(r *bufio.Reader) (Header, error) {
	var p headerParser
	for n := 1; p.Data == ""; n++ {
		line, err := readLine(r)
		if err != nil && !errors.Is(err, errLong) && !errors.Is(err, io.EOF) {
			return Header{}, err
		}
		if err != nil || n > maxLines || bytes.ContainsRune(line, 0) {
			return Header{}, damaged("its header has no line that begins with DATA: it is not a PCD file")
		}
		p.Len += int64(len(line))
		if err := p.line(strings.TrimRight(string(line), "\r\n"), n); err != nil {
			return Header{}, err
		}
		if p.Data != "" && p.Data != ASCII && string(line) != p.end+"\n" {
			return Header{}, damaged("its DATA line ends with more than a line feed, and CVAT's viewer would read the points from one byte before them")
		}
	}
	return p.header()
}

// spaced reports whether words are separated by more than one space each: CVAT's viewer takes what is between two spaces
// for a word.
func spaced(value string) bool {
	value = strings.TrimRight(value, " \t")
	return strings.ContainsRune(value, '\t') || strings.Contains(" "+value, "  ")
}

var errLong = errors.New("a line is too long")

// readLine is a line with its end.
func readLine(r *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, errLong
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, err
		}
	}
}

// A headerParser keeps what a header's lines say.
type headerParser struct {
	Header
	version              bool
	names, sizes         []string
	types, counts        []string
	width, height, total string
	gap                  string // the first key whose value has other separators than single spaces
	trailing             bool   // a space is behind the last field
	end                  string // the DATA line as it is to be
}

func (p *headerParser) line(line string, n int) error {
	if strings.HasPrefix(line, "#") {
		return nil
	}
	key, value, ok := strings.Cut(line, " ")
	if !ok {
		return damaged("line %d of its header is %q, not a key and a value", n, clip(line))
	}
	if p.gap == "" && spaced(value) && slices.Contains([]string{"FIELDS", "SIZE", "TYPE", "COUNT"}, strings.ToUpper(key)) {
		p.gap = key
	}
	value = strings.TrimSpace(value)
	switch strings.ToUpper(key) {
	case "VERSION":
		p.version = slices.Contains([]string{"1", "2", "3", "4", "5", "6", "7"}, strings.TrimPrefix(strings.TrimPrefix(value, "0"), "."))
		if !p.version {
			return damaged("its VERSION is %q; CVAT takes 0.1 to 0.7", clip(value))
		}
	case "FIELDS":
		p.names, p.trailing = strings.Fields(value), strings.HasSuffix(line, " ")
	case "COLUMNS":
		return damaged("it names its fields in COLUMNS, and CVAT's viewer reads FIELDS alone")
	case "SIZE":
		p.sizes = strings.Fields(value)
	case "TYPE":
		p.types = strings.Fields(value)
	case "COUNT":
		p.counts = strings.Fields(value)
	case "WIDTH":
		p.width = value
	case "HEIGHT":
		p.height = value
	case "POINTS":
		p.total = value
	case "DATA":
		p.Data = value
		if key != "DATA" || !slices.Contains([]string{ASCII, Binary, Compressed}, value) {
			return damaged("its data is %q; known are %s, %s and %s", clip(line), ASCII, Binary, Compressed)
		}
		p.end = key + " " + value
	}
	return nil
}

func (p *headerParser) header() (Header, error) {
	if !p.version {
		return Header{}, damaged("its header has no VERSION")
	}
	if err := p.fields(); err != nil {
		return Header{}, err
	}
	if p.trailing && p.Data != ASCII && p.gap == "" { // a field without a size, then
		p.gap = "FIELDS"
	}
	if p.gap != "" {
		return Header{}, damaged("the values of %s in its header are not separated by single spaces, as CVAT's viewer wants them", clip(p.gap))
	}
	if p.height == "" {
		p.height = "1"
	}
	width, err := number("WIDTH", p.width)
	if err != nil {
		return Header{}, err
	}
	height, err := number("HEIGHT", p.height)
	if err != nil {
		return Header{}, err
	}
	p.Width, p.Height = width, height
	if p.Points() > maxPoints {
		return Header{}, damaged("its header claims %d points; the limit is %d", p.Points(), int64(maxPoints))
	}
	if p.total != "" {
		total, err := number("POINTS", p.total)
		if err != nil {
			return Header{}, err
		}
		if int64(total) != p.Points() {
			return Header{}, damaged("its header says POINTS %d, and WIDTH × HEIGHT is %d", total, p.Points())
		}
	}
	if p.Points() == 0 {
		return Header{}, ErrEmpty
	}
	return p.Header, nil
}

func (p *headerParser) fields() error {
	n := len(p.names)
	if n > maxFields || len(p.sizes) != n || len(p.types) != n || p.counts != nil && len(p.counts) != n {
		return damaged("its header names %d fields, %d sizes, %d types and %d counts", n, len(p.sizes), len(p.types), len(p.counts))
	}
	for i, name := range p.names {
		f := Field{Name: name, Count: 1}
		var err error
		if f.Size, err = number("SIZE", p.sizes[i]); err != nil {
			return err
		}
		if p.counts != nil {
			if f.Count, err = number("COUNT", p.counts[i]); err != nil {
				return err
			}
		}
		if len(p.types[i]) != 1 || !known(p.types[i][0], f.Size) {
			return damaged("field %s is of type %s and size %d, which no reader knows", clip(name), clip(p.types[i]), f.Size)
		}
		f.Type = p.types[i][0]
		p.Fields = append(p.Fields, f)
		if p.Step() > maxStep {
			return damaged("its points have more than %d bytes each", maxStep)
		}
	}
	for _, axis := range []string{"x", "y", "z"} {
		at := slices.IndexFunc(p.Fields, func(f Field) bool { return f.Name == axis && f.Count == 1 })
		if at < 0 {
			return damaged("its points have no field %s", axis)
		}
		if before := slices.IndexFunc(p.Fields[:at], func(f Field) bool { return f.Count != 1 }); p.Data == ASCII && before >= 0 {
			return damaged("its field %s has %d numbers, and CVAT's viewer counts it as one column before %s", clip(p.Fields[before].Name), p.Fields[before].Count, axis)
		}
	}
	return nil
}

func known(kind byte, size int) bool {
	switch kind {
	case 'F':
		return size == 4 || size == 8
	case 'I', 'U':
		return size == 1 || size == 2 || size == 4 || size == 8
	}
	return false
}

func number(key, value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 31)
	if err != nil {
		return 0, damaged("its header says %s %q, which is not a number that can be read", key, clip(value))
	}
	return int(n), nil
}

// clip keeps messages short, whatever a file holds.
func clip(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}
