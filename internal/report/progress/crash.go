package progress

import (
	"fmt"
	"runtime/debug"
	"sync"
)

// A crash brings the first panic of other goroutines to the one that closes the view, where
// the program catches it.
type crash struct {
	mu   sync.Mutex
	text string
}

// catch is deferred.
func (c *crash) catch() {
	if v := recover(); v != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.text == "" {
			c.text = fmt.Sprintf("%v\n\n%s", v, debug.Stack())
		}
	}
}

func (c *crash) rethrow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.text != "" {
		panic(c.text)
	}
}
