package survey

import (
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/source/recording"
)

// A Suggestion says what a manifest could make of an image topic.
type Suggestion struct {
	Camera  string // that would take it
	ByName  bool   // by its name alone; else it needs topics: with this one
	Instead string // the topic of the same picture that is taken in its place; empty: itself
}

// SuggestCameras says what a manifest could make of the image topics of one recording, by topic.
func SuggestCameras(topics []bag.Topic, d recording.Depths) map[string]Suggestion {
	chosen := recording.Choose(topics, d)
	names := streamCameras(chosen)
	byTopic := make(map[string]string)
	for name, topics := range names {
		for _, topic := range topics {
			byTopic[topic] = name
		}
	}
	byBase := make(map[string]Suggestion)
	for _, t := range chosen {
		first, _, _ := strings.Cut(strings.Trim(t.Name, "/"), "/")
		s := Suggestion{Camera: byTopic[topicGlob(t.Name)], Instead: t.Name}
		if list, ok := names[first]; ok && list == nil && s.Camera == "" {
			s.Camera, s.ByName = first, true
		}
		base, _ := recording.Base(t.Name)
		byBase[base] = s
	}
	all := make(map[string]Suggestion, len(topics))
	for _, t := range topics {
		base, _ := recording.Base(t.Name)
		s := byBase[base]
		if s.Instead == t.Name {
			s.Instead = ""
		}
		all[t.Name] = s
	}
	return all
}
