package progress

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vbauerster/mpb/v8/decor"
)

type panicky struct{}

func (panicky) Write([]byte) (int, error) { panic("injected") }

// closing returns the panic that comes out of Close.
func closing(p *Progress) (v any) {
	defer func() { v = recover() }()
	p.Close()
	return nil
}

func TestAPanicBetweenEventsComesOutOfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := New(panicky{}, creations(1), Options{})
		time.Sleep(time.Minute)
		if v := fmt.Sprint(closing(p)); !strings.Contains(v, "injected") || !strings.Contains(v, "crash_test.go") {
			t.Errorf("%s", v)
		}
	})
}

func TestAPanicOfADecoratorComesOutOfClose(t *testing.T) {
	var b bars
	text := b.text(func() string { panic("injected") })
	if s, _ := text.Decor(decor.Statistics{}); s != "" {
		t.Errorf("%q", s)
	}
	defer func() {
		if v := fmt.Sprint(recover()); !strings.Contains(v, "injected") || !strings.Contains(v, "crash_test.go") {
			t.Errorf("%s", v)
		}
	}()
	b.crash.Rethrow()
}
