package planner

import (
	"context"
	"errors"
	"slices"

	"github.com/cvatplan/cvatplan/internal/archive"
	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/planfile"
	"github.com/cvatplan/cvatplan/internal/source"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// measureNamed measures the named tasks: ours and unfinished, so that only their archive's hash tells
// whether they can be finished.
func (p *Project) measureNamed(ctx context.Context, names []string) error {
	wanted := map[plan.Name]bool{}
	for _, name := range names {
		wanted[plan.NameOf(name)] = true
	}
	for i, d := range p.Desired {
		if !wanted[plan.NameOf(d.Task)] || len(d.Problems) > 0 {
			continue
		}
		if err := p.measure(ctx, i); err != nil {
			return err
		}
	}
	return nil
}

// measure reads one task's images, or its index where they are not here, and keeps what the plan is
// to know of them. The error is the context's.
func (p *Project) measure(ctx context.Context, i int) error {
	if p.Tasks[i].Kind == manifest.KindVideo {
		return p.measureVideo(ctx, i)
	}
	frames, problems := readFrames(ctx, p.Tasks[i])
	p.addWarnings(problems)
	p.addErrors(i, problems)
	if err := ctx.Err(); err != nil || len(p.Desired[i].Problems) > 0 {
		return err
	}
	p.keepMeasured(i, frames)
	return nil
}

// measureVideo reads a video, or its index where it is not here.
func (p *Project) measureVideo(ctx context.Context, i int) error {
	t, d := p.Tasks[i], &p.Desired[i]
	v, known := t.Video()
	if !known {
		return ctx.Err()
	}
	size, sum, indexed := source.IndexedVideo(t)
	if !indexed {
		sums, problems := source.MeasureVideo(ctx, t)
		t.Close() // the video is opened again where it is sent
		p.addWarnings(problems)
		p.addErrors(i, problems)
		if err := ctx.Err(); err != nil || len(d.Problems) > 0 {
			return err
		}
		size, sum = sums.Size, sums.SHA256
	}
	d.Hash, d.Bytes = v.Identity(size, sum), size
	return nil
}

// readFrames reads a task's images, or its index where they are not here.
func readFrames(ctx context.Context, t source.Task) ([]source.Frame, []diag.Diagnostic) {
	if frames, indexed := source.Indexed(t); indexed {
		return frames, nil
	}
	t, before := t.Exact(ctx)
	if len(diag.Errors(before)) > 0 {
		return nil, before
	}
	frames, problems := source.Measure(ctx, t)
	problems = append(before, problems...)
	t.Close() // the images are opened again where they are sent
	return frames, problems
}

// keepMeasured keeps what the plan is to know of a task's images.
func (p *Project) keepMeasured(i int, frames []source.Frame) {
	d := &p.Desired[i]
	d.Hash, d.Bytes, p.sums[i] = pack(frames).Hash(), 0, make([]planfile.Image, len(frames))
	p.pixels[i] = make([]source.Pixels, len(frames))
	if len(frames) < len(d.Frames) || p.Tasks[i].Provisional() { // bad ones were dropped, or the names were not known
		d.Frames = names(frames)
	}
	d.Related, d.Context = related(frames), p.Tasks[i].Covered(frames)
	for k, f := range frames {
		d.Bytes += f.Size
		for _, c := range f.Context {
			d.Bytes += c.Size
		}
		p.sums[i][k] = planfile.Image{Size: f.Size, Sum: [8]byte(f.Sum[:8])}
		p.pixels[i][k] = source.Pixels{Width: f.Width, Height: f.Height}
	}
}

// dropUnusable drops bad images from tasks that say `bad: skip`, and what damaged recordings lost,
// where the server's task would else look drifted.
func (p *pass) dropUnusable(ctx context.Context) {
	sizes := map[plan.Name]int{}
	for _, t := range p.Actual.Tasks {
		name := plan.NameOf(t.Name)
		sizes[name] = max(sizes[name], t.Size)
	}
	for i, t := range p.Tasks {
		size := sizes[plan.NameOf(t.Name)]
		differs := size > 0 && size != len(t.Frames())
		if differs && t.MayLose() || size > 0 && p.by.CheckFrames && (t.SkipsBad() || t.Provisional()) {
			_ = p.checkHeaders(ctx, i) // what is left out was said when the task was made
		}
	}
}

// checkHeaders reads the headers of one task's images and takes what they show into account.
func (p *Project) checkHeaders(ctx context.Context, i int) []diag.Diagnostic {
	checked, problems := source.CheckHeaders(ctx, p.Tasks[i])
	p.Tasks[i] = checked
	bytes := p.Desired[i].Bytes
	p.Desired[i] = checked.Desired()
	p.Desired[i].Bytes = bytes
	p.pixels[i] = checked.Pixels()
	return problems
}

// computeSizes reads what is to be uploaded, as deeply as is asked for: at the least it finds the sizes.
// It reports whether that changed what is wanted.
func (p *pass) computeSizes(ctx context.Context) (changed bool) {
	upload := map[plan.Name]bool{}
	for _, c := range p.Plan.Changes {
		upload[plan.NameOf(c.Task)] = c.Upload && (c.Bytes < 0 || p.read >= Headers)
	}
	for i, d := range p.Desired {
		if !upload[plan.NameOf(d.Task)] || ctx.Err() != nil {
			continue
		}
		p.readImages(ctx, i)
		changed = true
	}
	return changed
}

// readImages reads one task's images, as deeply as is asked for.
func (p *pass) readImages(ctx context.Context, i int) {
	switch {
	case p.Desired[i].Hash != "":
		return // it was read whole
	case p.read == Contents:
		_ = p.measure(ctx, i) // its error is the context's
		return
	case p.read == Headers:
		p.addWarnings(p.checkHeaders(ctx, i))
	}
	p.computeSize(ctx, i)
}

// takeLists lets the imports of tasks that are not finished take their images' sizes from lists in their storage, where there
// are some. It reports whether that changed what is wanted.
func (p *pass) takeLists(ctx context.Context) (changed bool) {
	unfinished := map[plan.Name]bool{}
	for _, c := range p.Plan.Changes {
		unfinished[plan.NameOf(c.Task)] = c.Upload || c.Action == plan.Resume
	}
	lists, problems := source.Lists(ctx, p.Tasks, func(i int) bool {
		d := p.Desired[i]
		return unfinished[plan.NameOf(d.Task)] && d.Payload.Kind == plan.PayloadCloud
	})
	p.Unlisted = problems
	for i, list := range lists {
		if list != "" {
			p.Desired[i].Payload.Manifest, changed = list, true
		}
	}
	return changed
}

func (p *Project) computeSize(ctx context.Context, i int) {
	size, err := source.Bytes(ctx, p.Tasks[i])
	if err != nil {
		p.addErrorOnce(i, asDiagnostic(err))
		return
	}
	p.Desired[i].Bytes = size
	if stale := p.Tasks[i].Stale(size); stale != nil {
		p.addWarnings([]diag.Diagnostic{*stale})
		p.addErrors(i, []diag.Diagnostic{*stale})
	}
}

// blockAbsent blocks what cannot be uploaded because its bag is not here; a plan does without.
func (p *Project) blockAbsent() {
	for i, t := range p.Tasks {
		if problem, absent := t.OnlyIndexed(); absent {
			p.addErrors(i, []diag.Diagnostic{problem})
		}
	}
}

// asDiagnostic is an error of internal/source, which carries one.
func asDiagnostic(err error) diag.Diagnostic {
	var d diag.Diagnostic
	if errors.As(err, &d) {
		return d
	}
	return diag.Diagnostic{Severity: diag.Error, Code: diag.CodeUnreadable, Text: err.Error()}
}

// addErrors keeps why a task's frames cannot be uploaded.
func (p *Project) addErrors(i int, problems []diag.Diagnostic) {
	p.Desired[i].Problems = append(p.Desired[i].Problems, diag.Errors(problems)...)
}

// addErrorOnce keeps a problem that reading the headers may have found before.
func (p *Project) addErrorOnce(i int, problem diag.Diagnostic) {
	same := func(have diag.Diagnostic) bool { return have.Code == problem.Code && have.Text == problem.Text }
	if !slices.ContainsFunc(p.Desired[i].Problems, same) {
		p.Desired[i].Problems = append(p.Desired[i].Problems, problem)
	}
}

// addWarnings keeps what is to be said of a task's frames and does not block it.
func (p *Project) addWarnings(problems []diag.Diagnostic) {
	for _, found := range problems {
		if found.Severity < diag.Error {
			p.Problems = append(p.Problems, found)
		}
	}
}

// pack lays out the archive of measured frames.
func pack(frames []source.Frame) *archive.Zip { return archive.New(entries(frames)) }

// entries has each frame, and behind it its context images, which are stored next to it in a recording, too.
func entries(frames []source.Frame) []archive.Entry {
	entries := make([]archive.Entry, 0, len(frames))
	for _, f := range frames {
		entries = append(entries, archive.Entry{Name: f.Name, Size: f.Size, CRC: f.CRC, Sum: f.Sum, Width: f.Width, Height: f.Height, Open: f.Open})
		for _, c := range f.Context {
			entries = append(entries, archive.Entry{Name: c.Name, Size: c.Size, CRC: c.CRC, Sum: c.Sum, Open: c.Open, Context: true})
		}
	}
	return entries
}

// related is how many context images each frame has; nil if none has any.
func related(frames []source.Frame) []int {
	counts := make([]int, len(frames))
	for i, f := range frames {
		counts[i] = len(f.Context)
	}
	if !slices.ContainsFunc(counts, func(n int) bool { return n > 0 }) {
		return nil
	}
	return counts
}

func names(frames []source.Frame) []string {
	all := make([]string, len(frames))
	for i, f := range frames {
		all[i] = f.Name
	}
	return all
}
