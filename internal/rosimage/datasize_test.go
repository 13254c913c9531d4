package rosimage

import (
	"encoding/binary"
	"testing"
)

// A plan tells how much is to be uploaded from the messages' first bytes.
func TestAPartialMessageTellsTheSizeOfItsPayload(t *testing.T) {
	le := binary.LittleEndian
	ros1 := le.AppendUint32(make([]byte, 16), 4) // seq, stamp, no frame_id; then format
	ros1 = append(le.AppendUint32(append(ros1, "jpeg"...), 5000), "\xff\xd8\xff"...)
	proto := append([]byte("\x0a\x02\x08\x01\x12\x88\x27"), "\xff\xd8\xff"...) // stamp 1 s, 5000 bytes
	for name, tt := range map[string]struct {
		wire Wire
		kind Kind
		head []byte
	}{"ROS 1": {ROS1, Compressed, ros1}, "Protobuf": {Protobuf, FoxgloveCompressed, proto}} {
		m, err := Peek(tt.wire, tt.kind, tt.head)
		if err != nil || !m.Partial || m.DataSize != 5000 || len(m.Data) != 3 {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}
