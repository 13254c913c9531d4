package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cvatplan/cvatplan/internal/crash"
)

// interrupts turns the first SIGINT or SIGTERM into the end of a context, and lets the second end the
// process at once.
type interrupts struct {
	ctx     context.Context // ends at the first signal
	cancel  context.CancelFunc
	signals chan os.Signal
	mu      sync.Mutex
	got     os.Signal
	patient bool   // see finishing
	restore func() // puts the terminal back; nil where nothing was changed
}

// grace is how long what has nothing to finish may take to end by itself: a manifest that is read from
// a pipe, say, does not look at its context.
const grace = 2 * time.Second

// finishing says that a command watches ctx and has something to finish, however long it takes.
func (i *interrupts) finishing() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.patient = true
}

// watchInterrupts begins to watch.
func watchInterrupts(crashes *crash.Relay) *interrupts {
	i := &interrupts{signals: make(chan os.Signal, 2)}
	i.ctx, i.cancel = context.WithCancel(context.Background())
	signal.Notify(i.signals, os.Interrupt, syscall.SIGTERM)
	go crashes.Guard(i.watch)
	return i
}

func (i *interrupts) watch() {
	for s := range i.signals {
		i.mu.Lock()
		first := i.got == nil
		i.got = s
		i.mu.Unlock()
		if first {
			i.cancel()
			time.AfterFunc(grace, i.impatient)
			continue
		}
		i.end()
	}
}

// impatient ends the process, unless it has something to finish.
func (i *interrupts) impatient() {
	i.mu.Lock()
	patient := i.patient
	i.mu.Unlock()
	if !patient {
		i.end()
	}
}

// end ends the process at once, with the terminal as it was.
func (i *interrupts) end() {
	i.mu.Lock()
	restore := i.restore
	i.mu.Unlock()
	if restore != nil {
		restore()
	}
	os.Exit(i.code())
}

// restores says how to put the terminal back, for as long as it is changed: until the
// returned function is called, which does it.
func (i *interrupts) restores(restore func()) func() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.restore = restore
	return func() {
		i.mu.Lock()
		i.restore = nil
		i.mu.Unlock()
		restore()
	}
}

// code is the exit code that the signal asks for, 0 where there was none.
func (i *interrupts) code() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch i.got {
	case nil:
		return exitOK
	case syscall.SIGTERM:
		return exitTerminated
	}
	return exitInterrupted
}

func (i *interrupts) close() {
	signal.Stop(i.signals)
	close(i.signals)
	i.cancel()
}

// context ends at the first interrupt. Commands that have something to finish begin it with a context of
// their own, and look at interrupts.ctx between two steps.
func (a *app) context() (context.Context, context.CancelFunc) {
	return context.WithCancel(a.interrupts.ctx)
}
