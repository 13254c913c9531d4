package survey

import (
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/pkg/bag"
	"github.com/cvatplan/cvatplan/pkg/source"
)

// camerasOfTopics names the cameras of the usable topics, and notes in each topic which camera takes
// it. Where a camera has raw and compressed topics, compressed is taken.
func camerasOfTopics(topics []Topic) []Camera {
	taken := takenTopics(topics)
	var cameras []Camera
	for i := range topics {
		t := &topics[i]
		if !t.Usable() {
			continue
		}
		if by := taken[t.Name]; by != t.Name {
			t.Beside = by
			continue
		}
		t.Camera = unusedName(cameras, source.CameraOf(t.Name))
		cameras = append(cameras, Camera{Name: t.Camera, Topics: []string{t.Name}, Images: t.Count, Example: t.Name, from: []string{t.Name}})
	}
	return withoutNeedlessTopics(cameras, topics)
}

func takenTopics(topics []Topic) map[string]string {
	var images []bag.Topic
	for _, t := range topics {
		if t.Usable() {
			images = append(images, bag.Topic{Name: t.Name, Type: t.Type, Encoding: t.Encoding, Count: t.Count})
		}
	}
	return source.TakenTopics(images)
}

// unusedName keeps cameras apart: /a/b/image and /a_b/image suggest one name.
func unusedName(cameras []Camera, name string) string {
	for name = strings.TrimSpace(strings.ReplaceAll(name, `\`, "_")); named(cameras, name) >= 0; {
		name += "_2"
	}
	return name
}

func named(cameras []Camera, name string) int {
	return slices.IndexFunc(cameras, func(c Camera) bool { return c.Name == name })
}

// withoutNeedlessTopics leaves a camera's topics out where its name alone takes them, and nothing else.
func withoutNeedlessTopics(cameras []Camera, topics []Topic) []Camera {
	out := slices.Clone(cameras)
	for i, c := range cameras {
		if !slices.ContainsFunc(topics, func(t Topic) bool { return t.Image && misses(c, t, cameras) }) {
			out[i].Topics = nil
		}
	}
	return out
}

// misses reports whether the camera would by its name alone not get a topic of its own, or get one
// that is not.
func misses(c Camera, t Topic, cameras []Camera) bool {
	takes := source.TakesTopic(c.Name, t.Name)
	switch {
	case t.Camera == c.Name:
		return !takes
	case t.Beside == c.Topics[0]:
		return false
	}
	longer := slices.ContainsFunc(cameras, func(o Camera) bool {
		return len(o.Name) > len(c.Name) && source.TakesTopic(o.Name, t.Name)
	})
	return takes && !longer
}
