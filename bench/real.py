#!/usr/bin/env python3
"""The same tasks on a real CVAT, in several ways in turn, with ratios round by round: cvatplan, the users' old script
(create, one multipart request with all images, next; it waits at the end), a floor (eight threads that create and send one
stored zip with all parameters in one multipart request), and cvat-cli where --cli names it. Needs a CVAT to fill with tasks:

    CVAT_TEST_URL=http://127.0.0.1:8080 CVAT_TEST_TOKEN=… python3 bench/real.py [many] [latency] [small] [clouds] [videos] [topics] [large]
                                                                  [--rounds 5] [--cli PATH] [--mib 2048] [--keep]

many is 24 tasks of 50 images of 134 kB, latency the same with 50 ms between client and server, small 200 tasks of 10 images of
8 kB, clouds 10 3D tasks of 50 point clouds of 10,000 points, videos 20 tasks of one video of 5 MB, topics 20 tasks of a
recording of 5 MB whose one topic is a video, of which the others get the MP4, made beforehand, large one task of 2 GiB against curl. Without a name, all of them. Projects named "bench" and a number, which these
are, are deleted at the end, unless --keep.
"""

import argparse
import base64
import http.client
import io
import itertools
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from harness import MIB, build, pictures, point_clouds, running, sending, timed, topics, videos

URL, TOKEN = os.environ.get("CVAT_TEST_URL", "").rstrip("/"), os.environ.get("CVAT_TEST_TOKEN", "")
BOUNDARY = "cvatplanbench7MA4YWxkTrZu0gW"
PIECE = 1000 * MIB  # CVAT's proxy takes at most 1 GiB at a time
CASES = {  # tasks, images, bytes of an image, latency in ms, and what the ratios should be at most
    "many": (24, 50, 134_000, 0, {"script": 1.10, "floor": 1.15}),
    "latency": (24, 50, 134_000, 50, {"script": 0.8}),
    "small": (200, 10, 8_000, 0, {"script": 0.9}),
    "clouds": (10, 50, 160_000, 0, {"script": 1.10, "floor": 1.15}),
    "videos": (20, 1, 5_000_000, 0, {"script": 1.10, "floor": 1.15}),
    "topics": (20, 1, 5_000_000, 0, {}),
}


class Server:
    """Requests of one way, counted."""

    def __init__(self, url):
        self.url, self.count = url, Counter()

    def connect(self):
        parts = urllib.parse.urlsplit(self.url)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        return kind(parts.hostname, parts.port, timeout=900)

    def call(self, connection, method, path, body=None, **headers):
        if isinstance(body, dict):
            body, headers = json.dumps(body), {"Content-Type": "application/json"} | headers
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Authorization": "Bearer " + TOKEN} | headers)
        answer = connection.getresponse()
        text = answer.read()
        self.count[kind(method, path)] += 1
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {text[:300]}")
        json_answer = text and "json" in (answer.getheader("Content-Type") or "")
        return (json.loads(text) if json_answer else None), answer

    def project(self, connection):
        return self.call(connection, "POST", "/api/projects", {"name": unique("bench"), "labels": [{"name": "a"}]})[0]["id"]

    def task(self, connection, project, name):
        return self.call(connection, "POST", "/api/tasks", {"name": name, "project_id": project, "segment_size": 10})[0]["id"]

    def form(self, connection, task, parts):
        body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
        self.call(connection, "POST", f"/api/tasks/{task}/data/", body, Content_Type="multipart/form-data; boundary=" + BOUNDARY)

    def wait(self, connection, task):
        request = urllib.parse.quote(f"action=create&target=task&target_id={task}", safe="")
        while True:
            state, _ = self.call(connection, "GET", "/api/requests/" + request)
            if state["status"] == "finished":
                return
            if state["status"] == "failed":
                sys.exit(state["message"])
            time.sleep(0.1)


def kind(method, path):
    """A request without its numbers."""
    path = re.sub(r"/data/[^/]+_[^/]+$", "/data/UPLOAD", path.split("?")[0])
    return method + " " + re.sub(r"requests/.+", "requests/ID", re.sub(r"\d+", "N", path))


def unique(word):
    return f"{word} {random.SystemRandom().randrange(1 << 40):x}"


def field(name, value):
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()


def file_part(index, name, data):
    return (f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="client_files[{index}]"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n").encode() + data + b"\r\n"


def script(url, bags, _):
    """What a short script does."""
    server = Server(url)
    connection = server.connect()
    project, tasks = server.project(connection), []
    for bag in bags:
        tasks.append(server.task(connection, project, bag.name))
        files = [file_part(i, f.name, f.read_bytes()) for i, f in enumerate(sorted(bag.iterdir()))]
        server.form(connection, tasks[-1], [field("image_quality", 70), *files])
    for task in tasks:
        server.wait(connection, task)
    return server.count


def floor(url, bags, _):
    """The fewest requests that CVAT's API has for it, and nothing is looked up or checked."""
    server = Server(url)
    project = server.project(server.connect())
    parameters = {"image_quality": 70, "use_cache": "true", "sorting_method": "natural"}

    def one(bag):
        connection = server.connect()
        task = server.task(connection, project, bag.name)
        fields = [field(name, value) for name, value in parameters.items()]
        video = next(bag.glob("*.mp4"), None)
        sent = file_part(0, video.name, video.read_bytes()) if video else file_part(0, "a.zip", stored(bag))
        server.form(connection, task, [*fields, sent])
        return task

    with ThreadPoolExecutor(8) as threads:
        tasks = list(threads.map(one, bags))
    connection = server.connect()
    for task in tasks:
        server.wait(connection, task)
    return server.count


def stored(bag, out=None):
    out = out or io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for f in sorted(bag.iterdir()):
            archive.write(f, f.name)
    return out.getvalue() if isinstance(out, io.BytesIO) else out


def cvatplan(url, bags, binary):
    return Counter(requests(apply(url, bags, binary).err))


def apply(url, bags, binary, measure=timed):
    path = Path(binary).parent / "real.yaml"
    name = unique("bench")
    clouds = next(bags[0].iterdir()).suffix == ".pcd"
    path.write_text(json.dumps({  # JSON is YAML
        "version": 1, "server": {"url": url}, "root": str(bags[0].parent), "bags": ["*/"],
        **({"cameras": [{"name": "lidar", "kind": "pointcloud", "files": ["*.pcd"]}]} if clouds else {}),
        "project": {"name": name, "create": True, "labels": ["a"]}, "task": {"name": name + " {bag}", "segment_size": 10}}))
    state = str(Path(binary).parent / "state")
    return measure(binary, "apply", "--debug", path, CVAT_ACCESS_TOKEN=TOKEN, CI="true", XDG_STATE_HOME=state)


def requests(log):
    for line in re.finditer(r"debug: (\w+) (\S+): \d", log):
        yield kind(*line.groups())


def with_cli(cli):
    def cvat_cli(url, bags, _):
        server = Server(url)
        project = server.project(server.connect())
        host, port = url.rsplit(":", 1)
        for bag in bags:
            timed(cli, "--server-host", host, "--server-port", port, "task", "create", bag.name, "--segment_size", "10",
                  "--project_id", project, "--completion_verification_period", "1", "local", *sorted(bag.iterdir()),
                  CVAT_ACCESS_TOKEN=TOKEN)
        return Counter()
    return cvat_cli


def compare(name, binary, delay, tmp, options):
    tasks, images, size, latency, wanted = CASES[name]
    write = {"clouds": point_clouds, "videos": videos, "topics": topics}.get(name, pictures)
    data = tmp / f"{write.__name__}{tasks}x{images}"
    if not data.exists():
        for i in range(tasks):
            write(data / f"bag{i:03}", images, size)
    others = sorted((made(data, binary) if name == "topics" else data).iterdir())
    bags, ways = sorted(data.iterdir()), [cvatplan, script, floor] + ([with_cli(options.cli)] if options.cli else [])
    seconds, counts = {way.__name__: [] for way in ways}, {}
    with delayed(delay, latency) as url:
        for _ in range(options.rounds):
            for way in ways:
                start = time.monotonic()
                counts[way.__name__] = way(url, bags if way is cvatplan else others, binary)
                seconds[way.__name__].append(time.monotonic() - start)
    print(f"\n{name}: {tasks} tasks of {images} images of {size} bytes, {latency} ms of latency, {options.rounds} rounds")
    for way, s in seconds.items():
        show(way, s, seconds["cvatplan"], sum(counts[way].values()) / tasks, wanted.get(way))
    print("  cvatplan's requests:", ", ".join(f"{n} {request}" for request, n in counts["cvatplan"].most_common()))


def made(data, binary):
    """The videos that cvatplan makes of recordings, each in a directory of its own."""
    out = data.with_name(data.name + "-made")
    if out.exists():
        return out
    with tempfile.TemporaryDirectory() as at:
        path = Path(at) / "cvatplan.yaml"
        path.write_text(json.dumps({"version": 1, "server": {"url": "sandbox:here"}, "root": str(data), "bags": ["*/"],
                                    "project": {"name": "made", "create": True}, "task": {"name": "{bag}"}}))
        timed(binary, "apply", "--auto-approve", path)
        for i, file in enumerate(sorted(Path(at).rglob("*.mp4"))):
            (out / f"bag{i:03}").mkdir(parents=True)
            file.rename(out / f"bag{i:03}/front.mp4")
    return out


def show(way, seconds, ours, requests_each, wanted=None):
    ratio = statistics.median(mine / other for mine, other in zip(ours, seconds))
    print(f"  {way:9} median {statistics.median(seconds):7.2f} s, {min(seconds):.2f} to {max(seconds):.2f}"
          f"   cvatplan takes {ratio:5.2f} x of it" + (f" (wanted: {wanted:.2f})" if wanted else "")
          + (f"   {requests_each:.1f} requests a task" if requests_each else ""))


@contextmanager
def delayed(delay, milliseconds):
    """The server behind latency; without any, the server itself."""
    if not milliseconds:
        yield URL
        return
    with running(delay, urllib.parse.urlsplit(URL).netloc, f"{milliseconds}ms") as address:
        yield f"http://{address}"


def large(binary, tmp, options):
    """One task, to its import's end, by curl and by cvatplan."""
    data = tmp / "large"
    pictures(data / "bag", options.mib // 4, 4 * MIB)
    pieces = split(stored(data / "bag", tmp / "all.zip"))
    secret = tmp / "header"  # in a file of ours: a command line is seen by all
    secret.write_text("Authorization: Bearer " + TOKEN)
    seconds, upload, memory = {"cvatplan": [], "curl": []}, {"cvatplan": [], "curl": []}, []
    for _ in range(options.rounds):
        run, sent = apply(URL, [data / "bag"], binary, sending)
        memory.append(run.mib)
        seconds["cvatplan"].append(run.seconds)
        upload["cvatplan"].append(sent)
        whole, sent = curl(pieces, secret)
        seconds["curl"].append(whole)
        upload["curl"].append(sent)
    print(f"\nlarge: one task of {options.mib} MiB, {options.rounds} rounds, to the end of its import")
    show("cvatplan", seconds["cvatplan"], seconds["cvatplan"], 0)
    show("curl", seconds["curl"], seconds["cvatplan"], 0, 1.05)
    print("  sending alone:")
    show("cvatplan", upload["cvatplan"], upload["cvatplan"], 0)
    show("curl", upload["curl"], upload["cvatplan"], 0)
    print(f"  cvatplan's peak memory: {max(memory):.0f} MiB")


def split(archive):
    """The archive in pieces that CVAT's proxy takes."""
    pieces = []
    with open(archive, "rb") as f:
        for i in itertools.count():
            piece = archive.with_suffix(f".{i}")
            left = PIECE
            with open(piece, "wb") as out:
                while left and (data := f.read(min(left, 16 * MIB))):
                    left -= out.write(data)
            if left == PIECE:
                piece.unlink()
                archive.unlink()
                return pieces
            pieces.append(piece)


def curl(pieces, secret):
    server = Server(URL)
    connection = server.connect()
    start = time.monotonic()
    task = server.task(connection, server.project(connection), "curl")
    size = sum(piece.stat().st_size for piece in pieces)
    name = base64.b64encode(b"all.zip").decode()
    _, answer = server.call(connection, "POST", f"/api/tasks/{task}/data/", Upload_Length=str(size), Upload_Metadata="filename " + name)
    location = f"{URL}/api/tasks/{task}/data/{answer.getheader('Location').rsplit('/', 1)[-1]}"
    command, offset = ["curl"], 0
    for piece in pieces:
        command += ["--next"] * bool(offset)
        command += ["-sSf", "-X", "PATCH", "-T", piece, "-H", f"@{secret}", "-H", "Expect:",
                    "-H", "Content-Type: application/offset+octet-stream", "-H", f"Upload-Offset: {offset}", location]
        offset += piece.stat().st_size
    sent = timed(*command).seconds
    server.call(connection, "POST", f"/api/tasks/{task}/data/", {"image_quality": 70, "use_cache": True}, Upload_Finish="true")
    server.wait(connection, task)
    return time.monotonic() - start, sent


def sweep():
    """Deletes the projects of this benchmark."""
    server = Server(URL)
    connection = server.connect()
    found, _ = server.call(connection, "GET", "/api/projects?page_size=500&search=bench")
    for project in found["results"]:
        if re.fullmatch(r"bench [0-9a-f]+", project["name"]):
            try:
                server.call(server.connect(), "DELETE", f"/api/projects/{project['id']}")
            except (SystemExit, OSError) as failure:  # CVAT deletes nothing that it still imports; the results count
                print(failure, file=sys.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", choices=[*CASES, "large", []])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cli")
    parser.add_argument("--mib", type=int, default=2048)
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    if not URL or not TOKEN:
        sys.exit("name a CVAT that may be filled with tasks: CVAT_TEST_URL and CVAT_TEST_TOKEN")
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        binary, delay = build(tmp), build(tmp, "./bench/delay", "delay")
        for name in options.cases or [*CASES, "large"]:
            if name == "large":
                large(binary, tmp, options)
            else:
                compare(name, binary, delay, tmp, options)
    if not options.keep:
        sweep()


if __name__ == "__main__":
    main()
