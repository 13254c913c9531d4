"""The formats of cvatplan pull, read by their usual Python readers: pycocotools, supervision, mcap."""

import json
import unittest
import uuid
from pathlib import Path

import cv2
import numpy as np
import yaml
from mcap.reader import make_reader
from mcap_protobuf.decoder import DecoderFactory
from pycocotools.coco import COCO
from support import REPO, cvatplan
from test_pull import FRAMES, HEIGHT, LABELS, WIDTH, OnServer

BAGS = REPO / "examples" / "bags"


class Formats(OnServer):
    def made_and_pulled(self, format, *args, subset=None):
        tasks, annotations = self.made(**({"subset": subset} if subset else {}))
        for id in tasks.values():
            self.api("PUT", f"/api/tasks/{id}/annotations", json=annotations.all())
        out = self.folder / "out"
        self.plan("pull", "--to", out, "--format", format, *args)
        return out

    def test_coco(self):
        out = self.made_and_pulled("coco,jsonl")
        lines = {l["name"]: l for l in map(json.loads, (out / "run1.jsonl").read_text().splitlines())}
        coco = COCO(str(out / "run1.coco.json"))
        self.assertEqual(FRAMES, len(coco.imgs))
        self.assertEqual([l["name"] for l in LABELS], [c["name"] for c in coco.loadCats(coco.getCatIds())])
        cat = coco.loadCats(coco.getCatIds(catNms=["cat"]))[0]
        self.assertEqual((["head", "neck", "tail"], [[1, 2], [2, 3]]), (cat["keypoints"], cat["skeleton"]))
        kinds = set()
        for image in coco.imgs.values():
            line = lines[image["file_name"]]
            self.assertEqual(line["stamp_ns"], image["stamp_ns"])
            self.assertEqual(line["bag"], image["bag"])
            placed = [s for s in line["shapes"] if s["type"] not in ("polyline", "points", "cuboid")]
            got = coco.loadAnns(coco.getAnnIds(imgIds=[image["id"]]))
            self.assertEqual(len(placed), len(got), image["file_name"])
            for a, s in zip(got, placed):
                kinds.add(s["type"])
                mask = coco.annToMask(a)
                self.assertEqual((HEIGHT, WIDTH), mask.shape)
                if s["type"] == "mask":
                    left, top, right, bottom = map(int, s["points"][-4:])
                    self.assertEqual(int(sum(s["points"][1:-4:2])), int(mask.sum()))
                    self.assertEqual(int(mask.sum()), int(mask[top:bottom + 1, left:right + 1].sum()))
                    self.assertEqual([left, top, right + 1 - left, bottom + 1 - top], a["bbox"])
                elif s["type"] == "skeleton":
                    want = []
                    for name in ("head", "neck", "tail"):
                        e = next((e for e in s["elements"] if e["label"] == name), None)
                        out_ = e is None or e.get("outside")
                        want += [0, 0, 0] if out_ else [*e["points"], 1 if e["occluded"] else 2]
                    self.assertEqual(want, a["keypoints"])
                elif s["type"] == "rectangle" and not s.get("rotation"):
                    x1, y1, x2, y2 = s["points"]
                    self.assertTrue(np.allclose([x1, y1, x2 - x1, y2 - y1], a["bbox"], atol=1e-5))
        self.assertEqual({"rectangle", "polygon", "ellipse", "mask", "skeleton"}, kinds)

    def test_yolo(self):
        import supervision
        out = self.made_and_pulled("yolo", subset="val")
        for task in ("detect", "segment", "pose"):
            root = out / "yolo" / task
            data = yaml.safe_load((root / "data.yaml").read_text())
            self.assertEqual(("val.txt", "val.txt"), (data["val"], data["train"]))
            for name in (root / data["val"]).read_text().split("\n")[:-1]:
                path = root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), np.zeros((HEIGHT, WIDTH, 3), np.uint8))
            if task == "pose":
                self.assertEqual([3, 3], data["kpt_shape"])
                rows = [[float(n) for n in row.split()] for f in root.rglob("labels/**/*.txt") for row in f.read_text().splitlines()]
                self.assertTrue(rows and all(len(r) == 5 + 9 and all(0 <= n <= 1 for n in r[1:5]) for r in rows))
                continue
            read = supervision.DetectionDataset.from_yolo(
                str(root / "images/val/run1/run1"), str(root / "labels/val/run1/run1"), str(root / "data.yaml"), force_masks=task == "segment")
            self.assertEqual(FRAMES, len(read))
            self.assertEqual(list(data["names"].values()), read.classes)
            self.assertGreater(sum(len(d) for _, _, d in read), 15)

    def test_yolo_labels_are_where_ultralytics_looks(self):
        """It opens what its lists name, and takes the last images of a path for labels: here of a task and bag of that name, too."""
        tasks, annotations = self.made(bags=("images",))
        self.api("PUT", f"/api/tasks/{tasks['images']}/annotations", json=annotations.all())
        out = self.folder / "out"
        self.plan("pull", "--to", out, "--format", "yolo-detect")
        root = out / "yolo" / "detect"
        images = [str(root / name.removeprefix("./")) for name in (root / "train.txt").read_text().splitlines()]
        self.assertEqual(FRAMES, len(images))
        labels = {Path("/labels/".join(image.rsplit("/images/", 1))).with_suffix(".txt") for image in images}
        written = set((root / "labels").rglob("*.txt"))
        self.assertTrue(written and written <= labels, written - labels)

    def test_mcap(self):
        """The side file of a recording, decoded by mcap's protobuf support."""
        manifest = yaml.safe_load((BAGS / "cvatplan.yaml").read_text())
        manifest |= {"root": str(BAGS / "data"), "project": {"name": self.project, "create": True, "labels": LABELS}, "server": {"url": self.url}}
        (self.folder / "cvatplan.yaml").write_text(json.dumps(manifest, default=str))
        self.plan("apply", "--auto-approve")
        project = self.api("GET", "/api/projects", params={"name": self.project}).json()["results"][0]["id"]
        out = self.folder / "out"
        annotations = self.annotations(project)
        for t in self.api("GET", "/api/tasks", params={"project_id": project, "page_size": 100}).json()["results"]:
            shapes = [annotations.shape("rectangle", f, [1, 2, 30, 40]) for f in range(t["size"])]
            self.api("PUT", f"/api/tasks/{t['id']}/annotations", json={"version": 0, "tags": [], "tracks": [], "shapes": shapes})
        self.plan("pull", "--to", out, "--format", "mcap,jsonl")
        want = {}
        for file in out.glob("*.jsonl"):
            for line in map(json.loads, file.read_text().splitlines()):
                want.setdefault(f"/{line['camera']}/annotations", []).append(int(line["stamp_ns"]))
        got = {}
        for file in out.glob("*.annotations.mcap"):
            with open(file, "rb") as stream:
                for schema, channel, message, decoded in make_reader(stream, decoder_factories=[DecoderFactory()]).iter_decoded_messages():
                    self.assertEqual("foxglove.ImageAnnotations", schema.name)
                    got.setdefault(channel.topic, []).append(message.log_time)
                    [box] = decoded.points
                    self.assertEqual([(1, 2), (30, 2), (30, 40), (1, 40)], [(p.x, p.y) for p in box.points])
                    self.assertEqual(message.log_time, box.timestamp.ToNanoseconds())
                    self.assertEqual(2, box.type)  # LINE_LOOP
                    self.assertEqual(["car"], [t.text for t in decoded.texts])
        self.assertEqual({k: sorted(v) for k, v in want.items()}, {k: sorted(v) for k, v in got.items()})
        self.assertTrue(want)

    def test_any_format_of_the_server(self):
        out = self.made_and_pulled("CVAT for images 1.1")
        self.assertEqual(["run1.cvat-for-images-1.1.zip"], [p.name for p in out.glob("*.zip")])


if __name__ == "__main__":
    unittest.main()
