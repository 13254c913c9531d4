package main

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/cvatplan/cvatplan/internal/bag"
	"github.com/cvatplan/cvatplan/internal/store"
)

// A recorded message, as a reader finds it.
type recorded struct {
	Topic bag.Topic
	Log   int64
	Sum   [32]byte
}

// The compressors may pack otherwise some day: messages are compared, not the files.
func TestTheRecordingsOfTheExampleAreWhatThisProgramMakes(t *testing.T) {
	dir := t.TempDir()
	if err := record(filepath.Join("..", "quickstart", "data"), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"row7_2026-03-04.bag", "row7_2026-03-05.mcap"} {
		want, got := messagesIn(t, filepath.Join(dir, name)), messagesIn(t, filepath.Join("..", "bags", "data", name))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || len(want) == 0 {
			t.Errorf("%s: %d messages; go run ./examples/record examples/quickstart/data examples/bags/data\n%s", name, len(want), diff)
		}
	}
}

func messagesIn(t *testing.T, path string) []recorded {
	t.Helper()
	ctx := context.Background()
	in, name := store.Split(path)
	b, err := bag.Open(ctx, in, name, bag.Options{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	entries, err := b.Index(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all []recorded
	err = b.Messages(ctx, entries, func(e bag.Entry, data []byte) error {
		all = append(all, recorded{b.TopicOf(e), e.LogNS, sha256.Sum256(data)})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
