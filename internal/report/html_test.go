package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/wording"
	"github.com/cvatplan/cvatplan/pkg/manifest"
	"github.com/cvatplan/cvatplan/pkg/plan"
)

// orange is a PNG of one pixel.
var orange, _ = base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4P4MBAAR9AXwvBu/FAAAAAElFTkSuQmCC")

// first and last frames; of one camera there are none.
func somePictures(c plan.Change) []Thumb {
	if c.Camera == "realsenseD435" {
		return []Thumb{{Name: c.Desired.Frames[0]}}
	}
	return []Thumb{{c.Desired.Frames[0], orange}, {c.Desired.Frames[len(c.Desired.Frames)-1], orange}}
}

// someTimes has stamps for one camera, and days of the bag for another.
func someTimes(c plan.Change) Times {
	first, err := time.Parse(time.DateOnly, c.Bag)
	if err != nil {
		return Times{}
	}
	if c.Camera == "realsenseD435" {
		return Times{First: first, Last: first, Days: true}
	}
	return Times{First: first.Add(8 * time.Hour), Last: first.Add(8*time.Hour + 90*time.Second)}
}

func TestTimesAreAsShortAsTheyCanBe(t *testing.T) {
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for want, times := range map[string]Times{
		"":                                   {},
		"2026-03-04 12:00:00 UTC":            {First: noon, Last: noon.Add(time.Millisecond)},
		"2026-03-04 12:00:00 – 12:01:30 UTC": {First: noon, Last: noon.Add(90 * time.Second)},
		"2026-03-04 12:00:00 – 2026-03-05 00:00:00 UTC": {First: noon, Last: noon.Add(12 * time.Hour)},
		"2026-03-04":              {First: noon, Last: noon, Days: true},
		"2026-03-04 – 2026-03-05": {First: noon, Last: noon.Add(24 * time.Hour), Days: true},
	} {
		if got := times.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func toHTML(t *testing.T, plans []plan.Plan, o HTMLOptions) string {
	t.Helper()
	return string(render(t, func(b *bytes.Buffer) error { return HTML(b, plans, o) }))
}

func TestHTMLIsOnePage(t *testing.T) {
	broken := []diag.Diagnostic{{
		Pos: manifest.Position{File: "b.yaml", Line: 3, Column: 7}, Text: `unknown key "<projct>"`, Hint: say(`did you mean "project"?`),
	}}
	cases := map[string]struct {
		plans []plan.Plan
		o     HTMLOptions
	}{
		"offline.html": {offlinePlan(), HTMLOptions{}},
		"empty.html":   {emptyPlan(), HTMLOptions{Thumbs: somePictures}},
		"none.html":    {nil, HTMLOptions{}},
		"one.html":     {onePlan(), HTMLOptions{}},
		"two.html":     {twoPlans(), HTMLOptions{Thumbs: somePictures, Times: someTimes}},
		"many.html":    {manyPlan(), HTMLOptions{Thumbs: somePictures, Times: someTimes}},
		"partly.html":  {onePlan(), HTMLOptions{Errors: broken}},
		"errors.html":  {nil, HTMLOptions{Errors: broken}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			golden(t, name, []byte(toHTML(t, c.plans, c.o)))
		})
	}
}

func TestHTMLOfTenThousandTasksHasThemAll(t *testing.T) {
	var asked atomic.Int64
	got := toHTML(t, bigPlan(), HTMLOptions{Thumbs: func(c plan.Change) []Thumb {
		asked.Add(1)
		return []Thumb{{Name: c.Task, Data: orange}}
	}})
	for what, want := range map[string]int{
		`<tr class="create" data-sheet=`: 1000, `<tr class="no-op">`: 9000, `<article class="sheet"`: 1000, `<img src="data:image/png;base64,`: 1000,
	} {
		if n := strings.Count(got, what); n != want {
			t.Errorf("%d × %s, want %d", n, what, want)
		}
	}
	if asked.Load() != 1000 {
		t.Errorf("thumbnails were asked for %d times, want 1000", asked.Load())
	}
	first, last := strings.Index(got, "<bdi>jai_cam_run-00000</bdi></h3>"), strings.Index(got, "<bdi>jai_cam_run-04995</bdi></h3>")
	if first < 0 || last < first {
		t.Errorf("contact sheets stand at %d and %d, want the plan's order", first, last)
	}
}

func TestAPageHoldsSixteenMegabytesOfPicturesAndSaysWhoHasNone(t *testing.T) {
	picture := bytes.Repeat([]byte{0xff}, 12_000) // 16,000 characters of base64
	copy(picture, "\xff\xd8\xff\xe0")
	got := toHTML(t, bigPlan(), HTMLOptions{Thumbs: func(c plan.Change) []Thumb {
		return []Thumb{{c.Task + " first", picture}, {c.Task + " last", picture}}
	}})
	const pictured = 16 << 20 / (2 * (len("data:image/jpeg;base64,") + 16_000))
	for what, want := range map[string]int{
		`<article class="sheet"`: pictured, `href="#sheet-`: pictured, `<tr class="create"`: 1000,
		fmt.Sprintf("16.0 MiB of pictures, so %d tasks below these have none here", 1000-pictured): 1,
	} {
		if n := strings.Count(got, what); n != want {
			t.Errorf("%d × %s, want %d", n, what, want)
		}
	}
	if len(got) > 24<<20 {
		t.Errorf("the page has %d bytes", len(got))
	}
}

var element = regexp.MustCompile(`<([a-z0-9]+)[^>]*>`)

// What the browser makes of hostile names is tested in a browser (interop/browser);
// here, that they add no element.
func TestHTMLNamesAddNoElement(t *testing.T) {
	count := func(page string) map[string]int {
		n := make(map[string]int)
		for _, m := range element.FindAllStringSubmatch(page, -1) {
			n[m[1]]++
		}
		return n
	}
	hostile := toHTML(t, manyPlan(), HTMLOptions{Thumbs: somePictures})
	tame := toHTML(t, tamed(manyPlan()), HTMLOptions{Thumbs: somePictures})
	for name, n := range count(hostile) {
		if n != count(tame)[name] {
			t.Errorf("%d × <%s>, want %d", n, name, count(tame)[name])
		}
	}
	if !strings.Contains(html.UnescapeString(hostile), wording.Safe(evilName)) {
		t.Error("the name itself is not shown")
	}
}

// tamed replaces the hostile names; the rest of the plan stays.
func tamed(plans []plan.Plan) []plan.Plan {
	for _, c := range plans[0].Changes {
		for i := range c.Desired.Frames {
			c.Desired.Frames[i] = "frame.jpg"
		}
	}
	for i := range plans[0].Changes {
		c := &plans[0].Changes[i]
		if c.Bag == evilName {
			c.Bag, c.Task = "tame", "jai_cam_tame"
		}
	}
	for i := range plans[0].Project.Labels {
		plans[0].Project.Labels[i].Name = "label"
	}
	return plans
}

func TestHTMLPolicyNamesItsOwnStyleAndScript(t *testing.T) {
	got := toHTML(t, onePlan(), HTMLOptions{})
	for _, tag := range []string{"style", "script"} {
		_, rest, _ := strings.Cut(got, "<"+tag+">")
		content, _, found := strings.Cut(rest, "</"+tag+">")
		if !found || !strings.Contains(html.UnescapeString(got), tag+"-src "+source(content)) {
			t.Errorf("the policy does not allow the page's own %s", tag)
		}
	}
}

func TestHTMLLinksOnlyToTheWeb(t *testing.T) {
	plans := manyPlan()
	for i := range plans[0].Changes {
		plans[0].Changes[i].URL = "javascript:alert(1)"
	}
	if got := toHTML(t, plans, HTMLOptions{}); strings.Contains(got, "javascript:") {
		t.Error("a link runs a script")
	}
}

func TestASheetThatPanicsCostsNotThePage(t *testing.T) {
	var b strings.Builder
	crash := func() (v any) {
		defer func() { v = recover() }()
		return HTML(&b, onePlan(), HTMLOptions{Thumbs: func(plan.Change) []Thumb { panic("disk <gone>") }})
	}()
	if !strings.Contains(fmt.Sprint(crash), "disk <gone>") || !strings.Contains(fmt.Sprint(crash), "html_test.go") {
		t.Errorf("the panic is lost: %v", crash)
	}
	got := b.String()
	if !strings.Contains(got, "<p>no images: disk &lt;gone&gt;</p>") || !strings.HasSuffix(got, "</html>\n") {
		t.Error("the page does not say what happened, or ends early")
	}
}

func TestOnlyPicturesBecomeImages(t *testing.T) {
	cases := map[string]struct {
		data []byte
		want string
	}{
		"png":  {orange, "data:image/png;base64,"},
		"jpeg": {[]byte("\xff\xd8\xff\xe0…"), "data:image/jpeg;base64,"},
		"svg":  {[]byte("<svg onload=alert(1)>"), ""},
		"none": {nil, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := string(dataURI(c.data)); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
				t.Errorf("got %q, want %q…", got, c.want)
			}
		})
	}
}

func TestLargePagesShowFewerFramesOfEachTask(t *testing.T) {
	for tasks, want := range map[int]int{0: 8, 1: 8, 250: 8, 500: 4, 1000: 2, 10_000: 2} {
		if got := SheetSize(tasks); got != want {
			t.Errorf("SheetSize(%d) = %d, want %d", tasks, got, want)
		}
	}
}

func TestTheGoldenPageNamesNoHostButTheServerAndTheManual(t *testing.T) {
	page, err := os.ReadFile("testdata/many.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(src|href)="([^"]*)"`).FindAllStringSubmatch(string(page), -1) {
		local := strings.HasPrefix(m[2], "data:") || strings.HasPrefix(m[2], "#")
		manual := m[1] == "href" && strings.HasPrefix(m[2], helpPage)
		if !local && !manual && !strings.HasPrefix(m[2], "https://cvat.example.com/tasks/") {
			t.Errorf("%s to %s", m[1], m[2])
		}
	}
}
