package progress

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/cvatplan/cvatplan/internal/report"
	"github.com/cvatplan/cvatplan/pkg/apply"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

const mib = 1 << 20

// creations is a plan of n tasks of 10 frames and 100 MiB, and one that nothing is done about.
func creations(n int) plan.Plan {
	p := plan.Plan{Changes: []plan.Change{}}
	for i := range n {
		p.Changes = append(p.Changes, plan.Change{Task: fmt.Sprintf("task_%d", i), Action: plan.Create, Frames: 10, Upload: true, Bytes: 100 * mib})
	}
	return plan.Plan{Changes: append(p.Changes, plan.Change{Task: "same", Action: plan.NoOp, Frames: 10})}
}

func upload(index int, sent int64) apply.Event {
	return apply.Event{Task: fmt.Sprintf("task_%d", index), Index: index, Phase: apply.Uploading, Sent: sent * mib, Total: 100 * mib}
}

func end(index int, r apply.TaskResult) apply.Event {
	r.Task, r.Frames = fmt.Sprintf("task_%d", index), 10
	return apply.Event{Task: r.Task, Index: index, Phase: apply.Finished, Result: &r}
}

func TestElsewhereThereIsALineForEachTaskAndOneForAllEvery30Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := New(&b, creations(4), Options{})
		p.Event(apply.Event{Index: 0, Phase: apply.Measuring})
		p.Event(upload(0, 0))
		for sent := range int64(10) { // 10 MiB a second
			time.Sleep(time.Second)
			p.Event(upload(0, (sent+1)*10))
		}
		p.Event(end(0, apply.TaskResult{Outcome: apply.Done, ID: 812, URL: "https://h/tasks/812", Sent: 100 * mib, Duration: 10 * time.Second}))
		time.Sleep(time.Second)
		p.Event(apply.Event{Index: 1, Phase: apply.Importing, State: "queued"})
		p.Event(apply.Event{Index: 2, Phase: apply.Retrying, Err: errors.New("lost")})
		time.Sleep(16 * time.Second)
		p.Event(upload(2, 40)) // sent by an earlier run
		p.Event(end(1, apply.TaskResult{Outcome: apply.Failed, ID: 813, Err: errors.New("import\x1b[0m failed")}))
		time.Sleep(35 * time.Second)
		p.Event(end(3, apply.TaskResult{Outcome: apply.Stopped}))
		p.Close()
		time.Sleep(time.Hour)
		want := `done: task_0, 10 frames, 100.0 MiB in 10s, #812 https://h/tasks/812
failed: task_1, 10 frames, #813, import\x1b[0m failed
2/4 tasks, 140.0 MiB/400.0 MiB, 512.0 KiB/s, 8m40s left, 10/40 frames, 1 uploading, 1 failed, 1 retried
2/4 tasks, 140.0 MiB/400.0 MiB, 10/40 frames, 1 uploading, 1 failed, 1 retried
`
		if diff := cmp.Diff(want, b.String()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheLineForAllTellsRateAndTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b bytes.Buffer
		p := New(&b, creations(2), Options{Every: 10 * time.Second})
		p.Event(upload(0, 0))
		for sent := range int64(10) {
			time.Sleep(time.Second - time.Millisecond)
			p.Event(upload(0, (sent+1)*5))
		}
		time.Sleep(time.Second)
		p.Close()
		want := "0/2 tasks, 50.0 MiB/200.0 MiB, 5.0 MiB/s, 30s left, 0/20 frames, 1 uploading\n"
		if got := b.String(); got != want {
			t.Errorf("got  %swant %s", got, want)
		}
	})
}

func TestTheRateForgetsWhatIsLongAgoAndWhatWasSentBefore(t *testing.T) {
	start := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		samples map[time.Duration]int64
		now     time.Duration
		want    int64
	}{
		"nothing":     {nil, time.Minute, 0},
		"too early":   {map[time.Duration]int64{0: 100}, 500 * time.Millisecond, 0},
		"even":        {map[time.Duration]int64{0: 100, time.Second: 100}, 2 * time.Second, 100},
		"a full view": {map[time.Duration]int64{0: 1000, 15 * time.Second: 400}, 30 * time.Second, 20},
		"stalled":     {map[time.Duration]int64{0: 1000}, time.Minute, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var r rate
			r.begin(start)
			for _, at := range []time.Duration{0, time.Second, 15 * time.Second} {
				if n := c.samples[at]; n > 0 {
					r.add(start.Add(at), n)
				}
			}
			if got := r.perSecond(start.Add(c.now)); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestALostChunkIsNoProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counter := newCounter(creations(1))
		for _, sent := range []int64{0, 32, 16, 32} {
			counter.count(upload(0, sent))
			time.Sleep(time.Second)
		}
		if s := counter.snapshot(); s.sent != 32*mib || s.rate != 48*mib/4 {
			t.Errorf("sent %d at %d B/s", s.sent, s.rate)
		}
	})
}

func TestBarsShowRunningTasksAndLeaveTheTerminalAsItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen screen
		p := New(&screen, creations(30), Options{Terminal: true})
		p.Event(upload(0, 0))
		p.Event(apply.Event{Index: 1, Phase: apply.Importing, State: "started"})
		time.Sleep(2 * time.Second)
		p.Event(upload(0, 50))
		time.Sleep(time.Second)
		shown := screen.String()
		for _, want := range []string{"task_0", "50.0 MiB/100.0 MiB", "task_1", "importing (started)", "0/30 tasks, 50.0 MiB/2.9 GiB", "MiB/s", "s left", "0/300 frames, 1 uploading, 1 importing"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%q is not shown in\n%s", want, shown)
			}
		}
		p.Event(end(0, apply.TaskResult{Outcome: apply.Done}))
		p.Event(end(1, apply.TaskResult{Outcome: apply.Failed, ID: 7, Err: errors.New("disk full")}))
		time.Sleep(time.Second)
		if shown := screen.String(); strings.Contains(shown, "task_0") || !strings.Contains(shown, "2/30 tasks") {
			t.Errorf("shown after the tasks' end:\n%s", shown)
		}
		p.Event(upload(2, 10))
		p.Close()
		if got, want := screen.String(), "failed: task_1, 10 frames, #7, disk full\n"; got != want {
			t.Errorf("shown at the end:\n%q, want\n%q", got, want)
		}
		if strings.Contains(screen.all, "\x1b[?") {
			t.Error("a mode of the terminal was changed")
		}
	})
}

func TestBarsOfAResumedUploadNeverEndBeforeTheirTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var screen screen
		p := New(&screen, creations(1), Options{Terminal: true})
		for _, sent := range []int64{100, 20, 100} {
			p.Event(upload(0, sent))
			time.Sleep(time.Second)
			if shown := screen.String(); !strings.Contains(shown, "task_0") {
				t.Errorf("after %d MiB are shown:\n%s", sent, shown)
			}
		}
		p.Close()
	})
}

func TestAWideTerminalShowsNamesWhole(t *testing.T) {
	const name = "jai_cam_2026-03-04_the_third_row_of_the_orchard"
	for width, want := range map[int]string{0: "jai_cam_2026-03…w_of_the_orchard", 80: "jai_cam_2026-03-…ow_of_the_orchard", 100: name, 300: name} {
		synctest.Test(t, func(t *testing.T) {
			var screen screen
			plans := creations(1)
			plans.Changes[0].Task = name
			p := New(&screen, plans, Options{Terminal: true, Width: width})
			p.Event(upload(0, 50))
			time.Sleep(time.Second)
			if shown := screen.String(); !strings.HasPrefix(shown, want+" ") {
				t.Errorf("in %d cells are shown:\n%s", width, shown)
			}
			p.Close()
		})
	}
}

func TestLongNamesKeepBothEnds(t *testing.T) {
	cases := map[string]struct{ in, want string }{
		"short":  {"jai_cam_run7", "jai_cam_run7"},
		"fits":   {"0123456789012345", "0123456789012345"},
		"long":   {"realsenseD435_2026-03-04", "realsen…26-03-04"},
		"double": {"果樹園の東側の列の二番目の木", "果樹園…番目の木"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := report.Shortened(c.in, 16)
			if got != c.want || cells.StringWidth(got) > 16 {
				t.Errorf("%q of %d cells, want %q", got, cells.StringWidth(got), c.want)
			}
		})
	}
}
