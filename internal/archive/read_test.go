package archive

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"
)

// counted counts how often an entry is opened and how many of its readers are open.
type counted struct{ opened, open atomic.Int64 }

type closer struct {
	io.Reader
	once  sync.Once
	close func()
}

func (c *closer) Close() error { c.once.Do(c.close); return nil }

func (c *counted) wrap(e Entry) Entry {
	inner := e.Open
	e.Open = func() (io.ReadCloser, error) {
		r, err := inner()
		if err != nil {
			return nil, err
		}
		c.opened.Add(1)
		c.open.Add(1)
		return &closer{Reader: r, close: func() { c.open.Add(-1) }}, nil
	}
	return e
}

func TestSequentialReadsOpenAFrameOnce(t *testing.T) {
	var c counted
	z := New([]Entry{c.wrap(frame("a", strings.Repeat("x", 100_000)))})
	buf := make([]byte, 1000)
	for off := int64(0); off < z.Size(); off += 1000 {
		if _, err := z.ReadAt(buf, off); err != nil && err != io.EOF {
			t.Fatal(err)
		}
	}
	if opened, open := c.opened.Load(), c.open.Load(); opened != 1 || open != 0 {
		t.Errorf("opened %d times, %d still open; want 1 and 0", opened, open)
	}
}

func TestReadersLeftOpenAreFewAndCloseClosesThem(t *testing.T) {
	var c counted
	z := New([]Entry{c.wrap(frame("a", strings.Repeat("x", 1000)))})
	one := make([]byte, 1)
	read := func() {
		for off := int64(40); off < 140; off++ {
			if _, err := z.ReadAt(one, off*5); err != nil {
				t.Fatal(err)
			}
		}
	}
	read()
	if open := c.open.Load(); open != maxIdle {
		t.Errorf("%d readers are open after scattered reads, want %d", open, maxIdle)
	}
	z.Close()
	read()
	if open := c.open.Load(); open != 0 {
		t.Errorf("%d readers are open after Close, want 0", open)
	}
}

func TestConcurrentReadsSeeTheSameFile(t *testing.T) {
	z := New([]Entry{frame("a", strings.Repeat("abc", 5000)), frame("b", strings.Repeat("defg", 3000))})
	want := whole(t, z)
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error {
			got := make([]byte, 0, len(want))
			buf := make([]byte, 100+i*37)
			for len(got) < len(want) {
				n, err := z.ReadAt(buf, int64(len(got)))
				if err != nil && err != io.EOF {
					return err
				}
				got = append(got, buf[:n]...)
			}
			if !bytes.Equal(got, want) {
				return errors.New("a concurrent reader saw other bytes")
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

func TestAFrameThatChangedIsNamed(t *testing.T) {
	was := strings.Repeat("0123456789", 20)
	tests := map[string]struct{ now, want string }{
		"shrank":      {was[:150], "cam/1.jpg: changed since it was measured: it shrank from 200 to 150 bytes"},
		"is empty":    {"", "cam/1.jpg: changed since it was measured: it shrank from 200 to 0 bytes"},
		"grew":        {was + "!", "cam/1.jpg: changed since it was measured: it grew beyond its 200 bytes"},
		"other bytes": {"X" + was[1:], "cam/1.jpg: changed since it was measured: it has other bytes (CRC-32 "},
	}
	starts := map[string]int64{"from the beginning": 0, "from its middle": 120, "from its last byte": 238}
	for name, tt := range tests {
		for from, off := range starts {
			t.Run(name+", read "+from, func(t *testing.T) {
				e := frame("cam/1.jpg", was)
				e.Open = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(tt.now)), nil }
				z := New([]Entry{e})
				_, err := z.ReadAt(make([]byte, z.Size()-off), off)
				var changed *ChangedError
				if !errors.Is(err, ErrChanged) || !errors.As(err, &changed) || changed.Name != "cam/1.jpg" {
					t.Fatalf("got %v, want a ChangedError", err)
				}
				if !strings.HasPrefix(err.Error(), tt.want) {
					t.Errorf("got  %q\nwant %q", err, tt.want)
				}
			})
		}
	}
}

func TestAFrameThatVanishedHasChanged(t *testing.T) {
	e := frame("1.jpg", "x")
	e.Open = func() (io.ReadCloser, error) {
		return nil, &fs.PathError{Op: "open", Path: "/d/1.jpg", Err: fs.ErrNotExist}
	}
	_, err := New([]Entry{e}).ReadAt(make([]byte, 100), 0)
	if !errors.Is(err, ErrChanged) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want ErrChanged and ErrNotExist", err)
	}
}

func TestOtherReadErrorsPassAsTheyAre(t *testing.T) {
	broken := errors.New("input/output error")
	e := frame("1.jpg", "xyz")
	e.Open = func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("xy"), errReader{broken})), nil
	}
	_, err := New([]Entry{e}).ReadAt(make([]byte, 100), 0)
	if !errors.Is(err, broken) || errors.Is(err, ErrChanged) {
		t.Errorf("got %v, want %v", err, broken)
	}
	e.Open = func() (io.ReadCloser, error) { return nil, fs.ErrPermission }
	if _, err := New([]Entry{e}).ReadAt(make([]byte, 100), 0); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want a permission error", err)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }
