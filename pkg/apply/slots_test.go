package apply

import (
	"fmt"
	"testing"
	"time"
)

func manyTasks(n int) map[string][]string {
	tasks := map[string][]string{}
	for i := range n {
		tasks[fmt.Sprintf("t%02d", i)] = []string{"1"}
	}
	return tasks
}

// The upload of the next task does not wait for the import of the one before it.
func TestImportsRunWhileOtherTasksAreSent(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		w.importTime = 10 * time.Minute
		j := &job{tasks: manyTasks(4), apply: Options{Parallelism: 1}}
		began := time.Now()
		if r := j.run(t, w.session()); !r.OK() {
			t.Errorf("%+v", r)
		}
		if took := time.Since(began); took > 15*time.Minute {
			t.Errorf("four imports of 10 minutes, which the server does at once, took %s", took)
		}
	})
}

// Tasks whose import failed need a slot again, to send their archive once more. With more of them than
// slots and than places in flight, all the same every one comes to its end.
func TestTasksThatSendAgainAreNotLockedOut(t *testing.T) {
	bubble(t, "", func(t *testing.T) {
		w, _ := existing()
		failed := 0
		w.importError = func(_ *fakeTask, attempt int) string {
			if attempt > 1 {
				return ""
			}
			failed++
			return killed
		}
		j := &job{tasks: manyTasks(3 * inFlight), apply: Options{Parallelism: 1}}
		if r := j.run(t, w.session()); !r.OK() {
			t.Errorf("%+v", r)
		}
		if failed != 3*inFlight {
			t.Errorf("%d imports failed once, wanted %d", failed, 3*inFlight)
		}
	})
}
