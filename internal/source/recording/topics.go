package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/rosimage"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// transports are the suffixes that image_transport gives to a topic, in the order in
// which we take them, the topic without one last but for video.
var transports = []string{"/compressed", "/compressedDepth", "", "/ffmpeg", "/theora", "/h264", "/h265"}

// baseOf takes a transport's suffix off a topic.
func baseOf(topic string) (base string, rank int) {
	for i, t := range transports {
		if base, ok := strings.CutSuffix(topic, t); ok && t != "" {
			return base, i
		}
	}
	return topic, slices.Index(transports, "")
}

// imageTopics are the topics of a recording that hold images, or video, which nobody
// here decodes, but which is better named than missed.
func imageTopics(b *bag.Bag) []bag.Topic {
	return slices.DeleteFunc(b.Topics(), func(t bag.Topic) bool {
		_, known := rosimage.Known(t.Type)
		return !known
	})
}

// topicOwner gives the camera that takes a topic: by its topics: globs, else by its
// name as a token, the longest first.
func (c *claimer) topicOwner(topic string) (camera int, between [2]int) {
	camera = nobody
	for i, cam := range c.cameras {
		if !fitsTopic(cam.Topics, topic) {
			continue
		}
		if camera != nobody {
			return disputed, [2]int{camera, i}
		}
		camera = i
	}
	if camera != nobody {
		return camera, between
	}
	for i, cam := range c.cameras {
		if len(cam.Topics) > 0 || tokenAt(topic, cam.Name) < 0 {
			continue
		}
		if camera == nobody || len(cam.Name) > len(c.cameras[camera].Name) {
			camera = i
		}
	}
	return camera, between
}

// fitsTopic takes globs with or without the leading slash.
func fitsTopic(globs []string, topic string) bool {
	bare := strings.TrimPrefix(topic, "/")
	return slices.ContainsFunc(globs, func(g string) bool {
		return doublestar.MatchUnvalidated(strings.TrimPrefix(g, "/"), bare)
	})
}

// chooseTopics keeps one topic of each image stream: of a stream and its transports,
// the compressed one, as long as it holds messages.
func chooseTopics(topics []bag.Topic) []bag.Topic {
	best := make(map[string]bag.Topic)
	var bases []string
	for _, t := range topics {
		base, _ := baseOf(t.Name)
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

// compressedOf keeps the compressed one of two streams, where a camera's name fits one
// compressed and one raw: /front/image_raw and /front/compressed are one picture under
// names that image_transport did not give. A picture and a depth are two.
func compressedOf(topics []bag.Topic) []bag.Topic {
	packed := func(t bag.Topic) bool {
		kind, _ := rosimage.Known(t.Type)
		return (kind == rosimage.Compressed || kind == rosimage.FoxgloveCompressed) && t.Count > 0
	}
	depth := func(t bag.Topic) bool { return strings.Contains(strings.ToLower(t.Name), "depth") }
	if len(topics) == 2 && depth(topics[0]) == depth(topics[1]) && !isVideo(topics[0]) && !isVideo(topics[1]) && packed(topics[0]) != packed(topics[1]) {
		return slices.DeleteFunc(slices.Clone(topics), func(t bag.Topic) bool { return !packed(t) })
	}
	return topics
}

func betterTopic(t, old bag.Topic) bool {
	return cmp.Or(
		boolCompare(t.Count > 0, old.Count > 0),
		boolCompare(!isVideo(t), !isVideo(old)),
		-cmp.Compare(topicRank(t), topicRank(old)),
	) > 0
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

func isVideo(t bag.Topic) bool {
	kind, _ := rosimage.Known(t.Type)
	return kind == rosimage.Video
}

func topicRank(t bag.Topic) int {
	_, rank := baseOf(t.Name)
	return rank
}

// cameraOfTopic makes a camera's name of a topic, for manifests without cameras.
func cameraOfTopic(topic string) string {
	base, _ := baseOf(topic)
	parts := strings.Split(strings.Trim(base, "/"), "/")
	if last := parts[len(parts)-1]; len(parts) > 1 && (last == "image" || last == "image_raw" || last == "image_color" || strings.HasPrefix(last, "image_rect")) {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, "_")
}

// severalStreams says why a camera's name alone does not choose a topic.
func severalStreams(c *manifest.Camera, topics []bag.Topic) diag.Diagnostic {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	return diag.Diagnostic{
		Severity: diag.Error, Code: diag.CodeSeveralTopics,
		Text: fmt.Sprintf("camera %s fits %d image streams: %s", show(c.Name), len(topics), show(strings.Join(names, ", "))),
		Hint: diag.Do(diag.HintChooseTopic, names[0]),
	}
}
