package progress

import (
	"fmt"
	"strings"
	"sync"
)

// A screen is as much of a terminal as bars need: lines, "up n" and "clear to the end".
type screen struct {
	mu    sync.Mutex
	lines []string
	open  string // the line that has not ended
	all   string
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all += string(p)
	for rest := string(p); rest != ""; {
		rest = s.step(rest)
	}
	return len(p), nil
}

func (s *screen) step(in string) string {
	var n int
	switch {
	case strings.HasPrefix(in, "\x1b[J"):
		s.open = ""
		return in[3:]
	case strings.HasPrefix(in, "\x1b["):
		if _, err := fmt.Sscanf(in, "\x1b[%dA", &n); err != nil {
			panic(fmt.Sprintf("unknown sequence %q", in))
		}
		s.lines = s.lines[:len(s.lines)-n]
		return in[strings.Index(in, "A")+1:]
	case in[0] == '\n':
		s.lines = append(s.lines, s.open)
		s.open = ""
	default:
		s.open += in[:1]
	}
	return in[1:]
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) == 0 {
		return s.open
	}
	return strings.Join(s.lines, "\n") + "\n" + s.open
}
