package rosimage

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"time"
)

// A jsonImage is foxglove.RawImage, foxglove.CompressedImage and foxglove.CompressedVideo at once; the
// names are those of foxglove-sdk's schemas/jsonschema. FrameIDCamel is what
// Protobuf's own JSON writers make of frame_id.
type jsonImage struct {
	Timestamp    jsonTime `json:"timestamp"`
	FrameID      string   `json:"frame_id"`
	FrameIDCamel string   `json:"frameId"`
	Format       string   `json:"format"`
	Width        uint32   `json:"width"`
	Height       uint32   `json:"height"`
	Encoding     string   `json:"encoding"`
	Step         uint32   `json:"step"`
	Data         []byte   `json:"data"`
}

// A jsonTime is nanoseconds since 1970, written as {"sec","nsec"} (foxglove's
// JSON Schema), {"seconds","nanos"} (Protobuf's fields) or RFC 3339 (Protobuf's JSON).
type jsonTime int64

func (t *jsonTime) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		var at time.Time
		err := json.Unmarshal(b, &at)
		*t = jsonTime(at.UnixNano())
		return err
	}
	var v struct {
		Sec     int64 `json:"sec"`
		Nsec    int64 `json:"nsec"`
		Seconds int64 `json:"seconds"`
		Nanos   int64 `json:"nanos"`
	}
	err := json.Unmarshal(b, &v)
	*t = jsonTime((v.Sec+v.Seconds)*1e9 + v.Nsec + v.Nanos)
	return err
}

func parseJSON(k Kind, b []byte, partial bool) (*Message, error) {
	var v jsonImage
	err := json.Unmarshal(b, &v)
	if err == nil {
		return v.message(k), nil
	}
	if !partial {
		return nil, malformed("%w", err)
	}
	return peekJSON(k, b)
}

func (v *jsonImage) message(k Kind) *Message {
	frame := v.FrameID
	if frame == "" {
		frame = v.FrameIDCamel
	}
	return &Message{
		Header:   Header{StampNS: int64(v.Timestamp), FrameID: frame},
		Kind:     k,
		Encoding: v.Encoding,
		Width:    clampSize(v.Width),
		Height:   clampSize(v.Height),
		Step:     clampSize(v.Step),
		Format:   v.Format,
		Data:     v.Data,
	}
}

// peekJSON reads the members of an object that ends early, up to the one that is cut.
func peekJSON(k Kind, b []byte) (*Message, error) {
	var v jsonImage
	members := map[string]any{
		"timestamp": &v.Timestamp, "frame_id": &v.FrameID, "frameId": &v.FrameIDCamel, "format": &v.Format,
		"width": &v.Width, "height": &v.Height, "encoding": &v.Encoding, "step": &v.Step, "data": &v.Data,
	}
	stamped := false
	d := json.NewDecoder(bytes.NewReader(b))
	if _, err := d.Token(); err != nil {
		return nil, ErrShort
	}
	for d.More() {
		key, err := d.Token()
		name, ok := key.(string)
		if err != nil || !ok {
			break
		}
		into := members[name]
		if into == nil {
			into = new(json.RawMessage)
		}
		at := d.InputOffset()
		if err := d.Decode(into); err != nil {
			if name == "data" {
				v.Data = base64Start(b[at:])
			}
			break
		}
		stamped = stamped || name == "timestamp"
	}
	if !stamped {
		return nil, ErrShort
	}
	m := v.message(k)
	m.Partial = true
	return m, nil
}

// base64Start decodes what is there of a string that is cut, given from behind
// its key.
func base64Start(b []byte) []byte {
	b = bytes.TrimLeft(b, ": \t\r\n\"")
	out := make([]byte, base64.StdEncoding.DecodedLen(len(b)))
	n, _ := base64.StdEncoding.Decode(out, b[:len(b)&^3])
	return out[:n]
}
