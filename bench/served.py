#!/usr/bin/env python3
"""Data that lies elsewhere, on a real CVAT, with ratios round by round: apply of an .mcap in S3 against the same file on this
disk and against `aws s3 cp` followed by that, the bytes that a plan of it reads, and a task of a cloud storage's keys against upload of the same images (time, and bytes
through cvatplan). Needs a CVAT to fill with tasks, an S3 server that it knows as a cloud storage, and the directory that this
server keeps the bucket's objects in as files:

    CVAT_TEST_URL=http://127.0.0.1:8080 CVAT_TEST_TOKEN=… CVAT_TEST_CLOUD_STORAGE=1 CVAT_TEST_BUCKET_DIR=DIR/lab \\
    AWS_ENDPOINT_URL=http://127.0.0.1:17070 AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=… AWS_REGION=us-east-1 \\
        python3 bench/served.py [recording] [keys] [--rounds 3] [--frames 200] [--keys 5000] [--bytes 134000]

The .mcap is 518 MB, of which --frames messages of one topic are wanted; the bucket is called as its directory is. Its objects are
written below a directory of their own there, and removed at the end, as are the projects named "bench" and a number.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import urllib.parse
from pathlib import Path

from harness import MIB, build, pictures, timed
from real import TOKEN, URL, sweep, unique

S3 = os.environ.get("AWS_ENDPOINT_URL", "")
BUCKET, STORAGE = os.environ.get("CVAT_TEST_BUCKET_DIR", ""), os.environ.get("CVAT_TEST_CLOUD_STORAGE", "")
TOPIC = "/jai_cam/image_raw/compressed"


class Counted:
    """A loopback port before a server, which counts bytes in both directions."""

    def __init__(self, url):
        self.target = urllib.parse.urlsplit(url)
        self.sent = self.received = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = "http://%s:%d" % self.listener.getsockname()
        self.lock = threading.Lock()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection((self.target.hostname, self.target.port))
            threading.Thread(target=self.copy, args=(client, server, "sent"), daemon=True).start()
            threading.Thread(target=self.copy, args=(server, client, "received"), daemon=True).start()

    def copy(self, source, to, count):
        try:
            while data := source.recv(1 << 18):
                with self.lock:
                    setattr(self, count, getattr(self, count) + len(data))
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # one of the two is gone

    def since(self, before=(0, 0)):
        with self.lock:
            return self.sent - before[0], self.received - before[1]


def run(binary, tmp, command, cvat, s3, **manifest):
    """Seconds of a command, and the bytes that it sent to CVAT and received of S3."""
    name = unique("bench")
    path = tmp / "served.yaml"
    path.write_text(json.dumps({  # JSON is YAML
        "version": 1, "server": {"url": cvat.url}, "project": {"name": name, "create": True, "labels": ["a"]},
        "task": {"name": name + " {bag}"}, **manifest}))
    before, before_s3 = cvat.since(), s3.since()
    took = timed(binary, command, path, CVAT_ACCESS_TOKEN=TOKEN, CI="true", XDG_STATE_HOME=str(tmp / "state"), AWS_ENDPOINT_URL=s3.url)
    return took.seconds, cvat.since(before)[0], s3.since(before_s3)[1]


def compare(title, ways, rounds):
    """Runs the ways in turn; the first is the one that is compared."""
    seconds, sent, read = ({way: [] for way in ways} for _ in range(3))
    for _ in range(rounds):
        for way, once in ways.items():
            for numbers, number in zip((seconds, sent, read), once()):
                numbers[way].append(number)
    print(f"\n{title}, {rounds} rounds")
    first = next(iter(ways))
    for way, s in seconds.items():
        ratio = statistics.median(mine / other for mine, other in zip(seconds[first], s))
        compared = "" if way == first else f"   {first} takes {ratio:.2f} x of it"
        print(f"  {way:6} median {statistics.median(s):6.2f} s, {min(s):.2f} to {max(s):.2f}{compared}   "
              f"{statistics.median(sent[way]) / MIB:.2f} MiB sent to CVAT, {statistics.median(read[way]) / MIB:.2f} MiB read of S3")


def recording(binary, tmp, remote, cvat, s3, options):
    subprocess.run([build(tmp, "./bench/bags", "bags"), "generate", tmp, "mcap-none"], check=True)
    size = (tmp / "mcap-none.mcap").stat().st_size
    shutil.copy(tmp / "mcap-none.mcap", remote)
    manifest = {"bags": ["*.mcap"], "cameras": [{"name": "jai", "topics": [TOPIC], "frames": {"limit": options.frames}}]}
    roots = {"s3": f"s3://{Path(BUCKET).name}/{remote.name}", "local": str(tmp)}
    _, _, read = run(binary, tmp, "plan", cvat, s3, root=roots["s3"], **manifest)
    print(f"\nplan of an .mcap of {size / MIB:.0f} MiB in S3 reads {read / MIB:.2f} MiB, {100 * read / size:.2f} % of it")
    ways = {way: lambda root=root: run(binary, tmp, "apply", cvat, s3, root=root, **manifest) for way, root in roots.items()}
    if shutil.which("aws"):
        ways["copy"] = lambda: copied(binary, tmp, remote, cvat, s3, manifest)
    compare(f"apply of {options.frames} messages of it", ways, options.rounds)


def copied(binary, tmp, remote, cvat, s3, manifest):
    """aws s3 cp of the recording, then apply of the copy."""
    folder, before = tmp / "copied", s3.since()
    folder.mkdir(exist_ok=True)
    copy = timed("aws", "--endpoint-url", s3.url, "s3", "cp", "--only-show-errors",
                 f"s3://{Path(BUCKET).name}/{remote.name}/mcap-none.mcap", str(folder) + "/")
    read = s3.since(before)[1]
    seconds, sent, _ = run(binary, tmp, "apply", cvat, s3, root=str(folder), **manifest)
    shutil.rmtree(folder)
    return copy.seconds + seconds, sent, read


def keys(binary, tmp, remote, cvat, s3, options):
    pictures(tmp / "images" / "bag", options.keys, options.bytes)
    shutil.copytree(tmp / "images" / "bag", remote / "bag")
    roots = {"cloud": f"cloud:{STORAGE}/{remote.name}", "upload": str(tmp / "images")}
    compare(f"one task of {options.keys} images of {options.bytes} bytes", {
        way: lambda root=root: run(binary, tmp, "apply", cvat, s3, root=root, bags=["*/"]) for way, root in roots.items()}, options.rounds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", choices=["recording", "keys", []], help="without a name, both")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--keys", type=int, default=5000)
    parser.add_argument("--bytes", type=int, default=134_000)
    options = parser.parse_args()
    if not all([URL, TOKEN, S3, BUCKET, STORAGE]):
        sys.exit("needs CVAT_TEST_URL, CVAT_TEST_TOKEN, CVAT_TEST_CLOUD_STORAGE, CVAT_TEST_BUCKET_DIR and AWS_ENDPOINT_URL")
    remote = Path(tempfile.mkdtemp(prefix="bench-", dir=BUCKET))
    remote.chmod(0o755)
    try:
        with tempfile.TemporaryDirectory() as tmp:
            tmp = Path(tmp)
            binary, cvat, s3 = build(tmp), Counted(URL), Counted(S3)
            for case in (recording, keys):
                if not options.cases or case.__name__ in options.cases:
                    case(binary, tmp, remote, cvat, s3, options)
    finally:
        shutil.rmtree(remote)
        sweep()


if __name__ == "__main__":
    main()
