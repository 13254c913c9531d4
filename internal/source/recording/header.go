package recording

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// Entries lists the topics' messages of images, or of point clouds where these are topics of such, by the times of receipt. What other types hold under the
// same names is left out.
func Entries(ctx context.Context, b *bag.Bag, topics []bag.Topic) ([]bag.Entry, error) {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	entries, err := b.Index(ctx, names...)
	known := rosimage.Known
	if len(topics) > 0 && holdsClouds(topics[0]) {
		known = rosimage.KnownCloud
	}
	return slices.DeleteFunc(entries, func(e bag.Entry) bool {
		_, ok := known(b.TopicOf(e).Type)
		return !ok
	}), err
}

// Headers are what the first bytes of messages tell.
type Headers struct {
	Messages []Message
	Bad      []diag.Diagnostic // one for each message that gives no image; once a topic, if no message of it is of an encoding that is read
}

// ReadHeaders reads the first bytes of the kept entries, the few messages whole for which they do not
// suffice. log takes the receive times for stamps. What the recording no longer gives is left out.
func ReadHeaders(ctx context.Context, b *bag.Bag, path string, entries []bag.Entry, kept []int, o rosimage.Options, log bool) (Headers, error) {
	h := headerReader{bag: b, path: path, encode: o, log: log, good: make(map[string]bool)}
	err := h.read(ctx, entries, kept)
	h.report()
	return h.Headers, err
}

// A headerReader reads the first bytes of messages.
type headerReader struct {
	Headers
	bag    *bag.Bag
	path   string
	encode rosimage.Options
	log    bool            // the receive time is the stamp
	good   map[string]bool // topics with a message that is read
	bad    []badMessage
}

// A badMessage gives no image.
type badMessage struct {
	Message
	err error
}

func (h *headerReader) read(ctx context.Context, entries []bag.Entry, kept []int) error {
	chosen := frame.Pick(entries, kept)
	next, long := 0, []int(nil)
	err := h.bag.Heads(ctx, chosen, rosimage.HeadSize, func(e bag.Entry, head []byte) error {
		for !same(chosen[next], e) {
			next++
		}
		m := h.message(e, kept[next])
		next++
		decode := rosimage.Peek
		if len(head) < rosimage.HeadSize { // it is the whole message
			decode = rosimage.Decode
		}
		if errors.Is(h.add(m, head, decode), rosimage.ErrShort) {
			long = append(long, m.Index)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return h.readWhole(ctx, entries, long)
}

// readWhole reads the few messages whose first bytes do not tell enough.
func (h *headerReader) readWhole(ctx context.Context, entries []bag.Entry, long []int) error {
	next := 0
	return h.bag.Messages(ctx, frame.Pick(entries, long), func(e bag.Entry, data []byte) error {
		for !same(entries[long[next]], e) {
			next++
		}
		h.add(h.message(e, long[next]), data, rosimage.Decode)
		next++
		return nil
	})
}

// message is one of which only the index entry is known.
func (h *headerReader) message(e bag.Entry, index int) Message {
	t := h.bag.TopicOf(e)
	kind, known := rosimage.Known(t.Type)
	if !known {
		kind, _ = rosimage.KnownCloud(t.Type)
	}
	return Message{Entry: e, kind: kind, wire: rosimage.Wire(t.Encoding), Index: index, Seq: -1, size: -1}
}

type decode func(rosimage.Wire, rosimage.Kind, []byte) (*rosimage.Message, error)

// add makes a message of its bytes; ErrShort asks for more of them.
func (h *headerReader) add(m Message, b []byte, decode decode) error {
	image, err := decode(m.wire, m.kind, b)
	if err == nil {
		m.Ext, err = image.Ext(h.encode)
	}
	if errors.Is(err, rosimage.ErrShort) {
		return err
	}
	if err != nil {
		h.bad = append(h.bad, badMessage{m, err})
		return nil
	}
	h.good[m.Entry.Topic] = true
	if m.wire == rosimage.ROS1 {
		m.Seq = int64(image.Seq)
	}
	m.Stamp, m.NoStamp = image.StampNS, image.StampNS == 0
	if h.log || m.NoStamp {
		m.Stamp = m.Entry.LogNS
	}
	m.measure(image, h.encode)
	h.Messages = append(h.Messages, m)
	return nil
}

// report says what is wrong with the bad messages. An encoding that is not read is its topic's,
// and reported once, unless the topic has messages that are read: then the message is damaged.
func (h *headerReader) report() {
	said := make(map[string]bool)
	for _, b := range h.bad {
		d := unreadable(b.Message, b.err)
		if d.Code == diag.CodeUnsupportedEncoding && !h.good[b.Entry.Topic] {
			if said[d.Text] {
				continue
			}
			said[d.Text] = true
		} else {
			d = damaged(b.err)
			d.Text = fmt.Sprintf("message %d of %s: %s", b.Entry.Seq, wording.Safe(b.Entry.Topic), wording.Safe(d.Text))
		}
		d.Text = wording.Safe(h.path) + ": " + d.Text
		h.Bad = append(h.Bad, d)
	}
}

// measure notes how large the file will be: exactly, where the payload is the file and
// says its length; else at most.
func (m *Message) measure(image *rosimage.Message, o rosimage.Options) {
	size := max(image.DataSize, len(image.Data))
	whole := *image
	whole.Partial = false
	if file, _, passes := whole.Passthrough(o); passes {
		if len(file) == len(image.Data) && (image.DataSize > 0 || !image.Partial) {
			m.size = int64(size)
		}
		return
	}
	m.pixels = int64(max(size, image.Step*image.Height, 1))
	m.pixels += m.pixels/64 + 4096
	m.file, m.work = whole.MaxFile(o), whole.Work(o)
}
