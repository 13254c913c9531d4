"""status --output html in a real Chromium: bars, links, light and dark, and nothing from the network."""

import unittest

from browser import chromium
from test_page import PAGES, SHOTS, WORST_CONTRAST

WIDTHS = '[...document.querySelectorAll("tbody tr")].map(r => [...r.querySelectorAll("rect")].map(p => p.className.baseVal + " " + Math.round(100 * p.getBoundingClientRect().width / (p.ownerSVGElement.getBoundingClientRect().width - 2))))'


class StatusPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(chromium())
        SHOTS.mkdir(parents=True, exist_ok=True)

    def setUp(self):
        self.browser.size(1280, 900)
        self.browser.scheme("light")
        self.browser.open(PAGES / "status_since.html")

    def test_it_asks_the_network_for_nothing(self):
        urls = [r["request"]["url"] for r in self.browser.named("Network.requestWillBeSent")]
        self.assertEqual([], [u for u in urls if not u.startswith(("file:", "data:"))])

    def test_a_bar_is_divided_as_the_jobs_are(self):
        want = [["completed 50", "acceptance 25", "validation 25"], ["annotation 100"], ["validation 100"]]
        self.assertEqual(want, self.browser.value(WIDTHS))

    def test_rows_lead_to_their_tasks(self):
        links = self.browser.value('[...document.querySelectorAll("tbody th a")].map(a => a.textContent + " " + a.href)')
        self.assertEqual("run1 https://cvat.example.com/tasks/1", links[0])

    def test_it_can_be_read_in_light_and_dark_without_scrolling_sideways(self):
        for page in ("status_since.html", "status_groups.html", "status_many.html"):
            self.browser.open(PAGES / page)
            for scheme in ("light", "dark"):
                with self.subTest(page=page, scheme=scheme):
                    self.browser.scheme(scheme)
                    ratio, text = self.browser.value(WORST_CONTRAST)
                    self.assertGreaterEqual(ratio, 4.5, text)
                    self.assertLessEqual(self.browser.value("document.documentElement.scrollWidth"), 1280)
                    self.browser.screenshot(SHOTS / f"{page.removesuffix('.html')}-{scheme}.png")


if __name__ == "__main__":
    unittest.main()
