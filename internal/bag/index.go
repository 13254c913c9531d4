package bag

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// An Entry is one message: when it was recorded, and where it lies.
type Entry struct {
	Topic     string
	Seq       int   // its number among the topic's messages in the order of Index, from 0
	LogNS     int64 // receive time, nanoseconds since 1970
	PublishNS int64 // publish time; 0 if the container has none, or tells it only with the message (MCAP: see [Bag.Messages])

	at place
}

// A place is where a message lies.
type place struct {
	part, stream, chunk int32
	off, size           int64
}

// Index lists the messages of the named topics, all topics if none is named, in
// the order of their receive times; equal times keep the order of the file. No
// payload is read, unless the file has no index.
func (b *Bag) Index(ctx context.Context, topics ...string) ([]Entry, error) {
	var out []Entry
	for n, p := range b.parts {
		streams := p.streams()
		want, count := wanted(streams, topics)
		out = slices.Grow(out, count)
		err := p.refs(ctx, want, func(r ref) {
			at := place{part: int32(n), stream: r.stream, chunk: r.chunk, off: r.off, size: r.size}
			out = append(out, Entry{Topic: streams[r.stream].Name, LogNS: r.log, PublishNS: r.pub, at: at})
		})
		if err != nil {
			return nil, fmt.Errorf("index %s: %w", b.at, err)
		}
	}
	slices.SortStableFunc(out, func(x, y Entry) int { return cmp.Compare(x.LogNS, y.LogNS) })
	number(out)
	return out, nil
}

func wanted(streams []Topic, topics []string) (want []bool, count int) {
	named := make(map[string]bool, len(topics))
	for _, name := range topics {
		named[name] = true
	}
	want = make([]bool, len(streams))
	for i, s := range streams {
		want[i] = len(topics) == 0 || named[s.Name]
		if want[i] {
			count += s.Count
		}
	}
	return want, count
}

// number counts each topic's messages.
func number(entries []Entry) {
	next := map[string]int{}
	for i := range entries {
		e := &entries[i]
		e.Seq = next[e.Topic]
		next[e.Topic]++
	}
}
