package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"golang.org/x/term"
)

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
	given, crashed := make(chan answer, 1), make(chan error, 1)
	go func() {
		defer func() {
			if v := recover(); v != nil {
				crashed <- fmt.Errorf("%v\n%s", v, debug.Stack())
			}
		}()
		text, err := read()
		given <- answer{text, err}
	}()
	select {
	case g := <-given:
		return g.text, g.err
	case err := <-crashed:
		panic(err)
	case <-a.interrupts.stop:
		return "", context.Canceled
	}
}
