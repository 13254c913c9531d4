package main

import "context"

// context ends at the first interrupt. Commands that have something to finish watch interrupts.stop
// themselves instead.
func (a *app) context() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go a.guard(func() {
		select {
		case <-a.interrupts.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, cancel
}
