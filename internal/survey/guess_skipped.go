package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/internal/source/content"
	"github.com/cvatplan/cvatplan/internal/source/recording"
	"github.com/cvatplan/cvatplan/internal/store"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
)

// skip warns that something which looked like a bag is left out.
func (g *guesser) skip(code diag.Code, hint diag.Hint, format string, args ...any) {
	g.skipped = append(g.skipped, diag.Diagnostic{Severity: diag.Warning, Code: code, Hint: hint, Text: fmt.Sprintf(format, args...)})
}

// mostAlike is how many things that are left out for one reason are listed; the rest is counted.
const mostAlike = 5

// fewAlike gives the first few of each code.
func fewAlike(list []diag.Diagnostic) []diag.Diagnostic {
	var kept []diag.Diagnostic
	last, more := make(map[diag.Code]int), make(map[diag.Code]int)
	for _, d := range list {
		if more[d.Code]++; more[d.Code] <= mostAlike {
			last[d.Code] = len(kept)
			kept = append(kept, d)
		}
	}
	for code, n := range more {
		if n > mostAlike {
			kept[last[code]].Text += fmt.Sprintf(" (and %d more like this)", n-mostAlike)
		}
	}
	return kept
}

// note says what is left out, where that loses nothing.
func (g *guesser) note(code diag.Code, format string, args ...any) {
	g.skipped = append(g.skipped, diag.Diagnostic{Severity: diag.Note, Code: code, Text: fmt.Sprintf(format, args...)})
}

// clouds says that there are point clouds: a project takes them or images, and a first manifest is of images.
func (g *guesser) clouds(code diag.Code, format string, args ...any) {
	g.sawClouds = true
	g.skipped = append(g.skipped, diag.Diagnostic{Severity: diag.Note, Code: code, Hint: diag.Do(diag.HintCloudCamera), Text: fmt.Sprintf(format, args...)})
}

// notRecording says why a file is no bag.
func (g *guesser) notRecording(ctx context.Context, path string, size int64) {
	in, name := store.Split(path)
	head, err := store.Head(ctx, in, name, content.MaxPointer)
	code, pointer := content.Pointer(head)
	switch {
	case err != nil:
		g.skip(diag.CodeUnreadableBag, diag.Hint{}, "%v", err)
	case pointer != "":
		g.skip(code, source.FetchCommand(code, path, filepath.Dir(path)), "%s is left out: %s, not the recording", path, pointer)
	case size == 0:
		g.skip(diag.CodeUnreadableBag, diag.Hint{}, "%s is left out: it is empty (0 bytes)", path)
	case bag.Named(path):
		g.skip(diag.CodeUnreadableBag, diag.Hint{}, "%s is left out: not a recording: %s", path, content.Describe(head))
	default:
		g.skip(diag.CodeNoImages, diag.Do(diag.HintWhatIsABag), "%s is left out: it is neither a directory nor a recording", path)
	}
}

// stubs names what DVC keeps elsewhere.
func (g *guesser) stubs(dir string, entries []fs.DirEntry) {
	here := make(map[string]bool, len(entries))
	for _, e := range entries {
		here[e.Name()] = true
	}
	for _, e := range entries {
		name, stub := strings.CutSuffix(e.Name(), ".dvc")
		if path := filepath.Join(dir, name); stub && name != "" && !e.IsDir() && !here[name] {
			g.skip(diag.CodeDVCMissing, diag.Do(diag.HintFetchDVC, path+".dvc"), "%s is left out: only its DVC stub is here", path)
		}
	}
}

// brokenLink says what a link that leads nowhere refers to; false where there is no link.
func (g *guesser) brokenLink(ctx context.Context, in store.Store, name string) bool {
	link, ok := source.BrokenLink(ctx, in, name)
	if ok {
		g.skip(link.Code, link.Hint, "%s is left out: %s", in.Path(name), link.Text)
	}
	return ok
}

// recording adds a recording with image topics; of another one it says why it is left out.
func (g *guesser) recording(ctx context.Context, path string) {
	topics, videos, damage, err := g.topicsOf(ctx, path)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		g.unreadable(ctx, path, err)
		return
	case len(topics) > 0:
		g.bags = append(g.bags, guessedBag{path: path, topics: topics})
	case len(videos) == 0 && damage != "":
		g.skip(diag.CodeDamagedBag, diag.Hint{}, "%s is left out: no image message of it can be read: %s", path, damage)
	case len(videos) == 0:
		g.note(diag.CodeNoImages, "%s is left out: it has no image topics with messages", path)
	}
	if len(videos) > 0 {
		names := make([]string, len(videos))
		for i, t := range videos {
			names[i] = t.Name
		}
		g.skip(diag.CodeUnsupportedEncoding, diag.Do(diag.HintRepublishTopic), "%s: %s left out: it holds video, which is not read", path, strings.Join(names, ", "))
	}
}

// topicsOf are the topics that a manifest can use, one of each stream, and those that are video of a kind that is not read;
// damage is the worst that was met on the way.
func (g *guesser) topicsOf(ctx context.Context, path string) (topics, videos []bag.Topic, damage string, err error) {
	in, name := store.Split(path)
	err = g.cache.Use(ctx, in, name, func(r *bag.Bag) error {
		images := recording.ImageTopics(r)
		clouds := slices.DeleteFunc(recording.CloudTopics(r), func(t bag.Topic) bool { return t.Count == 0 })
		if g.kind == manifest.KindPointCloud {
			topics, damage = clouds, worst(r.Warnings())
			return nil
		}
		if len(clouds) > 0 {
			g.clouds(diag.CodeUnclaimedTopics, "%s: no camera of a first manifest takes %s of point clouds, such as %s", path, wording.Count(len(clouds), "topic", "topics"), clouds[0].Name)
		}
		depths, err := recording.DepthsOf(ctx, r, images)
		if err != nil {
			return err
		}
		for _, t := range recording.Choose(images, depths) {
			if t.Count == 0 {
				continue
			}
			unreadable, err := recording.Unreadable(ctx, r, t)
			if err != nil {
				return err
			}
			if unreadable {
				videos = append(videos, t)
			} else {
				topics = append(topics, t)
			}
		}
		damage = worst(r.Warnings())
		return nil
	})
	return topics, videos, damage, err
}

// several reports whether files that look like the splits of one recording are recordings of their own.
func (g *guesser) several(ctx context.Context, path string) bool {
	_, _, _, err := g.topicsOf(ctx, path)
	return errors.As(err, new(*bag.SeveralError))
}

// worst is the damage that cost most.
func worst(warnings []bag.Warning) string {
	if len(warnings) == 0 {
		return ""
	}
	w := slices.MaxFunc(warnings, func(a, b bag.Warning) int {
		return cmp.Or(cmp.Compare(a.Messages, b.Messages), cmp.Compare(a.Bytes, b.Bytes))
	})
	if w.First == "" {
		return w.Text
	}
	return w.Text + " (" + w.First + ")"
}

func (g *guesser) holdsImages(ctx context.Context, path string) bool {
	topics, _, _, err := g.topicsOf(ctx, path)
	return err == nil && len(topics) > 0
}

// unreadable says why a recording gives nothing, and how to fetch one that is not here.
func (g *guesser) unreadable(ctx context.Context, path string, err error) {
	var unread *bag.UnreadError
	if errors.As(err, &unread) {
		in, _ := store.Split(path)
		for _, f := range unread.Files {
			head, _ := store.Head(ctx, in, f.Name, content.MaxPointer)
			if code, pointer := content.Pointer(head); pointer != "" {
				full := filepath.Join(path, filepath.Base(filepath.FromSlash(f.Name)))
				g.skip(code, source.FetchCommand(code, full, path), "%s is left out: %s is %s, not the recording", path, filepath.Base(full), pointer)
				return
			}
		}
	}
	g.skip(diag.CodeUnreadableBag, diag.Hint{}, "%s is left out: %s", path, strings.TrimPrefix(err.Error(), "open recording "+path+": "))
}
