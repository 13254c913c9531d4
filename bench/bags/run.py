"""Compares internal/bag with Python's rosbags and with reading the bytes alone.

    pip install rosbags
    python bench/bags/run.py [--dir DIR] [--runs N] [VARIANT…]

Each variant is generated (518 MB before compression), read in turn by each, the
best of N runs taken, and removed. The page cache is warm. What it prints is the
table of bench/bags/README.md.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
TOPIC = "/jai_cam/image_raw/compressed"
VARIANTS = {
    "bag-none": "bag-none.bag", "bag-lz4": "bag-lz4.bag", "bag-bz2": "bag-bz2.bag",
    "mcap-none": "mcap-none.mcap", "mcap-lz4": "mcap-lz4.mcap", "mcap-zstd": "mcap-zstd.mcap",
    "db3-none": "db3-none", "db3-zstd-message": "db3-zstd-message", "db3-zstd-file": "db3-zstd-file",
}
# Of these a reader needs only the topic's own bytes; of the others every chunk, and so the file.
SELECTIVE = {"bag-none", "mcap-none", "db3-none", "db3-zstd-message"}


def measure(runs: int, *command: object) -> dict:
    results = [json.loads(subprocess.check_output([str(c) for c in command])) for _ in range(runs)]
    best = min(results, key=lambda r: r["seconds"])
    best["peak_mib"] = max(r["peak_kib"] for r in results) / 1024
    return best


def compare(tool: pathlib.Path, directory: pathlib.Path, name: str, runs: int) -> str:
    subprocess.check_call([tool, "generate", directory, name])
    path = directory / VARIANTS[name]
    files = [f for f in path.rglob("*") if f.suffix != ".yaml"] if path.is_dir() else [path]
    size = sum(f.stat().st_size for f in files)
    ours = measure(runs, tool, "read", path, TOPIC)
    needed = ours["bytes"] if name in SELECTIVE else size
    floor = measure(runs, tool, "floor", files[0], needed)
    slow = 1 if name == "bag-bz2" else runs
    theirs = measure(slow, sys.executable, HERE / "rosbags_read.py", path, TOPIC)
    raw = measure(slow, sys.executable, HERE / "rosbags_read.py", path, TOPIC, "raw")
    if (ours["messages"], ours["bytes"]) != (theirs["messages"], theirs["bytes"]):
        sys.exit(f"{name}: {ours} and {theirs} did not read the same")
    return (
        f"| {name} | {size / 1e6:.0f} | {ours['seconds']:.3f} | {theirs['seconds']:.3f} | {raw['seconds']:.3f} | {floor['seconds']:.3f} "
        f"| {theirs['seconds'] / ours['seconds']:.1f} | {raw['seconds'] / ours['seconds']:.1f} | {floor['seconds'] / ours['seconds']:.2f} "
        f"| {ours['bytes'] / 1e6 / ours['seconds']:.0f} | {ours['peak_mib']:.0f} | {theirs['peak_mib']:.0f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dir", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("variants", nargs="*", metavar="VARIANT")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=args.dir) as scratch:
        tool = pathlib.Path(scratch) / "bags"
        subprocess.check_call(["go", "build", "-o", tool, "."], cwd=HERE)
        print("| variant | MB | ours s | rosbags s | rosbags raw s | bytes alone s | × rosbags | × rosbags raw | × bytes alone | MB/s of payload | peak MiB | rosbags MiB |")
        print("|---" * 12 + "|")
        for name in args.variants or VARIANTS:
            data = pathlib.Path(scratch) / "data"
            data.mkdir()
            print(compare(tool, data, name, args.runs), flush=True)
            shutil.rmtree(data)


main()
