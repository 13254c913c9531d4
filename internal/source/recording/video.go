package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/index"
	"github.com/cvatplan/cvatplan/internal/remux"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/frame"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/video"
)

// VideoCodec tells by the first messages whether they are packets of a video that can be made a file of, and of
// which codec. What is an image, or cannot be read, is none.
func VideoCodec(ctx context.Context, b *bag.Bag, entries []bag.Entry) (remux.Codec, bool, error) {
	for _, e := range entries[:min(tried, len(entries))] {
		m, err := firstPacket(ctx, b, e)
		if ctx.Err() != nil {
			return "", false, ctx.Err()
		}
		if err != nil {
			continue
		}
		if _, packet := m.Packet(); packet {
			codec, known := remux.CodecOf(m.Format)
			return codec, known, nil
		}
		return "", false, nil
	}
	return "", false, nil
}

// firstPacket reads as much of a message as tells whether it is a packet, and its format: in Protobuf that
// is behind the payload.
func firstPacket(ctx context.Context, b *bag.Bag, e bag.Entry) (*rosimage.Message, error) {
	of := b.TopicOf(e)
	kind, _ := rosimage.Known(of.Type)
	if kind == rosimage.Raw || kind == rosimage.FoxgloveRaw || kind == rosimage.Video {
		return &rosimage.Message{Kind: kind}, nil
	}
	wire := rosimage.Wire(of.Encoding)
	if head, err := b.Head(ctx, e, rosimage.HeadSize); err == nil {
		m, err := rosimage.Peek(wire, kind, head)
		if err == nil {
			if _, packet := m.Packet(); m.Format != "" && len(m.Data) > 0 || !packet {
				m.Data = slices.Clone(m.Data)
				return m, nil
			}
		}
	}
	data, err := b.Read(ctx, e)
	if err != nil {
		return nil, err
	}
	return rosimage.Decode(wire, kind, data)
}

// A Video is a topic whose messages are packets of a video, as the [frame.Source] of one file that is made of them. Which
// frames it has only the messages themselves tell: they are read when that is first asked for, and once more each time that
// the file is. What they told is kept until Close, or until [Video.Settle] finds too much of it.
type Video struct {
	frame.Span
	cache  *Cache
	reader *reader
	store  store.Store
	name   string // the recording's, in the store
	topics []bag.Topic
	codec  remux.Codec
	log    bool // receive times are stamps

	known *knownVideo
	made  *movieSpool // nil: the recording is on this machine, and read again
}

var _ frame.Video = (*Video)(nil)

// A Scan is what the messages of a [Video] tell.
type Scan struct {
	*remux.Movie
	Stamps   []int64 // by frame number: the header's, or the receive time
	Received []int64 // by frame number: when its packet had been received, and those of all frames before it
	NoStamps int     // frames whose header has none

	entries []bag.Entry
	headers []rosimage.Header // by message
}

// NewVideo is the video of topics whose messages are of one codec. log takes the receive times for stamps. The recording
// stays open until Close.
func NewVideo(c *Cache, s store.Store, name string, topics []bag.Topic, codec remux.Codec, log bool) *Video {
	v := &Video{Span: frame.Span{Step: 1}, cache: c, reader: new(reader), store: s, name: name, topics: topics, codec: codec, log: log, known: new(knownVideo)}
	if !store.Here(s) {
		v.made = &movieSpool{dir: c.Options.TempDir}
	}
	c.expect(s.Path(name), v.reader)
	return v
}

// A knownVideo is what the messages told, to all who take some frames of one video.
type knownVideo struct {
	mu      sync.Mutex
	scan    *Scan
	settled int64 // bytes of it that count in the cache
	lost    bool  // the messages could not be read when a frame's origin was asked for: each other frame does not try again
}

// Scan reads all messages, unless they were read. The error is the recording's, or says why there is no video.
func (v *Video) Scan(ctx context.Context) (*Scan, error) {
	v.known.mu.Lock()
	defer v.known.mu.Unlock()
	if v.known.scan != nil {
		return v.known.scan, nil
	}
	err := v.cache.use(ctx, v.store, v.name, v.reader, func(b *bag.Bag) (err error) {
		v.known.scan, err = v.scan(ctx, b)
		return err
	})
	return v.known.scan, err
}

func (v *Video) scan(ctx context.Context, b *bag.Bag) (*Scan, error) {
	entries, err := Entries(ctx, b, v.topics)
	if err != nil {
		return nil, err
	}
	s := &Scan{entries: entries, headers: make([]rosimage.Header, len(entries))}
	packets, frameIDs := remux.NewScanner(v.codec), make(map[string]string)
	next := 0
	err = b.Messages(ctx, entries, func(e bag.Entry, data []byte) error {
		for ; !same(entries[next], e); next++ {
			packets.Damage(next, lost())
		}
		m, payload, err := v.packet(b, e, data)
		if err != nil {
			packets.Damage(next, err)
		} else {
			packets.Add(next, payload)
			s.headers[next] = m.Header
			s.headers[next].FrameID = intern(frameIDs, m.FrameID)
		}
		entries[next].PublishNS = e.PublishNS
		next++
		return nil
	})
	if err != nil {
		return nil, err
	}
	for ; next < len(entries); next++ {
		packets.Damage(next, lost())
	}
	if s.Movie, err = packets.Movie(); err != nil {
		return nil, err
	}
	s.stamp(v.log)
	return s, nil
}

// intern keeps one of equal texts.
func intern(seen map[string]string, text string) string {
	if _, ok := seen[text]; !ok {
		text = string([]byte(text)) // not a part of the message
		seen[text] = text
	}
	return seen[text]
}

// stamp gives each frame its time.
func (s *Scan) stamp(log bool) {
	s.Stamps, s.Received = make([]int64, len(s.Frames)), make([]int64, len(s.Frames))
	last := int64(math.MinInt64)
	for n, i := range s.Frames {
		last = max(last, s.entries[i].LogNS)
		s.Received[n] = last
		s.Stamps[n] = s.headers[i].StampNS
		if s.Stamps[n] == 0 && !log {
			s.NoStamps++
		}
		if log || s.Stamps[n] == 0 {
			s.Stamps[n] = s.entries[i].LogNS
		}
	}
}

// packet reads one message.
func (v *Video) packet(b *bag.Bag, e bag.Entry, data []byte) (*rosimage.Message, []byte, error) {
	of := b.TopicOf(e)
	kind, _ := rosimage.Known(of.Type)
	m, err := rosimage.Decode(rosimage.Wire(of.Encoding), kind, data)
	if err != nil {
		return nil, nil, err
	}
	payload, ok := m.Packet()
	if codec, _ := remux.CodecOf(m.Format); !ok || codec != v.codec && m.Format != "" {
		return nil, nil, fmt.Errorf("it is not a packet of %s (format %q)", v.codec, m.Format)
	}
	return m, payload, nil
}

// File is the MP4 that is made of the messages. On another machine they are fetched for it once, where the disk has room to keep it.
func (v *Video) File(ctx context.Context) (store.File, error) {
	s, err := v.Scan(ctx)
	if err != nil {
		return nil, err
	}
	made := s.Reader(func(i int) (payload []byte, err error) {
		err = v.cache.use(context.WithoutCancel(ctx), v.store, v.name, v.reader, func(b *bag.Bag) error {
			data, err := b.Read(ctx, s.entries[i])
			if err == nil {
				_, payload, err = v.packet(b, s.entries[i], data)
			}
			return err
		})
		return payload, err
	})
	if v.made != nil {
		made = v.made.over(made, s.Size())
	}
	return &movieFile{made, s.Size()}, nil
}

// FileSize is the size of the MP4 in bytes.
func (v *Video) FileSize(ctx context.Context) (int64, error) {
	s, err := v.Scan(ctx)
	if err != nil {
		return 0, err
	}
	return s.Size(), nil
}

// A movieFile is the file that a video is made to.
type movieFile struct {
	io.ReaderAt
	size int64
}

func (f *movieFile) Size() int64  { return f.size }
func (f *movieFile) Close() error { return nil }

// Where names the topic.
func (v *Video) Where(int) string { return v.store.Path(v.name) + ": " + v.topics[0].Name }

// Paths are the recording's files.
func (v *Video) Paths() []string { return Paths(v.store, v.name) }

// Origin is the message whose packet the frame is, and its number in the video; without the message where the recording cannot
// be read any more.
func (v *Video) Origin(i int) index.Record {
	n := v.Number(i)
	shown := int64(n) * 1e9 / remux.Rate
	r := index.Record{Topic: v.topics[0].Name, Index: &n, PTSNS: &shown, Encoding: string(v.codec)}
	s := v.told()
	if s == nil || n >= len(s.Frames) {
		return r
	}
	at := s.Frames[n]
	e := &s.entries[at]
	r.Message, r.LogNS, r.HeaderNS, r.StampNS, r.FrameID = &e.Seq, &e.LogNS, &s.headers[at].StampNS, &s.Stamps[n], s.headers[at].FrameID
	if e.PublishNS != 0 {
		r.PublishNS = &e.PublishNS
	}
	return r
}

// told is what the messages tell; nil where they cannot be read any more, which is found out once.
func (v *Video) told() *Scan {
	v.known.mu.Lock()
	lost := v.known.lost
	v.known.mu.Unlock()
	if lost {
		return nil
	}
	s, err := v.Scan(context.Background())
	if err != nil {
		v.known.mu.Lock()
		v.known.lost = true
		v.known.mu.Unlock()
		return nil
	}
	return s
}

// EachOf gives visit the messages of a topic, by receive time; found is false where the recording has no such topic.
func (v *Video) EachOf(ctx context.Context, topic string, visit func(bag.Topic, bag.Entry, []byte) error) (found bool, err error) {
	return v.cache.eachOf(ctx, v.store, v.name, topic, visit)
}

// Video is what is put together from the messages.
func (v *Video) Video() frame.Video { return v }

// Packets are none: they were looked into when they were put together.
func (v *Video) Packets(context.Context) (*video.File, error) { return nil, nil }

// Only is some of the frames.
func (v *Video) Only(kept []int) frame.Source {
	some := *v
	some.Span = v.Some(kept)
	return &some
}

// Settle is called when the task's frames are known: many recordings are scanned, and few of them sent. What the messages
// told is kept for the sending as long as that of all videos fits the cache, else it is read again where it is asked for.
func (v *Video) Settle() {
	v.known.mu.Lock()
	defer v.known.mu.Unlock()
	if v.known.scan == nil || v.known.settled > 0 {
		return
	}
	if size := v.known.scan.memory(); v.cache.keepScan(size) {
		v.known.settled = size
		return
	}
	v.known.scan = nil
}

// memory is about how many bytes a scan takes.
func (s *Scan) memory() int64 {
	const (
		message = 104 // its entry and header
		picture = 100 // in the movie, with its stamps and its row in the file's tables
	)
	return message*int64(len(s.entries)) + picture*int64(len(s.Frames))
}

// Close forgets what the messages told, and closes the recording unless another task reads it.
func (v *Video) Close() error {
	v.known.mu.Lock()
	v.cache.keepScan(-v.known.settled)
	v.known.scan, v.known.settled = nil, 0
	v.known.mu.Unlock()
	return errors.Join(v.made.close(), v.cache.done(v.store.Path(v.name), v.reader))
}
