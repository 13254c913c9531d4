package recording

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/crash"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/memory"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/choose"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
)

type visitor = func(int, frame.Opened, error)

// Each reads the messages in the order in which they lie. Payloads that pass through
// are looked at where they are; others are encoded on all cores, unless only headers are asked for,
// and spooled for Open, unless they are traced. What is to be seen is visited on all cores.
func (m *Messages) Each(ctx context.Context, part frame.Part, visit visitor) []diag.Diagnostic {
	if err := m.prepare(part); err != nil {
		m.all(visit, err)
		return nil
	}
	published := make([]int64, len(m.messages))
	one := func(i int, data []byte) { m.visit(i, published[i], data, part, visit) }
	jobs := newEncoders(ctx, m.cache.Options.Memory, one)
	damage, err := m.read(ctx, func(i int, e bag.Entry, data []byte) {
		published[i] = e.PublishNS
		work, err := m.work(m.messages[i], data, part)
		switch {
		case err != nil:
			visit(i, frame.Opened{}, err)
		case work == atHand:
			one(i, data)
		default:
			jobs.do(i, data, work)
		}
	}, func(i int) { visit(i, frame.Opened{}, lost()) })
	jobs.wait()
	if err != nil && ctx.Err() == nil {
		m.all(visit, err)
	}
	return append(damage, m.dropped.notes()...)
}

// atHand is the work of a message that is taken as it is.
const atHand = -1

// work is how many bytes of memory a message takes in addition to itself, or atHand.
func (m *Messages) work(s Message, data []byte, part frame.Part) (int64, error) {
	switch {
	case part == frame.Seen && s.pixels > 0:
		image, err := m.checked(s, data)
		if err != nil {
			return 0, err
		}
		return image.PixelBytes(m.encode), nil
	case part == frame.Seen:
		o, err := m.passed(s, data)
		if err != nil {
			return 0, err
		}
		return choose.Cost(o, o.Size, "")
	case s.pixels > 0 && part == frame.Whole:
		return s.work, nil
	case s.pixels > 0 && part == frame.Traced: // the file is in memory
		return s.work + s.file, nil
	}
	return atHand, nil
}

// lost is what is said of a message that the container no longer gives.
func lost() diag.Diagnostic {
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeUnreadableMessage, Text: "the recording is damaged there"}
}

// all says of each frame the same.
func (m *Messages) all(visit visitor, err error) {
	for i := range m.messages {
		visit(i, frame.Opened{}, err)
	}
}

// prepare makes the spool, if something will be encoded and kept, or is fetched from another machine's store: that is not to
// be fetched twice, unless the disk has no room for it.
func (m *Messages) prepare(part frame.Part) error {
	if part != frame.Whole {
		return nil
	}
	var encoded, passing int64
	here := store.Here(m.store)
	m.keeps = false
	for _, s := range m.messages {
		encoded += s.pixels
		if !here && s.pixels == 0 {
			passing += max(s.size, 0)
			m.keeps = true
		}
	}
	if m.keeps = m.keeps && m.spool.reserve(encoded+passing) == nil; m.keeps {
		return nil
	}
	if encoded == 0 {
		return nil
	}
	return m.spool.reserve(encoded)
}

// visit makes of one message what the part asks for.
func (m *Messages) visit(i int, published int64, data []byte, part frame.Part, visit visitor) {
	s := m.messages[i]
	var o frame.Opened
	var err error
	switch {
	case part == frame.Seen && s.pixels > 0:
		o, err = m.seen(s, data)
	case part == frame.Header && s.pixels > 0:
		o.Known, err = m.look(s, data)
	case part == frame.Whole && s.pixels > 0:
		o, err = m.spooled(s, data)
	case part == frame.Traced:
		o, err = m.traced(s, published, data)
	default:
		o, err = m.passed(s, data)
		o.Granted = part == frame.Seen
		if m.keeps && err == nil && part == frame.Whole {
			m.keep(s, o)
		}
	}
	visit(i, o, err)
}

// passed is a message whose payload is the file.
func (m *Messages) passed(s Message, data []byte) (frame.Opened, error) {
	file, err := m.file(s, data)
	if err != nil {
		return frame.Opened{}, err
	}
	return frame.OpenedBytes(file), nil
}

// keep spools what was fetched from another machine's store. What cannot be kept is fetched again.
func (m *Messages) keep(s Message, o frame.Opened) {
	_ = m.spool.add(s.Entry, o.Size, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(o.ReaderAt, 0, o.Size))
		return err
	})
}

// seen is a message's pixels.
func (m *Messages) seen(s Message, data []byte) (frame.Opened, error) {
	message, err := rosimage.Decode(s.wire, s.kind, data)
	if err != nil {
		return frame.Opened{}, unreadable(s, err)
	}
	pixels, err := message.Pixels(m.encode)
	if err != nil {
		return frame.Opened{}, unreadable(s, err)
	}
	return frame.Opened{Image: pixels, Size: int64(len(message.Data))}, nil
}

// look decodes a message as far as encoding it could fail.
func (m *Messages) look(s Message, data []byte) (*imageheader.Header, error) {
	image, err := m.checked(s, data)
	if err != nil {
		return nil, err
	}
	if image.Cloud != nil {
		return m.cloudSize(image), nil
	}
	return &imageheader.Header{Width: image.Width, Height: image.Height}, nil
}

// checked decodes a message that can be encoded.
func (m *Messages) checked(s Message, data []byte) (*rosimage.Message, error) {
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err == nil {
		err = image.Check(m.encode)
	}
	if err != nil {
		return nil, unreadable(s, err)
	}
	return image, nil
}

// spooled encodes one message to the spool, without the file ever being in memory.
func (m *Messages) spooled(s Message, data []byte) (frame.Opened, error) {
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err != nil {
		return frame.Opened{}, unreadable(s, err)
	}
	err = m.spool.add(s.Entry, s.file, func(w io.Writer) error {
		ext, err := rosimage.Encode(w, image, m.encode)
		return s.expect(ext, err)
	})
	if err != nil {
		return frame.Opened{}, err
	}
	file, _ := m.spool.open(s.Entry)
	if image.Cloud != nil {
		return frame.Opened{Reader: file, ReaderAt: file, Size: file.Size(), Known: m.cloudSize(image)}, nil
	}
	h, err := imageheader.Read(file, file.Size(), "")
	return frame.Opened{Reader: file, ReaderAt: file, Size: file.Size(), Known: &h}, err
}

// traced is a message's file, and where on the recording's time line it is from.
func (m *Messages) traced(s Message, published int64, data []byte) (frame.Opened, error) {
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err != nil {
		return frame.Opened{}, unreadable(s, err)
	}
	from := s.record(image)
	from.Encoding = image.Info(m.encode).Encoding
	if published != 0 {
		from.PublishNS = &published
	}
	o, err := m.passed(s, data)
	if o.From = from; err == nil && image.Cloud != nil {
		o.Known = m.cloudSize(image)
	}
	return o, err
}

// cloudSize is the size of a point cloud that was made a file of; the points that the file lacks are counted.
func (m *Messages) cloudSize(cloud *rosimage.Message) *imageheader.Header {
	points, dropped, _ := cloud.Points(m.encode) // or it would be no file
	m.dropped.add(dropped)
	return &imageheader.Header{Width: points, Height: 1}
}

// A dropCount is how many points of how many clouds were left out.
type dropCount struct{ points, clouds atomic.Int64 }

func (d *dropCount) add(points int) {
	if points > 0 {
		d.points.Add(int64(points))
		d.clouds.Add(1)
	}
}

// notes says what was left out.
func (d *dropCount) notes() []diag.Diagnostic {
	clouds := d.clouds.Swap(0)
	points := d.points.Swap(0)
	if clouds == 0 {
		return nil
	}
	return []diag.Diagnostic{{Severity: diag.Note, Code: diag.CodeDroppedPoints, Text: fmt.Sprintf(
		"left out: %s of %s, which have no place (x, y or z is not a finite number)", wording.Count(int(points), "point", "points"), wording.Count(int(clouds), "point cloud", "point clouds"))}}
}

// record is where a message lies on the recording's time line.
func (s Message) record(image *rosimage.Message) index.Record {
	r := s.origin()
	r.HeaderNS, r.FrameID = &image.StampNS, image.FrameID
	return r
}

// origin is what the recording's index says of a message.
func (s Message) origin() index.Record {
	r := index.Record{Topic: s.Entry.Topic, Message: &s.Entry.Seq, Index: &s.Index, LogNS: &s.Entry.LogNS, StampNS: &s.Stamp}
	if s.Seq >= 0 {
		r.Seq = &s.Seq
	}
	return r
}

// encoders run on all cores, as far as the memory that is shared with other tasks goes.
type encoders struct {
	ctx    context.Context
	memory *memory.Budget
	f      func(i int, data []byte)
	slots  chan struct{}
	group  sync.WaitGroup
	crash  crash.Relay
}

func newEncoders(ctx context.Context, b *memory.Budget, f func(int, []byte)) *encoders {
	return &encoders{ctx: ctx, memory: b, f: f, slots: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// do waits for a free core, and for memory for a copy of the message and for the work of
// encoding it, and goes on. A message that is too large for a copy is encoded
// where it is. It does nothing once ctx has ended.
func (e *encoders) do(i int, data []byte, work int64) {
	e.slots <- struct{}{}
	size := memory.Buffer(int64(len(data)), work)
	inPlace := size.Buffer > e.memory.Limit()/4
	if inPlace {
		size = memory.Size{Bytes: work}
	}
	granted, err := e.memory.Wait(e.ctx, size)
	if err != nil {
		<-e.slots
		return
	}
	if inPlace {
		defer func() { granted.Done(nil); <-e.slots }()
		e.crash.Guard(func() { e.f(i, data) })
		return
	}
	own := granted.Buf
	if own == nil {
		own = make([]byte, memory.Round(int64(len(data))))
	}
	n := copy(own[:cap(own)], data)
	e.group.Go(func() {
		defer func() { granted.Done(own); <-e.slots }()
		e.crash.Guard(func() { e.f(i, own[:n]) })
	})
}

// wait ends when all are done; a panic of one comes out here.
func (e *encoders) wait() {
	e.group.Wait()
	e.crash.Rethrow()
}
