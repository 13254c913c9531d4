"""A sandbox server, the cvatplan binary and the official client, for the interop checks."""

import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from cvat_sdk import make_client

REPO = Path(__file__).resolve().parent.parent
BINARY = Path(os.environ.get("CVATPLAN_BINARY", REPO / "cvatplan"))


@contextmanager
def sandbox():
    """Serves an empty embedded server on loopback and yields its URL."""
    with tempfile.TemporaryDirectory() as data:
        command = [BINARY, "sandbox", "--listen", "127.0.0.1:0", "--data", data]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield server.stdout.readline().split()[-1]
        finally:
            server.terminate()
            server.wait(timeout=30)
            server.stdout.close()


def cvatplan(url, *args, expect=0, **environment):
    """Runs cvatplan against url as the sandbox's account; returns what it printed on stdout."""
    env = os.environ | {"CVATPLAN_SERVER": url, "CVAT_ACCESS_TOKEN": "sandbox"} | environment
    done = subprocess.run([BINARY, *map(str, args)], env=env, capture_output=True, text=True)
    assert done.returncode == expect, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def client(url):
    """The official SDK, logged in with user name and password."""
    return make_client(host=url, credentials=("sandbox", "sandbox"))


def tasks_by_name(sdk):
    return {task.name: task for task in sdk.tasks.list()}


def originals(task):
    """Frame name -> original bytes, in frame order, as the SDK downloads them."""
    names = [frame.name for frame in task.get_frames_info()]
    return {name: task.get_frame(i, quality="original").read() for i, name in enumerate(names)}
