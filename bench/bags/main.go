// Command bags generates the recordings of the speed benchmark and reads them;
// run.py does both and compares the times with Python's rosbags. See
// bench/bags/README.md.
//
//	bags generate DIR NAME   one of the variants, e.g. bag-lz4
//	bags read PATH TOPIC     one topic, as JSON: seconds, messages, bytes, peak memory
//	bags floor PATH BYTES    reading so many bytes of the file's own, likewise
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/store"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: bags generate DIR NAME | read PATH TOPIC | floor PATH BYTES")
	}
	switch args[0] {
	case "generate":
		return generate(args[1], args[2])
	case "read":
		return report(func() (result, error) { return read(ctx, args[1], args[2]) })
	case "floor":
		n, err := strconv.ParseInt(args[2], 10, 64)
		if err != nil {
			return err
		}
		return report(func() (result, error) { return floor(args[1], n) })
	}
	return fmt.Errorf("no command %q", args[0])
}

type result struct {
	Seconds  float64 `json:"seconds"`
	Messages int     `json:"messages"`
	Bytes    int64   `json:"bytes"`
	CPU      float64 `json:"cpu_seconds"` // of all cores
	PeakKiB  int64   `json:"peak_kib"`
}

func report(f func() (result, error)) error {
	start := time.Now()
	r, err := f()
	if err != nil {
		return err
	}
	r.Seconds = time.Since(start).Seconds()
	r.CPU, r.PeakKiB = used()
	return json.NewEncoder(os.Stdout).Encode(r)
}

func read(ctx context.Context, path, topic string) (r result, err error) {
	in, name := store.Split(path)
	b, err := bag.Open(ctx, in, name, bag.Options{})
	if err != nil {
		return r, err
	}
	defer b.Close()
	entries, err := b.Index(ctx, topic)
	if err != nil {
		return r, err
	}
	err = b.Messages(ctx, entries, func(_ bag.Entry, data []byte) error {
		r.Messages++
		r.Bytes += int64(len(data))
		return nil
	})
	return r, err
}

// floor reads n bytes of a file, as nothing that reads it can be faster.
func floor(path string, n int64) (r result, err error) {
	f, err := os.Open(path)
	if err != nil {
		return r, err
	}
	defer f.Close()
	buf := make([]byte, 256<<10)
	for r.Bytes < n {
		m, err := f.ReadAt(buf[:min(int64(len(buf)), n-r.Bytes)], r.Bytes)
		r.Bytes += int64(m)
		if err != nil {
			return r, err
		}
		r.Messages++
	}
	return r, nil
}
