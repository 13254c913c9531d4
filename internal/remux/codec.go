package remux

import (
	"encoding/binary"
	"maps"
	"slices"
)

// A unit is one access unit of a message: the packets of one picture, or those that stand after the last one.
type unit struct {
	pieces  [][]byte // NAL units or OBUs, as parts of the message, without those that a file does not hold
	picture bool     // it has one
	begins  bool     // from its begin on
	ends    bool     // the sequence ends behind it
}

// A picture is what the header of an access unit tells.
type picture struct {
	width, height int
	key           bool  // decoding can start here
	starts        bool  // order counts from the start again from here on
	closed        bool  // of a key frame: nothing behind it needs what came before it
	order         int32 // of presentation
	lost          bool  // it needs a picture that was not received
	concealed     bool  // of one that is lost: FFmpeg's decoder makes up what is missing
	back          bool  // FFmpeg's decoder takes it for one that should have been shown before one that was
	repeated      bool  // its header is that of a picture that was received before
	leading       bool  // it is shown before the key frame at which decoding started, and needs what came before that
	hidden        bool  // it is decoded but never shown
	borrowed      bool  // it only shows a picture that was decoded before
	splice        bool  // decoding starts here, though the picture itself does not say so
}

// A codec reads the headers of one video. It sees each unit once, in order, whether it is taken or not.
type codec interface {
	// split cuts a message into units. An error is a message that is damaged.
	split(payload []byte) ([]unit, error)
	// learn takes the unit's parameter sets.
	learn(u unit)
	// look reads the header of the unit's picture. starting says that decoding would start with it. An error
	// is a damaged unit, or an [*UnsupportedError].
	look(u unit, starting bool) (picture, error)
	// accept says that the unit of the last look is taken.
	accept()
	// entry describes the video by its first picture.
	entry(p picture) (entry, error)
	// set tells whether a piece is a parameter set, and which.
	set(piece []byte) (setKey, bool)
	// all are the parameter sets as the stream has them by now.
	all() sets
	// length is what is before a piece in the file.
	length(piece []byte) []byte
	// spliced is a piece of a unit at which decoding starts.
	spliced(piece []byte) []byte
}

// A setKey is a parameter set's place: a later one takes an earlier one's.
type setKey struct{ kind, id uint8 }

// sets are parameter sets, whole.
type sets map[setKey]string

func (s sets) keys() []setKey {
	return slices.SortedFunc(maps.Keys(s), func(a, b setKey) int {
		return (int(a.kind)<<8 | int(a.id)) - (int(b.kind)<<8 | int(b.id))
	})
}

// of are the sets of one kind, by their numbers.
func (s sets) of(kind uint8) (list [][]byte) {
	for _, k := range s.keys() {
		if k.kind == kind {
			list = append(list, []byte(s[k]))
		}
	}
	return list
}

// nalLength is what comes before a NAL unit in the file.
func nalLength(nal []byte) []byte { return binary.BigEndian.AppendUint32(nil, uint32(len(nal))) }
