"""The frames of recordings, seen by cvat-sdk, against what the usual Python readers find in the same files."""

import json
import unittest

import cv2
import numpy as np
from mcap_ros2.reader import read_ros2_messages
from rosbags.highlevel import AnyReader
from support import REPO, client, cvatplan, originals, sandbox, tasks_by_name

BAGS = REPO / "examples" / "bags"
COLOUR = {"/jai_cam/image_raw/compressed", "/realsenseD435/color/image_raw/compressed"}
DEPTH = "/realsenseD435/depth/image_rect_raw"
NEAR, FAR = 500, 2000  # the manifest's depth range, as the camera's 16UC1 millimetres


def rosbag(path):
    """Topic -> its messages by receive time, as rosbags reads a ROS 1 bag."""
    topics = {}
    with AnyReader([path]) as reader:
        for connection, _, raw in reader.messages():
            topics.setdefault(connection.topic, []).append(reader.deserialize(raw, connection.msgtype))
    return topics


def mcap(path):
    """Topic -> its messages by receive time, as mcap and mcap-ros2-support read an MCAP."""
    topics = {}
    for message in read_ros2_messages(path):
        topics.setdefault(message.channel.topic, []).append(message.ros_msg)
    return topics


def frames(url):
    """What `cvatplan frames` says of each frame: which message of which topic it is."""
    return [json.loads(line) for line in cvatplan(url, "frames", BAGS / "cvatplan.yaml").splitlines()]


def depth(message):
    """The 16UC1 image of message, as millimetres."""
    order = ">" if message.is_bigendian else "<"
    rows = np.frombuffer(bytes(message.data), np.uint8).reshape(message.height, message.step)
    return np.ascontiguousarray(rows[:, :message.width * 2]).view(order + "u2")


class Recordings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with sandbox() as url, client(url) as sdk:
            cvatplan(url, "apply", BAGS / "cvatplan.yaml")
            cls.tasks = {name: originals(task) for name, task in tasks_by_name(sdk).items()}
            cls.frames = frames(url)
        data = BAGS / "data"
        cls.read = {p.name: rosbag(p) for p in data.glob("*.bag")} | {p.name: mcap(p) for p in data.glob("*.mcap")}

    def of(self, topics):
        """Yields each frame of these topics: its trace, its original bytes, its message."""
        for frame in self.frames:
            if frame["topic"] in topics:
                message = self.read[frame["bag"]][frame["topic"]][frame["message"]]
                yield frame, self.tasks[frame["task"]][frame["name"]], message

    def test_every_frame_of_the_server_is_a_traced_message(self):
        traced = {}
        for frame in self.frames:
            traced.setdefault(frame["task"], []).append(frame["name"])
        self.assertEqual(6, len(traced))
        self.assertEqual(traced, {name: list(got) for name, got in self.tasks.items()})

    def test_compressed_images_arrive_byte_for_byte(self):
        taken = []
        for frame, original, message in self.of(COLOUR):
            self.assertEqual(bytes(message.data), original, frame["name"])
            taken.append((frame["bag"], frame["topic"], frame["message"]))
        every = [(bag, topic, i) for bag, topics in self.read.items()
                 for topic in COLOUR for i in range(len(topics[topic]))]
        self.assertEqual(48, len(every))
        self.assertEqual(sorted(every), sorted(taken))

    def test_raw_depth_arrives_as_the_range_that_the_manifest_spreads(self):
        taken = []
        for frame, original, message in self.of({DEPTH}):
            got = cv2.imdecode(np.frombuffer(original, np.uint8), cv2.IMREAD_UNCHANGED)
            want = (depth(message).clip(NEAR, FAR) - float(NEAR)) / (FAR - NEAR) * 255
            self.assertEqual((np.uint8, want.shape), (got.dtype, got.shape), frame["name"])
            self.assertLess(np.abs(got - want).max(), 0.5 + 1e-9, frame["name"])  # the nearest grey
            taken.append((frame["bag"], frame["message"]))
        third = [(bag, i) for bag, topics in self.read.items() for i in range(0, len(topics[DEPTH]), 3)]
        self.assertEqual(8, len(third))
        self.assertEqual(sorted(third), sorted(taken))

    def test_names_carry_the_time_stamps_of_the_headers(self):
        for frame, _, message in self.of(COLOUR | {DEPTH}):
            stamp = message.header.stamp
            ns = stamp.sec * 10**9 + stamp.nanosec
            self.assertIn(f"_{ns}.", frame["name"])


if __name__ == "__main__":
    unittest.main()
