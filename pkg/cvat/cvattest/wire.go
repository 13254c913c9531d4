package cvattest

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A Wire is a TCP proxy that does to connections what networks do. In front of a server
// that was started with [OneRequestEach] its n-th connection is the n-th request.
type Wire struct {
	Address string // 127.0.0.1:PORT

	target string
	mu     sync.Mutex
	count  int
	faults map[int]Fault // by connection, from 1; 0 is every one
	open   map[net.Conn]bool
	closed bool
}

// A Fault is what happens to one connection. The zero value is none.
type Fault struct {
	Latency time.Duration // before each slice goes on
	Slice   int           // bytes that go on at a time; 0: as they come
	Rate    int           // bytes a second; 0: as fast as they come
	End     End           // what happens after so many bytes:
	After   int64
	Answer  bool // the end is in the answer's bytes; else in the request's
}

// An End is how a connection ends that does not end well.
type End int

// The ends.
const (
	NoEnd     End = iota
	Reset         // both sides get an RST
	HalfClose     // the receiver gets an end of file, and nothing any more; the other way stays open
	BlackHole     // nothing goes through any more, and neither side gets an error
)

// NewWire listens on loopback and passes all on to target, HOST:PORT, until the test ends.
func NewWire(t testing.TB, target string) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{Address: l.Addr().String(), target: target, faults: map[int]Fault{}, open: map[net.Conn]bool{}}
	go w.accept(l)
	t.Cleanup(func() {
		l.Close()
		w.close()
	})
	return w
}

// On sets what happens to the n-th connection, counted from 1; 0 is all for which nothing else is set.
func (w *Wire) On(n int, f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[n] = f
}

// Count is how many connections there were.
func (w *Wire) Count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

func (w *Wire) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return // closed
		}
		go w.pass(client.(*net.TCPConn))
	}
}

func (w *Wire) pass(client *net.TCPConn) {
	dialed, err := net.Dial("tcp", w.target)
	if err != nil {
		client.Close()
		return
	}
	server := dialed.(*net.TCPConn)
	f := w.next(client, server)
	var both sync.WaitGroup
	both.Go(func() { f.copy(server, client, !f.Answer) })
	both.Go(func() { f.copy(client, server, f.Answer) })
	both.Wait()
	client.Close()
	server.Close()
}

// next takes a connection into the count.
func (w *Wire) next(pair ...net.Conn) Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	for _, c := range pair {
		w.open[c] = true
		if w.closed {
			c.Close()
		}
	}
	if f, ok := w.faults[w.count]; ok {
		return f
	}
	return w.faults[0]
}

func (w *Wire) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for c := range w.open {
		c.Close()
	}
}

var errEnd = errors.New("the wire's end")

// copy passes bytes on until one side ends, or until the fault's end if it is on this way.
func (f Fault) copy(to, from *net.TCPConn, ends bool) {
	left := int64(-1)
	if ends && f.End != NoEnd {
		left = f.After
	}
	buffer := make([]byte, 32<<10)
	if f.Slice > 0 {
		buffer = buffer[:min(f.Slice, len(buffer))]
	}
	var err error
	for err == nil {
		left, err = f.slice(to, from, buffer, left)
	}
	if err == errEnd {
		f.end(to, from)
		return
	}
	to.CloseWrite()
}

// slice passes one slice on, of which left bytes go through; below 0 all do.
func (f Fault) slice(to, from *net.TCPConn, buffer []byte, left int64) (int64, error) {
	if left == 0 {
		return 0, errEnd
	}
	n, err := from.Read(buffer)
	if left > 0 {
		n = int(min(int64(n), left))
		left -= int64(n)
	}
	time.Sleep(f.Latency)
	if f.Rate > 0 {
		time.Sleep(time.Duration(n) * time.Second / time.Duration(f.Rate))
	}
	if _, broken := to.Write(buffer[:n]); broken != nil {
		return left, broken
	}
	return left, err
}

func (f Fault) end(to, from *net.TCPConn) {
	switch f.End {
	case Reset:
		for _, c := range []*net.TCPConn{to, from} {
			c.SetLinger(0)
			c.Close()
		}
	case HalfClose:
		to.CloseWrite()
		io.Copy(io.Discard, from)
	case BlackHole:
		io.Copy(io.Discard, from) // until its sender gives up
	}
}
