"""plan --output html in a real Chromium: what its reader sees, presses and is safe from."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from browser import chromium

REPO = Path(__file__).resolve().parent.parent.parent
PAGES = REPO / "internal" / "report" / "testdata"
BINARY = Path(os.environ.get("CVATPLAN_BINARY", REPO / "cvatplan"))
SHOTS = Path(os.environ.get("CVATPLAN_SCREENSHOTS", REPO / ".ci" / "tmp"))

TAB, SPACE = ("Tab", 9), (" ", 32, " ")

# Contrast of each visible text with the ground it stands on (WCAG 2.2, 1.4.3), the worst one.
WORST_CONTRAST = """(() => {
  const rgb = (s) => s.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  let worst = [99, ""];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.tagName === "SCRIPT") continue;
    const [a, b] = [luminance(rgb(getComputedStyle(e).color)), luminance(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05);
    if (ratio < worst[0]) worst = [ratio, walker.currentNode.data];
  }
  return worst;
})()"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(chromium())
        SHOTS.mkdir(parents=True, exist_ok=True)

    def setUp(self):
        self.browser.size(1280, 900)
        self.browser.scheme("light")
        self.browser.open(PAGES / "many.html")

    def rows(self):
        return self.browser.value('[...document.querySelectorAll("tbody tr")].filter(r => r.checkVisibility()).map(r => r.className)')

    def focused(self):
        return self.browser.value('(e => e.getAttribute("aria-label") || e.id || e.value || e.textContent.trim())(document.activeElement)')

    def test_it_asks_the_network_for_nothing(self):
        urls = [r["request"]["url"] for r in self.browser.named("Network.requestWillBeSent")]
        self.assertEqual([], [u for u in urls if not u.startswith(("file:", "data:"))])
        self.assertTrue(all(u.endswith("many.html") for u in urls if u.startswith("file:")), urls)

    def test_hostile_names_run_nothing_and_add_nothing(self):
        self.assertEqual([], self.browser.named("Page.javascriptDialogOpening"))
        self.assertEqual([], self.browser.named("Runtime.exceptionThrown"))
        self.assertEqual([], [e["entry"]["text"] for e in self.browser.named("Log.entryAdded")])
        self.assertEqual([], self.browser.value('[...document.images].map(i => i.src).filter(s => !s.startsWith("data:image/"))'))
        self.assertEqual(1, self.browser.value("document.scripts.length"))
        self.assertIn("</script><img src=x onerror=alert(1)>", self.browser.value('document.querySelector("tbody").textContent'))

    def test_the_policy_stops_what_would_be_injected_all_the_same(self):
        self.browser.value('document.body.insertAdjacentHTML("beforeend", "<img src=https://example.invalid/x.png onerror=alert(1)>")')
        self.browser.settle()
        self.assertEqual([], self.browser.named("Page.javascriptDialogOpening"))
        self.assertTrue(any("Content Security Policy" in e["entry"]["text"] for e in self.browser.named("Log.entryAdded")))

    def test_unchanged_tasks_are_folded_away_and_can_be_shown(self):
        self.assertNotIn("no-op", self.rows())
        before = len(self.rows())
        self.browser.value('document.querySelector("input[value=no-op]").click()')
        self.browser.settle()
        self.assertEqual(before + 1, len(self.rows()))

    def test_words_filter_the_table_and_the_contact_sheets(self):
        self.browser.value('document.getElementById("words").focus()')
        self.browser.type("REALSENSE 03-04")
        self.assertEqual(["create"], self.rows())
        self.assertEqual(["realsenseD435_2026-03-04"], self.browser.value(
            '[...document.querySelectorAll(".sheet")].filter(s => s.checkVisibility()).map(s => s.querySelector("h3").textContent)'))
        total = self.browser.value('document.querySelectorAll("tbody tr").length')
        self.assertEqual(f"1 of {total} tasks shown", self.browser.value('document.getElementById("shown").textContent'))

    def test_the_keyboard_reaches_everything(self):
        self.browser.press(*TAB)
        self.assertEqual("Skip to the tasks", self.focused())
        self.browser.press(*TAB)
        self.assertEqual("words", self.focused())
        self.browser.press(*TAB)
        self.assertEqual("create", self.focused())
        before = self.rows().count("create")
        self.browser.press(*SPACE)
        self.assertEqual((4, 0), (before, self.rows().count("create")))
        self.assertGreater(self.browser.value('parseFloat(getComputedStyle(document.activeElement).outlineWidth)'), 1)

    def test_assistive_technology_is_told_what_everything_is(self):
        nodes = self.browser.call("Accessibility.getFullAXTree")["nodes"]
        named = {(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes if not n.get("ignored")}
        for want in [("searchbox", "Show tasks with these words"), ("checkbox", "create"), ("group", "and one of these actions"),
                     ("region", "Tasks"), ("columnheader", "Why"), ("rowheader", "jai_cam_2026-03-05"), ("heading", "Totals"), ("article", "Images of jai_cam_2026-03-05")]:
            self.assertTrue(want in named, want)
        self.assertEqual([], [n for n in nodes if n.get("role", {}).get("value") in ("link", "checkbox", "searchbox")
                              and not n.get("ignored") and not n["name"]["value"]])

    def test_contact_sheets_show_pictures(self):
        self.assertTrue(self.browser.value("document.images.length") > 0)
        self.assertEqual([], self.browser.value(
            "Promise.all([...document.images].map(i => i.decode().then(() => 0, () => i.alt))).then(all => all.filter(Boolean))"))
        self.assertEqual(1, self.browser.value('document.querySelectorAll(".none").length'))

    def test_light_and_dark_are_legible(self):
        grounds = set()
        for scheme in ("light", "dark"):
            self.browser.scheme(scheme)
            grounds.add(self.browser.value("getComputedStyle(document.body).backgroundColor"))
            ratio, text = self.browser.value(WORST_CONTRAST)
            self.assertGreaterEqual(ratio, 4.5, f"{scheme}: {text}")
            self.browser.screenshot(SHOTS / f"plan-{scheme}.png")
        self.assertEqual(2, len(grounds))

    def test_nothing_runs_out_of_a_narrow_window(self):
        for width in (1280, 1200, 400):
            self.browser.size(width, 900)
            self.browser.settle()
            self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), width)
            table = self.browser.value('(e => [e.scrollWidth, e.clientWidth])(document.querySelector(".scroll"))')
            self.assertTrue(width == 400 or table[0] <= table[1], table)
        self.browser.screenshot(SHOTS / "plan-narrow.png")

    def test_the_quickstart_shows_its_images_before_they_are_uploaded(self):
        with tempfile.TemporaryDirectory() as work:
            shutil.copytree(REPO / "examples" / "quickstart", work, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".sandbox"))
            page = Path(work, "plan.html")
            with page.open("wb") as out:
                subprocess.run([BINARY, "plan", "--output", "html"], cwd=work, stdout=out, check=True)
            self.browser.open(page)
            sheets = self.browser.value("""Promise.all([...document.querySelectorAll(".sheet")].map(async sheet => {
                const images = [...sheet.querySelectorAll("img")];
                await Promise.all(images.map(i => i.decode()));
                return [sheet.querySelector("h3").textContent, images.length, images.every(i => i.naturalWidth > 64), images[0].alt, images.at(-1).alt];
            }))""")
            self.browser.screenshot(SHOTS / "plan-quickstart.png")
            self.assertEqual([3] * 4, self.browser.value("""[...document.querySelectorAll("tbody tr")].map(
                row => row.querySelectorAll(".images img").length)"""))
            self.assertEqual(["2026-03-04", "2026-03-05"] * 2, self.browser.value('[...document.querySelectorAll("tbody .times")].map(e => e.innerText)'))
        for task, count, large, first, last in sheets:
            self.assertEqual((8, True), (count, large), task)
            self.assertTrue(first.endswith("_0000.jpg") and last.endswith("_0011.jpg"), (task, first, last))
        self.assertEqual(["jai_cam_2026-03-04", "jai_cam_2026-03-05", "realsenseD435_2026-03-04", "realsenseD435_2026-03-05"],
                         [s[0] for s in sheets])

    def test_a_plan_without_tasks_says_so(self):
        self.browser.open(PAGES / "empty.html")
        self.assertIn("There are no tasks.", self.browser.value("document.body.innerText"))
        self.assertEqual([], self.browser.named("Runtime.exceptionThrown"))


if __name__ == "__main__":
    unittest.main()
