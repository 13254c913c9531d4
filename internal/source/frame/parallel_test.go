package frame

import (
	"context"
	"fmt"
	"strings"
	"testing"
)

func TestAPanicComesOutInTheCaller(t *testing.T) {
	defer func() {
		if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "injected") {
			t.Errorf("recovered %v", v)
		}
	}()
	Parallel(context.Background(), 3, 2, func(i int) {
		if i == 1 {
			panic("injected")
		}
	})
}
