package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A tty is a terminal that a test looks at.
type tty struct {
	*os.File // the program's end
	keyboard *os.File
	screen   stream
	before   unix.Termios
}

func newTTY(t *testing.T) *tty {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	must(t, err)
	fd := int(master.Fd())
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	y := &tty{File: slave, keyboard: master}
	y.before = y.mode(t)
	go io.Copy(&y.screen, master) // ends when the slave is closed
	t.Cleanup(func() {
		slave.Close()
		master.Close()
	})
	return y
}

func (y *tty) mode(t *testing.T) unix.Termios {
	t.Helper()
	mode, err := unix.IoctlGetTermios(int(y.Fd()), unix.TCGETS)
	must(t, err)
	return *mode
}

// asItWas checks what a shell would find.
func (y *tty) asItWas(t *testing.T) {
	t.Helper()
	if now := y.mode(t); now != y.before {
		t.Errorf("the terminal's mode is %+v, was %+v", now, y.before)
	}
	screen := y.screen.String()
	for what, sequence := range map[string]string{"hides the cursor": "\x1b[?25l", "takes another screen": "\x1b[?1049h", "takes the mouse": "\x1b[?1000h"} {
		if strings.Contains(screen, sequence) {
			t.Errorf("it %s:\n%q", what, screen)
		}
	}
}

// on starts a program at a terminal.
func (y *tty) on(t *testing.T, s *site, args ...string) *process {
	t.Helper()
	p := s.command(0, args...)
	p.Stdin, p.Stderr = y.File, y.File
	p.begin(t)
	return p
}

func (y *tty) shows(t *testing.T, p *process, text string) {
	t.Helper()
	for more := y.screen.written(); !strings.Contains(y.screen.String(), text); more = y.screen.written() {
		select {
		case <-more:
		case <-p.done:
			t.Fatalf("%q was never shown:\n%q", text, y.screen.String())
		}
	}
}

// A signal at the question for a password, whose answer is not shown, gives the echo back.
func TestASignalAtAQuestionLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	d := newDataset(t, shape{tasks: 1, frames: 1})
	for question, env := range map[string][]string{
		"User name at": {"CVAT_ACCESS_TOKEN="},
		"Password of":  {"CVAT_ACCESS_TOKEN=", "CVAT_USERNAME=sandbox"},
		"Go on? [y/N]": nil,
	} {
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			srv := cvattest.Start(t)
			y := newTTY(t)
			s := newSite(t, d, srv.URL, srv.Token).with("cvatplan", env...)
			p := y.on(t, s, "apply")
			y.shows(t, p, question)
			for question == "Password of" && y.mode(t).Lflag&unix.ECHO != 0 { // until it is off
			}
			must(t, p.Process.Signal(syscall.SIGINT))
			<-p.done
			p.wants(t, exitInterrupted)
			y.asItWas(t)
			if n := srv.Count(cvattest.Rule{Writes: true}); n != 0 {
				t.Errorf("%d writes", n)
			}
		})
	}
}

// Two signals under the bars, the second of which ends the program in their midst.
func TestASecondSignalUnderTheBarsLeavesTheTerminalAsItWas(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	s := newSite(t, newDataset(t, shape{tasks: 1, frames: 1}), srv.URL, srv.Token)
	y := newTTY(t)
	sending := srv.Hold(nth(starts, 1), cvattest.BeforeHandling)
	p := y.on(t, s, "apply", "--auto-approve")
	sending.Wait(t)
	must(t, p.Process.Signal(syscall.SIGINT))
	y.shows(t, p, ending)
	must(t, p.Process.Signal(syscall.SIGINT))
	<-p.done
	p.wants(t, exitInterrupted)
	y.asItWas(t)
}

// A person answers, and the password is not on the screen.
func TestAPersonIsAskedAndThePasswordIsNotShown(t *testing.T) {
	t.Parallel()
	srv := cvattest.Start(t)
	s := newSite(t, newDataset(t, shape{tasks: 1, frames: 1}), srv.URL, srv.Token)
	y := newTTY(t)
	p := y.on(t, s.with("cvatplan", "CVAT_ACCESS_TOKEN="), "apply")
	for _, step := range [][2]string{{"User name at", "sandbox"}, {"Password of sandbox", "sandbox"}, {"Go on? [y/N]", "yes"}} {
		y.shows(t, p, step[0])
		for strings.HasPrefix(step[0], "Password") && y.mode(t).Lflag&unix.ECHO != 0 {
		}
		_, err := y.keyboard.WriteString(step[1] + "\n")
		must(t, err)
	}
	<-p.done
	p.wants(t, exitOK)
	y.asItWas(t)
	if n := strings.Count(y.screen.String(), "sandbox"); n != 3 { // typed once, "Password of sandbox:", "as sandbox:"
		t.Errorf("the password is shown:\n%q", y.screen.String())
	}
	s.whole(t)
}
