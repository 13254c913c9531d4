"""What docs/cvat-cli.md says of cvat-cli and cvatplan, seen side by side.

    python -m unittest discover -s interop
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from cvat_sdk import models
from support import BINARY, REPO, client, cvatplan, sandbox
from test_main_job import manifest

DAY = REPO / "examples" / "quickstart" / "data" / "2026-03-04"


class SideBySide(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        server = sandbox()
        self.url = server.__enter__()
        self.addCleanup(server.__exit__, None, None, None)
        with client(self.url) as sdk:
            self.project = sdk.projects.create(models.ProjectWriteRequest(name="Interop")).id

    def cli(self, *args, check=True, **environment):
        host, port = self.url.rsplit(":", 1)
        command = [Path(sys.executable).parent / "cvat-cli", "--server-host", host, "--server-port", port, *map(str, args)]
        env = os.environ | {"CVAT_ACCESS_TOKEN": "sandbox", "HOME": str(self.folder)} | environment
        return subprocess.run(command, env=env, capture_output=True, text=True, check=check)

    def create(self, name, *files, **more):
        return self.cli("task", "create", name, "--project_id", self.project, "--completion_verification_period", "1",
                        "local", *files, **more)

    def tasks(self):
        with client(self.url) as sdk:
            return sorted((task.name, task.size) for task in sdk.tasks.list())

    def manifest(self, **more):
        return manifest(self.folder, project={"name": "Interop"}, bags=["*/"], **more)

    def test_run_twice_one_makes_two_tasks_and_the_other_one(self):
        for _ in range(2):
            self.create("by cvat-cli", *sorted(DAY.iterdir()))
        shutil.copytree(DAY, self.folder / "by cvatplan")
        for _ in range(2):
            cvatplan(self.url, "apply", self.manifest())
        self.assertEqual([("by cvat-cli", 24), ("by cvat-cli", 24), ("by cvatplan", 24)], self.tasks())

    def test_a_bad_image_leaves_an_empty_task_or_none(self):
        bag = self.folder / "by cvatplan"
        bag.mkdir()
        shutil.copy(next(DAY.iterdir()), bag / "good.jpg")
        (bag / "bad.jpg").write_bytes(b"\xff\xd8\xff no picture")
        self.assertNotEqual(0, self.create("by cvat-cli", *sorted(bag.iterdir()), check=False).returncode)
        cvatplan(self.url, "apply", self.manifest(), expect=5)
        self.assertEqual([("by cvat-cli", 0)], self.tasks())

    def test_equal_names_in_two_directories_fail_or_stay_apart(self):
        for part in ("left", "right"):
            (self.folder / "by cvatplan" / part).mkdir(parents=True)
            shutil.copy(next(DAY.iterdir()), self.folder / "by cvatplan" / part / "0001.jpg")
        files = sorted((self.folder / "by cvatplan").rglob("*.jpg"))
        self.assertNotEqual(0, self.create("by cvat-cli", *files, check=False).returncode)
        cvatplan(self.url, "apply", self.manifest())
        self.assertEqual([("by cvat-cli", 0), ("by cvatplan", 2)], self.tasks())

    def test_each_sees_what_the_other_made(self):
        shutil.copytree(DAY, self.folder / "day")
        path = self.manifest(task={"frame_name": "{path}"})
        cvatplan(self.url, "apply", path)
        ids = cvatplan(self.url, "status", "--output", "ids", path).split()
        self.assertEqual(ids, self.cli("task", "ls").stdout.split())
        self.cli("task", "delete", *ids)
        self.create("day", *sorted(DAY.iterdir()))
        self.assertIn("1 unchanged", cvatplan(self.url, "plan", "--check", "frames", path))

    def test_a_project_of_cvat_cli_is_adopted(self):
        files = sorted(DAY.iterdir())
        self.create("north", *files[:5])
        self.create("south", *files[5:])
        for name, some in (("a", files[:5]), ("b", files[5:])):
            (self.folder / "data" / name).mkdir(parents=True)
            for file in some:
                shutil.copy(file, self.folder / "data" / name)
        path = self.folder / "adopted.yaml"
        cvatplan(self.url, "import", self.project, "--root", self.folder / "data", "--output", path)
        self.assertIn("2 unchanged", cvatplan(self.url, "plan", "--check", "frames", "--detailed-exitcode", path))
        away = self.folder / "away.yaml"
        cvatplan(self.url, "import", "Interop", "--output", away, "--index", self.folder / "index")
        self.assertIn("2 unchanged", cvatplan(self.url, "plan", "--check", "frames", "--detailed-exitcode", away))

    def test_one_profile_serves_both(self):
        self.cli("profile", "create", "--name", "lab", "sandbox")
        env = {k: v for k, v in os.environ.items() if not k.startswith(("CVAT", "XDG_"))}
        env |= {"HOME": str(self.folder), "CVATPLAN_SERVER": self.url}
        done = subprocess.run([BINARY, "doctor", manifest(self.folder, bags=["*/"])], env=env, capture_output=True, text=True)
        self.assertIn("user sandbox", done.stdout, done.stderr)


if __name__ == "__main__":
    unittest.main()
