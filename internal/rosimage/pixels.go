package rosimage

import "image"

// Pixels is the picture of a message that is no file, as [Encode] would write it as PNG: 8 bits a sample, or 16 of
// those that have more. A payload that is a file is an error.
func (m *Message) Pixels(o Options) (image.Image, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	p, err := m.picture(o)
	if err != nil {
		return nil, err
	}
	sample := p.bits / 8
	size := sample
	if p.channels > 1 {
		size = 4 * sample
	}
	stride := size * p.width
	pix, row := make([]byte, stride*p.height), make([]byte, p.stride())
	for y := range p.height {
		p.row(row, y)
		withAlpha(pix[y*stride:][:stride], row, sample, p.channels)
	}
	rect := image.Rect(0, 0, p.width, p.height)
	switch {
	case p.channels == 1 && sample == 1:
		return &image.Gray{Pix: pix, Stride: stride, Rect: rect}, nil
	case p.channels == 1:
		return &image.Gray16{Pix: pix, Stride: stride, Rect: rect}, nil
	case sample == 1:
		return &image.NRGBA{Pix: pix, Stride: stride, Rect: rect}, nil
	}
	return &image.NRGBA64{Pix: pix, Stride: stride, Rect: rect}, nil
}

// withAlpha copies pixels of some channels of so many bytes to where each has four, the last of which is full.
func withAlpha(dst, src []byte, sample, channels int) {
	if channels == 1 || channels == 4 {
		copy(dst, src)
		return
	}
	from, to := channels*sample, 4*sample
	for len(src) >= from && len(dst) >= to {
		copy(dst[:from], src)
		for i := from; i < to; i++ {
			dst[i] = 0xff
		}
		dst, src = dst[to:], src[from:]
	}
}

// PixelBytes is how many bytes of memory [Message.Pixels] takes, at most, of a message that passes [Message.Check].
func (m *Message) PixelBytes(o Options) int64 {
	if m.holdsPixels() {
		return 8 * int64(m.Width) * int64(m.Height)
	}
	return 2*m.Work(o) + m.MaxFile(o)
}
