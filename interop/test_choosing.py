"""Frames that are chosen by what they show, against others: the sharpest by OpenCV's Laplacian, and those that look other
by imagehash's dHash. The expectation never comes from our own code.

    python -m unittest discover -s interop
"""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import cv2
import imagehash
import numpy as np
from PIL import Image
from skimage import data
from support import BINARY

MANIFEST = """version: 1
server: {url: "sandbox:.sandbox"}
project: {name: choosing, create: true}
bags: [{path: run1, frames: {%s}}]
"""


def pictures():
    """A camera that pans over photographs and stops, in and out of focus: 640 x 480, in colour."""
    random = np.random.default_rng(7)
    for photo in (data.astronaut(), data.chelsea(), data.coffee()):
        photo = cv2.resize(photo, (1200, 900), interpolation=cv2.INTER_AREA)
        for at in (0, 0, 4, 130, 133, 300, 300, 300, 520):
            crop = photo[at // 2:at // 2 + 480, at:at + 640]
            sigma = random.uniform(0.3, 2.5)
            yield cv2.GaussianBlur(crop, (0, 0), sigma)


def greedy(hashes, distance, least):
    kept = []
    for i, hash_ in enumerate(hashes):
        if not kept or distance(hash_, hashes[kept[-1]]) >= least:
            kept.append(i)
    return kept


def shares(size, cells):
    """How much of each cell, size units wide, each pixel covers, which is as many units wide as there are cells."""
    pixel, cell = np.arange(size), np.arange(cells)[:, None]
    return np.clip(np.minimum((pixel + 1) * cells, (cell + 1) * size) - np.maximum(pixel * cells, cell * size), 0, None)


def area_hash(grey):
    """dhash64/1 as docs/choosing.md says it: averages of the areas of 9 x 8 cells, rounded half up."""
    rows, columns = shares(grey.shape[0], 8), shares(grey.shape[1], 9)
    cells = np.floor((rows @ grey.astype(np.int64) @ columns.T) / grey.size + 0.5)
    return (cells[:, 1:] > cells[:, :-1]).flatten()


class Choosing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.TemporaryDirectory()
        cls.bag = Path(cls.root.name, "run1")
        cls.bag.mkdir()
        cls.files = []
        for i, picture in enumerate(pictures()):
            file = cls.bag / f"cam_{i:02}.{'jpg' if i % 3 else 'png'}"
            Image.fromarray(picture).save(file, quality=92)
            cls.files.append(file)
        cls.grey = [cv2.imread(str(f), cv2.IMREAD_GRAYSCALE) if f.suffix == ".jpg" else np.asarray(Image.open(f).convert("L")) for f in cls.files]

    @classmethod
    def tearDownClass(cls):
        cls.root.cleanup()

    def chosen(self, frames):
        Path(self.root.name, "cvatplan.yaml").write_text(MANIFEST % frames)
        done = subprocess.run([BINARY, "frames"], cwd=self.root.name, capture_output=True, text=True, check=True)
        names = [json.loads(line)["path"] for line in done.stdout.splitlines()]
        return [i for i, f in enumerate(self.files) if f.name in names]

    def test_the_sharpest_are_those_of_opencvs_laplacian(self):
        sharpness = [cv2.Laplacian(grey, cv2.CV_64F).var() for grey in self.grey]
        for size in (2, 3, 5, 9, 40):
            want = [start + int(np.argmax(sharpness[start:start + size])) for start in range(0, len(sharpness), size)]
            self.assertEqual(want, self.chosen(f"sharpest_of: {size}"), f"of each {size}")

    def test_the_distinct_are_those_of_the_hash_that_is_documented(self):
        hashes = [area_hash(grey) for grey in self.grey]
        for least in (1, 2, 4, 6, 10, 16, 24, 40):
            want = greedy(hashes, lambda a, b: int((a != b).sum()), least)
            self.assertEqual(want, self.chosen(f"distinct: {least}"), f"{least} bits")

    def test_distances_are_near_those_of_imagehash(self):
        """Its dhash shrinks by Lanczos where ours averages areas: a few bits."""
        theirs = [imagehash.dhash(Image.open(f)) for f in self.files]
        ours = [area_hash(grey) for grey in self.grey]
        pairs = np.array([(theirs[i] - theirs[k], (ours[i] != ours[k]).sum()) for i in range(len(ours)) for k in range(i)])
        self.assertLess(np.abs(pairs[:, 0] - pairs[:, 1]).mean(), 4)
        self.assertGreater(np.corrcoef(pairs.T)[0, 1], 0.85)

    def test_scenes_and_stops_are_told_as_imagehash_tells_them(self):
        """Where no distance is near the number that is asked for."""
        theirs = [imagehash.dhash(Image.open(f)) for f in self.files]
        for least in (12, 16, 20):
            want = greedy(theirs, lambda a, b: a - b, least)
            for i, before in enumerate(np.searchsorted(want, range(1, len(theirs))) - 1):
                self.assertGreater(abs(theirs[i + 1] - theirs[want[before]] - least), 3, f"{self.files[i + 1].name} is no clear case")
            self.assertEqual(want, self.chosen(f"distinct: {least}"), f"{least} bits")


if __name__ == "__main__":
    unittest.main()
