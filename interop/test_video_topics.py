"""Video topics, written by mcap, mcap-protobuf-support and rosbags from PyAV's packets: each frame that the server or a
decoder gives carries its number, and is the message that the index says."""

import json
import subprocess
import tempfile
import unittest
from pathlib import Path

import numpy
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from mcap_protobuf.writer import Writer as ProtobufWriter
from rosbags.rosbag1 import Writer as Bag1
from rosbags.rosbag2 import StoragePlugin, Writer as Bag2
from rosbags.typesys import Stores, get_types_from_msg, get_typestore

import videos
from support import BINARY

START = 1_700_000_000_000_000_000
EVERY = 33_333_333  # ns from one frame to the next
VIDEO = """builtin_interfaces/Time timestamp
string frame_id
uint8[] data
string format
"""


def stamp(number):
    """The time in the header of the frame of a number."""
    return START + number * EVERY


def compressed_video():
    """foxglove.CompressedVideo, as foxglove-sdk's schemas/proto have it."""
    file = descriptor_pb2.FileDescriptorProto(name="foxglove/CompressedVideo.proto", package="foxglove", syntax="proto3")
    file.dependency.append("google/protobuf/timestamp.proto")
    message = file.message_type.add(name="CompressedVideo")
    kinds = descriptor_pb2.FieldDescriptorProto
    fields = [("timestamp", kinds.TYPE_MESSAGE), ("frame_id", kinds.TYPE_STRING), ("data", kinds.TYPE_BYTES), ("format", kinds.TYPE_STRING)]
    for i, (name, kind) in enumerate(fields, 1):
        field = message.field.add(name=name, number=i, type=kind, label=kinds.LABEL_OPTIONAL)
        if kind == kinds.TYPE_MESSAGE:
            field.type_name = ".google.protobuf.Timestamp"
    pool = descriptor_pool.DescriptorPool()
    timestamp = descriptor_pb2.FileDescriptorProto()
    timestamp_pb2.DESCRIPTOR.CopyToProto(timestamp)
    pool.Add(timestamp)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("foxglove.CompressedVideo"))


def write_protobuf(path, topic, fmt, packets):
    kind = compressed_video()
    with open(path, "wb") as out, ProtobufWriter(out) as writer:
        for i, (number, data) in enumerate(packets):
            message = kind(frame_id="cam", data=data, format=fmt)
            message.timestamp.FromNanoseconds(stamp(number))
            log = START + i * EVERY
            writer.write_message(topic, message, log_time=log, publish_time=log)


def image(store, ros1, kind, number, data, fmt):
    """A message that holds a packet."""
    types, at = store.types, divmod(stamp(number), 10**9)
    time = types["builtin_interfaces/msg/Time"](*at)
    payload = numpy.frombuffer(data, dtype=numpy.uint8)
    if kind == FOXGLOVE:
        return types[kind](timestamp=time, frame_id="cam", data=payload, format=fmt)
    sequence = {"seq": number} if ros1 else {}
    header = types["std_msgs/msg/Header"](**sequence, stamp=time, frame_id="cam")
    if kind == FFMPEG:
        return types[kind](header=header, width=128, height=96, encoding=fmt, pts=number, flags=0, is_bigendian=False, data=payload)
    return types[kind](header=header, format=fmt, data=payload)


def write_bag1(path, topic, kind, fmt, packets):
    store = get_typestore(Stores.ROS1_NOETIC)
    store.register(get_types_from_msg(VIDEO.replace("builtin_interfaces/Time", "time"), FOXGLOVE))
    store.register(get_types_from_msg(PACKET, FFMPEG))
    with Bag1(path) as writer:
        connection = writer.add_connection(topic, kind, typestore=store)
        for i, (number, data) in enumerate(packets):
            writer.write(connection, START + i * EVERY, store.serialize_ros1(image(store, True, kind, number, data, fmt), kind))


def write_bag2(path, topic, kind, fmt, packets):
    store = get_typestore(Stores.ROS2_HUMBLE)
    store.register(get_types_from_msg(VIDEO, FOXGLOVE))
    store.register(get_types_from_msg(PACKET, FFMPEG))
    with Bag2(path, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        connection = writer.add_connection(topic, kind, typestore=store)
        for i, (number, data) in enumerate(packets):
            writer.write(connection, START + i * EVERY, store.serialize_cdr(image(store, False, kind, number, data, fmt), kind))


PACKET = """std_msgs/Header header
int32 width
int32 height
string encoding
uint64 pts
uint8 flags
bool is_bigendian
uint8[] data
"""
IMAGE, FOXGLOVE = "sensor_msgs/msg/CompressedImage", "foxglove_msgs/msg/CompressedVideo"
FFMPEG = "ffmpeg_image_transport_msgs/msg/FFMPEGPacket"


def recordings(folder, kind, packets):
    """The packets in a recording of each form."""
    fmt = kind.split("_")[0]
    write_protobuf(folder / f"{kind}_pb.mcap", "/cam/video", fmt, packets)
    write_bag1(folder / f"{kind}_ros1.bag", "/cam/image/compressed", IMAGE, fmt, packets)
    write_bag2(folder / f"{kind}_ros2", "/cam/image/compressed", IMAGE, "hevc" if fmt == "h265" else fmt, packets)
    write_bag2(folder / f"{kind}_fox2", "/cam/video", FOXGLOVE, fmt, packets)
    encoder = {"h264": "libx264", "h265": "hevc_nvenc", "av1": "av1;yuv420p;bgr8;bgr8"}[fmt]
    write_bag1(folder / f"{kind}_ffmpeg1.bag", "/cam/image_raw/ffmpeg", FFMPEG, encoder, packets)
    write_bag2(folder / f"{kind}_ffmpeg2", "/cam/image_raw/ffmpeg", FFMPEG, encoder, packets)


MANIFEST = """version: 1
server: {url: "sandbox:.sandbox"}
project: {name: video, create: true, labels: [{name: car}]}
cameras: [{name: cam}]
bags: [{path: "%s"}]
"""


def run(folder, *args):
    done = subprocess.run([BINARY, *args], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{args}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def sent_and_said(folder, bag):
    """The numbers that the video shows which the server got, and those of the messages that the index names."""
    (folder / "cvatplan.yaml").write_text(MANIFEST % bag)
    run(folder, "apply", "--auto-approve")
    (sent,) = [file for file in (folder / ".sandbox").rglob("*.mp4") if file.is_file()]
    records = [json.loads(line) for line in run(folder, "frames").splitlines()]
    return videos.numbers(sent), [(int(r["stamp_ns"]) - START) // EVERY for r in records]


class VideoTopics(unittest.TestCase):
    def check(self, bag, write, left=()):
        """All frames but those that are left out are shown, as the index says."""
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            write(folder)
            shown, said = sent_and_said(folder, bag)
        self.assertEqual(shown, said, bag)
        if left is not None:
            self.assertEqual(said, [n for n in range(36) if n not in left], bag)

    def test_every_form_and_codec(self):
        forms = ("pb.mcap", "ros1.bag", "ros2", "fox2", "ffmpeg1.bag", "ffmpeg2")
        for kind in videos.KINDS:
            packets = videos.encode(kind)
            for form in forms if kind in ("h264_b", "h265", "av1") else forms[:1]:
                with self.subTest(kind=kind, form=form):
                    self.check(f"{kind}_{form}", lambda folder: recordings(folder, kind, packets))

    def test_what_cannot_be_shown(self):
        for kind in videos.KINDS:
            packets = videos.encode(kind)
            reordered = kind not in ("h264", "h265", "av1")  # there it depends on which others need the one that is lost
            changed = {
                "cut": (packets[5:], range(12)),
                "lost": (packets[:4] + packets[5:], None if reordered else range(4, 12)),
                "twice": (packets[:20] + packets[19:], ()),
                "empty": (packets[:20] + [(0, b"")] + packets[20:], ()),
            }
            for name, (list_, left) in changed.items():
                with self.subTest(kind=kind, change=name):
                    self.check("run.mcap", lambda folder: write_protobuf(folder / "run.mcap", "/cam/video", kind.split("_")[0], list_), left)

    def test_another_size(self):
        packets = videos.encode("h264", 12) + videos.encode("h264", 12, 12, 64, 48) + videos.encode("h264", 12, 24)
        self.check("run.mcap", lambda folder: write_protobuf(folder / "run.mcap", "/cam/video", "h264", packets), range(12, 24))


if __name__ == "__main__":
    unittest.main()
