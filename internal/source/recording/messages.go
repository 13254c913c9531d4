// Package recording makes frames of the image messages of recordings (ROS 1 bags, MCAP, rosbag2).
//
// Of many topics it knows which show the same picture ([Choose]); of the messages that a task takes it
// reads the first bytes, for stamp and format ([ReadHeaders]), and gives them as a [frame.Source]
// ([Messages]). Recordings stay open in a [Cache] while tasks read them.
package recording

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
)

// A Message is one image message that becomes a frame.
type Message struct {
	Entry   bag.Entry
	Index   int    // among all messages of the camera in the bag
	Stamp   int64  // ns: the header's, or the receive time
	Seq     int64  // of a ROS 1 header, else -1
	Ext     string // of the image file
	NoStamp bool   // the header's is 0

	kind   rosimage.Kind // of its own: one topic may hold several types
	wire   rosimage.Wire
	size   int64 // of the file, bytes; -1 until it was encoded
	pixels int64 // bytes of a raw image, at most; 0 of one that passes through
	file   int64 // bytes of the file that is made of it, at most
	work   int64 // bytes of memory that encoding it takes, in addition to the message and the file
}

// Unread are the kept entries as the index alone tells of them: the receive times replace stamps, and the format
// is that of the topic's first message, one of firsts.
func Unread(entries []bag.Entry, kept []int, firsts []Message) []Message {
	formats := make(map[string]Message, len(firsts))
	for _, m := range firsts {
		formats[m.Entry.Topic] = m
	}
	messages := make([]Message, len(kept))
	for i, k := range kept {
		m := formats[entries[k].Topic]
		m.Entry, m.Index, m.Stamp, m.Seq, m.size = entries[k], k, entries[k].LogNS, -1, -1
		messages[i] = m
	}
	return messages
}

// Messages is the [frame.Source] of a recording.
type Messages struct {
	cache    *Cache
	reader   *reader
	store    store.Store
	name     string // the recording's, in the store
	messages []Message
	encode   rosimage.Options
	spool    *spool
	keeps    bool // what passes through is spooled, too
	dropped  *dropCount
}

// NewMessages makes the source of messages, in this order. The recording stays open until Close.
func NewMessages(c *Cache, s store.Store, name string, messages []Message, o rosimage.Options) *Messages {
	m := &Messages{
		cache: c, reader: new(reader), store: s, name: name,
		messages: messages, encode: o, spool: &spool{dir: c.Options.TempDir}, dropped: new(dropCount),
	}
	c.expect(s.Path(name), m.reader)
	return m
}

// Where names the message: "run.bag: message 7 of /cam".
func (m *Messages) Where(i int) string {
	e := m.messages[i].Entry
	return fmt.Sprintf("%s: message %d of %s", m.store.Path(m.name), e.Seq, e.Topic)
}

// Origin is what the recording's own index says of the message.
func (m *Messages) Origin(i int) index.Record { return m.messages[i].origin() }

// Paths are the recording's files.
func (m *Messages) Paths() []string { return Paths(m.store, m.name) }

// Video is none.
func (m *Messages) Video() frame.Video { return nil }

// Only keeps some of the messages.
func (m *Messages) Only(kept []int) frame.Source {
	some := *m
	some.messages, some.spool, some.dropped = frame.Pick(m.messages, kept), &spool{dir: m.spool.dir}, new(dropCount)
	return &some
}

// EachOf gives visit the messages of a topic, by receive time; found is false where the recording has no such topic.
func (m *Messages) EachOf(ctx context.Context, topic string, visit func(bag.Topic, bag.Entry, []byte) error) (found bool, err error) {
	return m.cache.eachOf(ctx, m.store, m.name, topic, visit)
}

// eachOf gives visit the messages of a topic of a recording.
func (c *Cache) eachOf(ctx context.Context, s store.Store, name, topic string, visit func(bag.Topic, bag.Entry, []byte) error) (found bool, err error) {
	err = c.Use(ctx, s, name, func(b *bag.Bag) error {
		found = slices.ContainsFunc(b.Topics(), func(t bag.Topic) bool { return t.Name == topic })
		if !found {
			return nil
		}
		entries, err := b.Index(ctx, topic)
		if err != nil {
			return err
		}
		return b.Messages(ctx, entries, func(e bag.Entry, data []byte) error { return visit(b.TopicOf(e), e, data) })
	})
	return found, err
}

// Size is -1 of a message that is yet to be encoded.
func (m *Messages) Size(_ context.Context, i int) (int64, error) { return m.messages[i].size, nil }

// file makes the image file of a message; one that passes through is a part of it.
func (m *Messages) file(s Message, data []byte) ([]byte, error) {
	image, err := rosimage.Decode(s.wire, s.kind, data)
	if err != nil {
		return nil, unreadable(s, err)
	}
	file, ext, passes := image.Passthrough(m.encode)
	if !passes {
		b := bytes.NewBuffer(make([]byte, 0, s.file))
		ext, err = rosimage.Encode(b, image, m.encode)
		file = b.Bytes()
	}
	return file, s.expect(ext, err)
}

// expect is what is wrong with a message that was to become a file of another kind, or of none.
func (s Message) expect(ext string, err error) error {
	if err == nil && ext != s.Ext {
		err = fmt.Errorf("it is %s now and was %s", ext, s.Ext)
	}
	if err != nil {
		return unreadable(s, err)
	}
	return nil
}

// unreadable is what is wrong with a message that gives no image.
func unreadable(s Message, err error) diag.Diagnostic {
	var u *rosimage.UnsupportedError
	if errors.As(err, &u) {
		return diag.Diagnostic{
			Severity: diag.Error, Code: diag.CodeUnsupportedEncoding, Hint: u.Hint(),
			Text: fmt.Sprintf("encoding %s of topic %s is not read", wording.Safe(u.Encoding), s.Entry.Topic),
		}
	}
	return damaged(err)
}

// damaged is what is wrong with one message among others.
func damaged(err error) diag.Diagnostic {
	if errors.Is(err, rosimage.ErrNoPoints) {
		return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeEmptyImage, Text: err.Error(), Hint: diag.Do(diag.HintSkipImage)}
	}
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeCorruptImage, Text: err.Error(), Hint: diag.Do(diag.HintSkipImage)}
}

// byLog is the order in which the messages lie, so that each chunk is unpacked once.
func (m *Messages) byLog() []int {
	at := make([]int, len(m.messages))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int {
		x, y := m.messages[a].Entry, m.messages[b].Entry
		return cmp.Or(cmp.Compare(x.LogNS, y.LogNS), cmp.Compare(x.Seq, y.Seq), a-b)
	})
	return at
}

// read gives each message's bytes to visit, in the order in which they lie; they are
// its own only until it returns. missing is called for those that cannot be read; damage is
// what else is wrong with the recording there.
func (m *Messages) read(ctx context.Context, visit func(i int, e bag.Entry, data []byte), missing func(i int)) (damage []diag.Diagnostic, err error) {
	at := m.byLog()
	entries := make([]bag.Entry, len(at))
	for k, i := range at {
		entries[k] = m.messages[i].Entry
	}
	next := 0
	err = m.cache.use(ctx, m.store, m.name, m.reader, func(b *bag.Bag) error {
		before := b.Warnings()
		defer func() { damage = newDamage(before, b.Warnings()) }()
		return b.Messages(ctx, entries, func(e bag.Entry, data []byte) error {
			for ; !same(entries[next], e); next++ {
				missing(at[next])
			}
			visit(at[next], e, data)
			next++
			return nil
		})
	})
	for ; err == nil && next < len(at); next++ {
		missing(at[next])
	}
	return damage, err
}

// newDamage is what reading found that was not known before, but for lost messages that nothing brings back: each is told by itself.
func newDamage(before, after []bag.Warning) []diag.Diagnostic {
	var list []diag.Diagnostic
	for _, w := range after {
		if w.Messages > 0 && w.Hint == (diag.Hint{}) || slices.Contains(before, w) {
			continue
		}
		list = append(list, diag.Diagnostic{Severity: diag.Warning, Code: diag.CodeDamagedBag, Text: wording.Safe(w.String()), Hint: w.Hint})
	}
	return list
}

func same(a, b bag.Entry) bool { return a.Topic == b.Topic && a.Seq == b.Seq && a.LogNS == b.LogNS }

// Close gives up the spool, and the recording unless another task reads it.
func (m *Messages) Close() error {
	return errors.Join(m.spool.close(), m.cache.done(m.store.Path(m.name), m.reader))
}

// Paths are the paths of the files that a recording consists of, or its own if it cannot be listed.
func Paths(s store.Store, name string) []string {
	entries, err := s.List(context.Background(), name)
	if err != nil {
		return []string{s.Path(name)}
	}
	var files []string
	for _, e := range entries {
		if !e.IsDir() && e.Name()[0] != '.' {
			files = append(files, s.Path(name+"/"+e.Name()))
		}
	}
	slices.Sort(files)
	return files
}
