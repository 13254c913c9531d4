"""The steps of action.yml, run as GitHub runs them, against the embedded server and a GitHub of our own.

    python3 -m unittest discover -s interop/action
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

REPO = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CVATPLAN_BINARY", REPO / "cvatplan")).resolve()
MARKER = "<!-- cvatplan -->"


class Job(unittest.TestCase):
    """A job in a checkout of the quickstart, with the files that a runner gives it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.checkout = self.folder / "checkout"
        shutil.copytree(REPO / "examples/quickstart", self.checkout, ignore=shutil.ignore_patterns(".sandbox"))
        self.files = {name: self.folder / name for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        (self.folder / "temp").mkdir()

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CVAT"))}
        return kept | {k: str(v) for k, v in self.files.items()} | {"RUNNER_TEMP": str(self.folder / "temp")} | more

    def run_step(self, script, expect=0, **environment):
        done = subprocess.run(["bash", REPO / "action" / script], env=self.environment(**environment), cwd=self.checkout,
                              capture_output=True, text=True)
        self.assertEqual(expect, done.returncode, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def cvatplan(self, command="plan", expect=0, **environment):
        """Runs the step and returns its outputs and its log."""
        self.files["GITHUB_OUTPUT"].write_text("")
        inputs = {"CVATPLAN_SERVER": f"sandbox:{self.folder}/server", "CVATPLAN_ROOT": "", "CVAT_ACCESS_TOKEN": "",
                  "INPUT_COMMAND": command, "INPUT_MANIFESTS": "cvatplan.yaml\n", "INPUT_FAIL_ON": "", "INPUT_ARGUMENTS": "",
                  "INPUT_BINARY": str(BINARY)}
        log = self.run_step("run.sh", expect, **(inputs | environment))
        return dict(line.split("=", 1) for line in self.files["GITHUB_OUTPUT"].read_text().splitlines()), log

    def page(self):
        return self.files["GITHUB_STEP_SUMMARY"].read_text()


class TheRun(Job):
    def test_plans_then_applies_then_finds_nothing(self):
        outputs, _ = self.cvatplan()
        self.assertEqual(("2", "true"), (outputs["exitcode"], outputs["changed"]))
        self.assertTrue(outputs["summary"].startswith("Plan: 4 to create, 0 to resume"), outputs)
        plan = json.loads(Path(outputs["plan-json"]).read_text())
        self.assertEqual(4, plan["summary"]["create"])
        self.assertTrue(self.page().startswith(MARKER))

        outputs, log = self.cvatplan("apply")
        self.assertEqual(("0", "true"), (outputs["exitcode"], outputs["changed"]))
        self.assertTrue(outputs["summary"].startswith("Apply: 4 done, 0 failed"), outputs)
        events = [json.loads(line) for line in Path(outputs["plan-json"]).read_text().splitlines()]
        self.assertEqual(["version", "result"], [events[0]["type"], events[-1]["type"]])
        self.assertIn("Apply: 4 done", self.page())

        for command in ("plan", "apply"):
            outputs, _ = self.cvatplan(command)
            self.assertEqual(("0", "false"), (outputs["exitcode"], outputs["changed"]), outputs)

    def test_without_a_server_runs_nothing(self):
        for server in ({"CVATPLAN_SERVER": ""}, {"INPUT_COMMAND": "destroy"}):
            outputs, log = self.cvatplan("plan", expect=80, **server)
            self.assertEqual({}, outputs)
            self.assertIn("::error::", log)

    def test_drift_fails_where_that_is_asked_for(self):
        self.cvatplan("apply")
        shutil.copy(self.checkout / "data/2026-03-04/jai_cam_0000.jpg", self.checkout / "data/2026-03-04/jai_cam_9999.jpg")
        self.assertEqual("0", self.cvatplan()[0]["exitcode"])
        outputs, _ = self.cvatplan(expect=5, INPUT_FAIL_ON="drift")
        self.assertEqual(("5", "false"), (outputs["exitcode"], outputs["changed"]))

    def test_shows_what_is_wrong_with_a_manifest(self):
        (self.checkout / "cvatplan.yaml").write_text("version: 1\n<img src=x>: 1\nbags: ['*/']\n")
        outputs, _ = self.cvatplan(expect=1)
        self.assertEqual("No plan: 2 errors.", outputs["summary"])
        self.assertTrue(json.loads(Path(outputs["plan-json"]).read_text())["errored"])
        self.assertIn("cvatplan.yaml:2:", self.page())
        self.assertNotIn("<img", self.page())

    def test_shows_what_was_said_where_there_is_no_result(self):
        (self.checkout / "cvatplan.yaml").write_text("version: 1\n<img src=x>: 1\nbags: ['*/']\n")
        outputs, _ = self.cvatplan("apply", expect=1)
        self.assertEqual("cvatplan apply: exit code 1", outputs["summary"])
        self.assertIn("cvatplan.yaml:2:", self.page())
        self.assertNotIn("<img", self.page())
        outputs, _ = self.cvatplan("plan", expect=80, INPUT_ARGUMENTS="--no-such-flag")
        self.assertEqual(("", "cvatplan plan: exit code 80"), (outputs["plan-json"], outputs["summary"]))

    def test_takes_exit_code_2_without_a_whole_plan_for_a_crash(self):
        """Go's runtime ends a program with 2 when memory or threads run out: nothing says then that there is something to do."""
        whole = '{\n  "applyable": true,\n  "changes": []\n}\n'
        fatal = "fatal error: runtime: out of memory\n\ngoroutine 1 [running]:"
        for printed, code, changed in ((whole, 2, "true"), (whole[:-2] + "\n", 11, "false"), ("", 11, "false"), (whole.replace("true", "false"), 11, "false")):
            with self.subTest(printed=printed):
                program = self.folder / "fatal"
                program.write_text(f"#!/bin/sh\ncat <<'E'\n{printed}E\necho '{fatal}' >&2\nexit 2\n")
                program.chmod(0o755)
                outputs, _ = self.cvatplan(expect=0 if code == 2 else code, INPUT_BINARY=str(program))
                self.assertEqual((str(code), changed), (outputs["exitcode"], outputs["changed"]))

    def test_takes_no_input_for_a_script(self):
        evil = "$(touch pwned) `touch pwned`; touch pwned #"
        self.cvatplan(expect=1, INPUT_MANIFESTS=evil)
        self.cvatplan(expect=80, INPUT_ARGUMENTS=evil + "\n--output=" + evil)
        self.cvatplan(expect=1, CVATPLAN_ROOT=evil)
        self.cvatplan(expect=80, INPUT_FAIL_ON=evil)
        self.assertEqual([], list(self.folder.rglob("pwned")))

    def test_prints_nothing_that_the_runner_would_obey(self):
        (self.checkout / "cvatplan.yaml").write_text("version: 1\n'::warning::obeyed': 1\n")
        _, log = self.cvatplan(expect=1)
        quiet = re.search(r"^::stop-commands::(\w{32})$(.*)^::\1::$", log, re.MULTILINE | re.DOTALL)
        self.assertNotIn("obeyed", log.replace(quiet[0], ""))
        self.assertIn("obeyed", quiet[2])

    def test_takes_several_manifests_and_arguments(self):
        shutil.copy(self.checkout / "cvatplan.yaml", self.checkout / "--help")
        outputs, _ = self.cvatplan(INPUT_MANIFESTS="\n--help\n\n", INPUT_ARGUMENTS="--target\n*_2026-03-04\n")
        self.assertTrue(outputs["summary"].startswith("Plan: 2 to create"), outputs)


    def test_carries_out_exactly_a_saved_plan(self):
        outputs, _ = self.cvatplan(INPUT_ARGUMENTS="--out\nreviewed.plan\n")
        self.assertEqual(("2", "true"), (outputs["exitcode"], outputs["changed"]))
        (self.checkout / "data").rename(self.folder / "images")
        reviewed = {"INPUT_MANIFESTS": "reviewed.plan\n", "CVATPLAN_ROOT": str(self.folder / "images")}
        self.cvatplan("apply", expect=80, **reviewed | {"CVATPLAN_SERVER": f"sandbox:{self.folder}/other"})
        outputs, _ = self.cvatplan("apply", **reviewed)
        self.assertTrue(outputs["summary"].startswith("Apply: 4 done, 0 failed"), outputs)


class TerraformsRecipes(Job):
    def test_of_gitlab_counts_what_is_to_be_created(self):
        page = (REPO / "docs/gitlab.md").read_text()
        recipe = re.search(r"jq -r '(.*?)' plan\.json", page)[1]
        plan = subprocess.run([BINARY, "plan", "--output", "json"], cwd=self.checkout, env=self.environment(),
                              capture_output=True, check=True).stdout
        widget = subprocess.run(["jq", "-r", recipe], input=plan, capture_output=True, check=True).stdout
        self.assertEqual({"create": 5, "update": 0, "delete": 0}, json.loads(widget), "four tasks and the project")


class GitHub(BaseHTTPRequestHandler):
    """As much of GitHub's API as the comment needs."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qs(url.query)
        size, page = int(query["per_page"][0]), int(query["page"][0])
        self.answer(self.server.comments[(page - 1) * size:page * size])

    def do_POST(self):
        if "POST" in self.server.forbidden:
            return self.answer({})
        self.server.comments.append({"id": 1000 + len(self.server.comments), "user": {"type": "Bot"}, **self.body()})
        self.answer({"html_url": "created"})

    def do_PATCH(self):
        number = int(self.path.rsplit("/", 1)[1])
        next(c for c in self.server.comments if c["id"] == number).update(self.body())
        self.answer({"html_url": "updated"})

    def body(self):
        return json.loads(self.rfile.read(int(self.headers["Content-Length"])))

    def answer(self, body):
        self.server.seen.append((self.command, self.path, self.headers["Authorization"]))
        text = json.dumps(body).encode()
        self.send_response(403 if self.command in self.server.forbidden else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class TheComment(Job):
    def setUp(self):
        super().setUp()
        self.github = ThreadingHTTPServer(("127.0.0.1", 0), GitHub)
        self.github.comments, self.github.seen, self.github.forbidden = [], [], ()
        threading.Thread(target=self.github.serve_forever, daemon=True).start()
        self.addCleanup(self.github.server_close)
        self.addCleanup(self.github.shutdown)

    def comment(self, text, event, expect=0, key=""):
        markdown, event_path = self.folder / "summary.md", self.folder / "event.json"
        markdown.write_text(text)
        event_path.write_text(json.dumps(event))
        url = "http://%s:%d" % self.github.server_address
        return self.run_step("comment.sh", expect, MARKDOWN=str(markdown), GITHUB_TOKEN="secret", GITHUB_EVENT_PATH=str(event_path),
                             GITHUB_API_URL=url, GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="orchard/data",
                             GITHUB_RUN_ID="7", INPUT_COMMENT_KEY=key)

    def test_is_written_once_and_then_kept_up_to_date(self):
        self.github.comments = [{"id": n, "user": {"type": "User"}, "body": f"{MARKER} mine"} for n in range(150)]
        for text in (f'{MARKER}\n**first** "quoted" $HOME\n', f"{MARKER}\n**second**\n"):
            self.comment(text, {"pull_request": {"number": 12}})
            ours = [c["body"] for c in self.github.comments if c["user"]["type"] == "Bot"]
            self.assertEqual(1, len(ours))
            self.assertTrue(ours[0].startswith(text), ours)
            self.assertIn("https://github.com/orchard/data/actions/runs/7", ours[0])
        self.assertTrue(all(c["body"].endswith("mine") for c in self.github.comments if c["user"]["type"] == "User"))
        self.assertEqual({"Bearer secret"}, {token for _, _, token in self.github.seen})
        self.assertTrue(all(path.startswith("/repos/orchard/data/issues/") for _, path, _ in self.github.seen))

    def test_is_one_for_each_key(self):
        keys = ("", "rovers", "drones.2026", "")
        for n, key in enumerate(keys + keys):
            self.comment(f"{MARKER}\n**{key} {n}**\n", {"pull_request": {"number": 12}}, key=key)
        self.assertEqual([" 7", "rovers 5", "drones.2026 6"], [re.search(r"\*\*(.*)\*\*", c["body"])[1] for c in self.github.comments])
        self.comment(f"{MARKER}\n", {"pull_request": {"number": 12}}, expect=80, key="--> @everyone")

    def test_of_a_fork_is_left_out_where_github_forbids_it_and_else_missed(self):
        def pull(repo):
            return {"pull_request": {"number": 12, "head": {"repo": {"full_name": repo}}}}
        for forbidden in ("POST", "GET"):
            self.github.forbidden = (forbidden,)
            self.assertIn("::notice::a pull request from a fork", self.comment(f"{MARKER}\n", pull("anna/data")))
            self.assertIn("::error::", self.comment(f"{MARKER}\n", pull("orchard/data"), expect=1))
        self.github.forbidden = ()
        self.comment(f"{MARKER}\n", pull("anna/data"))
        self.assertEqual(1, len([c for c in self.github.comments if c["user"]["type"] == "Bot"]))

    def test_is_none_where_there_is_no_pull_request(self):
        self.assertIn("::notice::", self.comment(f"{MARKER}\n", {"ref": "refs/heads/main"}))
        self.assertEqual([], self.github.seen)


if __name__ == "__main__":
    unittest.main()
