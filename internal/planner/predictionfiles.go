package planner

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/cvatplan/cvatplan/internal/once"
	"github.com/cvatplan/cvatplan/internal/prediction"
	"github.com/cvatplan/cvatplan/internal/source"
)

// maxPredictions is how many bytes of memory the files of predictions that were read may take while none is placed.
const maxPredictions = 64 << 20

// predictionFiles are the files of predictions that were read, so that one that is about many tasks is read once, as long as
// it does not change. A directory is what it was when it was first read; what is placed of it is checked. Its methods may be
// called from several goroutines.
type predictionFiles struct {
	mu   sync.Mutex
	list []*predictionFile // the one used last is the last
}

type predictionFile struct {
	format, path, stamp string
	file                once.Value[*prediction.File]
	bytes               atomic.Int64
}

// open reads a file, unless it was read.
func (p *predictionFiles) open(ctx context.Context, a *source.Annotations) (*prediction.File, error) {
	f := p.use(a)
	file, err := f.file.Get(ctx, func(context.Context) (*prediction.File, error) {
		return prediction.Open(a.Path, prediction.Format(a.Format))
	})
	if err == nil {
		f.bytes.Store(file.Bytes())
		p.evict()
	}
	return file, err
}

// use is the place of a file as it is now.
func (p *predictionFiles) use(a *source.Annotations) *predictionFile {
	stamp, _ := prediction.FileStamp(a.Path)
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, f := range p.list {
		if f.format == a.Format && f.path == a.Path && f.stamp == stamp {
			p.list = append(append(p.list[:i:i], p.list[i+1:]...), f)
			return f
		}
	}
	f := &predictionFile{format: a.Format, path: a.Path, stamp: stamp}
	p.list = append(p.list, f)
	return f
}

// evict forgets files until the others fit; the one used last stays.
func (p *predictionFiles) evict() {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := int64(0)
	for _, f := range p.list {
		total += f.bytes.Load()
	}
	for total > maxPredictions && len(p.list) > 1 {
		total -= p.list[0].bytes.Load()
		p.list = p.list[1:]
	}
}
