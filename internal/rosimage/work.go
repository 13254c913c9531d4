package rosimage

// MaxFile is how many bytes the file has that [Encode] makes of pixels, at most; of JPEG,
// which may be larger than its picture, as many as are likely. It is 0 of a payload that
// is a file.
func (m *Message) MaxFile(o Options) int64 {
	if m.Cloud != nil { // no field is taken twice, and the header is small
		return int64(max(m.DataSize, len(m.Data))) + 64<<10
	}
	width, height, sample := int64(m.Width), int64(m.Height), int64(0)
	if m.holdsPixels() {
		e, _ := encodingOf(m.Encoding)
		sample = int64(max(e.size, e.makes))
	} else if d, ok := m.depthSource(o); ok {
		w, h := d.size()
		width, height, sample = int64(w), int64(h), 2
		if width > MaxDepthPixels || height > MaxDepthPixels || width*height > MaxDepthPixels {
			return 0 // it is refused
		}
	}
	if o.Format == JPEG {
		sample = min(sample, 1)
	}
	return (width*sample+1)*height*65/64 + 4096
}

// Work is how many bytes of memory [Encode] takes in addition to the message and the file, at
// most: the picture that image/jpeg wants whole, or what compressedDepth is unpacked to.
// A PNG of pixels is made row by row.
func (m *Message) Work(o Options) int64 {
	if m.Cloud != nil {
		return 0
	}
	width, height := int64(m.Width), int64(m.Height)
	if !m.holdsPixels() {
		d, _ := m.depthSource(o)
		w, h := d.size()
		width, height = min(int64(w), MaxDepthPixels), min(int64(h), MaxDepthPixels)
		return 4 * min(width*height, MaxDepthPixels)
	}
	if o.Format == JPEG {
		return 4 * width * height
	}
	return 0
}
