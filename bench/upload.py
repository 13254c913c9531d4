#!/usr/bin/env python3
"""apply of one large task against one curl that sends the same bytes to the same embedded server.

    python3 bench/upload.py [MiB]        default 2048; needs twice that on disk, and curl
"""

import sys
import tempfile
from pathlib import Path

from harness import MIB, api, build, manifest, pictures, sandbox, sending, timed


PIECE = 1000 * MIB  # CVAT's proxy, and so the embedded server, takes at most 1 GiB at a time


def curl(url, pieces):
    """Seconds of one curl that sends all bytes, after the task and the upload were created."""
    task, _ = api(url, "POST", "/api/tasks", {"name": "curl"})
    size = sum(piece.stat().st_size for piece in pieces)
    _, headers = api(url, "POST", f"/api/tasks/{task['id']}/data/", **{
        "Upload-Length": str(size), "Upload-Metadata": "filename YWxsLnppcA=="})
    location = f"{url}/api/tasks/{task['id']}/data/{headers['Location'].rsplit('/', 1)[-1]}"
    command, offset = ["curl"], 0
    for piece in pieces:
        command += ["--next"] * bool(offset)
        command += ["-sSf", "-X", "PATCH", "-T", piece, "-H", "Authorization: Bearer sandbox", "-H", "Expect:",
                    "-H", "Content-Type: application/offset+octet-stream", "-H", f"Upload-Offset: {offset}", location]
        offset += piece.stat().st_size
    run = timed(*command)
    api(url, "DELETE", f"/api/tasks/{task['id']}")
    return run.seconds


def join(folder, out):
    """The bytes of all files of a folder, in pieces."""
    pieces = []
    for file in sorted(folder.iterdir()):
        if not pieces or pieces[-1].stat().st_size + file.stat().st_size > PIECE:
            pieces.append(out.with_suffix(f".{len(pieces)}"))
        with open(pieces[-1], "ab") as f:
            f.write(file.read_bytes())
    return pieces


def main(total):
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        binary = build(tmp)
        pictures(tmp / "data" / "bag", total // 4, 4 * MIB)
        path = manifest(tmp / "data", "http://127.0.0.1:1")
        pieces = join(tmp / "data" / "bag", tmp / "all")
        with sandbox(binary, tmp / "server") as url:
            sent = curl(url, pieces)
            whole, upload = sending(binary, "apply", "--debug", path, CVATPLAN_SERVER=url, GOMEMLIMIT="48MiB")
    print(f"{total} MiB, 1 task of {total // 4} images, warm cache")
    print(f"curl                     {sent:6.2f} s  {total / sent:6.0f} MiB/s")
    print(f"cvatplan apply, whole    {whole.seconds:6.2f} s  {total / whole.seconds:6.0f} MiB/s  {sent / whole.seconds:.2f} x curl (wanted: 0.50)")
    print(f"cvatplan, PATCHes alone  {upload:6.2f} s  {total / upload:6.0f} MiB/s  {sent / upload:.2f} x curl (wanted: 0.80)")
    print(f"cvatplan's peak memory   {whole.mib:6.1f} MiB (limit: 64), under GOMEMLIMIT=48MiB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2048)
