package once

import (
	"context"
	"errors"
	"testing"
)

var errDamaged = errors.New("damaged")

func TestAValueIsMadeOnceUnlessItsMakerGaveUp(t *testing.T) {
	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		first   context.Context
		err     error // of the first
		calls   int   // for two who ask
		want    int
		wantErr error // of the second
	}{
		"made":                         {t.Context(), nil, 1, 1, nil},
		"failed":                       {t.Context(), errDamaged, 1, 0, errDamaged},
		"given up":                     {gaveUp, context.Canceled, 2, 2, nil},
		"failed while it was given up": {gaveUp, errDamaged, 2, 2, nil},
		"made while it was given up":   {gaveUp, nil, 1, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var v Value[int]
			calls := 0
			do := func(err error) func(context.Context) (int, error) {
				return func(context.Context) (int, error) {
					if calls++; err != nil {
						return 0, err
					}
					return calls, nil
				}
			}
			if _, err := v.Get(c.first, do(c.err)); err != c.err {
				t.Errorf("the first was given %v", err)
			}
			got, err := v.Get(t.Context(), do(nil))
			if made := v.Made(); made != c.want {
				t.Errorf("%d is made, %d was to be", made, c.want)
			}
			if got != c.want || err != c.wantErr || calls != c.calls {
				t.Errorf("the second was given %d, %v after %d calls; %d, %v after %d are right", got, err, calls, c.want, c.wantErr, c.calls)
			}
		})
	}
}

// A panic is the caller's own; the next one makes the value.
func TestAPanicOfOneIsNoValueOfAnother(t *testing.T) {
	var v Value[int]
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is lost")
			}
		}()
		v.Get(t.Context(), func(context.Context) (int, error) { panic("a fault") })
	}()
	if n, err := v.Get(t.Context(), func(context.Context) (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Error(n, err)
	}
}
