"""Completion in real shells: bash and zsh at a terminal of their own, fish by its own question.

    python3 -m unittest discover -s interop/shells
"""

import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CVATPLAN_BINARY", REPO / "cvatplan")).resolve()
PATIENCE = 60  # seconds without a byte from the shell

MANIFEST = """\
version: 1
server: {url: "sandbox:.sandbox"}
root: data
project: {name: Orchard, create: true}
cameras: [{name: jai_cam}, {name: realsenseD435}]
task: {name: "{camera}: {bag}"}
bags: ["*/"]
"""

# What is typed before TAB, and the words that then stand there.
TYPED = {
    "cvatplan pla": ["cvatplan", "plan"],
    "cvatplan completion z": ["cvatplan", "completion", "zsh"],
    "cvatplan plan --detailed": ["cvatplan", "plan", "--detailed-exitcode"],
    "cvatplan plan --output=js": ["cvatplan", "plan", "--output=json"],
    "cvatplan plan --output js": ["cvatplan", "plan", "--output", "json"],
    "cvatplan apply --target jai": ["cvatplan", "apply", "--target", "jai_cam: 2026-03-04"],
    "cvatplan plan -v --target=rea": ["cvatplan", "plan", "-v", "--target=realsenseD435: 2026-03-04"],
    "cvatplan validate cvat": ["cvatplan", "validate", "cvatplan.yaml"],
    "cvatplan plan --root dat": ["cvatplan", "plan", "--root", "data/"],
    "cvatplan plan --root=dat": ["cvatplan", "plan", "--root=data/"],
}


ZSH = "setopt no_auto_remove_slash; bindkey -e; autoload -Uz compinit; compinit -u"


class Terminal:
    """A shell at a terminal. What is typed ahead waits until it has completed what was typed before."""

    def __init__(self, folder, env, *command):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, env)

    def ask(self, line, mark):
        """Sends one line and returns what is printed between two marks, which the line itself does not hold."""
        os.write(self.fd, (line + "\n").encode())
        return self.read(f"<{mark}>(.*?)</{mark}>")

    def read(self, pattern):
        seen = b""
        while not (found := re.search(pattern.encode(), seen, re.DOTALL)):
            if not select.select([self.fd], [], [], PATIENCE)[0]:
                raise AssertionError(f"the shell says nothing more; so far:\n{seen.decode(errors='replace')}")
            seen += os.read(self.fd, 4096)
        return found[1].decode()

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


class Completion(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "cvatplan.yaml").write_text(MANIFEST)
        shutil.copytree(REPO / "examples/quickstart/data/2026-03-04", self.folder / "data/2026-03-04")
        (self.folder / "bin").mkdir()
        os.symlink(BINARY, self.folder / "bin/cvatplan")
        self.env = os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "HOME": str(self.folder), "TERM": "dumb"}

    def complete(self, *shell, begin):
        """Types each line, TAB, then goes to the line's beginning and has its words printed."""
        terminal = Terminal(self.folder, self.env, *shell)
        self.addCleanup(terminal.close)
        terminal.ask(f"{begin}; printf '<%s>ready</%s>' begun begun", "begun")
        for typed, want in TYPED.items():
            with self.subTest(typed):
                got = terminal.ask(f"{typed}\t\x01printf '<%s>'\"$(printf '[%s]' \x05)</words>\" words", "words")
                self.assertEqual("".join(f"[{word}]" for word in want), got)

    def test_of_bash(self):
        self.complete("bash", "--norc", "--noprofile", "-i", begin="source <(cvatplan completion bash)")

    def test_of_zsh(self):
        self.complete("zsh", "-f", "-i", begin=f"{ZSH}; source <(cvatplan completion zsh)")

    def test_of_zsh_autoloaded(self):
        functions = self.folder / "functions"
        functions.mkdir()
        script = subprocess.run(["cvatplan", "completion", "zsh"], env=self.env, capture_output=True, check=True)
        (functions / "_cvatplan").write_bytes(script.stdout)
        self.complete("zsh", "-f", "-i", begin=f"fpath=(./functions $fpath); {ZSH}")

    def test_of_fish(self):
        for typed, want in TYPED.items():
            with self.subTest(typed):
                ask = f"cvatplan completion fish | source; complete -C '{typed}'"
                said = subprocess.run(["fish", "-c", ask], env=self.env, cwd=self.folder, capture_output=True, text=True, check=True)
                self.assertEqual([want[-1]], [line.split("\t")[0] for line in said.stdout.splitlines()])


if __name__ == "__main__":
    unittest.main()
