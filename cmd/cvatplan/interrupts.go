package main

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// interrupts turns the first SIGINT or SIGTERM into a wish to stop, and lets the second end the
// process at once.
type interrupts struct {
	stop    chan struct{} // closed at the first signal
	signals chan os.Signal
	mu      sync.Mutex
	got     os.Signal
}

func watchInterrupts() *interrupts {
	i := &interrupts{stop: make(chan struct{}), signals: make(chan os.Signal, 2)}
	signal.Notify(i.signals, os.Interrupt, syscall.SIGTERM)
	go i.watch()
	return i
}

func (i *interrupts) watch() {
	for s := range i.signals {
		i.mu.Lock()
		first := i.got == nil
		i.got = s
		i.mu.Unlock()
		if !first {
			os.Exit(i.code())
		}
		close(i.stop)
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
}
