"""What cvatplan pull says of every frame, against CVAT's own export "CVAT for images 1.1".

It runs on the embedded server, and where CVAT_TEST_URL and CVAT_TEST_TOKEN say so on that CVAT:

    python -m unittest interop/test_pull.py
"""

import io
import json
import os
import tempfile
import time
import unittest
import uuid
import xml.etree.ElementTree as ET
import zipfile
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import requests
from support import cvatplan, sandbox

TOLERANCE = 0.0101  # pixels: CVAT writes two decimals
WIDTH, HEIGHT, FRAMES = 100, 80, 12

SVG = ('<line x1="20" y1="20" x2="60" y2="60" data-type="edge" data-node-from="1" data-node-to="2"></line>'
       '<line x1="60" y1="60" x2="80" y2="20" data-type="edge" data-node-from="2" data-node-to="3"></line>'
       + "".join(f'<circle r="1.5" cx="{x}" cy="{y}" data-type="element node" data-element-id="{n}" data-node-id="{n}" '
                 f'data-label-name="{name}"></circle>'
                 for n, (x, y, name) in enumerate([(20, 20, "head"), (60, 60, "neck"), (80, 20, "tail")], 1)))

LABELS = [
    {"name": "car", "attributes": [
        {"name": "colour", "mutable": True, "input_type": "text", "values": ["red"], "default_value": "red"},
        {"name": "make", "mutable": False, "input_type": "select", "values": ["audi", "bmw"], "default_value": "audi"},
        {"name": "seats", "mutable": True, "input_type": "number", "values": ["0", "9", "1"], "default_value": "4"},
    ]},
    {"name": "<thing> & \"more\"", "attributes": []},
    {"name": "cat", "type": "skeleton", "attributes": [], "svg": SVG, "sublabels": [
        {"name": name, "type": "points", "attributes": [
            {"name": "seen", "mutable": True, "input_type": "checkbox", "values": ["false"], "default_value": "false"},
        ]} for name in ("head", "neck", "tail")]},
]


@contextmanager
def server():
    """Yields the URL and the token of the CVAT to test."""
    if "CVAT_TEST_URL" in os.environ:
        yield os.environ["CVAT_TEST_URL"].rstrip("/"), os.environ["CVAT_TEST_TOKEN"]
        return
    with sandbox() as url:
        yield url, "sandbox"


class API:
    def __init__(self, url, token):
        self.url, self.session = url, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"
        self.session.headers["Accept"] = "application/vnd.cvat+json, */*;q=0.1"

    def __call__(self, method, path, expect=(200, 201, 202, 204), **more):
        answer = self.session.request(method, self.url + path, **more)
        assert answer.status_code in expect, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def export(self, task, format="CVAT for images 1.1"):
        rq = self("POST", f"/api/tasks/{task}/dataset/export", params={"format": format, "save_images": "false"}).json()["rq_id"]
        while True:
            state = self("GET", "/api/requests/" + requests.utils.quote(rq, safe="")).json()
            if state["status"] in ("finished", "failed"):
                break
            time.sleep(0.1)
        assert state["status"] == "finished", state
        content = self("GET", f"/api/tasks/{task}/dataset/download", params={"rq_id": rq}).content
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return ET.fromstring(archive.read("annotations.xml"))


def pictures(root, bags):
    for bag in bags:
        (root / bag).mkdir(parents=True)
        for i in range(FRAMES):
            picture = np.full((HEIGHT, WIDTH, 3), 10 + 15 * i, np.uint8)
            cv2.imwrite(str(root / bag / f"cam_{1700000000000000000 + i * 100000000}.jpg"), picture)


class Annotations:
    """Annotations of every kind, with the project's ids."""

    def __init__(self, labels):
        self.label = {l["name"]: l for l in labels}

    def id(self, name):
        return self.label[name]["id"]

    def value(self, label, **values):
        spec = {a["name"]: a["id"] for a in self.label[label]["attributes"]}
        return [{"spec_id": spec[k], "value": v} for k, v in values.items()]

    def shape(self, kind, frame, points, label="car", **more):
        return {"type": kind, "frame": frame, "points": points, "label_id": self.id(label), "attributes": []} | more

    def element(self, frame, name, points, **more):
        label = next(s for s in self.label["cat"]["sublabels"] if s["name"] == name)
        seen = more.pop("seen", None)
        attributes = [] if seen is None else [{"spec_id": label["attributes"][0]["id"], "value": seen}]
        return {"type": "points", "frame": frame, "points": points, "label_id": label["id"], "attributes": attributes} | more

    def track(self, kind, keys, label="car", **more):
        shapes = [{"type": kind, "frame": k[0], "points": k[1], "outside": False, "occluded": False, "attributes": []}
                  | (k[2] if len(k) > 2 else {}) for k in keys]
        return {"label_id": self.id(label), "frame": keys[0][0], "shapes": shapes, "attributes": []} | more

    def all(self):
        thing = LABELS[1]["name"]
        shapes = [
            self.shape("rectangle", 0, [10.123456, 20.5, 30, 41.987], rotation=33.3, occluded=True, z_order=3, group=2,
                       attributes=self.value("car", colour="blue, <&>", make="bmw")),
            self.shape("rectangle", 0, [1 / 3, 2 / 3, 5, 6], source="auto", score=0.25),
            self.shape("rectangle", 0, [1, 1, 5, 6], label=thing, z_order=-1),
            self.shape("polygon", 1, [1, 2, 30.5, 4, 20, 60.125, 3, 50], attributes=self.value("car", seats="7")),
            self.shape("polyline", 1, [1, 2, 30.5, 4, 20, 60], label=thing),
            self.shape("points", 1, [1.5, 2.5, 30, 4]),
            self.shape("points", 2, [7, 8]),
            self.shape("ellipse", 2, [20, 20, 30, 10], rotation=15),
            self.shape("cuboid", 2, [float(n) + 0.5 for n in range(16)]),
            self.shape("mask", 3, [2, 3, 4, 3, 3, 0 + 5, 40, 30, 44, 33]),
            self.shape("skeleton", 3, [], label="cat", elements=[
                self.element(3, "tail", [30, 30], outside=True), self.element(3, "head", [10, 10], seen="true"),
                self.element(3, "neck", [20.25, 20], occluded=True)]),
            self.shape("rectangle", 6, [-5, -6, 200, 300]),
        ]
        tags = [{"frame": 0, "label_id": self.id("car"), "attributes": self.value("car", make="bmw")},
                {"frame": 7, "label_id": self.id(thing), "attributes": [], "group": 5}]
        leave = {"outside": True}
        tracks = [
            self.track("rectangle", [(0, [0, 0, 10, 10]), (4, [20, 8, 33, 21], {"rotation": 350.0, "occluded": True,
                       "attributes": self.value("car", colour="green")}), (7, [30, 10, 40, 20], {"rotation": 20.0, "z_order": 4}), (9, [30, 10, 40, 20], leave)],
                       attributes=self.value("car", make="bmw"), group=9),
            self.track("polygon", [(1, [10, 10, 40, 10, 40, 40, 10, 40]), (5, [15, 12, 47, 14, 55, 40, 30, 48, 12, 39])], label=thing),
            self.track("polyline", [(0, [0, 0, 10, 10, 20, 5]), (6, [5, 5, 17, 19])], label=thing),
            self.track("points", [(0, [1, 1]), (3, [10, 4]), (5, [2, 2], leave), (8, [3, 3])]),
            self.track("points", [(2, [1, 1, 4, 4]), (6, [10, 4, 6, 6])]),
            self.track("ellipse", [(3, [20, 20, 30, 10]), (8, [40, 40, 55, 20], {"rotation": 90.0})]),
            self.track("cuboid", [(2, [float(n) for n in range(16)]), (10, [2.0 * n + 1 for n in range(16)])]),
            self.skeleton_track(),
        ]
        return {"version": 0, "shapes": shapes, "tags": tags, "tracks": tracks}

    def skeleton_track(self):
        def element(name, keys):
            label = next(s for s in self.label["cat"]["sublabels"] if s["name"] == name)
            return {"label_id": label["id"], "frame": 1, "attributes": [], "shapes": [
                {"type": "points", "frame": f, "points": p, "outside": out, "occluded": hidden, "attributes": [
                    {"spec_id": label["attributes"][0]["id"], "value": "true"}] if f == 4 else []} for f, p, out, hidden in keys]}
        track = self.track("skeleton", [(1, [])], label="cat")
        track["elements"] = [
            element("tail", [(1, [30, 30], False, False), (4, [60, 33], True, False), (6, [62, 31], False, True)]),
            element("head", [(1, [10, 10], False, False), (8, [17, 24], True, False)]),
            element("neck", [(1, [20, 20], False, True), (4, [30, 22], False, False), (8, [31, 31], True, False)])]
        track["elements"][0]["shapes"].append({"type": "points", "frame": 8, "points": [62, 31], "outside": True, "occluded": False, "attributes": []})
        return track


def numbers(text):
    return [float(n) for pair in text.split(";") for n in pair.split(",")]


def from_xml(node):
    """A shape of CVAT's XML as pull's JSON has it."""
    get = lambda *names: [float(node.get(n)) for n in names]
    kind = {"box": "rectangle"}.get(node.tag, node.tag)
    shape = {"type": kind, "label": node.get("label"), "source": node.get("source"), "z_order": int(node.get("z_order", 0)),
             "group": int(node.get("group_id", 0)), "occluded": node.get("occluded", "0") == "1",
             "outside": node.get("outside", "0") == "1", "rotation": float(node.get("rotation", 0)),
             "attributes": {a.get("name"): a.text or "" for a in node.findall("attribute")}, "points": [], "elements": []}
    if kind == "rectangle":
        shape["points"] = get("xtl", "ytl", "xbr", "ybr")
    elif kind == "ellipse":
        cx, cy, rx, ry = get("cx", "cy", "rx", "ry")
        shape["points"] = [cx, cy, cx + rx, cy - ry]
    elif kind == "cuboid":
        shape["points"] = get(*(a + b + n for n in "12" for a, b in (("x", "tl"), ("y", "tl"), ("x", "bl"), ("y", "bl"), ("x", "tr"), ("y", "tr"), ("x", "br"), ("y", "br"))))
    elif kind == "mask":
        left, top, width, height = (int(node.get(n)) for n in ("left", "top", "width", "height"))
        shape["points"] = [float(n) for n in node.get("rle").split(",")] + [left, top, left + width - 1, top + height - 1]
    elif kind == "skeleton":
        shape["elements"] = [from_xml(e) for e in node if e.tag != "attribute"]
    elif kind != "tag":
        shape["points"] = numbers(node.get("points"))
    return shape


def from_pull(shape):
    return {"z_order": 0, "group": 0, "outside": False, "rotation": 0, "points": [], "source": None} | shape | {
        "elements": [from_pull(e) for e in shape.get("elements", [])]}


def key(shape):
    exact = [shape[k] for k in ("type", "label", "source", "z_order", "group", "outside")]
    if shape["type"] != "skeleton":  # CVAT's export has none of it there
        exact.append(shape["occluded"])
    return exact + [sorted(shape["attributes"].items()), len(shape["points"]), len(shape["elements"])]


def same(a, b):
    close = lambda x, y: abs(x - y) <= TOLERANCE
    return (key(a) == key(b) and close(a["rotation"], b["rotation"]) and all(map(close, a["points"], b["points"]))
            and all(same(x, y) for x, y in zip(sorted(a["elements"], key=lambda e: e["label"]), sorted(b["elements"], key=lambda e: e["label"]))))


def compare(test, task, xml, lines):
    """Fails unless lines say of every frame what the XML says."""
    images = {int(i.get("id")): i for i in xml.findall("image")}
    test.assertEqual(sorted(images), [l["frame"] for l in lines], f"{task}: frames")
    for line in lines:
        image = images[line["frame"]]
        where = f"{task}, frame {line['frame']}"
        test.assertEqual((image.get("name"), int(image.get("width")), int(image.get("height"))), (line["name"], line["width"], line["height"]), where)
        want = [from_xml(n) for n in image if n.tag != "tag"]
        got = [from_pull(s) for s in line["shapes"]]
        for shape in list(got):
            match = next((w for w in want if same(w, shape)), None)
            if match:
                want.remove(match)
                got.remove(shape)
        test.assertEqual((want, got), ([], []), where)
        tags = lambda items: sorted((t["label"], t["group"], sorted(t["attributes"].items())) for t in items)
        test.assertEqual(tags(from_xml(n) for n in image if n.tag == "tag"), tags({"group": 0} | t for t in line["tags"]), where)


class OnServer(unittest.TestCase):
    """A project of its own for each test, on one server."""

    @classmethod
    def setUpClass(cls):
        cls.url, cls.token = cls.enterClassContext(server())
        cls.api = API(cls.url, cls.token)

    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.project = f"pull {uuid.uuid4().hex[:8]}"

    def tearDown(self):
        for p in self.api("GET", "/api/projects", params={"name": self.project}).json()["results"]:
            self.api("DELETE", f"/api/projects/{p['id']}")

    def plan(self, *args, **more):
        return cvatplan(self.url, *args, self.folder / "cvatplan.yaml", CVAT_ACCESS_TOKEN=self.token, **more)

    def made(self, bags=("run1",), **task):
        """Applies a manifest; gives the ids of its tasks by name, and annotations for them."""
        pictures(self.folder / "data", bags)
        (self.folder / "cvatplan.yaml").write_text(json.dumps({
            "version": 1, "project": {"name": self.project, "create": True, "labels": LABELS}, "root": "data", "cameras": ["cam"],
            "task": {"name": "{bag}"} | task, "bags": [b + "/" for b in bags]}))
        self.plan("apply", "--auto-approve")
        project = self.api("GET", "/api/projects", params={"name": self.project}).json()["results"][0]["id"]
        tasks = self.api("GET", "/api/tasks", params={"project_id": project, "page_size": 100}).json()["results"]
        return {t["name"]: t["id"] for t in tasks}, self.annotations(project)

    def annotations(self, project):
        labels = self.api("GET", "/api/labels", params={"project_id": project, "page_size": 100}).json()["results"]
        return Annotations([l for l in labels if not l.get("has_parent")])

    def lines(self, task, *args):
        out = self.folder / "out"
        self.plan("pull", "--to", out, *args)
        return [json.loads(line) for line in (out / f"{task}.jsonl").read_text().splitlines()]


class Pull(OnServer):
    def check(self, **task):
        tasks, annotations = self.made(**task)
        for name, id in tasks.items():
            self.api("PUT", f"/api/tasks/{id}/annotations", json=annotations.all())
            compare(self, name, self.api.export(id), self.lines(name))
        return tasks, annotations

    def test_one_job(self):
        self.check()

    def test_several_jobs(self):
        self.check(segment_size=4, overlap=0)

    def test_overlapping_jobs(self):
        self.check(segment_size=5, overlap=2)

    def test_hidden_frames(self):
        tasks, annotations = self.made()
        id = tasks["run1"]
        self.api("PUT", f"/api/tasks/{id}/annotations", json=annotations.all())
        self.api("PATCH", f"/api/tasks/{id}/data/meta", json={"deleted_frames": [1, 4, 11]})
        lines = self.lines("run1")
        self.assertEqual(FRAMES - 3, len(lines))
        compare(self, "run1", self.api.export(id), lines)

    def test_a_stage_leaves_other_jobs_out(self):
        tasks, annotations = self.made(segment_size=4)
        id = tasks["run1"]
        self.api("PUT", f"/api/tasks/{id}/annotations", json=annotations.all())
        jobs = self.api("GET", "/api/jobs", params={"task_id": id}).json()["results"]
        first = min(jobs, key=lambda j: j["start_frame"])
        self.api("PATCH", f"/api/jobs/{first['id']}", json={"stage": "acceptance"})
        self.assertEqual([0, 1, 2, 3], [l["frame"] for l in self.lines("run1", "--stage", "acceptance")])

    def test_the_ground_truth_is_apart(self):
        names = [f"run1/cam_{1700000000000000000 + i * 100000000}.jpg" for i in (2, 5)]
        tasks, annotations = self.made(segment_size=4, validation={"mode": "gt", "frame_selection_method": "manual", "frames": names})
        id = tasks["run1"]
        jobs = self.api("GET", "/api/jobs", params={"task_id": id}).json()["results"]
        truth = next(j for j in jobs if j["type"] == "ground_truth")
        self.api("PUT", f"/api/tasks/{id}/annotations", json={"version": 0, "tags": [], "tracks": [], "shapes": [annotations.shape("points", 2, [1, 1])]})
        self.api("PUT", f"/api/jobs/{truth['id']}/annotations", json={"version": 0, "tags": [], "tracks": [], "shapes": [annotations.shape("points", f, [2, 2]) for f in (2, 5)]})
        lines = self.lines("run1")
        self.assertEqual(FRAMES, len(lines))
        self.assertEqual([[1, 1]], [s["points"] for l in lines for s in l["shapes"]])
        lines = self.lines("run1", "--jobs", "ground_truth")
        self.assertEqual([(2, [2, 2]), (5, [2, 2])], [(l["frame"], s["points"]) for l in lines for s in l["shapes"]])
        self.assertEqual([2, 5], [l["frame"] for l in lines])

    def test_consensus_replicas_are_never_mixed_in(self):
        tasks, annotations = self.made(segment_size=4, consensus_replicas=2)
        id = tasks["run1"]
        jobs = self.api("GET", "/api/jobs", params={"task_id": id, "page_size": 100}).json()["results"]
        replicas = [j for j in jobs if j["type"] == "consensus_replica"]
        self.assertEqual(2 * len([j for j in jobs if j["type"] == "annotation"]), len(replicas))
        self.api("PUT", f"/api/tasks/{id}/annotations", json={"version": 0, "tags": [], "tracks": [], "shapes": [annotations.shape("points", 2, [1, 1])]})
        for j in replicas:
            self.api("PUT", f"/api/jobs/{j['id']}/annotations", json={"version": 0, "tags": [], "tracks": [], "shapes": [annotations.shape("points", j["start_frame"], [2, 2])]})
        lines = self.lines("run1")
        self.assertEqual(FRAMES, len(lines))
        self.assertEqual([(2, [1, 1])], [(l["frame"], s["points"]) for l in lines for s in l["shapes"]])

    def test_equal_content_gives_equal_bytes(self):
        tasks, annotations = self.made()
        id = tasks["run1"]
        self.api("PUT", f"/api/tasks/{id}/annotations", json=annotations.all())
        self.lines("run1")
        before = (self.folder / "out" / "run1.jsonl").read_bytes()
        again = annotations.all()
        for kind in ("shapes", "tags", "tracks"):
            again[kind].reverse()
        self.api("PUT", f"/api/tasks/{id}/annotations", json=again)
        self.assertIn("0 changed", self.plan("pull", "--to", self.folder / "out"))
        self.assertEqual(before, (self.folder / "out" / "run1.jsonl").read_bytes())


if __name__ == "__main__":
    unittest.main()
