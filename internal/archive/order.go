package archive

import (
	"bytes"
	"encoding/json"
	"path"
	"strings"
)

// OrderName is the file name to upload [Zip.Order] under, next to the zip. CVAT takes
// any name that ends in .jsonl as the task's dataset manifest.
func (z *Zip) OrderName() string { return "cvatplan-" + z.hash + ".jsonl" }

type orderLine struct {
	Name      string    `json:"name"`
	Extension string    `json:"extension"`
	Width     int       `json:"width"`
	Height    int       `json:"height"`
	Meta      orderMeta `json:"meta"`
}

type orderMeta struct {
	RelatedImages []string `json:"related_images"`
}

// Order is CVAT's dataset manifest of the frames: uploaded next to the zip (inside it
// CVAT does not look), it makes sorting_method predefined keep the entries' order.
// Every frame needs its Width and Height.
func (z *Zip) Order() []byte {
	var b bytes.Buffer
	b.WriteString(`{"version":"1.1"}` + "\n" + `{"type":"images"}` + "\n")
	lines := json.NewEncoder(&b)
	lines.SetEscapeHTML(false)
	for _, e := range z.entries {
		if e.Context { // CVAT finds those by their places
			continue
		}
		ext := extension(e.Name)
		lines.Encode(orderLine{
			Name: strings.TrimSuffix(e.Name, ext), Extension: ext,
			Width: e.Width, Height: e.Height,
			Meta: orderMeta{RelatedImages: []string{}},
		})
	}
	return b.Bytes()
}

// extension splits as CVAT does, with Python's os.path.splitext: leading dots of
// the base name start no extension.
func extension(name string) string {
	return path.Ext(strings.TrimLeft(path.Base(name), "."))
}
