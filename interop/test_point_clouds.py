"""Point clouds of recordings and of files, written by rosbags, mcap and pypcd4, and read back from the server point by point."""

import base64
import json
import struct
import tempfile
import unittest
from pathlib import Path

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from mcap.writer import Writer
from mcap_protobuf.writer import Writer as ProtobufWriter
from pypcd4 import Encoding, PointCloud
from rosbags.rosbag1 import Writer as Writer1
from rosbags.rosbag2 import Writer as Writer2
from rosbags.typesys import Stores, get_typestore
from support import client, cvatplan, originals, sandbox, tasks_by_name

MANIFEST = """version: 1
root: data
project: {{name: Clouds, create: true, labels: [{{name: car, type: cuboid}}]}}
cameras: [{{name: lidar, kind: pointcloud, topics: [/points], files: ["**/*.*"]{fields}}}]
bags: {bags}
"""
TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 8}  # sensor_msgs/PointField
FOXGLOVE = {"u1": 1, "i1": 2, "u2": 3, "i2": 4, "u4": 5, "i4": 6, "f4": 7, "f8": 8}


def points(count, seed, layout, order="<"):
    """Points of a layout [(name, type)] with padding between the fields, in any byte order."""
    rng = np.random.default_rng(seed)
    names, formats, offsets, at = [], [], [], 3
    for name, kind in layout:
        names.append(name), formats.append(order + kind), offsets.append(at)
        at += int(kind[1]) + 5
    made = np.zeros(count, np.dtype({"names": names, "formats": formats, "offsets": offsets, "itemsize": at}))
    for name, kind in layout:
        span = 120 if kind[1] == "1" else 30000
        made[name] = rng.uniform(0 if kind[0] == "u" else -span, span, count)
    return made


def read(pcd):
    """What a reader of binary PCDs that knows no more than the header finds."""
    head, _, data = pcd.partition(b"DATA binary\n")
    said = dict(line.split(" ", 1) for line in head.decode().splitlines())
    kinds = [t.lower() + s for t, s in zip(said["TYPE"].split(), said["SIZE"].split())]
    found = np.frombuffer(data, np.dtype(list(zip(said["FIELDS"].split(), ["<" + k for k in kinds]))))
    assert len(found) == int(said["POINTS"]) == int(said["WIDTH"]) and said["HEIGHT"] == "1", said
    return found


def cloud2(store, made, stamp, height=1, row_padding=0, order="<"):
    """A sensor_msgs/PointCloud2, its fields named backwards."""
    types, kinds = store.types, made.dtype.fields
    fields = [types["sensor_msgs/msg/PointField"](name=n, offset=o, datatype=TYPES[t.str[1:]], count=1)
              for n, (t, o, *_) in reversed(kinds.items())]
    step, width = made.dtype.itemsize, len(made) // height
    rows = b"".join(made[y * width:(y + 1) * width].tobytes() + b"\xaa" * row_padding for y in range(height))
    header = {"stamp": types["builtin_interfaces/msg/Time"](sec=stamp, nanosec=5), "frame_id": "lidar"}
    if "seq" in types["std_msgs/msg/Header"].__dataclass_fields__:
        header["seq"] = 7
    return types["sensor_msgs/msg/PointCloud2"](
        header=types["std_msgs/msg/Header"](**header), height=height, width=width, fields=fields, is_bigendian=order == ">",
        point_step=step, row_step=width * step + row_padding, data=np.frombuffer(rows, np.uint8), is_dense=False)


def write1(path, clouds):
    store = get_typestore(Stores.ROS1_NOETIC)
    with Writer1(path) as bag:
        topic = bag.add_connection("/points", "sensor_msgs/msg/PointCloud2", typestore=store)
        for i, (made, options) in enumerate(clouds):
            message = cloud2(store, made, 100 + i, **options)
            bag.write(topic, (200 + i) * 10**9, store.serialize_ros1(message, message.__msgtype__))


def write2(path, clouds):
    store = get_typestore(Stores.ROS2_HUMBLE)
    with Writer2(path, version=9) as bag:
        topic = bag.add_connection("/points", "sensor_msgs/msg/PointCloud2", typestore=store)
        for i, (made, options) in enumerate(clouds):
            message = cloud2(store, made, 100 + i, **options)
            bag.write(topic, (200 + i) * 10**9, store.serialize_cdr(message, message.__msgtype__))


def foxglove():
    """The classes of foxglove.PointCloud, as foxglove-sdk's .proto files define them."""
    file = descriptor_pb2.FileDescriptorProto(name="foxglove/PointCloud.proto", package="foxglove", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto

    def message(name, *fields):
        new = file.message_type.add(name=name)
        for number, (called, kind, repeated, of) in enumerate(fields, 1):
            new.field.add(name=called, number=number, type=kind, type_name=of, label=3 if repeated else 1)

    message("Time", ("seconds", field.TYPE_INT64, False, None), ("nanos", field.TYPE_INT32, False, None))
    message("Vector3", *[(n, field.TYPE_DOUBLE, False, None) for n in "xyz"])
    message("Quaternion", *[(n, field.TYPE_DOUBLE, False, None) for n in "xyzw"])
    message("Pose", ("position", field.TYPE_MESSAGE, False, ".foxglove.Vector3"), ("orientation", field.TYPE_MESSAGE, False, ".foxglove.Quaternion"))
    message("PackedElementField", ("name", field.TYPE_STRING, False, None), ("offset", field.TYPE_FIXED32, False, None), ("type", field.TYPE_INT32, False, None))
    message("PointCloud", ("timestamp", field.TYPE_MESSAGE, False, ".foxglove.Time"), ("frame_id", field.TYPE_STRING, False, None),
            ("pose", field.TYPE_MESSAGE, False, ".foxglove.Pose"), ("point_stride", field.TYPE_FIXED32, False, None),
            ("fields", field.TYPE_MESSAGE, True, ".foxglove.PackedElementField"), ("data", field.TYPE_BYTES, False, None))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("foxglove.PointCloud"))


POSE = {"position": {"x": 10.0, "y": 0.0, "z": -1.0}, "orientation": {"x": 0.0, "y": 0.0, "z": 0.5 ** 0.5, "w": 0.5 ** 0.5}}  # a quarter to the left


def packed(made, stamp):
    fields = [{"name": n, "offset": o, "type": FOXGLOVE[t.str[1:]]} for n, (t, o, *_) in made.dtype.fields.items()]
    return {"timestamp": {"seconds": stamp, "nanos": 5}, "frame_id": "lidar", "pose": POSE, "point_stride": made.dtype.itemsize, "fields": fields, "data": made.tobytes()}


def write_protobuf(path, clouds):
    cls = foxglove()
    with open(path, "wb") as file, ProtobufWriter(file) as bag:
        for i, made in enumerate(clouds):
            bag.write_message("/points", cls(**packed(made, 100 + i)), log_time=(200 + i) * 10**9)


def write_json(path, clouds):
    with open(path, "wb") as file:
        bag = Writer(file)
        bag.start()
        schema = bag.register_schema("foxglove.PointCloud", "jsonschema", b"{}")
        topic = bag.register_channel("/points", "json", schema)
        for i, made in enumerate(clouds):
            message = packed(made, 100 + i)
            message |= {"timestamp": {"sec": 100 + i, "nsec": 5}, "data": base64.b64encode(message["data"]).decode()}
            bag.add_message(topic, (200 + i) * 10**9, json.dumps(message).encode(), (200 + i) * 10**9)
        bag.finish()


def applied(write, fields=""):
    """Makes the data, applies it to an embedded server, and gives task name -> the frames' bytes, with what apply printed."""
    with tempfile.TemporaryDirectory() as root, sandbox() as url, client(url) as sdk:
        (Path(root) / "data").mkdir()
        bags = write(Path(root) / "data")
        manifest = Path(root) / "cvatplan.yaml"
        manifest.write_text(MANIFEST.format(bags=json.dumps(bags), fields=f", fields: {json.dumps(fields)}" if fields else ""))
        said = cvatplan(url, "apply", manifest)
        return {name: list(originals(task).values()) for name, task in tasks_by_name(sdk).items()}, said


class PointClouds(unittest.TestCase):
    LAYOUT = [("ring", "u2"), ("z", "f4"), ("time", "f8"), ("intensity", "u1"), ("x", "f4"), ("label", "i4"), ("y", "f4")]

    def same(self, made, frame, fields):
        got = read(frame)
        self.assertEqual(tuple(fields), got.dtype.names)
        for name in fields:
            np.testing.assert_array_equal(made[name].astype(got.dtype[name]), got[name], name)
            self.assertEqual(made[name].dtype.itemsize, got[name].dtype.itemsize)

    def test_points_of_ros_messages_come_back_equal(self):
        order = ["x", "y", "z", "intensity", "ring", "time", "label"]
        every = [(name, "f4") for name in "xyz"] + [(f"f_{kind}", kind) for kind in TYPES]
        clouds = [(points(500, 1, self.LAYOUT), {}), (points(600, 2, self.LAYOUT), {"height": 6, "row_padding": 13}),
                  (points(70, 3, self.LAYOUT, ">"), {"order": ">"}), (points(80, 4, self.LAYOUT, ">"), {"order": ">", "height": 8, "row_padding": 1})]
        for write, name in ((write1, "one.bag"), (write2, "two")):
            tasks, _ = applied(lambda data: write(data / name, clouds) or [name], order)
            (frames,) = tasks.values()
            self.assertEqual(len(clouds), len(frames))
            for (made, _), frame in zip(clouds, frames):
                self.same(made, frame, order)
            made = points(40, 5, every)
            tasks, _ = applied(lambda data: write(data / name, [(made, {})]) or [name], [n for n, _ in every])
            self.same(made, next(iter(tasks.values()))[0], [n for n, _ in every])

    def test_points_without_a_place_are_dropped_and_counted(self):
        made = points(300, 6, self.LAYOUT)
        made["x"][::3], made["z"][1] = np.nan, np.inf
        tasks, said = applied(lambda data: write1(data / "one.bag", [(made, {})]) or ["one.bag"])
        kept = made[np.isfinite(made["x"]) & np.isfinite(made["z"])]
        self.assertEqual(199, len(kept))
        self.same(kept, tasks["lidar_one"][0], ["x", "y", "z", "intensity"])
        self.assertIn("left out: 101 points of 1 point cloud, which have no place", said)

    def test_points_of_foxglove_messages_are_moved_by_their_pose(self):
        for write, name in ((write_protobuf, "one.mcap"), (write_json, "two.mcap")):
            made = [points(90, 7, self.LAYOUT), points(20, 8, [("x", "f8"), ("y", "f8"), ("z", "f8")])]
            tasks, _ = applied(lambda data: write(data / name, made) or [name])
            (frames,) = tasks.values()
            for cloud, frame in zip(made, frames):
                got = read(frame)
                x, y, z = (cloud[n].astype(float) for n in "xyz")
                np.testing.assert_allclose(got["x"], 10 - y, rtol=1e-6, atol=1e-3)
                np.testing.assert_allclose(got["y"], x, rtol=1e-6, atol=1e-3)
                np.testing.assert_allclose(got["z"], z - 1, rtol=1e-6, atol=1e-3)

    def test_files_of_every_encoding_arrive_byte_for_byte(self):
        xyzi = np.random.default_rng(9).uniform(-50, 50, (400, 4)).astype(np.float32)

        def write(data):
            (data / "run").mkdir()
            cloud = PointCloud.from_xyzi_points(xyzi)
            for encoding in (Encoding.ASCII, Encoding.BINARY, Encoding.BINARY_COMPRESSED):
                cloud.save(data / "run" / f"{encoding.value}.pcd", encoding)
            (data / "run" / "kitti.bin").write_bytes(xyzi.tobytes())
            self.sent = [f.read_bytes() for f in sorted((data / "run").glob("*.pcd"))]
            return ["run/"]

        tasks, _ = applied(write)
        frames = tasks["lidar_run"]
        self.assertEqual(self.sent, frames[:3])
        for frame in frames:  # as pypcd4 reads them
            with tempfile.NamedTemporaryFile(suffix=".pcd") as file:
                Path(file.name).write_bytes(frame)
                np.testing.assert_allclose(PointCloud.from_path(file.name).numpy(("x", "y", "z", "intensity")), xyzi, rtol=1e-5)
        self.assertTrue(frames[3].endswith(struct.pack("<4f", *xyzi[-1])))


if __name__ == "__main__":
    unittest.main()
