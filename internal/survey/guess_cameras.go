package survey

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/source/camera"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// maxCameras is how many names may still be cameras; more are the files' own.
const maxCameras = 24

// generic are names that no camera has: what tools call every image, or its directory.
var generic = set("", "frame", "frames", "img", "image", "images", "image_raw", "pic", "picture", "photo",
	"data", "raw", "rgb", "color", "colour", "compressed", "jpg", "jpeg", "png", "dsc", "dscn")

// kinds are directories of one camera's pictures of another kind: they name a camera
// only where nothing else does.
var kinds = set("depth", "ir", "infra", "infra1", "infra2", "mono", "gray", "grey")

// numbered is a number or a time at the end of a name, after a sign; leading is one at its
// beginning; glued one without a sign, which must be long enough not to be a part of the
// name, as in realsenseD435_1.
var (
	numbered = regexp.MustCompile(`([-_. ]+\d+(T\d+)?Z?)+$|^\d+(T\d+)?Z?([-_. ]+\d+(T\d+)?Z?)*$`)
	leading  = regexp.MustCompile(`^(\d+(T\d+)?Z?[-_. ]+)+`)
	glued    = regexp.MustCompile(`\d{3,}$`)
)

// seriesOf is what a file's name has besides the numbers around it; empty if that says
// nothing.
func seriesOf(at string) string {
	stem := strings.TrimSuffix(path.Base(at), path.Ext(at))
	name := leading.ReplaceAllString(numbered.ReplaceAllString(stem, ""), "")
	if name == stem {
		name = glued.ReplaceAllString(stem, "")
	}
	if low := strings.ToLower(name); generic[low] || generic[strings.TrimRight(low, "0123456789")] {
		return ""
	}
	return name
}

// isCameraDir reports whether a directory's name may be a camera's: it says something,
// and is neither a date nor numbered, unless it calls itself a camera.
func isCameraDir(name string) bool {
	low := strings.ToLower(name)
	return !generic[low] && !isBagDir(name)
}

// isBagDir reports whether a directory's name is a bag's: a date, or numbered.
func isBagDir(name string) bool {
	return source.DateIn(name) != "" || numbered.MatchString(name) && !strings.Contains(strings.ToLower(name), "cam")
}

// cameraDir is the innermost directory of a path that may be a camera's; one that is
// only a kind of picture counts where there is no other.
func cameraDir(at string) string {
	kind := ""
	for dir := path.Dir(at); dir != "."; dir = path.Dir(dir) {
		name := path.Base(dir)
		if !isCameraDir(name) {
			continue
		}
		if !kinds[strings.ToLower(name)] {
			return name
		}
		kind = cmp.Or(kind, name)
	}
	return kind
}

// candidates are the names that may be cameras, each with its images' number by bag.
type candidates struct {
	dirs, series map[string]map[int]int
}

func findCandidates(bags []guessedBag) candidates {
	c := candidates{make(map[string]map[int]int), make(map[string]map[int]int)}
	for i, b := range bags {
		for _, at := range b.images {
			if !writable(at) {
				continue
			}
			if name := cameraDir(at); name != "" {
				addTo(c.dirs, name, i)
			} else if name := seriesOf(at); name != "" {
				addTo(c.series, name, i)
			}
		}
	}
	return c
}

// maxName is how long a camera's name may be, as the schema has it; names of files are longer than cameras'.
const maxName = 128

func addTo(counts map[string]map[int]int, name string, bag int) {
	if utf8.RuneCountInString(name) > maxName {
		return
	}
	if counts[name] == nil {
		counts[name] = make(map[int]int)
	}
	counts[name][bag]++
}

// fewNames is how many names with one image a bag may still be the cameras of a rig; more
// tell the frames apart.
const fewNames = 4

// dropFrames takes away series of about one image in each bag, where there are many of
// them: these names are the frames' own.
func (c candidates) dropFrames() {
	var scarce []string
	for name, bags := range c.series {
		images := 0
		for _, n := range bags {
			images += n
		}
		if 2*images <= 3*len(bags) {
			scarce = append(scarce, name)
		}
	}
	if len(scarce) <= fewNames {
		return
	}
	for _, name := range scarce {
		delete(c.series, name)
	}
}

// guessCameras finds the names, and then asks the manifest's own rules what they take.
func guessCameras(root string, bags []guessedBag) (cameras []GuessCamera, images, left int) {
	found := findCandidates(bags)
	found.dropFrames()
	streams := make(map[string][]string)
	for _, b := range bags {
		for name, topics := range streamCameras(b.topics) {
			streams[name] = append(streams[name], topics...)
		}
	}
	names := slices.Concat(slices.Collect(maps.Keys(found.dirs)), slices.Collect(maps.Keys(found.series)), slices.Collect(maps.Keys(streams)))
	names = append(names, videoNames(root, bags)...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		topics := slices.Clone(streams[name])
		slices.Sort(topics)
		cameras = append(cameras, GuessCamera{Name: name, Topics: slices.Compact(topics)})
	}
	if len(cameras) > maxCameras {
		cameras = nil
	}
	return countCameras(claimClips(cameras, root, bags), root, bags)
}

// streamCameras names the cameras of a recording: by the one part of the topic that no
// other stream has, where there is one, so that the name alone chooses the topic; else
// by the whole topic, which then must be written, as a glob.
func streamCameras(topics []bag.Topic) map[string][]string {
	names := make(map[string][]string)
	var others []bag.Topic
	for _, t := range topics {
		first, _, _ := strings.Cut(strings.Trim(t.Name, "/"), "/")
		alone := !slices.ContainsFunc(topics, func(o bag.Topic) bool { return o.Name != t.Name && camera.TokenAt(o.Name, first) >= 0 })
		if alone && !generic[first] && recording.ValidName(first) == first {
			names[first] = nil
			continue
		}
		others = append(others, t)
	}
	for _, t := range others {
		name := recording.CameraName(t.Name)
		if _, taken := names[name]; taken { // /a/image next to /a/image_raw
			name = recording.ValidName(strings.ReplaceAll(strings.Trim(t.Name, "/"), "/", "_"))
		}
		for i := 2; ; i++ {
			if _, taken := names[name]; !taken {
				break
			}
			name = fmt.Sprintf("%s_%d", strings.TrimSuffix(name, fmt.Sprintf("_%d", i-1)), i)
		}
		names[name] = []string{topicGlob(t.Name)}
	}
	return names
}

// matcherOf takes files and topics as a plan does.
func matcherOf(cameras []GuessCamera) *camera.Matcher {
	declared := make([]manifest.Camera, len(cameras))
	for i, c := range cameras {
		declared[i] = manifest.Camera{Name: c.Name, Topics: c.Topics}
	}
	return camera.NewMatcher(declared, manifest.KindImages)
}

// countCameras counts what each camera takes; one that takes nothing is dropped.
func countCameras(cameras []GuessCamera, root string, bags []guessedBag) (kept []GuessCamera, images, left int) {
	matcher := matcherOf(cameras)
	last := len(cameras) - 1
	for i, b := range bags {
		seen := make([]bool, len(cameras))
		count := func(owner, n int) {
			images += n
			if owner < 0 {
				left += n
				return
			}
			cameras[owner].Images += n
			if !seen[owner] {
				seen[owner] = true
				cameras[owner].Bags++
			}
		}
		for _, at := range b.images {
			owner, _ := matcher.Owner(at)
			count(owner, 1)
		}
		if b.frames > 0 {
			owner := videoOwner(matcher, b.from(root))
			if owner == camera.Unmatched && last >= 0 && cameras[last].Name == clips {
				owner, bags[i].clips = last, true
			}
			count(owner, b.frames)
		}
		for _, t := range b.topics {
			owner, _ := matcher.TopicOwner(t.Name)
			count(owner, t.Count)
		}
		bags[i].bare = len(cameras) > 0 && !slices.Contains(seen, true)
	}
	if len(cameras) == 0 {
		left = 0 // each bag is one task
	}
	return slices.DeleteFunc(cameras, func(c GuessCamera) bool { return c.Images == 0 }), images, left
}

func set(words ...string) map[string]bool {
	m := make(map[string]bool, len(words))
	for _, w := range words {
		m[w] = true
	}
	return m
}
