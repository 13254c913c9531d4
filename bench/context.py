#!/usr/bin/env python3
"""One task of 1,000 frames with 3 context images each on a real CVAT, from four cameras' files to the end of the import:
cvatplan (which finds the nearest images, sends them, and compares what CVAT has), and cvat-cli with a zip that was laid out for
CVAT beforehand, by numbers, and is not compared with anything. Needs a CVAT that may be filled, and cvat-cli:

    CVAT_TEST_URL=http://127.0.0.1:8080 CVAT_TEST_TOKEN=… python3 bench/context.py --cli PATH [--rounds 3] [--frames 1000] [--bytes 30000]

Projects named "bench" and a number, which these are, are deleted at the end.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
import zipfile
from pathlib import Path

from harness import build, pictures, timed
from real import TOKEN, URL, Server, show, sweep, unique

CAMERAS = ["front", "left", "right", "thermal"]
START, APART = 1_700_000_000_000_000_000, 100_000_000  # ns


def dataset(folder, frames, size):
    """Files of four cameras, each a few ms behind the one before it."""
    pictures(folder, frames * len(CAMERAS), size)
    for i, file in enumerate(sorted(folder.iterdir())):
        number, camera = divmod(i, len(CAMERAS))
        file.rename(folder / f"{CAMERAS[camera]}_{START + number * APART + camera * 3_000_000}{file.suffix}")


def laid_out(folder, archive):
    """The zip that CVAT takes: the n-th image of each camera beside the n-th frame."""
    cameras = [sorted(folder.glob(f"{camera}_*")) for camera in CAMERAS]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as out:
        for frame, *others in zip(*cameras):
            out.write(frame, frame.name)
            for camera, file in zip(CAMERAS[1:], others):
                out.write(file, f"related_images/{frame.stem}_{frame.suffix[1:]}/{camera}{file.suffix}")
    return archive


def cvatplan(binary, tmp, name):
    manifest = tmp / "context.yaml"
    front = {"name": "front", "context": [{"camera": c, "within": "50ms"} for c in CAMERAS[1:]]}
    manifest.write_text(json.dumps({  # JSON is YAML
        "version": 1, "server": {"url": URL}, "root": str(tmp), "bags": [{"path": "bag", "cameras": ["front"]}],
        "cameras": [front, *CAMERAS[1:]], "project": {"name": name, "create": True, "labels": ["a"]}}))
    return timed(binary, "apply", manifest, CVAT_ACCESS_TOKEN=TOKEN, CI="true", XDG_STATE_HOME=str(tmp / "state")).seconds


def cvat_cli(cli, archive, name):
    server = Server(URL)
    connection = server.connect()
    project = server.call(connection, "POST", "/api/projects", {"name": name, "labels": [{"name": "a"}]})[0]["id"]
    host, port = URL.rsplit(":", 1)
    return timed(cli, "--server-host", host, "--server-port", port, "task", "create", "zip", "--project_id", project,
                 "--completion_verification_period", "1", "local", archive, CVAT_ACCESS_TOKEN=TOKEN).seconds


def related(project):
    """How many context images CVAT has for the frames of a project's only task."""
    server = Server(URL)
    connection = server.connect()
    found, _ = server.call(connection, "GET", f"/api/projects?search={project.replace(' ', '%20')}")
    tasks, _ = server.call(connection, "GET", f"/api/tasks?project_id={found['results'][0]['id']}")
    meta, _ = server.call(connection, "GET", f"/api/tasks/{tasks['results'][0]['id']}/data/meta")
    return sum(frame["related_files"] for frame in meta["frames"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cli", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--bytes", type=int, default=30_000)
    options = parser.parse_args()
    if not URL or not TOKEN:
        sys.exit("name a CVAT that may be filled with tasks: CVAT_TEST_URL and CVAT_TEST_TOKEN")
    seconds = {"cvatplan": [], "cvat-cli": []}
    with tempfile.TemporaryDirectory() as folder:
        tmp = Path(folder)
        dataset(tmp / "bag", options.frames, options.bytes)
        binary = build(tmp)
        start = time.monotonic()
        archive = laid_out(tmp / "bag", tmp / "bag.zip")
        zipping = time.monotonic() - start
        for _ in range(options.rounds):
            for way, run in {"cvatplan": lambda name: cvatplan(binary, tmp, name), "cvat-cli": lambda name: cvat_cli(options.cli, archive, name)}.items():
                name = unique("bench")
                seconds[way].append(run(name))
                have, want = related(name), options.frames * (len(CAMERAS) - 1)
                if have != want:
                    sys.exit(f"{way}: {have} context images, wanted {want}")
    print(f"one task of {options.frames} frames with {len(CAMERAS) - 1} context images of {options.bytes} bytes each, {options.rounds} rounds;"
          f" the zip for cvat-cli took {zipping:.1f} s more")
    for way, s in seconds.items():
        show(way, s, seconds["cvatplan"], 0)
    print(f"  frames a second: {options.frames / statistics.median(seconds['cvatplan']):.0f}")
    sweep()


if __name__ == "__main__":
    main()
