package source

import (
	"context"
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// trace reads the messages in the order in which they lie, and encodes on all cores. Nothing is spooled.
func (m *messages) trace(ctx context.Context, visit func(int, index.Record, opened, error)) {
	published := make([]int64, len(m.shots))
	jobs := newEncoders(func(i int, data []byte) { m.traceOne(i, published[i], data, visit) })
	err := m.read(ctx, func(i int, e bag.Entry, data []byte) {
		published[i] = e.PublishNS
		if m.shots[i].pixels > 0 {
			jobs.do(i, slices.Clone(data))
			return
		}
		m.traceOne(i, e.PublishNS, data, visit)
	}, func(i int) { visit(i, index.Record{}, opened{}, lostMessage()) })
	jobs.wait()
	if err != nil && ctx.Err() == nil {
		m.all(func(i int, o opened, err error) { visit(i, index.Record{}, o, err) }, err)
	}
}

// traceOne makes the record and the file of a message.
func (m *messages) traceOne(i int, published int64, data []byte, visit func(int, index.Record, opened, error)) {
	s := m.shots[i]
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err != nil {
		visit(i, index.Record{}, opened{}, unreadableMessage(s, err))
		return
	}
	from := s.record(image)
	from.Encoding = image.Info(m.encode).Encoding
	if published != 0 {
		from.PublishNS = &published
	}
	file, err := m.file(s, data)
	visit(i, from, openedBytes(file), err)
}

// record is where a message lies on the recording's time line.
func (s shot) record(image *rosimage.Message) index.Record {
	r := s.origin()
	r.HeaderNS, r.FrameID = &image.StampNS, image.FrameID
	return r
}

// origin is what the recording's index says of a message.
func (s shot) origin() index.Record {
	r := index.Record{Topic: s.entry.Topic, Message: &s.entry.Seq, Index: &s.index, LogNS: &s.entry.LogNS, StampNS: &s.stamp}
	if s.seq >= 0 {
		r.Seq = &s.seq
	}
	return r
}

func (m *messages) origin(i int) index.Record { return m.shots[i].origin() }
