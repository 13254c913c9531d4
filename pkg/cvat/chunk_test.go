package cvat

import (
	"net/http"
	"testing"
	"time"
)

const MiB = 1 << 20

func TestChunkSizesAreWhatServersTake(t *testing.T) {
	c := &Client{}
	for wanted, want := range map[int64]chunks{
		0:       {size: 16 * MiB, first: 16 * MiB, most: 95 * MiB, quick: 5 * time.Second},
		1:       {size: minChunk, first: minChunk, most: minChunk},
		8 * MiB: {size: 8 * MiB, first: 8 * MiB, most: 8 * MiB},
		1 << 40: {size: 95 * MiB, first: 95 * MiB, most: 95 * MiB},
	} {
		if got := c.chunks(wanted); got != want {
			t.Errorf("chunks(%d) = %+v, want %+v", wanted, got, want)
		}
	}
}

func TestOnlyAServerThatStreamsGetsTheLargestChunks(t *testing.T) {
	for version, want := range map[string]int64{"2.54.1": 95 * MiB, "2.55.0": 256 * MiB, "2.73.0": 256 * MiB} {
		c := serve(t, func(w http.ResponseWriter, r *http.Request) { say(w, 200, `{"name":"CVAT","version":"`+version+`"}`) })
		if _, err := c.About(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := c.chunks(0).most; got != want {
			t.Errorf("%s: at most %d bytes, want %d", version, got, want)
		}
		if got := c.chunks(1 << 40).most; got != 95*MiB {
			t.Errorf("%s: at most %d bytes where a size is asked for", version, got)
		}
	}
}

// Each step is how long a chunk took, or that it broke, and what the next one is.
func TestChunksTakeSomeSeconds(t *testing.T) {
	type step struct {
		took time.Duration // 0: it broke
		next int64
	}
	tests := map[string]struct {
		wanted, rejected int64
		steps            []step
	}{
		"quick":                 {steps: []step{{quickChunk, 32 * MiB}, {quickChunk/4 + 1, 64 * MiB}, {quickChunk, 95 * MiB}, {1, 95 * MiB}}},
		"very quick":            {steps: []step{{quickChunk / 4, 64 * MiB}, {1, 95 * MiB}}},
		"neither":               {steps: []step{{quickChunk + 1, 16 * MiB}, {4 * quickChunk, 16 * MiB}}},
		"slow":                  {steps: []step{{4*quickChunk + 1, 8 * MiB}, {time.Hour, 4 * MiB}, {time.Hour, 2 * MiB}, {time.Hour, MiB}, {time.Hour, MiB}}},
		"slow, then quick":      {steps: []step{{time.Hour, 8 * MiB}, {quickChunk, 16 * MiB}, {quickChunk, 32 * MiB}, {time.Hour, 16 * MiB}, {quickChunk, 32 * MiB}}},
		"broken":                {steps: []step{{quickChunk, 32 * MiB}, {0, 16 * MiB}, {1, 16 * MiB}, {0, 8 * MiB}, {1, 8 * MiB}, {time.Hour, 4 * MiB}, {1, 8 * MiB}, {1, 8 * MiB}}},
		"refused elsewhere":     {rejected: 60 * MiB, steps: []step{{1, 30 * MiB}, {quickChunk, 30 * MiB}}},
		"refused at its next":   {rejected: 32 * MiB, steps: []step{{1, 16 * MiB}}},
		"refused, small":        {rejected: MiB, steps: []step{{1, MiB / 2}}},
		"as was asked":          {wanted: 4 * MiB, steps: []step{{1, 4 * MiB}, {time.Hour, 4 * MiB}, {0, 2 * MiB}, {1, 2 * MiB}}},
		"broken to the bottom":  {wanted: minChunk, steps: []step{{0, minChunk}, {1, minChunk}}},
		"broken near the least": {wanted: minChunk + 1, steps: []step{{0, minChunk}, {1, minChunk}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := &Client{}
			c.minRejected.Store(test.rejected)
			k := c.chunks(test.wanted)
			for i, s := range test.steps {
				if s.took == 0 {
					k.halve(k.size)
				} else {
					k.passed(k.size, s.took, c.below)
				}
				if k.size != s.next {
					t.Fatalf("step %d: %d bytes, want %d", i, k.size, s.next)
				}
			}
		})
	}
}

func TestTheQuickEndOfAFileTellsNothingOfItsChunks(t *testing.T) {
	k := (&Client{}).chunks(0)
	k.passed(1, 1, (&Client{}).below)
	if k.size != firstChunk {
		t.Errorf("%d bytes after it", k.size)
	}
}
