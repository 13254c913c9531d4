package survey

import (
	"slices"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/source/recording"
)

// suggest notes in each usable topic which camera of a manifest would take it, and gives the cameras.
func suggest(topics []Topic) []GuessCamera {
	suggested := SuggestCameras(imageTopics(topics), depthsOf(topics))
	var cameras []GuessCamera
	for i := range topics {
		t := &topics[i]
		if !t.Usable() {
			continue
		}
		t.Suggestion = suggested[t.Name]
		if t.Instead != "" && !usable(topics, t.Instead) {
			t.Instead, t.ByName = "", false // the name alone would take that one
		}
		if t.Instead == "" {
			cameras = append(cameras, cameraOf(*t))
		}
	}
	return cameras
}

// depthsOf are the depths of the topics that can be used.
func depthsOf(topics []Topic) recording.Depths {
	d := make(recording.Depths)
	for _, t := range topics {
		if t.Usable() {
			d[t.Name] = t.Pixels.Deep
		}
	}
	return d
}

func imageTopics(topics []Topic) []bag.Topic {
	var images []bag.Topic
	for _, t := range topics {
		if t.Image && t.Count > 0 {
			images = append(images, bag.Topic{Name: t.Name, Type: t.Type, Encoding: t.Encoding, Count: t.Count})
		}
	}
	return images
}

func usable(topics []Topic, name string) bool {
	return slices.ContainsFunc(topics, func(t Topic) bool { return t.Name == name && t.Usable() })
}

// cameraOf is the camera, with its topic where its name alone would not take it.
func cameraOf(t Topic) GuessCamera {
	c := GuessCamera{Name: t.Camera, Images: t.Count, Bags: 1}
	if !t.ByName {
		c.Topics = []string{topicGlob(t.Name)}
	}
	return c
}
