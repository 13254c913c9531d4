"""Colours, seen by OpenCV: what internal/rosimage makes of raw pixels, against what
cv2 makes of the same bytes. The expectation never comes from our own decoder.

    python -m unittest discover -s interop
"""

import json
import subprocess
import tempfile
import unittest
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np

REPO = Path(__file__).resolve().parent.parent

# OpenCV calls a Bayer pattern by its second row's second and third pixel, ROS by
# its first row.
BAYER = {"rggb": cv2.COLOR_BayerBG2BGR, "bggr": cv2.COLOR_BayerRG2BGR,
         "gbrg": cv2.COLOR_BayerGR2BGR, "grbg": cv2.COLOR_BayerGB2BGR}
YUV = {"uyvy": cv2.COLOR_YUV2BGR_UYVY, "yuv422": cv2.COLOR_YUV2BGR_UYVY,
       "yuyv": cv2.COLOR_YUV2BGR_YUY2, "yuv422_yuy2": cv2.COLOR_YUV2BGR_YUY2, "8UC2": cv2.COLOR_YUV2BGR_YUY2}
PLANAR = {"nv12": cv2.COLOR_YUV2BGR_NV12, "nv21": cv2.COLOR_YUV2BGR_NV21, "i420": cv2.COLOR_YUV2BGR_I420}
# To the BGR, BGRA or grey that cv2.imread gives.
PACKED = {"rgb8": ("u1", 3, cv2.COLOR_RGB2BGR), "bgr8": ("u1", 3, None), "8UC3": ("u1", 3, None),
          "rgba8": ("u1", 4, cv2.COLOR_RGBA2BGRA), "bgra8": ("u1", 4, None), "8UC4": ("u1", 4, None),
          "rgb16": ("u2", 3, cv2.COLOR_RGB2BGR), "bgr16": ("u2", 3, None), "16UC3": ("u2", 3, None),
          "rgba16": ("u2", 4, cv2.COLOR_RGBA2BGRA), "bgra16": ("u2", 4, None), "16UC4": ("u2", 4, None),
          "mono8": ("u1", 1, None), "8UC1": ("u1", 1, None), "mono16": ("u2", 1, None)}

# The largest difference that is allowed: none, but for the rounding of colours
# that are computed with other fixed-point numbers, and of depth.
BOUNDS = defaultdict(int, {"yuv": 1, "depth": 1})


def rows(data, case, dtype, channels):
    """The pixels without padding, in this machine's byte order."""
    dtype = np.dtype(dtype).newbyteorder(">" if case["big_endian"] else "<")
    row = case["width"] * channels * dtype.itemsize
    padded = np.frombuffer(data, np.uint8).reshape(case["height"], case["step"])
    pixels = np.ascontiguousarray(padded[:, :row]).view(dtype).astype(dtype.newbyteorder("="))
    shape = (case["height"], case["width"], channels)
    return pixels.reshape(shape[:2] if channels == 1 else shape)


def opencv(data, case):
    """The family of the encoding, and OpenCV's picture."""
    encoding = case["encoding"]
    if encoding.startswith("bayer_"):
        dtype = "u2" if encoding.endswith("16") else "u1"
        return "bayer", cv2.cvtColor(rows(data, case, dtype, 1), BAYER[encoding[6:10]])
    if encoding in YUV:
        return "yuv", cv2.cvtColor(rows(data, case, "u1", 2), YUV[encoding])
    if encoding in PLANAR:
        return "yuv", cv2.cvtColor(planes(data, case), PLANAR[encoding])
    if encoding == "nv24":
        return "yuv", nv24(data, case)
    if encoding in ("16UC1", "16SC1", "32FC1", "64FC1"):
        return "depth", depth(data, case)
    dtype, channels, code = PACKED[encoding]
    pixels = rows(data, case, dtype, channels)
    return "packed", pixels if code is None else cv2.cvtColor(pixels, code)


def planes(data, case):
    """Luma, and behind it the colour, without padding, as OpenCV wants them in one matrix."""
    width, height, step = case["width"], case["height"], case["step"]
    every = np.frombuffer(data, np.uint8)
    luma, colour = every[:step * height].reshape(height, step), every[step * height:]
    if case["encoding"] == "i420":
        colour = colour.reshape(height, step // 2)[:, :width // 2].reshape(height // 2, width)
    else:
        colour = colour.reshape(height // 2, step)[:, :width]
    return np.concatenate([luma[:, :width], colour])


def nv24(data, case):
    """OpenCV has no such code: each pixel twice is two equal pixels of YUYV."""
    width, height, step = case["width"], case["height"], case["step"]
    every = np.frombuffer(data, np.uint8)
    luma = every[:step * height].reshape(height, step)[:, :width]
    colour = every[step * height:].reshape(height, 2 * step)[:, :2 * width].reshape(height, width, 2)
    twice = np.empty((height, 2 * width, 2), np.uint8)
    twice[:, 0::2, 0] = twice[:, 1::2, 0] = luma
    twice[:, 0::2, 1], twice[:, 1::2, 1] = colour[:, :, 0], colour[:, :, 1]
    return cv2.cvtColor(twice, cv2.COLOR_YUV2BGR_YUY2)[:, 0::2]


def depth(data, case):
    """Millimetres in 16 bits; or 0.5 m to 4 m in 8, which cv2 scales. 0, NaN and what is negative are unknown."""
    dtype = {"16UC1": "u2", "16SC1": "i2", "32FC1": "f4", "64FC1": "f8"}[case["encoding"]]
    mm = rows(data, case, dtype, 1).astype(np.float64)
    mm = np.maximum(np.nan_to_num(mm * 1000) if dtype[0] == "f" else mm, 0)
    if not case["ranged"]:
        return np.round(mm).astype(np.uint16)
    scale = 255 / (4000 - 500)
    return cv2.convertScaleAbs(np.maximum(mm, 500), alpha=scale, beta=-500 * scale)


class Colours(unittest.TestCase):
    def test_are_what_opencv_makes_of_the_same_bytes(self):
        worst, mean, count = defaultdict(int), defaultdict(list), defaultdict(int)
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["go", "run", "./interop/colours", folder], cwd=REPO, check=True)
            for case in json.loads((Path(folder) / "index.json").read_text()):
                path = Path(folder) / case["name"]
                family, want = opencv(path.with_name(path.name + ".raw").read_bytes(), case)
                got = cv2.imread(str(path) + ".png", cv2.IMREAD_UNCHANGED)
                self.assertEqual((want.shape, want.dtype), (got.shape, got.dtype), case["name"])
                diff = np.abs(got.astype(np.int64) - want.astype(np.int64))
                key = f"{family} {case['encoding']}"
                worst[key] = max(worst[key], int(diff.max()))
                mean[key].append(diff.mean())
                count[key] += 1
                with self.subTest(case["name"]):
                    self.assertLessEqual(diff.max(), BOUNDS[family])
        for key in sorted(worst):
            print(f"{key:24} {count[key]:3} pictures, difference at most {worst[key]}, mean {np.mean(mean[key]):.4f}")
        self.assertEqual(36, len(worst))


if __name__ == "__main__":
    unittest.main()
