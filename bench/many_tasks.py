#!/usr/bin/env python3
"""The same 24 tasks of 50 images, three ways, on the embedded server: cvatplan, cvat-cli in a loop, and
the users' old way (one multipart request per task, one after another); with 0 and 50 ms of latency.

    python3 -m venv .venv && .venv/bin/pip install -r interop/requirements.txt
    .venv/bin/python bench/many_tasks.py
"""

import json
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from harness import api, build, manifest, pictures, running, sandbox, timed

TASKS, IMAGES, SIZE = 24, 50, 134_000
CLI = Path(sys.executable).parent / "cvat-cli"


def with_cvatplan(binary, url, data):
    path = manifest(data, url, task={"segment_size": 10})
    return timed(binary, "apply", path, CVATPLAN_SERVER=url).seconds


def with_cli(_, url, data):
    project, _ = api(url, "POST", "/api/projects", {"name": "CLI"})
    host, port = url.rsplit(":", 1)
    start = time.monotonic()
    for bag in bags(data):
        timed(CLI, "--server-host", host, "--server-port", port, "task", "create", bag.name, "--segment_size", "10",
              "--project_id", project["id"], "--completion_verification_period", "1", "local", *sorted(bag.iterdir()))
    return time.monotonic() - start


def with_multipart(_, url, data):
    """What a short script does: create, send all images in one request, wait, next."""
    project, _ = api(url, "POST", "/api/projects", {"name": "Script"})
    start = time.monotonic()
    for bag in bags(data):
        task, _ = api(url, "POST", "/api/tasks", {"name": bag.name, "project_id": project["id"], "segment_size": 10})
        body, boundary = multipart(sorted(bag.iterdir()))
        request = urllib.request.Request(f"{url}/api/tasks/{task['id']}/data", data=body, headers={
            "Authorization": "Bearer sandbox", "Content-Type": f"multipart/form-data; boundary={boundary}"})
        wait(url, json.load(urllib.request.urlopen(request))["rq_id"])
    return time.monotonic() - start


def multipart(files):
    boundary = "cvatplanbench"
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="image_quality"\r\n\r\n70\r\n'.encode()]
    for i, file in enumerate(files):
        parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="client_files[{i}]"; filename="{file.name}"\r\n'
                     "Content-Type: image/jpeg\r\n\r\n".encode() + file.read_bytes() + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), boundary


def wait(url, request):
    while True:
        status, _ = api(url, "GET", "/api/requests/" + urllib.parse.quote(request, safe=""))
        if status["status"] == "finished":
            return
        time.sleep(0.1)


def bags(data):
    return sorted(p for p in data.iterdir() if p.is_dir())


@contextmanager
def delayed(delay, url, milliseconds):
    """The server behind latency; without any, the server itself."""
    if not milliseconds:
        yield url
        return
    with running(delay, url.removeprefix("http://"), f"{milliseconds}ms") as address:
        yield f"http://{address}"


def main():
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        binary, delay = build(tmp), build(tmp, "./bench/delay", "delay")
        for i in range(TASKS):
            pictures(tmp / "data" / f"bag{i:02}", IMAGES, SIZE)
        for latency in (0, 50):
            seconds = {}
            for way in (with_cvatplan, with_cli, with_multipart):
                with sandbox(binary, tmp / f"server-{way.__name__}-{latency}") as url, delayed(delay, url, latency) as slow:
                    seconds[way.__name__] = way(binary, slow, tmp / "data")
            report(latency, seconds)


def report(latency, seconds):
    print(f"{TASKS} tasks of {IMAGES} images of {SIZE} bytes, {latency} ms of latency")
    for name, s in seconds.items():
        print(f"  {name[5:]:10} {s:7.2f} s  {s / seconds['with_cvatplan']:6.1f} x cvatplan's time")


if __name__ == "__main__":
    main()
