package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"
)

func isTerminal(stream any) bool {
	f, ok := beneath(stream).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// widthOf is the width in cells that rows have room in: what COLUMNS says, else that of a terminal; 0 is without bounds,
// as it is for files and pipes, whose readers look for whole names.
func (a *app) widthOf(w io.Writer) int {
	if n, err := strconv.Atoi(a.getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	f, ok := beneath(w).(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// readLine reads an answer from a person, unless the run is interrupted.
func (a *app) readLine() (string, error) {
	line, err := a.answer(func() (string, error) {
		line, err := bufio.NewReader(a.stdin).ReadString('\n')
		if line != "" {
			err = nil
		}
		return line, err
	})
	if err != nil {
		return "", fmt.Errorf("read an answer: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// readPassword reads without an echo, which is there again however it ends.
func (a *app) readPassword() (string, error) {
	fd := int(a.stdin.(*os.File).Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	defer a.interrupts.restores(func() { _ = term.Restore(fd, before) })()
	return a.answer(func() (string, error) {
		password, err := term.ReadPassword(fd)
		return string(password), err
	})
}

// answer waits for a person or for an interrupt; the reader is left behind then, and ends
// with the process.
func (a *app) answer(read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	given := make(chan answer, 1)
	go a.crashes.Guard(func() {
		defer close(given)
		text, err := read()
		given <- answer{text, err}
	})
	select {
	case g, ok := <-given:
		if !ok {
			return "", errors.New("the answer could not be read")
		}
		return g.text, g.err
	case <-a.interrupts.ctx.Done():
		return "", context.Canceled
	}
}
