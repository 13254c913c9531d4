"""What the benchmarks share: binaries, servers, clocks, files of a known size."""

import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from array import array
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import uniform

REPO = Path(__file__).resolve().parent.parent
MIB = 1 << 20


def build(folder, package="./cmd/cvatplan", name="cvatplan"):
    binary = Path(folder) / name
    subprocess.run(["go", "build", "-o", binary, package], cwd=REPO, check=True)
    return binary


@contextmanager
def running(*command):
    """Runs a server and yields the last word of its first line: its address."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(timeout=60)


def sandbox(binary, data):
    return running(binary, "sandbox", "--listen", "127.0.0.1:0", "--data", data)


@dataclass
class Run:
    seconds: float
    mib: float  # peak resident memory
    out: str
    err: str


def timed(*command, **environment):
    """Runs a command to its end and measures it."""
    env = os.environ | {"CVAT_ACCESS_TOKEN": "sandbox"} | environment
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.monotonic()
        pid = subprocess.Popen(list(map(str, command)), env=env, stdout=out, stderr=err).pid
        _, status, usage = os.wait4(pid, 0)
        seconds = time.monotonic() - start
        out.seek(0), err.seek(0)
        run = Run(seconds, usage.ru_maxrss / 1024, out.read(), err.read())
    if status:
        sys.exit(f"{command}: status {status}\n{run.out}\n{run.err}")
    return run


def sending(*command, **environment):
    """Runs the program, with --debug, and measures from the first piece of an upload to the answer to the last one too."""
    env = os.environ | {"CVAT_ACCESS_TOKEN": "sandbox"} | environment
    with tempfile.TemporaryFile("w+") as out:
        start = time.monotonic()
        process = subprocess.Popen(list(map(str, command)), env=env, stdout=out, stderr=subprocess.PIPE, text=True)
        lines, began, ended = [], [], []
        for line in process.stderr:
            lines.append(line)
            if piece := re.search(r"PATCH /api/tasks/\d+/data/\S+: 204 in (\S+),", line):
                ended.append(time.monotonic())
                began.append(ended[-1] - duration(piece[1]))
        _, status, usage = os.wait4(process.pid, 0)
        out.seek(0)
        run = Run(time.monotonic() - start, usage.ru_maxrss / 1024, out.read(), "".join(lines))
    if status:
        sys.exit(f"{command}: status {status}\n{run.out}\n{run.err}")
    return run, max(ended) - min(began)


def duration(text):
    """Seconds of a duration as Go writes it."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "µs": 1e-6}
    return sum(float(n) * units[u] for n, u in re.findall(r"([\d.]+)(h|ms|µs|m|s)", text))


def api(url, method, path, body=None, **headers):
    """One request as the sandbox's account; returns the JSON answer and its headers."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": "Bearer sandbox", "Content-Type": "application/json"} | headers
    request = urllib.request.Request(url + path, data=data, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return json.loads(text) if text else None, answer.headers


def pictures(folder, count, size, seed=b"\0"):
    """Writes count JPEG files of size bytes: a small picture, and noise behind its end."""
    folder.mkdir(parents=True)
    head = (REPO / "examples/quickstart/data/2026-03-04/jai_cam_0000.jpg").read_bytes()
    for i in range(count):
        with open(folder / f"jai_cam_{i:06}.jpg", "wb") as f:
            f.write(head)
            f.write(os.urandom(max(0, size - len(head))))


def point_clouds(folder, count, size):
    """Writes count binary PCDs of about size bytes: x, y, z and intensity of noise."""
    folder.mkdir(parents=True)
    points = size // 16
    head = (f"VERSION 0.7\nFIELDS x y z intensity\nSIZE 4 4 4 4\nTYPE F F F F\nCOUNT 1 1 1 1\nWIDTH {points}\nHEIGHT 1\n"
            f"VIEWPOINT 0 0 0 1 0 0 0\nPOINTS {points}\nDATA binary\n")
    for i in range(count):
        (folder / f"{i:06}.pcd").write_bytes(head.encode() + array("f", (uniform(-50, 50) for _ in range(4 * points))).tobytes())


def videos(folder, count, size):
    """Writes count MP4 files of size bytes: 30 frames, and noise behind their end, which nobody decodes."""
    folder.mkdir(parents=True)
    head = (REPO / "internal/video/testdata/h264_b.mp4").read_bytes()
    for i in range(count):
        rest = max(8, size - len(head))
        (folder / f"{i:06}.mp4").write_bytes(head + rest.to_bytes(4, "big") + b"free" + os.urandom(rest - 8))


def topics(folder, _, size):
    """Writes a recording (MCAP) of about size bytes: a topic of foxglove.CompressedVideo, whose packets are those of 36
    frames of H.264, again and again, each with noise in an SEI unit that decoders pass over."""
    def text(s):
        return struct.pack("<I", len(s)) + s.encode()

    def record(op, body):
        return bytes([op]) + struct.pack("<Q", len(body)) + body

    def field(number, data):
        n, length = len(data), b""
        while n > 127:
            length, n = length + bytes([n & 127 | 128]), n >> 7
        return bytes([number << 3 | 2]) + length + bytes([n]) + data

    folder.mkdir(parents=True)
    packets, frames = (REPO / "internal/remux/testdata/h264.packets").read_bytes(), []
    while packets:
        length = struct.unpack_from("<I", packets, 4)[0]
        frames.append(packets[8:8 + length])
        packets = packets[8 + length:]
    noise = max(16, size // 360 - 100)
    with open(folder / "run.mcap", "wb") as out:
        out.write(b"\x89MCAP0\r\n" + record(1, text("") + text("bench")))
        out.write(record(3, struct.pack("<H", 1) + text("foxglove.CompressedVideo") + text("protobuf") + struct.pack("<I", 0)))
        out.write(record(4, struct.pack("<HH", 1, 1) + text("/front/video") + text("protobuf") + struct.pack("<I", 0)))
        for i in range(360):
            sei = b"\0\0\1\6\5" + b"\xff" * (noise // 255) + bytes([noise % 255]) + os.urandom(noise).replace(b"\0", b"\1") + b"\x80"
            data = field(2, b"front") + field(3, sei + frames[i % 36]) + field(4, b"h264")
            at = 1_700_000_000_000_000_000 + i * 33_333_333
            out.write(record(5, struct.pack("<HIQQ", 1, i, at, at) + data))
        out.write(record(15, struct.pack("<I", 0)) + record(2, struct.pack("<QQI", 0, 0, 0)) + b"\x89MCAP0\r\n")


def manifest(folder, url, **more):
    """Writes a manifest (JSON is YAML) and returns its path."""
    path = Path(folder) / "cvatplan.yaml"
    body = {"version": 1, "server": {"url": url}, "project": {"name": "Bench", "create": True}, "bags": ["*/"]}
    path.write_text(json.dumps(body | more))
    return path
