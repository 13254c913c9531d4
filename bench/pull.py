#!/usr/bin/env python3
"""The same pull of 200 annotated tasks, by cvatplan and by cvat-sdk: annotations and frames of each task into a file of
JSON; then again, with 1 % of the tasks changed; by the SDK's own data sets, which keep what they fetched in files; and, of
fewer tasks, by the export that the SDK offers. On the embedded server, or on a CVAT of one's own that CVAT_TEST_URL and
CVAT_TEST_TOKEN name.

    .venv/bin/python bench/pull.py [--project NAME] [--runs N]

With --project the tasks of that project are pulled as they are, in place of new ones.
"""

import argparse
import json
import os
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from cvat_sdk import models
from cvat_sdk.core.client import AccessTokenCredentials, Client
from cvat_sdk.datasets import MediaDownloadPolicy, TaskDataset
from harness import build, running, sandbox, timed

TASKS, FRAMES, SHAPES, EXPORTS = 200, 2, 10, 10


@contextmanager
def server(binary, folder):
    if "CVAT_TEST_URL" in os.environ:
        yield os.environ["CVAT_TEST_URL"].rstrip("/"), os.environ["CVAT_TEST_TOKEN"]
        return
    with sandbox(binary, folder / "server") as url:
        yield url, "sandbox"


def manifest(folder, project):
    path = folder / "cvatplan.yaml"
    path.write_text(json.dumps({"version": 1, "project": {"name": project, "create": True, "labels": ["car"]}, "root": str(folder / "data"), "task": {"name": "bench_{bag}"}, "bags": ["bag*/"]}))
    for b in range(TASKS):
        bag = folder / "data" / f"bag{b:03d}"
        bag.mkdir(parents=True)
        for i in range(FRAMES):
            cv2.imwrite(str(bag / f"{1_700_000_000_000_000_000 + b * 10**10 + i}.jpg"), np.full((48, 64, 3), (b + i * 7) % 255, np.uint8))
    return path


def boxes(label, width):
    return models.LabeledDataRequest(tags=[], tracks=[], shapes=[
        models.LabeledShapeRequest(type="rectangle", label_id=label, frame=n % FRAMES, points=[1.0, 1.0, 2.0 + n, 1.0 + width], attributes=[])
        for n in range(SHAPES)])


def with_sdk(sdk, project, out):
    """One task after another, with the fewest requests that the SDK's methods allow: no attributes, tracks, stages or deleted frames."""
    out.mkdir()
    start = time.monotonic()
    names = {l.id: l.name for l in sdk.projects.retrieve(project).get_labels()}
    for task in sdk.projects.retrieve(project).get_tasks():
        frames = [{"name": f.name, "width": f.width, "height": f.height, "shapes": []} for f in task.get_meta().frames]
        for s in task.get_annotations().shapes:
            frames[s.frame]["shapes"].append({"type": str(s.type), "label": names[s.label_id], "points": list(s.points)})
        (out / f"{task.name}.jsonl").write_text("".join(json.dumps(f) + "\n" for f in frames))
    return time.monotonic() - start


def with_datasets(sdk, project, out):
    """By the class that the SDK has for annotated tasks; without their images."""
    out.mkdir()
    start = time.monotonic()
    sdk.config.cache_dir = out / "cache"
    for task in sdk.projects.retrieve(project).get_tasks():
        dataset = TaskDataset(sdk, task.id, media_download_policy=MediaDownloadPolicy.FETCH_FRAMES_ON_DEMAND)
        names = {l.id: l.name for l in dataset.labels}
        frames = [{"name": s.frame_name, "shapes": [{"type": str(a.type), "label": names[a.label_id], "points": list(a.points)} for a in s.annotations.shapes]}
                  for s in dataset.samples]
        (out / f"{task.name}.jsonl").write_text("".join(json.dumps(f) + "\n" for f in frames))
    return time.monotonic() - start


def with_export(sdk, tasks, out):
    out.mkdir()
    start = time.monotonic()
    for task in tasks:
        task.export_dataset("COCO 1.0" if "CVAT_TEST_URL" in os.environ else "CVAT for images 1.1", str(out / f"{task.id}.zip"), include_images=False, status_check_period=0.2)
    return time.monotonic() - start


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--project")
    args.add_argument("--runs", type=int, default=3)
    args = args.parse_args()
    with tempfile.TemporaryDirectory() as temp:
        folder = Path(temp)
        binary = build(folder)
        with server(binary, folder) as (url, token):
            environment = {"CVATPLAN_SERVER": url, "CVAT_ACCESS_TOKEN": token}
            path = manifest(folder, args.project or f"bench {int(time.time())}")
            if not args.project:
                timed(binary, "apply", path, "--auto-approve", **environment)
            sdk = Client(url)
            sdk.login(AccessTokenCredentials(token) if url.startswith("http") and token != "sandbox" else ("sandbox", "sandbox"))
            name = json.loads(path.read_text())["project"]["name"]
            project = next(p for p in sdk.projects.list() if p.name == name)
            label = project.get_labels()[0].id
            tasks = project.get_tasks()
            for t in tasks:
                t.set_annotations(boxes(label, 5))
            runs = args.runs
            first = [timed(binary, "pull", path, "--to", folder / f"first{i}", **environment) for i in range(runs)]
            slow = [with_sdk(sdk, project.id, folder / f"sdk{i}") for i in range(runs)]
            datasets = with_datasets(sdk, project.id, folder / "datasets")
            nothing = timed(binary, "pull", path, "--to", folder / "first0", **environment)
            for t in tasks[: max(1, len(tasks) // 100)]:
                t.set_annotations(boxes(label, 9))
            few = timed(binary, "pull", path, "--to", folder / "first0", **environment)
            exported = with_export(sdk, tasks[:EXPORTS], folder / "exports") * len(tasks) / EXPORTS
            ours, theirs = min(r.seconds for r in first), min(slow)
            print(f"{len(tasks)} tasks of {FRAMES} frames and {SHAPES} shapes on {sdk.api_client.configuration.host}; the best of {runs}")
            print(f"cvatplan pull       {ours:7.2f} s  {max(r.mib for r in first):.0f} MiB")
            print(f"cvat-sdk            {theirs:7.2f} s  {theirs / ours:.1f} x")
            print(f"cvat-sdk, data sets {datasets:7.2f} s  {datasets / ours:.1f} x, once")
            print(f"cvat-sdk, exports   {exported:7.2f} s  {exported / ours:.1f} x, from {EXPORTS} tasks")
            print(f"nothing changed     {nothing.seconds:7.2f} s  {theirs / nothing.seconds:.1f} x")
            print(f"1 % changed         {few.seconds:7.2f} s  {theirs / few.seconds:.1f} x")


if __name__ == "__main__":
    main()
