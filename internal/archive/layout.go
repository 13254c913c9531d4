package archive

import "encoding/binary"

// The records of a zip, as in PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 to 4.3.16.
const (
	localSignature   = 0x04034b50
	centralSignature = 0x02014b50
	endSignature     = 0x06054b50
	end64Signature   = 0x06064b50
	locator64Sig     = 0x07064b50

	localFixed, centralFixed   = 30, 46
	endLen, end64Len, locLen   = 22, 56, 20
	max16                      = 1<<16 - 1
	max32                      = 1<<32 - 1
	versionPlain, versionZip64 = 20, 45
	madeByUnix                 = 3 << 8
	utf8Names                  = 0x800
	fixedDate                  = 1<<5 | 1               // 1980-01-01, the first day that a zip can tell
	regularFile                = uint32(0o100644) << 16 // for unzip; CVAT does not look
	zip64Extra                 = 1
)

// A record is a buffer that grows by little-endian numbers.
type record []byte

func (r *record) u16(values ...uint16) {
	for _, v := range values {
		*r = binary.LittleEndian.AppendUint16(*r, v)
	}
}

func (r *record) u32(values ...uint32) {
	for _, v := range values {
		*r = binary.LittleEndian.AppendUint32(*r, v)
	}
}

func (r *record) u64(values ...int64) {
	for _, v := range values {
		*r = binary.LittleEndian.AppendUint64(*r, uint64(v))
	}
}

// cap32 is v, or the mark that says "see the Zip64 record".
func cap32(v int64) uint32 { return uint32(min(v, max32)) }

func cap16(v int) uint16 { return uint16(min(v, max16)) }

func localLen(e Entry) int64 {
	n := int64(localFixed + len(e.Name))
	if e.Size >= max32 {
		n += 4 + 16
	}
	return n
}

// local is the header before an entry's bytes.
func local(e Entry) []byte {
	r := make(record, 0, localLen(e))
	r.u32(localSignature)
	extra := wide(e.Size, e.Size)
	r.common(e, extra)
	r = append(r, e.Name...)
	return append(r, extra...)
}

// common writes the fields that local and central headers share, from "version
// needed" to "extra field length".
func (r *record) common(e Entry, extra []byte) {
	version := uint16(versionPlain)
	if len(extra) > 0 {
		version = versionZip64
	}
	r.u16(version, utf8Names, 0, 0, fixedDate)
	r.u32(e.CRC, cap32(e.Size), cap32(e.Size))
	r.u16(uint16(len(e.Name)), uint16(len(extra)))
}

// wide is the Zip64 extra field with those values that 32 bits cannot hold; none
// of them gives nil.
func wide(values ...int64) []byte {
	var big record
	for _, v := range values {
		if v >= max32 {
			big.u64(v)
		}
	}
	if len(big) == 0 {
		return nil
	}
	var r record
	r.u16(zip64Extra, uint16(len(big)))
	return append(r, big...)
}

func centralLen(e Entry, start int64) int64 {
	return int64(centralFixed + len(e.Name) + len(wide(e.Size, e.Size, start)))
}

// central is an entry's record in the central directory.
func central(e Entry, start int64) []byte {
	extra := wide(e.Size, e.Size, start)
	r := make(record, 0, centralFixed+len(e.Name)+len(extra))
	r.u32(centralSignature)
	made := uint16(madeByUnix | versionPlain)
	if len(extra) > 0 {
		made = madeByUnix | versionZip64
	}
	r.u16(made)
	r.common(e, extra)
	r.u16(0, 0, 0) // comment, disk, internal attributes
	r.u32(regularFile, cap32(start))
	r = append(r, e.Name...)
	return append(r, extra...)
}

// end is what follows the central directory: the end record, preceded by its
// Zip64 form where a number does not fit.
func (z *Zip) end() []byte {
	n := len(z.entries)
	start, stop := z.starts[n], z.records[n]
	var r record
	if n >= max16 || stop-start >= max32 || start >= max32 {
		r.end64(int64(n), start, stop)
	}
	r.u32(endSignature)
	r.u16(0, 0, cap16(n), cap16(n))
	r.u32(cap32(stop-start), cap32(start))
	r.u16(0)
	return r
}

func (r *record) end64(n, start, stop int64) {
	r.u32(end64Signature)
	r.u64(end64Len - 12)
	r.u16(madeByUnix|versionZip64, versionZip64)
	r.u32(0, 0)
	r.u64(n, n, stop-start, start)
	r.u32(locator64Sig, 0)
	r.u64(stop)
	r.u32(1)
}
