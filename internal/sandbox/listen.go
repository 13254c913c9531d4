package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Listen binds a loopback address, such as 127.0.0.1:0, and serves until [Server.Close].
// It returns the address with its port. Any other address is refused: everybody knows
// the sandbox's password.
func (s *Server) Listen(ctx context.Context, address string) (net.Addr, error) {
	if err := CheckAddress(ctx, address); err != nil {
		return nil, err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	s.serve(l)
	return l.Addr(), nil
}

// CheckAddress refuses an address that another machine could reach, as [Server.Listen]
// does, and so before [Open] has made a directory.
func CheckAddress(ctx context.Context, address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("listen on %q: want an address like 127.0.0.1:0", address)
	}
	if host == "" {
		return fmt.Errorf("listen on %q: the sandbox binds loopback only; write 127.0.0.1%s", address, address)
	}
	ips, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", address, err)
	}
	for _, ip := range ips {
		if !ip.IP.IsLoopback() {
			return fmt.Errorf("listen on %s: the sandbox binds loopback only, as everybody knows its password; use 127.0.0.1", address)
		}
	}
	return nil
}

func (s *Server) serve(l net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.http == nil {
		s.unused = map[net.Conn]bool{}
		s.http = &http.Server{Handler: http.HandlerFunc(s.serveLocally), ReadHeaderTimeout: time.Minute, ConnState: s.follow}
		s.http.RegisterOnShutdown(s.dropUnused)
	}
	go func() { _ = s.http.Serve(l) }() // ends with Close
}

// serveLocally refuses what a browser sends that was led here by another site: a name that
// somebody else's DNS server says is 127.0.0.1, or a page from elsewhere. Everybody knows the
// sandbox's password, and it may be off.
func (s *Server) serveLocally(w http.ResponseWriter, r *http.Request) {
	if a, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr); a == nil || a.Network() == "tcp" {
		if !isLocal(r.Host) {
			http.Error(w, fmt.Sprintf("The sandbox answers to 127.0.0.1 and localhost, not to %q.", r.Host), http.StatusMisdirectedRequest)
			return
		}
		for _, origin := range r.Header.Values("Origin") {
			u, err := url.Parse(origin)
			if err != nil || !isLocal(u.Host) {
				http.Error(w, fmt.Sprintf("The sandbox answers to no page of %q.", origin), http.StatusForbidden)
				return
			}
		}
	}
	s.ServeHTTP(w, r)
}

// isLocal tells whether a host, with a port or without, can only be this machine.
func isLocal(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// follow knows the connections on which nothing has come yet: a browser, and Go's client, make some that they may never
// use, and net/http lets each of them hold up a shutdown for 5 s.
func (s *Server) follow(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(s.unused, c)
	case s.stopping:
		c.Close()
	default:
		s.unused[c] = true
	}
}

func (s *Server) dropUnused() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for c := range s.unused {
		c.Close()
	}
}

// stopGrace is how long Close lets requests end.
const stopGrace = 5 * time.Second

func (s *Server) stopServing() error {
	s.mu.Lock()
	server := s.http
	s.mu.Unlock()
	if server == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close() // cuts off those that take too long
	}
	return nil
}

// DialContext makes a connection inside the process, whatever the address; it fits an
// [http.Transport]. No port is bound.
func (s *Server) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	fresh := s.memory == nil
	if fresh {
		s.memory = newMemoryListener()
	}
	l := s.memory
	s.mu.Unlock()
	if fresh {
		s.serve(l)
	}
	return l.dial(ctx)
}

// A memoryListener accepts connections of the own process.
type memoryListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

var errClosed = errors.New("the sandbox is closed")

func (l *memoryListener) dial(ctx context.Context) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Accept waits for the next connection.
func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and dial.
func (l *memoryListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is no address that anybody could reach.
func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "sandbox" }
