"""The main job, seen by the official cvat-sdk and cvat-cli.

    python -m unittest discover -s interop
"""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cvat_sdk import models
from PIL import Image, UnidentifiedImageError
from support import REPO, client, cvatplan, originals, sandbox, tasks_by_name

QUICKSTART = REPO / "examples" / "quickstart"


def manifest(folder, **more):
    """Writes a manifest (JSON is YAML) into folder and returns its path."""
    path = Path(folder) / "cvatplan.yaml"
    body = {"version": 1, "server": {"url": "http://127.0.0.1:1"},
            "project": {"name": "Interop", "create": True, "labels": ["thing"]}}
    path.write_text(json.dumps(body | more))
    return path


class TheSDK(unittest.TestCase):
    def test_downloads_each_original_frame_byte_for_byte(self):
        with sandbox() as url, client(url) as sdk:
            cvatplan(url, "apply", QUICKSTART / "cvatplan.yaml")
            tasks = tasks_by_name(sdk)
            self.assertEqual(4, len(tasks))
            for camera in ("jai_cam", "realsenseD435"):
                for day in ("2026-03-04", "2026-03-05"):
                    local = sorted((QUICKSTART / "data" / day).glob(f"{camera}_*"))
                    want = {f"{day}/{p.name}": p.read_bytes() for p in local}
                    got = originals(tasks[f"{camera}_{day}"])
                    self.assertEqual(list(want), list(got))
                    self.assertEqual(want, got)
            again = cvatplan(url, "plan", "--detailed-exitcode", QUICKSTART / "cvatplan.yaml")
            self.assertIn("0 to create", again)

    def test_sees_every_kind_of_real_picture(self):
        import skimage
        pictures = Path(skimage.__file__).parent / "data"
        with sandbox() as url, client(url) as sdk, tempfile.TemporaryDirectory() as folder:
            shutil.copytree(pictures, Path(folder) / "pictures", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
            path = manifest(folder, bags=["pictures/"])
            unknown = Path(folder, "pictures", "multipage_rgb.tif")  # samples of 64 bits, which Pillow does not know
            with self.assertRaises(UnidentifiedImageError):
                Image.open(unknown)
            self.assertIn("multipage_rgb.tif: corrupt TIFF", cvatplan(url, "plan", "--check", "images", path, expect=5))
            unknown.unlink()
            cvatplan(url, "apply", path)
            got = originals(tasks_by_name(sdk)["pictures"])
            self.assertGreater(len(got), 20)
            for name, content in got.items():
                self.assertEqual((Path(folder) / name).read_bytes(), content, name)
            cvatplan(url, "plan", "--detailed-exitcode", path)


class TheCLI(unittest.TestCase):
    def test_makes_a_task_that_the_next_plan_takes_as_existing(self):
        with sandbox() as url, client(url) as sdk, tempfile.TemporaryDirectory() as folder:
            bag = Path(folder) / "2026-03-04"
            shutil.copytree(QUICKSTART / "data" / "2026-03-04", bag)
            path = manifest(folder, bags=["2026-03-04/"], task={"name": "{bag}", "frame_name": "{path}"},
                            project={"name": "Interop"})
            project = sdk.projects.create(models.ProjectWriteRequest(name="Interop"))
            host, port = url.rsplit(":", 1)
            command = [Path(sys.executable).parent / "cvat-cli", "--auth", "sandbox:sandbox",
                       "--server-host", host, "--server-port", port, "task", "create", "2026-03-04",
                       "--project_id", str(project.id), "local", *sorted(bag.iterdir())]
            subprocess.run(command, check=True, capture_output=True)
            plan = cvatplan(url, "plan", "--detailed-exitcode", "--check", "frames", path)
            self.assertIn("0 to create", plan)
            self.assertIn("1 unchanged", plan)


if __name__ == "__main__":
    unittest.main()
