package dataset

import (
	"cmp"
	"io"

	"github.com/foxglove/mcap/go/mcap"

	"github.com/cvatplan/cvatplan/pkg/cvat"
)

// MCAP writes a recording to be opened together with the one that the frames come from: foxglove.ImageAnnotations on
// /{camera}/annotations, at the frames' stamps, an empty one where nothing is drawn. Frames without a time, and point
// clouds, have no place in it.
func MCAP(w io.Writer, s Set) (Lost, error) {
	schema, err := imageAnnotationsSchema()
	if err != nil {
		return nil, err
	}
	out, err := mcap.NewWriter(w, &mcap.WriterOptions{Chunked: true, ChunkSize: 1 << 20, Compression: mcap.CompressionZSTD, IncludeCRC: true, OverrideLibrary: true})
	if err != nil {
		return nil, err
	}
	if err := out.WriteHeader(&mcap.Header{Library: "cvatplan"}); err != nil {
		return nil, err
	}
	if err := out.WriteSchema(&mcap.Schema{ID: 1, Name: imageAnnotations, Encoding: "protobuf", Data: schema}); err != nil {
		return nil, err
	}
	lost, err := mcapMessages(out, s)
	if err == nil {
		err = out.Close()
	}
	return lost, err
}

func mcapMessages(out *mcap.Writer, s Set) (Lost, error) {
	labels := map[string]cvat.Label{}
	for _, l := range s.Labels.All {
		labels[l.Name] = l
	}
	lost := Lost{}
	channels := map[string]uint16{}
	sequence := map[uint16]uint32{}
	for f, err := range s.Frames {
		if err != nil {
			return lost, err
		}
		if f.StampNS == nil || *f.StampNS < 0 {
			lost["frame without a time"]++
			continue
		}
		if f.ThreeD {
			lost["point cloud"]++
			continue
		}
		topic := "/" + cmp.Or(f.Camera, "camera") + "/annotations"
		channel, known := channels[topic]
		if !known {
			channel = uint16(len(channels) + 1)
			channels[topic] = channel
			if err := out.WriteChannel(&mcap.Channel{ID: channel, SchemaID: 1, Topic: topic, MessageEncoding: "protobuf"}); err != nil {
				return lost, err
			}
		}
		at := uint64(*f.StampNS)
		err := out.WriteMessage(&mcap.Message{ChannelID: channel, Sequence: sequence[channel], LogTime: at, PublishTime: at, Data: draw(f, labels)})
		if err != nil {
			return lost, err
		}
		sequence[channel]++
	}
	return lost, nil
}
