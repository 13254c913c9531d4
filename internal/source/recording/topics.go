package recording

import (
	"cmp"
	"context"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// transports are the suffixes that image_transport gives to a topic, in the order in
// which we take them, the topic without one last but for video.
var transports = []string{"/compressed", "/compressedDepth", "", "/ffmpeg", "/theora", "/h264", "/h265"}

// Base takes a transport's suffix off a topic.
func Base(topic string) (base string, rank int) {
	for i, t := range transports {
		if base, ok := strings.CutSuffix(topic, t); ok && t != "" && strings.Trim(base, "/") != "" {
			return base, i
		}
	}
	return topic, slices.Index(transports, "")
}

// ImageTopics are the topics of a recording that hold images or video, that too which is not read, but which is better
// named than missed.
func ImageTopics(b *bag.Bag) []bag.Topic {
	return slices.DeleteFunc(b.Topics(), func(t bag.Topic) bool {
		_, known := rosimage.Known(t.Type)
		return !known
	})
}

// CloudTopics are the topics of a recording that hold point clouds.
func CloudTopics(b *bag.Bag) []bag.Topic {
	return slices.DeleteFunc(b.Topics(), func(t bag.Topic) bool { return !holdsClouds(t) })
}

func holdsClouds(t bag.Topic) bool {
	_, is := rosimage.KnownCloud(t.Type)
	return is
}

// Depths says of topics whether their images have more than 8 bits a channel, as distances have; what is
// not in it is not known.
type Depths map[string]bool

// tried is how many messages of a topic are looked at for one that is not damaged.
const tried = 3

// DepthsOf looks at the first messages of those topics between which [Choose] or [CompressedOf] may have
// to choose.
func DepthsOf(ctx context.Context, b *bag.Bag, topics []bag.Topic) (Depths, error) {
	streams := make(map[string]int)
	for _, t := range topics {
		base, _ := Base(t.Name)
		streams[base]++
	}
	var twins []bag.Topic
	for _, t := range topics {
		if base, _ := Base(t.Name); (streams[base] > 1 || len(streams) == 2) && t.Count > 0 && !IsVideo(t) {
			twins = append(twins, t)
		}
	}
	if len(twins) < 2 {
		return nil, nil
	}
	entries, err := Entries(ctx, b, twins)
	if err != nil {
		return nil, err
	}
	seen := make(map[string]int)
	entries = slices.DeleteFunc(entries, func(e bag.Entry) bool { seen[e.Topic]++; return seen[e.Topic] > tried })
	d := make(Depths)
	err = b.Heads(ctx, entries, rosimage.HeadSize, func(e bag.Entry, head []byte) error {
		of := b.TopicOf(e)
		kind, _ := rosimage.Known(of.Type)
		if _, known := d[e.Topic]; known {
			return nil
		}
		m, err := rosimage.Peek(rosimage.Wire(of.Encoding), kind, head)
		if err == nil {
			_, err = m.Ext(rosimage.Options{})
		}
		if err == nil {
			d[e.Topic] = m.Deep()
		}
		return nil
	})
	return d, err
}

// flattens reports whether a topic is a picture of 8 bits where another one of its stream has more: by
// their messages, or, where these are not known, by a name that speaks of depth.
func (d Depths) flattens(t bag.Topic, stream []bag.Topic) bool {
	deep, known := d[t.Name]
	if !known {
		return flattensDepth(t.Name)
	}
	return !deep && slices.ContainsFunc(stream, func(o bag.Topic) bool { return o.Count > 0 && d[o.Name] })
}

// flattensDepth reports whether a topic is depth as image_transport makes a JPEG of it, by its name.
func flattensDepth(topic string) bool {
	base, compressed := strings.CutSuffix(topic, "/compressed")
	return compressed && namesDepth(base)
}

func namesDepth(topic string) bool { return strings.Contains(strings.ToLower(topic), "depth") }

// Choose keeps one topic of each image stream: of a stream and its transports, the compressed one, as long
// as it holds as many messages as the others; of depth never one that has become a picture of 8 bits where
// there is another.
func Choose(topics []bag.Topic, d Depths) []bag.Topic {
	streams := make(map[string][]bag.Topic)
	var bases []string
	for _, t := range topics {
		base, _ := Base(t.Name)
		if streams[base] == nil {
			bases = append(bases, base)
		}
		streams[base] = append(streams[base], t)
	}
	chosen := make([]bag.Topic, len(bases))
	for i, base := range bases {
		stream := streams[base]
		chosen[i] = stream[0]
		for _, t := range stream[1:] {
			if d.better(t, chosen[i], stream) {
				chosen[i] = t
			}
		}
	}
	return chosen
}

// better compares two topics of one stream.
func (d Depths) better(t, old bag.Topic, stream []bag.Topic) bool {
	return cmp.Or(
		boolCompare(t.Count > 0, old.Count > 0),
		boolCompare(!IsVideo(t), !IsVideo(old)),
		-boolCompare(d.flattens(t, stream), d.flattens(old, stream)),
		cmp.Compare(t.Count, old.Count),
		-cmp.Compare(topicRank(t), topicRank(old)),
	) > 0
}

// CompressedOf keeps the compressed one of two streams, where a camera's name fits one
// compressed and one raw: /front/image_raw and /front/compressed are one picture under
// names that image_transport did not give. A picture and a depth are two.
func CompressedOf(topics []bag.Topic, d Depths) []bag.Topic {
	if len(topics) != 2 || IsVideo(topics[0]) || IsVideo(topics[1]) || packed(topics[0]) == packed(topics[1]) {
		return topics
	}
	a, b := topics[0], topics[1]
	deepA, knownA := d[a.Name]
	deepB, knownB := d[b.Name]
	if namesDepth(a.Name) != namesDepth(b.Name) || knownA && knownB && deepA != deepB {
		return topics
	}
	if packed(b) {
		a, b = b, a
	}
	if a.Count < b.Count {
		a = b
	}
	return []bag.Topic{a}
}

// packed reports whether a topic holds compressed images.
func packed(t bag.Topic) bool {
	kind, _ := rosimage.Known(t.Type)
	return (kind == rosimage.Compressed || kind == rosimage.FoxgloveCompressed) && t.Count > 0
}

// Passed are the topics that a choice passed over and that hold images: those that hold not as many of them or in another
// depth, which a person should know of, and those that hold the same.
func Passed(chosen bag.Topic, topics []bag.Topic, d Depths) (other, same []bag.Topic) {
	for _, t := range topics {
		if t.Name == chosen.Name || t.Count == 0 || IsVideo(t) {
			continue
		}
		deep, known := d[t.Name]
		chosenDeep, chosenKnown := d[chosen.Name]
		if t.Count != chosen.Count || flattensDepth(t.Name) || known && chosenKnown && deep != chosenDeep {
			other = append(other, t)
		} else {
			same = append(same, t)
		}
	}
	return other, same
}

// StreamOf are the topics of one stream.
func StreamOf(topic string, topics []bag.Topic) []bag.Topic {
	base, _ := Base(topic)
	return slices.DeleteFunc(slices.Clone(topics), func(t bag.Topic) bool {
		of, _ := Base(t.Name)
		return of != base
	})
}

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// IsVideo reports whether a topic's type is a video's. Compressed images may be one too, which their messages tell: see
// [VideoCodec].
func IsVideo(t bag.Topic) bool {
	kind, _ := rosimage.Known(t.Type)
	return kind == rosimage.Video || kind == rosimage.FoxgloveVideo || kind == rosimage.FFMPEGPacket
}

// IsRefused reports whether a topic's type is that of a video of which no file can be made.
func IsRefused(t bag.Topic) bool {
	kind, _ := rosimage.Known(t.Type)
	return kind == rosimage.Video
}

// Unreadable reports whether a topic is a video of which no file can be made, by its type or its first messages.
func Unreadable(ctx context.Context, b *bag.Bag, t bag.Topic) (bool, error) {
	if !IsVideo(t) || IsRefused(t) {
		return IsRefused(t), nil
	}
	entries, err := Entries(ctx, b, []bag.Topic{t})
	if err != nil {
		return false, err
	}
	_, known, err := VideoCodec(ctx, b, entries)
	return !known, err
}

func topicRank(t bag.Topic) int {
	_, rank := Base(t.Name)
	return rank
}

// CameraName makes a camera's name of a topic, for manifests without cameras: a valid one, whatever the topic
// is called.
func CameraName(topic string) string {
	base, _ := Base(topic)
	parts := strings.Split(strings.Trim(base, "/"), "/")
	if last := parts[len(parts)-1]; len(parts) > 1 && (last == "image" || last == "image_raw" || last == "image_color" || strings.HasPrefix(last, "image_rect")) {
		parts = parts[:len(parts)-1]
	}
	return ValidName(strings.Join(parts, "_"))
}

// maxName is how many bytes of a topic a camera's name may have: with the bag's they make task and frame names.
const maxName = 128

// ValidName makes a camera's name of any text: signs that names of files, tasks or manifests cannot have become
// underscores, and the end of a long one a number that no other text has.
func ValidName(text string) string {
	name := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || strings.ContainsRune(`/\{}`, r) {
			return '_'
		}
		return r
	}, norm.NFC.String(strings.ToValidUTF8(text, "_")))
	name = strings.TrimSpace(name)
	if name == "" || strings.Trim(name, "_") == "" {
		name = "image"
	}
	if len(name) > maxName {
		name = fmt.Sprintf("%s_%08x", strings.ToValidUTF8(name[:maxName-9], ""), crc32.ChecksumIEEE([]byte(text)))
	}
	return name
}
