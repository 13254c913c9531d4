package source

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"sync"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
)

// each reads the messages in the order in which they lie. Payloads that pass through
// are looked at where they are; others are encoded on all cores, and spooled, unless
// only headers are asked for.
func (m *messages) each(ctx context.Context, part part, visit func(int, opened, error)) {
	if err := m.prepare(part); err != nil {
		m.all(visit, err)
		return
	}
	jobs := newEncoders(func(i int, data []byte) { m.encoded(i, data, visit) })
	err := m.read(ctx, func(i int, _ bag.Entry, data []byte) {
		if m.shots[i].pixels > 0 && part == whole {
			jobs.do(i, slices.Clone(data))
			return
		}
		m.passed(i, data, part, visit)
	}, func(i int) { visit(i, opened{}, lostMessage()) })
	jobs.wait()
	if err != nil && ctx.Err() == nil {
		m.all(visit, err)
	}
}

// lostMessage is the fault of a message that the container no longer gives.
func lostMessage() *imageheader.Fault {
	return &imageheader.Fault{Code: diag.CodeUnreadableMessage, Text: "the recording is damaged there"}
}

// all says of each frame the same.
func (m *messages) all(visit func(int, opened, error), err error) {
	for i := range m.shots {
		visit(i, opened{}, err)
	}
}

// prepare makes the spool, if something will be encoded.
func (m *messages) prepare(part part) error {
	var need int64
	for _, s := range m.shots {
		need += s.pixels
	}
	if need == 0 || part == headers {
		return nil
	}
	return m.spool.reserve(need)
}

// passed visits a message whose payload is the file; of one that is to be encoded it
// looks only whether that can be done.
func (m *messages) passed(i int, data []byte, part part, visit func(int, opened, error)) {
	s := m.shots[i]
	if s.pixels > 0 && part == headers {
		known, err := m.look(s, data)
		visit(i, opened{known: known}, err)
		return
	}
	file, err := m.file(s, data)
	if err != nil {
		visit(i, opened{}, err)
		return
	}
	visit(i, openedBytes(file), nil)
}

// look decodes a message without encoding it.
func (m *messages) look(s shot, data []byte) (*imageheader.Header, error) {
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err == nil {
		_, err = image.Ext(m.encode)
	}
	if err != nil {
		return nil, unreadableMessage(s, err)
	}
	return &imageheader.Header{Width: image.Width, Height: image.Height}, nil
}

// encoded encodes one message and spools the file.
func (m *messages) encoded(i int, data []byte, visit func(int, opened, error)) {
	file, err := m.file(m.shots[i], data)
	if err == nil {
		err = m.spool.add(m.shots[i].entry, file)
	}
	if err != nil {
		visit(i, opened{}, err)
		return
	}
	o := openedBytes(file)
	h, err := imageheader.Read(bytes.NewReader(file), o.size, "")
	o.known = &h
	visit(i, o, err)
}

// encoders run on all cores; as many messages are in memory, and no more.
type encoders struct {
	f     func(i int, data []byte)
	slots chan struct{}
	group sync.WaitGroup
	crash crash.Relay
}

func newEncoders(f func(int, []byte)) *encoders {
	return &encoders{f: f, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// do waits for a free core and goes on.
func (e *encoders) do(i int, data []byte) {
	e.slots <- struct{}{}
	e.group.Go(func() {
		defer func() { <-e.slots }()
		e.crash.Guard(func() { e.f(i, data) })
	})
}

// wait ends when all are done; a panic of one comes out here.
func (e *encoders) wait() {
	e.group.Wait()
	e.crash.Rethrow()
}
