package survey

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/advice"
	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/remux"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/imageheader"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A Topic is one of a recording, and what its first message tells.
type Topic struct {
	Name, Type string
	Encoding   string // of the messages: "ros1", "cdr", "protobuf", "json"
	Count      int
	First      int64 // receive times, ns since 1970; 0 if Count is
	Last       int64

	Cloud  bool          // the type holds point clouds
	Image  bool          // the type holds images
	Size   int           // of the first message, in bytes
	Stamp  int64         // of the first message's header, ns; 0: frames are named by their receive times
	Frame  string        // its frame_id
	Pixels rosimage.Info // what is in it; Problem says why a manifest cannot use the topic

	Suggestion // of a usable topic
}

// Usable reports whether a manifest could make frames of the topic.
func (t Topic) Usable() bool { return t.Image && t.Count > 0 && t.Pixels.Problem == nil }

// Rate is the messages per second between the first and the last; 0 is not known.
func (t Topic) Rate() float64 {
	if t.Count < 2 || t.Last <= t.First {
		return 0
	}
	return float64(t.Count-1) / (float64(t.Last-t.First) / 1e9)
}

func lookIntoRecording(ctx context.Context, path string, kind bag.Kind, o Options) (Bag, error) {
	in, name := store.Split(path)
	b, err := bag.Open(ctx, in, name, bag.Options{Strict: o.Strict, Memory: o.Memory})
	if err != nil {
		return Bag{}, err
	}
	defer b.Close()
	found := Bag{Path: path, Kind: kind, Bytes: sizeOf(ctx, path)}
	for _, t := range b.Topics() {
		found.add(t)
	}
	if err := found.firstMessages(ctx, b, o); err != nil {
		return Bag{}, err
	}
	found.Cameras = suggest(found.Topics)
	found.Notes = append(found.Notes, b.Notes()...)
	pointers := pointersIn(ctx, in, b)
	for _, w := range b.Warnings() {
		if p, ok := pointers[w.File]; ok {
			found.Notes = append(found.Notes, p)
			continue
		}
		found.Notes = append(found.Notes, advice.After(w.String(), w.Hint))
	}
	return found, nil
}

// pointersIn says of each file of the recording that version control left a pointer of, by its path.
func pointersIn(ctx context.Context, in store.Store, b *bag.Bag) map[string]string {
	found := map[string]string{}
	for _, f := range b.Unread() {
		head, err := store.Head(ctx, in, f.Name, content.MaxPointer)
		if code, pointer := content.Pointer(head); err == nil && code != "" {
			path := in.Path(f.Name)
			found[path] = fmt.Sprintf("%s: is %s, not the recording; fetch the file with %s", path, pointer, fetch[code])
		}
	}
	return found
}

// sizeOf adds up a recording's files.
func sizeOf(ctx context.Context, path string) int64 {
	in := store.At(path)
	info, err := in.Stat(ctx, ".")
	if err == nil && !info.IsDir() {
		return info.Size()
	}
	var total int64
	entries, _ := in.List(ctx, ".")
	for _, e := range entries {
		if info, err := in.Stat(ctx, e.Name()); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	return total
}

func (b *Bag) add(t bag.Topic) {
	_, image := rosimage.Known(t.Type)
	_, cloud := rosimage.KnownCloud(t.Type)
	b.Topics = append(b.Topics, Topic{
		Name: t.Name, Type: t.Type, Encoding: t.Encoding,
		Count: t.Count, First: t.First, Last: t.Last, Image: image, Cloud: cloud,
	})
	b.Messages += t.Count
	if t.Count == 0 {
		return
	}
	if b.First == 0 || t.First < b.First {
		b.First = t.First
	}
	b.Last = max(b.Last, t.Last)
}

// firstMessages reads one message of each image topic; under [Options].Strict it reads all messages,
// so that damage anywhere is found.
func (b *Bag) firstMessages(ctx context.Context, in *bag.Bag, o Options) error {
	var names []string
	for _, t := range imageTopics(b.Topics) {
		names = append(names, t.Name)
	}
	if len(names) == 0 && !o.Strict {
		return nil
	}
	if o.Strict {
		names = nil // all
	}
	entries, err := in.Index(ctx, names...)
	if err != nil {
		return err
	}
	byTopic, seen := map[topicKey][]bag.Entry{}, map[topicKey]int{}
	for _, e := range entries {
		of := in.TopicOf(e)
		key := topicKey{e.Topic, of.Type, of.Encoding}
		if tries(seen[key], of.Count) {
			byTopic[key] = append(byTopic[key], e)
		}
		seen[key]++
	}
	for i := range b.Topics {
		t := &b.Topics[i]
		bad, err := t.readFirst(ctx, in, byTopic[topicKey{t.Name, t.Type, t.Encoding}])
		if err != nil && o.Strict {
			return err
		}
		if bad != nil {
			b.Notes = append(b.Notes, fmt.Sprintf("%s: %s", t.Name, bad))
		}
	}
	if !o.Strict {
		return ctx.Err()
	}
	return in.Messages(ctx, entries, func(bag.Entry, []byte) error { return nil })
}

// Of a topic these many messages are looked at for one that is no damage: the first ones, and where those are not it, others
// that lie evenly among the rest, up to its last.
const (
	firstTried = 20
	lastTried  = 100
)

// tries reports whether message i of a topic of n is looked at.
func tries(i, n int) bool {
	k, rest := i-firstTried, n-firstTried
	return k < 0 || rest <= lastTried || (k+1)*lastTried/rest > k*lastTried/rest
}

type topicKey struct{ name, kind, encoding string }

// readFirst describes the topic by its first message that is not damaged, and says what is wrong
// with those before it. If there is none, what is wrong with the first is the topic's Problem. The
// error is of the recording.
func (t *Topic) readFirst(ctx context.Context, in *bag.Bag, entries []bag.Entry) (bad, err error) {
	if !t.Image {
		return nil, nil
	}
	first := entries[:min(len(entries), firstTried)]
	if codec, video, err := recording.VideoCodec(ctx, in, first); err != nil || video {
		return nil, cmp.Or(err, t.readVideo(ctx, in, first, codec))
	}
	for i, e := range entries {
		if kind, _ := rosimage.Known(t.Type); kind == rosimage.Video && i > 0 {
			break
		}
		var one Topic
		one.Type, one.Encoding = t.Type, t.Encoding
		oneErr := one.describe(ctx, in, e)
		if i == 0 || one.Pixels.Problem == nil {
			t.Size, t.Pixels, t.Stamp, t.Frame, err = one.Size, one.Pixels, one.Stamp, one.Frame, oneErr
		}
		switch {
		case one.Pixels.Problem == nil && i == 0:
			return nil, nil
		case one.Pixels.Problem == nil && i < firstTried:
			return fmt.Errorf("%d of the first %d messages cannot be used: %w", i, i+1, bad), nil
		case one.Pixels.Problem == nil:
			return fmt.Errorf("%d of %d messages that were looked at cannot be used: %w", i, i+1, bad), nil
		case bad == nil:
			bad = one.Pixels.Problem
		}
	}
	if kind, _ := rosimage.Known(t.Type); len(entries) < t.Count && kind != rosimage.Video {
		return fmt.Errorf("none of %d messages that were looked at can be used, and %d were not looked at: %w", len(entries), t.Count-len(entries), bad), err
	}
	return nil, err
}

// readVideo describes a video by its first messages. A key frame may come later than that: then only its size is not known.
func (t *Topic) readVideo(ctx context.Context, in *bag.Bag, entries []bag.Entry, codec remux.Codec) error {
	t.Pixels = rosimage.Info{Encoding: string(codec), Ext: "mp4", Passthrough: true}
	s := remux.NewScanner(codec)
	for i, e := range entries {
		data, err := in.Read(ctx, e)
		if err != nil {
			s.Damage(i, err)
			continue
		}
		kind, _ := rosimage.Known(t.Type)
		m, err := rosimage.Decode(rosimage.Wire(t.Encoding), kind, data)
		if err != nil {
			s.Damage(i, err)
			continue
		}
		if t.Size == 0 {
			t.Size, t.Stamp, t.Frame, t.Pixels.Format = len(data), m.StampNS, m.FrameID, m.Format
		}
		s.Add(i, m.Data)
	}
	m, err := s.Movie()
	var empty *remux.EmptyError
	switch {
	case err == nil:
		t.Pixels.Width, t.Pixels.Height = m.Width, m.Height
	case !errors.As(err, &empty) || t.Count <= len(entries):
		t.Pixels.Problem = err
	}
	return ctx.Err()
}

// describe reads one message.
func (t *Topic) describe(ctx context.Context, in *bag.Bag, e bag.Entry) error {
	data, err := in.Read(ctx, e)
	if err != nil {
		t.Pixels.Problem = err
		return err
	}
	t.Size = len(data)
	t.Pixels = rosimage.Describe(rosimage.Wire(t.Encoding), t.Type, data, rosimage.Options{})
	kind, _ := rosimage.Known(t.Type)
	m, err := rosimage.Decode(rosimage.Wire(t.Encoding), kind, data)
	if err != nil {
		return nil
	}
	t.Stamp, t.Frame = m.StampNS, m.FrameID
	if file, _, passes := m.Passthrough(rosimage.Options{}); passes && t.Pixels.Problem == nil {
		_, t.Pixels.Problem = imageheader.Read(bytes.NewReader(file), int64(len(file)), "") // as a plan judges it
	}
	return nil
}
