"""A person edits in CVAT, through the official cvat-sdk, between plan and apply.

    python -m unittest discover -s interop
"""

import json
import tempfile
import unittest
from pathlib import Path

from cvat_sdk import models
from support import REPO, client, cvatplan, sandbox, tasks_by_name

DATA = REPO / "examples" / "quickstart" / "data"


def write(folder, colour, subset, guide):
    """Writes a manifest of one task with these values."""
    (Path(folder) / "guide.md").write_text(guide)
    path = Path(folder) / "cvatplan.yaml"
    path.write_text(json.dumps({
        "version": 1, "server": {"url": "http://127.0.0.1:1"}, "root": str(DATA),
        "project": {"name": "Interop", "create": True, "guide": "guide.md", "labels": [{"name": "thing", "color": colour}]},
        "update": ["all"], "bags": ["2026-03-04/"],
        "task": {"segment_size": 5, "subset": subset, "jobs": {"assignee": "sandbox"}},
    }))
    return path


class APersonBetweenPlanAndApply(unittest.TestCase):
    def test_is_never_overwritten_without_a_word(self):
        with sandbox() as url, client(url) as sdk, tempfile.TemporaryDirectory() as folder:
            path, saved = write(folder, "#33cc33", "train", "# One"), Path(folder) / "saved"
            cvatplan(url, "apply", path)
            task = tasks_by_name(sdk)["2026-03-04"]
            project = sdk.projects.list()[0]
            api = sdk.api_client

            def label():
                return project.get_labels()[0]

            def recolour(colour):
                change = models.PatchedLabelRequest(name="thing", color=colour)
                api.labels_api.partial_update(label().id, patched_label_request=change)

            def subset(value):
                task.update(models.PatchedTaskWriteRequest(subset=value))

            def release(job):
                job.update(models.PatchedJobWriteRequest(assignee=None))

            def rewrite(text):
                change = models.PatchedAnnotationGuideWriteRequest(markdown=text)
                api.guides_api.partial_update(project.fetch().guide_id, patched_annotation_guide_write_request=change)

            # Each edit makes a saved plan out of date, and the next plan shows the person's value.
            write(folder, "#ff0000", "val", "# Two")
            for name, edit, undo, shown in [
                ("colour", lambda: recolour("#123456"), lambda: recolour("#33cc33"), "#123456 → #ff0000"),
                ("subset", lambda: subset("gold"), lambda: subset("train"), "gold → val"),
                ("job", lambda: release(task.get_jobs()[0]), lambda: None, "nobody → sandbox"),
                ("guide", lambda: rewrite("by hand"), lambda: rewrite("# One"), "guide: 1 line → 1 line"),
            ]:
                with self.subTest(name):
                    cvatplan(url, "plan", path, "--out", saved)
                    edit()
                    cvatplan(url, "apply", saved, expect=5)
                    self.assertIn(shown, cvatplan(url, "plan", path))
                    undo()

            cvatplan(url, "apply", path)
            cvatplan(url, "plan", "--detailed-exitcode", path)
            task.fetch()
            self.assertEqual(("#ff0000", "val"), (label().color, task.subset))
            self.assertEqual({"sandbox"}, {job.assignee.username for job in task.get_jobs()})
            guide, _ = api.guides_api.retrieve(project.guide_id)
            self.assertEqual("# Two", guide.markdown)
