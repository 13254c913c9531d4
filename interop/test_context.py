"""Context images, seen by cvat-sdk, against what comparing every stamp with every other finds in the same recording."""

import io
import tempfile
import unittest
import zipfile
from pathlib import Path

import cv2
import numpy as np
from support import client, cvatplan, sandbox, tasks_by_name
from test_recordings import BAGS, mcap

FRAMES, CONTEXT = "/jai_cam/image_raw/compressed", "/realsenseD435/color/image_raw/compressed"
WITHIN = 50_000_000  # ns

MANIFEST = f"""
version: 1
root: {BAGS / "data"}
project: {{name: Context, create: true, labels: [apple]}}
cameras:
  - {{name: jai_cam, context: [{{camera: side, within: 50ms}}]}}
  - {{name: side, topics: ["{CONTEXT}"]}}
bags: [{{path: "*.mcap", cameras: [jai_cam]}}]
"""


def stamp(message):
    return message.header.stamp.sec * 1_000_000_000 + message.header.stamp.nanosec


def nearest(frame, others):
    """The message nearest to frame in time, the earlier of two; None where none is near enough."""
    best = min(others, key=lambda m: (abs(stamp(m) - stamp(frame)), stamp(m)))
    return best if abs(stamp(best) - stamp(frame)) <= WITHIN else None


class Context(unittest.TestCase):
    def test_the_sdk_sees_the_nearest_image_beside_each_frame(self):
        recorded = {path.stem: mcap(path) for path in (BAGS / "data").glob("*.mcap")}
        seen = 0
        with tempfile.TemporaryDirectory() as directory, sandbox() as url, client(url) as sdk:
            manifest = Path(directory, "cvatplan.yaml")
            manifest.write_text(MANIFEST)
            cvatplan(url, "apply", manifest, "--auto-approve")
            for name, task in tasks_by_name(sdk).items():
                topics = recorded[name.removeprefix("jai_cam_")]
                messages = sorted(topics[FRAMES], key=stamp)
                infos = task.get_frames_info()
                self.assertEqual(len(messages), len(infos))
                for number, (message, info) in enumerate(zip(messages, infos)):
                    want = nearest(message, topics[CONTEXT])
                    self.assertEqual(0 if want is None else 1, info.related_files)
                    _, answer = sdk.api_client.tasks_api.retrieve_data(task.id, type="context_image", number=number, _parse_response=False)
                    with zipfile.ZipFile(io.BytesIO(answer.data)) as images:
                        self.assertEqual([] if want is None else ["side.jpg"], images.namelist())
                        if want is not None:
                            self.same_picture(bytes(want.data), images.read("side.jpg"))
                            seen += 1
        self.assertGreater(seen, 0)

    def same_picture(self, original, shown):
        """The server encodes context images anew."""
        a, b = (cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int) for data in (original, shown))
        self.assertEqual(a.shape, b.shape)
        self.assertLess(np.abs(a - b).mean(), 4)


if __name__ == "__main__":
    unittest.main()
