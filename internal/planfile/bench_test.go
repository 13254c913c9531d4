package planfile

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"testing"
)

// million is a plan of 10,000 tasks of 100 frames each, half of which are to be created.
func million() File {
	data, bags := dataset{}, []string{}
	var p Project
	for i := range 10_000 {
		bag := fmt.Sprintf("2026-03-04/run-%05d", i)
		bags, data[bag] = append(bags, bag), pictures(bag+"/jai_cam", 100)
	}
	p = project(bags, data)
	for i := range p.Want {
		if i%2 == 0 {
			p.Have.Tasks = append(p.Have.Tasks, on(i+1, p.Want[i].Task, 100))
			p.Want[i].Hash, p.Images[i] = "", nil
		}
	}
	return file(p)
}

func BenchmarkAMillionFrames(b *testing.B) {
	f := million()
	var text bytes.Buffer
	must(b, Write(&text, f))
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			must(b, Write(io.Discard, f))
		}
		b.ReportMetric(float64(text.Len())/(1<<20), "MiB")
	})
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			_, err := Read(bytes.NewReader(text.Bytes()))
			must(b, err)
		}
	})
	b.Run("since", func(b *testing.B) {
		for b.Loop() {
			if s := f.Projects[0].Since(f.Projects[0]); len(s) > 0 {
				b.Fatal(s[0])
			}
		}
	})
	b.Run("kept", func(b *testing.B) {
		var before, after runtime.MemStats
		for b.Loop() {
			runtime.GC()
			runtime.ReadMemStats(&before)
			got, err := Read(bytes.NewReader(text.Bytes()))
			must(b, err)
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MiB-kept")
			runtime.KeepAlive(got)
		}
	})
}
