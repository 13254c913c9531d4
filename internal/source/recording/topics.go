package recording

import (
	"cmp"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
)

// transports are the suffixes that image_transport gives to a topic, in the order in
// which we take them, the topic without one last but for video.
var transports = []string{"/compressed", "/compressedDepth", "", "/ffmpeg", "/theora", "/h264", "/h265"}

// Base takes a transport's suffix off a topic.
func Base(topic string) (base string, rank int) {
	for i, t := range transports {
		if base, ok := strings.CutSuffix(topic, t); ok && t != "" {
			return base, i
		}
	}
	return topic, slices.Index(transports, "")
}

// ImageTopics are the topics of a recording that hold images, or video, which nobody
// here decodes, but which is better named than missed.
func ImageTopics(b *bag.Bag) []bag.Topic {
	return slices.DeleteFunc(b.Topics(), func(t bag.Topic) bool {
		_, known := rosimage.Known(t.Type)
		return !known
	})
}

// Choose keeps one topic of each image stream: of a stream and its transports, the compressed one, as long
// as it holds as many messages as the others; of depth never one that has become a picture of 8 bits where
// there is another.
func Choose(topics []bag.Topic) []bag.Topic {
	best := make(map[string]bag.Topic)
	var bases []string
	for _, t := range topics {
		base, _ := Base(t.Name)
		old, seen := best[base]
		if !seen {
			bases = append(bases, base)
		}
		if !seen || betterTopic(t, old) {
			best[base] = t
		}
	}
	chosen := make([]bag.Topic, len(bases))
	for i, base := range bases {
		chosen[i] = best[base]
	}
	return chosen
}

// CompressedOf keeps the compressed one of two streams, where a camera's name fits one
// compressed and one raw: /front/image_raw and /front/compressed are one picture under
// names that image_transport did not give. A picture and a depth are two.
func CompressedOf(topics []bag.Topic) []bag.Topic {
	packed := func(t bag.Topic) bool {
		kind, _ := rosimage.Known(t.Type)
		return (kind == rosimage.Compressed || kind == rosimage.FoxgloveCompressed) && t.Count > 0
	}
	depth := func(t bag.Topic) bool { return strings.Contains(strings.ToLower(t.Name), "depth") }
	if len(topics) == 2 && depth(topics[0]) == depth(topics[1]) && !IsVideo(topics[0]) && !IsVideo(topics[1]) && packed(topics[0]) != packed(topics[1]) {
		whole := max(topics[0].Count, topics[1].Count)
		return slices.DeleteFunc(slices.Clone(topics), func(t bag.Topic) bool {
			same := topics[0].Count == topics[1].Count
			return same && !packed(t) || !same && t.Count < whole
		})
	}
	return topics
}

// betterTopic compares two topics of one stream.
func betterTopic(t, old bag.Topic) bool {
	return cmp.Or(
		boolCompare(t.Count > 0, old.Count > 0),
		boolCompare(!IsVideo(t), !IsVideo(old)),
		-boolCompare(flattensDepth(t.Name), flattensDepth(old.Name)),
		cmp.Compare(t.Count, old.Count),
		-cmp.Compare(topicRank(t), topicRank(old)),
	) > 0
}

// flattensDepth reports whether a topic is depth as image_transport makes a JPEG of it, by its name.
func flattensDepth(topic string) bool {
	base, compressed := strings.CutSuffix(topic, "/compressed")
	return compressed && strings.Contains(strings.ToLower(base), "depth")
}

// Twins are the other topics of a chosen one's stream that hold images, but not as many of them or in
// another depth: what a person should know of the choice.
func Twins(chosen bag.Topic, topics []bag.Topic) []bag.Topic {
	base, _ := Base(chosen.Name)
	var twins []bag.Topic
	for _, t := range topics {
		of, _ := Base(t.Name)
		differs := t.Count != chosen.Count || flattensDepth(t.Name)
		if of == base && t.Name != chosen.Name && t.Count > 0 && !IsVideo(t) && differs {
			twins = append(twins, t)
		}
	}
	return twins
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

func IsVideo(t bag.Topic) bool {
	kind, _ := rosimage.Known(t.Type)
	return kind == rosimage.Video
}

func topicRank(t bag.Topic) int {
	_, rank := Base(t.Name)
	return rank
}

// CameraName makes a camera's name of a topic, for manifests without cameras.
func CameraName(topic string) string {
	base, _ := Base(topic)
	parts := strings.Split(strings.Trim(base, "/"), "/")
	if last := parts[len(parts)-1]; len(parts) > 1 && (last == "image" || last == "image_raw" || last == "image_color" || strings.HasPrefix(last, "image_rect")) {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, "_")
}
