package rosimage

import "io"

// Encode writes the message as an image file and returns its extension, as
// [Message.Ext] says it beforehand. A payload that is a file is written as it is;
// [Message.Passthrough] hands it out without a copy.
func Encode(w io.Writer, m *Message, o Options) (ext string, err error) {
	if err := o.Check(); err != nil {
		return "", err
	}
	if data, ext, ok := m.Passthrough(o); ok {
		_, err := w.Write(data)
		return ext, err
	}
	if m.Cloud != nil {
		return "pcd", m.writePCD(w, o)
	}
	p, err := m.picture(o)
	if err != nil {
		return "", err
	}
	ext, err = m.Ext(o)
	if err != nil {
		return "", err
	}
	if ext == "jpg" {
		return ext, writeJPEG(w, p, o.quality())
	}
	return ext, writePNG(w, p)
}
