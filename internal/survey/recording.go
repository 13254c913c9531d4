package survey

import (
	"context"
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A Topic is one of a recording, and what its first message tells.
type Topic struct {
	Name, Type string
	Encoding   string // of the messages: "ros1", "cdr", "protobuf", "json"
	Count      int
	First      int64 // receive times, ns since 1970; 0 if Count is
	Last       int64

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
	b, err := bag.Open(ctx, in, name, bag.Options{Strict: o.Strict})
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
	for _, w := range b.Warnings() {
		found.Notes = append(found.Notes, w.String())
	}
	return found, nil
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
	b.Topics = append(b.Topics, Topic{
		Name: t.Name, Type: t.Type, Encoding: t.Encoding,
		Count: t.Count, First: t.First, Last: t.Last, Image: image,
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
	for i := range b.Topics {
		if err := b.Topics[i].readFirst(ctx, in, entries); err != nil && o.Strict {
			return err
		}
	}
	if !o.Strict {
		return ctx.Err()
	}
	return in.Messages(ctx, entries, func(bag.Entry, []byte) error { return nil })
}

// readFirst describes the topic by its first message. One that cannot be read is a Problem of the topic.
func (t *Topic) readFirst(ctx context.Context, in *bag.Bag, entries []bag.Entry) error {
	i := slices.IndexFunc(entries, func(e bag.Entry) bool { return t.is(e, in) })
	if i < 0 || !t.Image {
		return nil
	}
	data, err := in.Read(ctx, entries[i])
	if err != nil {
		t.Pixels.Problem = err
		return err
	}
	t.Size = len(data)
	t.Pixels = rosimage.Describe(rosimage.Wire(t.Encoding), t.Type, data, rosimage.Options{})
	kind, _ := rosimage.Known(t.Type)
	if m, err := rosimage.Decode(rosimage.Wire(t.Encoding), kind, data); err == nil {
		t.Stamp, t.Frame = m.StampNS, m.FrameID
	}
	return nil
}

// is tells an entry of this topic from one of the same name with another type.
func (t *Topic) is(e bag.Entry, in *bag.Bag) bool {
	if e.Topic != t.Name {
		return false
	}
	of := in.TopicOf(e)
	return of.Type == t.Type && of.Encoding == t.Encoding
}
