#!/usr/bin/env python3
"""plan of a million files against 10,000 tasks, against `find DIR -type f | wc -l` on the same warm tree.

    python3 bench/plan_million.py [BAGS [FILES]]       default 10000 100; a million inodes in TMPDIR
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from harness import build, manifest, sandbox, timed


def best(count, *command, **environment):
    return min((timed(*command, **environment) for _ in range(count)), key=lambda run: run.seconds)


def main(bags, files):
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        binary, million = build(tmp), build(tmp, "./bench/million", "million")
        subprocess.run([million, tmp / "tree", tmp / "server", str(bags), str(files)], check=True)
        path = manifest(tmp / "tree", "http://127.0.0.1:1")
        with sandbox(binary, tmp / "server") as url:
            find = best(3, "sh", "-c", f"find {tmp}/tree -mindepth 2 -type f | wc -l")
            plan = best(3, binary, "plan", "--detailed-exitcode", path, CVATPLAN_SERVER=url)
        version = best(5, binary, "version")
    assert f"{bags} unchanged" in plan.out, plan.out
    print(f"{bags} bags of {files} files, {bags} tasks on the embedded server, warm, best of 3")
    print(f"find | wc -l      {find.seconds:6.2f} s  {find.out.strip()} files")
    print(f"cvatplan plan     {plan.seconds:6.2f} s  {plan.seconds / find.seconds:.2f} x find (limit: 3.00), {plan.mib:.0f} MiB (limit: 400)")
    print(f"cvatplan version  {version.seconds * 1000:6.1f} ms (limit: 30), best of 5")


if __name__ == "__main__":
    main(*(int(n) for n in sys.argv[1:3] or (10000, 100)))
