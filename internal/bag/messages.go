package bag

import (
	"context"
	"errors"
	"fmt"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/memory"
)

// Messages reads the given entries in the given order, each chunk once, several
// chunks at a time. data belongs to visit only until visit returns; the entry
// has its PublishNS. An error of visit ends the reading and is returned as it is.
//
// A message that cannot be read is left out and counted in [Bag.Warnings];
// under [Options].Strict it is an error. A caller that must know which ones
// are missing compares what it was given with what it asked for.
func (b *Bag) Messages(ctx context.Context, entries []Entry, visit func(e Entry, data []byte) error) error {
	return b.messages(ctx, entries, -1, visit)
}

// Heads is Messages for the first n bytes of each message.
func (b *Bag) Heads(ctx context.Context, entries []Entry, n int, visit func(e Entry, data []byte) error) error {
	return b.messages(ctx, entries, int64(max(n, 0)), visit)
}

func (b *Bag) messages(ctx context.Context, entries []Entry, limit int64, visit func(Entry, []byte) error) error {
	units, of := b.divide(entries, limit)
	p := newPipeline(ctx, b.opts, units, func(ctx context.Context, r *memory.Reader, u *unit) { b.loadUnit(ctx, entries, u, limit, r) })
	defer p.stop()
	for i, e := range entries {
		u := units[of[i]]
		if err := p.wait(ctx, u); err != nil {
			return err
		}
		m, err := u.take()
		if errors.Is(err, errDeferred) {
			m, err = b.loadDeferred(ctx, e, m, limit, p.memory.Need)
		}
		switch {
		case errors.As(err, new(*DamageError)), ctx.Err() != nil && err != nil, b.opts.refused(err):
		case err != nil:
			err = b.lose(e, err)
		default:
			e.PublishNS = m.pub
			err = visit(e, m.data)
			m.free()
		}
		if err != nil {
			return err
		}
		p.done(u)
	}
	return nil
}

// lose counts a message that cannot be read, once.
func (b *Bag) lose(e Entry, err error) error {
	return b.warn.lose(e.at, Warning{
		File: b.parts[e.at.part].path(), Text: "messages that cannot be read", Messages: 1,
		First: fmt.Sprintf("message %d of %s: %v", e.Seq, e.Topic, err), Hint: diag.HintOf(err),
	})
}
