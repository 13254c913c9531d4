#!/usr/bin/env python3
"""Writes messages.zip: image messages of every encoding and serialization, and
what OpenCV makes of those whose colours have to be computed.

    pip install rosbags mcap foxglove-schemas-protobuf opencv-python-headless
    make.py FIXTURES

FIXTURES is a folder with ros1/encodings_lz4.bag, mcap/encodings_ros2_zstd.mcap,
mcap/foxglove_pb_none.mcap and expected.json. index.json inside the zip lists the
messages with the truth about each; none of it was written by our own code.
"""

import base64
import hashlib
import json
import pathlib
import sys
import zipfile

import cv2
import numpy as np
from foxglove_schemas_protobuf.RawImage_pb2 import RawImage
from mcap.reader import make_reader
from rosbags.rosbag1 import Reader
from rosbags.typesys import Stores, get_typestore

FIXTURES = pathlib.Path(sys.argv[1])
CDR = {"/enc/rgb8", "/enc/mono16", "/enc/mono16_bigendian", "/enc/32FC1", "/comp/jpeg_full/compressed",
       "/comp/depth_rvl/compressedDepth", "/comp/empty/compressed"}
FRAME = 1  # frame 0 spells its index with black blocks only
NS = 10**9

# OpenCV calls a pattern by its second row's second and third pixel.
CV_BAYER = {"rggb": cv2.COLOR_BayerBG2RGB, "bggr": cv2.COLOR_BayerRG2RGB,
            "gbrg": cv2.COLOR_BayerGR2RGB, "grbg": cv2.COLOR_BayerGB2RGB}
CV_YUV = {"uyvy": cv2.COLOR_YUV2RGB_UYVY, "yuv422": cv2.COLOR_YUV2RGB_UYVY,
          "yuyv": cv2.COLOR_YUV2RGB_YUY2, "yuv422_yuy2": cv2.COLOR_YUV2RGB_YUY2}

ros1 = get_typestore(Stores.ROS1_NOETIC)
ros2 = get_typestore(Stores.ROS2_HUMBLE)
index = []
out = zipfile.ZipFile("messages.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9)


def put(name, data):
    out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)


def add(wire, kind, topic, message, truth):
    """truth: stamp_ns, frame_id, seq, encoding, format, width, height, step, data (bytes)."""
    name = f"{wire}{topic}"
    put(name, message)
    truth = dict(truth)
    data = truth.pop("data")
    index.append({"file": name, "wire": wire.split("-")[0], "type": kind, "topic": topic,
                  "sha256": hashlib.sha256(data).hexdigest(), **truth})


def ros_truth(m, seq):
    raw = hasattr(m, "encoding")
    nsec = getattr(m.header.stamp, "nanosec", 0)
    return {"stamp_ns": m.header.stamp.sec * NS + nsec, "frame_id": m.header.frame_id, "seq": seq,
            "encoding": m.encoding if raw else "", "format": "" if raw else m.format,
            "width": m.width if raw else 0, "height": m.height if raw else 0, "step": m.step if raw else 0,
            "big_endian": bool(raw and m.is_bigendian), "data": bytes(m.data)}


def opencv(m):
    a = np.frombuffer(bytes(m.data), np.uint8)
    if m.encoding.startswith("bayer_"):
        dtype = "<u2" if m.encoding.endswith("16") else "u1"
        return cv2.cvtColor(a.view(dtype).reshape(m.height, m.width), CV_BAYER[m.encoding[6:10]])
    if m.encoding in CV_YUV:
        return cv2.cvtColor(a.reshape(m.height, m.width, 2), CV_YUV[m.encoding])
    return None


def from_ros1():
    seen = {}
    with Reader(FIXTURES / "ros1/encodings_lz4.bag") as bag:
        for c, _, raw in bag.messages():
            seen[c.topic] = n = seen.get(c.topic, -1) + 1
            if n != FRAME:
                continue
            m = ros1.deserialize_ros1(raw, c.msgtype)
            add("ros1", c.msgtype.replace("/msg/", "/"), c.topic, bytes(raw), ros_truth(m, m.header.seq))
            picture = opencv(m) if hasattr(m, "encoding") else None
            if picture is not None:
                put(f"opencv{c.topic}", picture.astype(">u2" if picture.dtype == np.uint16 else "u1").tobytes())


def from_cdr():
    seen = {}
    with open(FIXTURES / "mcap/encodings_ros2_zstd.mcap", "rb") as f:
        for s, c, m in make_reader(f).iter_messages():
            seen[c.topic] = n = seen.get(c.topic, -1) + 1
            if n != FRAME:
                continue
            if c.topic not in CDR:
                continue
            v = ros2.deserialize_cdr(m.data, s.name)
            add("cdr", s.name, c.topic, m.data, ros_truth(v, 0))
            big = ros2.serialize_cdr(v, s.name, little_endian=False)
            add("cdr-bigendian", s.name, c.topic, bytes(big), ros_truth(v, 0))


def from_foxglove():
    """The fixture's protobuf images; and raw ones and JSON, made here."""
    with open(FIXTURES / "mcap/foxglove_pb_none.mcap", "rb") as f:
        s, c, m = next(make_reader(f).iter_messages(topics=["/realsenseD435/color/image_raw/compressed"]))
    truth = json.loads((FIXTURES / "expected.json").read_text())["frames_by_topic"][c.topic][0]
    jpeg = m.data[m.data.index(b"\xff\xd8\xff"):][:truth["size"]]
    comp = {"stamp_ns": truth["header_ns"], "frame_id": truth["frame_id"], "seq": 0, "encoding": "", "format": "jpeg",
            "width": 0, "height": 0, "step": 0, "big_endian": False, "data": jpeg}
    add("protobuf", s.name, c.topic, m.data, comp)
    stamp = {"sec": comp["stamp_ns"] // NS, "nsec": comp["stamp_ns"] % NS}
    j = {"timestamp": stamp, "frame_id": comp["frame_id"], "data": base64.b64encode(jpeg).decode(), "format": "jpeg"}
    add("json", s.name, c.topic, json.dumps(j).encode(), comp)

    rgb = next(i for i in index if i["file"] == "ros1/enc/rgb8")
    with Reader(FIXTURES / "ros1/encodings_lz4.bag") as bag:
        raws = [r for c, _, r in bag.messages() if c.topic == "/enc/rgb8"]
    m = ros1.deserialize_ros1(raws[FRAME], "sensor_msgs/msg/Image")
    fields = {"frame_id": "cam", "width": m.width, "height": m.height, "encoding": "rgb8", "step": m.step}
    v = RawImage(**fields, data=bytes(m.data))
    v.timestamp.FromNanoseconds(rgb["stamp_ns"])
    raw = {"stamp_ns": rgb["stamp_ns"], "seq": 0, "format": "", "big_endian": False, "data": bytes(m.data), **fields}
    add("protobuf", "foxglove.RawImage", "/enc/rgb8", v.SerializeToString(), raw)
    j = {"timestamp": {"sec": rgb["stamp_ns"] // NS, "nsec": rgb["stamp_ns"] % NS}, **fields,
         "data": base64.b64encode(bytes(m.data)).decode()}
    add("json", "foxglove.RawImage", "/enc/rgb8", json.dumps(j).encode(), raw)


def main():
    from_ros1()
    from_cdr()
    from_foxglove()
    put("index.json", json.dumps(index, indent=1))
    out.close()


main()
