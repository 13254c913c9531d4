package storage

import (
	"context"
	"sync"
)

// keyedLocks is a lock per task, which represents CVAT's lock on the task's row. The zero
// value is ready.
type keyedLocks struct {
	mu    sync.Mutex
	locks map[int]*keyedLock
}

type keyedLock struct {
	held  chan struct{} // has an element while the lock is held
	users int
}

// lock takes the lock of a key, or gives up when ctx ends.
func (k *keyedLocks) lock(ctx context.Context, key int) (unlock func(), err error) {
	k.mu.Lock()
	if k.locks == nil {
		k.locks = map[int]*keyedLock{}
	}
	l := k.locks[key]
	if l == nil {
		l = &keyedLock{held: make(chan struct{}, 1)}
		k.locks[key] = l
	}
	l.users++
	k.mu.Unlock()
	select {
	case l.held <- struct{}{}:
		return func() { <-l.held; k.leave(key, l) }, nil
	case <-ctx.Done():
		k.leave(key, l)
		return nil, ctx.Err()
	}
}

func (k *keyedLocks) leave(key int, l *keyedLock) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l.users--; l.users == 0 {
		delete(k.locks, key)
	}
}

// users is how many want a lock, its holder among them.
func (k *keyedLocks) users(key int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	if l := k.locks[key]; l != nil {
		return l.users
	}
	return 0
}
