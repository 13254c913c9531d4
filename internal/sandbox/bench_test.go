package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"

	"github.com/cvatplan/cvatplan/internal/sandbox/api"
)

// BenchmarkListing lists a project of 10,000 tasks in 25 pages, as plan does.
func BenchmarkListing(b *testing.B) {
	c := start(b, Options{})
	p, err := c.s.SeedProject(context.Background(), "large")
	if err != nil {
		b.Fatal(err)
	}
	tasks := make([]api.SeedTask, 10_000)
	for i := range tasks {
		tasks[i] = api.SeedTask{Name: fmt.Sprintf("cam_2026-%05d", i), Frames: []string{"a.jpg", "b.jpg"}}
	}
	if err := c.s.SeedTasks(context.Background(), p, tasks); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for page := 1; page <= 25; page++ {
			r := c.get(fmt.Sprintf("/api/tasks?project_id=%d&sort=id&page_size=400&page=%d", p, page))
			if r.status != 200 {
				b.Fatal(r.status, r.body)
			}
		}
		// a write makes the cached listing stale, as between two plans
		if err := c.s.store.Exec(context.Background(), `UPDATE tasks SET updated = updated + 1 WHERE id = 1`); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUpload sends one file of 1 GiB in pieces of 16 MiB, over a loopback port and
// inside the process.
func BenchmarkUpload(b *testing.B) {
	c := start(b, Options{})
	addr, err := c.s.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	overPort := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", addr.String())
	}
	piece := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	const pieces = 64
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){"port": overPort, "process": c.s.DialContext} {
		c.host = "localhost"
		c.http = &http.Client{Transport: &http.Transport{WriteBufferSize: 1 << 18, DialContext: dial}}
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(pieces * len(piece)))
			for b.Loop() {
				id := c.newTask(`{"name":"large"}`)
				at := c.createTUS(id, "large.zip", pieces*len(piece)).want(b, 201, "").header.Get("Location")
				for i := range pieces {
					c.patchTUS(at, i*len(piece), piece).want(b, 204, "")
				}
				c.send("DELETE", fmt.Sprintf("/api/tasks/%d", id), nil).want(b, 204, "")
			}
		})
	}
}
