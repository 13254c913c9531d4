"""A headless Chromium, driven over its own pipe (Chrome DevTools Protocol): Python's standard library only."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from contextlib import contextmanager

PATIENCE = 60  # seconds without a word from the browser


def executable():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("no Chromium; apt-get install chromium")


def hand_over(into, out):
    """Makes the two pipes the child's descriptors 3 and 4, wherever they are now."""
    into, out = fcntl.fcntl(into, fcntl.F_DUPFD, 10), fcntl.fcntl(out, fcntl.F_DUPFD, 10)
    os.dup2(into, 3)
    os.dup2(out, 4)


@contextmanager
def chromium():
    """Yields a Browser whose one page is empty; ends the process afterwards."""
    to_child, ours_out = os.pipe()
    ours_in, from_child = os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        child = subprocess.Popen(
            [executable(), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe",
             f"--user-data-dir={profile}", "about:blank"],
            preexec_fn=lambda: hand_over(to_child, from_child),
            close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_child)
        os.close(from_child)
        try:
            yield Browser(ours_out, ours_in)
        finally:
            child.terminate()
            child.wait(timeout=30)
            os.close(ours_out)
            os.close(ours_in)


class Browser:
    """One page; what it does on its own (requests, dialogs, errors) gathers in events."""

    def __init__(self, out, into):
        self.out, self.into, self.buffer, self.last, self.events, self.session = out, into, b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
            self.call(domain + ".enable")

    def call(self, method, **params):
        """Sends a command and returns its result; events that arrive meanwhile are kept."""
        self.last += 1
        message = {"id": self.last, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == message["id"]:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]

    def receive(self):
        """Reads one message; an event is kept, and a dialog is closed, since it would hold the page."""
        while b"\0" not in self.buffer:
            if not select.select([self.into], [], [], PATIENCE)[0]:
                raise TimeoutError(f"the browser has been silent for {PATIENCE} s")
            if not (more := os.read(self.into, 1 << 16)):
                raise RuntimeError("the browser is gone")
            self.buffer += more
        text, _, self.buffer = self.buffer.partition(b"\0")
        message = json.loads(text)
        if "method" in message:
            self.events.append(message)
            if message["method"] == "Page.javascriptDialogOpening":
                os.write(self.out, json.dumps({"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": False},
                                           "sessionId": self.session}).encode() + b"\0")
        return message

    def open(self, path):
        """Opens a local file and waits until it is loaded."""
        self.events.clear()
        self.call("Page.navigate", url="file://" + os.path.abspath(path))
        while not self.named("Page.loadEventFired"):
            self.receive()

    def named(self, method):
        return [e["params"] for e in self.events if e["method"] == method]

    def value(self, expression):
        """The JSON value of a JavaScript expression; promises are awaited."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def settle(self):
        """Waits until the page has drawn what it was asked to."""
        self.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))")

    def press(self, key, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code,
                      **({"text": text} if text and kind == "keyDown" else {}))
        self.settle()

    def type(self, text):
        self.call("Input.insertText", text=text)
        self.settle()

    def size(self, width, height):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def scheme(self, name):
        """light or dark, as a person's system says."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])
        self.settle()

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
