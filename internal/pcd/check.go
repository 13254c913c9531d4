package pcd

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Check reads a PCD of size bytes as far as that tells whether all of its points are there: of binary data the
// header, of others all. The error is [ErrEmpty], a [*DamagedError], or the reader's.
func Check(r io.Reader, size int64) (Header, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	h, err := ReadHeader(in)
	if err != nil {
		return h, err
	}
	switch h.Data {
	case ASCII:
		return h, checkText(in, h)
	case Compressed:
		return h, checkCompressed(in, h, size-h.Len)
	}
	if need := h.Points() * h.Step(); size-h.Len < need {
		return h, damaged("its data is cut: %d points of %d bytes are %d bytes, and %d are there", h.Points(), h.Step(), need, size-h.Len)
	}
	return h, nil
}

// checkText reads a line of numbers for each point.
func checkText(r *bufio.Reader, h Header) error {
	var wanted int64
	for _, f := range h.Fields {
		wanted += int64(f.Count)
	}
	for n := int64(0); n < h.Points(); {
		line, err := readLine(r)
		if errors.Is(err, errLong) {
			return damaged("point %d is a line of more than %d bytes", n, maxLine)
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		numbers := strings.Fields(string(line))
		switch {
		case len(numbers) == 0 && err != nil:
			return damaged("its data is cut: it has %d of %d points", n, h.Points())
		case len(numbers) == 0:
			continue
		case int64(len(numbers)) != wanted:
			return damaged("point %d has %d numbers, not %d", n, len(numbers), wanted)
		case spaced(strings.TrimRight(string(line), "\r\n")):
			return damaged("the numbers of point %d are not separated by single spaces, as CVAT's viewer wants them", n)
		}
		for _, text := range numbers {
			if _, err := strconv.ParseFloat(text, 64); err != nil && !errors.Is(err, strconv.ErrRange) {
				return damaged("point %d has %q where a number should be", n, clip(text))
			}
		}
		n++
	}
	return nil
}

// checkCompressed follows the LZF data without unpacking it: whether it makes as many bytes as the points have
// needs the lengths and distances alone.
func checkCompressed(r *bufio.Reader, h Header, left int64) error {
	var sizes [8]byte
	if _, err := io.ReadFull(r, sizes[:]); err != nil {
		return cut(err)
	}
	packed, unpacked := int64(binary.LittleEndian.Uint32(sizes[:4])), int64(binary.LittleEndian.Uint32(sizes[4:]))
	if need := h.Points() * h.Step(); unpacked != need {
		return damaged("its data says that it unpacks to %d bytes, and %d points of %d bytes are %d", unpacked, h.Points(), h.Step(), need)
	}
	if left-int64(len(sizes)) < packed {
		return damaged("its data is cut: %d bytes compressed, and %d are there", packed, max(0, left-int64(len(sizes))))
	}
	made, err := unpackedLength(bufio.NewReader(io.LimitReader(r, packed)))
	if err == nil && made != unpacked {
		err = damaged("its data unpacks to %d bytes, not %d", made, unpacked)
	}
	return err
}

// unpackedLength is how many bytes LZF data unpacks to. A control byte below 32 is followed by that many bytes and
// one more; another has a length in its upper three bits (7: more in the next byte) and a distance in the
// rest and the byte behind.
func unpackedLength(r *bufio.Reader) (made int64, err error) {
	for {
		control, err := r.ReadByte()
		if errors.Is(err, io.EOF) {
			return made, nil
		}
		if err != nil {
			return made, err
		}
		if control < 32 {
			n, err := r.Discard(int(control) + 1)
			if made += int64(n); err != nil {
				return made, cut(err)
			}
			continue
		}
		length := int64(control>>5) + 2
		if control>>5 == 7 {
			more, err := r.ReadByte()
			if err != nil {
				return made, cut(err)
			}
			length += int64(more)
		}
		low, err := r.ReadByte()
		if err != nil {
			return made, cut(err)
		}
		if distance := int64(control&31)<<8 + int64(low) + 1; distance > made {
			return made, damaged("its data is damaged: at byte %d it repeats what is %d bytes before", made, distance)
		}
		made += length
	}
}

// cut is the end of a file where there should be more.
func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return damaged("its data is cut")
	}
	return err
}
