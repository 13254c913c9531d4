"""Video files, written by PyAV: each frame that a decoder gives is one that the server counts, at the time that the index
says, and shows its number; a selection takes the frames that it names, and a file that is cut off is never sent."""

import fractions
import json
import subprocess
import tempfile
import unittest
from pathlib import Path
from random import Random

import av

import videos
from support import BINARY

RATE, FRAMES = 30, 36
MJPEG = ("mjpeg", {})

MANIFEST = """version: 1
server: {url: "sandbox:.sandbox"}
project: {name: video, create: true, labels: [{name: car}]}
cameras: [{name: cam}]
bags: [{path: "%s", frames: {%s}}]
"""


def write(path, kind, first=0):
    """A video of FRAMES frames with a key frame every 12; frames before the time 0 are hidden by an edit list."""
    name, options = videos.KINDS.get(kind, MJPEG)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(name, rate=RATE, options=options)
        stream.width, stream.height = 128, 96
        stream.pix_fmt = "yuvj420p" if kind == "mjpeg" else "yuv420p"
        stream.gop_size = 12
        stream.codec_context.time_base = fractions.Fraction(1, RATE)
        for i in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(videos.picture(i), format="rgb24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = i - first, fractions.Fraction(1, RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def without(path, to, lost):
    """The packets of a video but for some, which are not encoded again."""
    with av.open(str(path)) as source, av.open(str(to), "w") as container:
        video = source.streams.video[0]
        stream = container.add_stream_from_template(video, opaque=True)
        for i, packet in enumerate(p for p in source.demux(video) if p.size):
            if i not in lost:
                packet.stream = stream
                container.mux(packet)


def decoded(path):
    """The numbers of the frames that a decoder gives, and their times in ns, from the first."""
    with av.open(str(path)) as container:
        frames = [(videos.number(f.to_ndarray(format="rgb24")), f.pts * f.time_base) for f in container.decode(video=0)]
    return [n for n, _ in frames], [at - frames[0][1] for _, at in frames]


def run(folder, *args):
    return subprocess.run([BINARY, *args], cwd=folder, capture_output=True, text=True)


def apply(folder, name, frames=""):
    (folder / "cvatplan.yaml").write_text(MANIFEST % (name, frames))
    return run(folder, "apply", "--auto-approve")


def index(folder):
    """A record of each frame, as the task on the server has it."""
    records = [json.loads(line) for line in run(folder, "frames", "--ids").stdout.splitlines()]
    assert [r["server_frame"] for r in records] == list(range(len(records))), records
    return [(r["index"], int(r["pts_ns"])) for r in records]


class VideoFiles(unittest.TestCase):
    def applied(self, name, kind, frames="", first=0):
        """The records of the index, and the numbers and times of the frames of the file that was sent."""
        with tempfile.TemporaryDirectory() as at:
            folder = Path(at)
            write(folder / name, kind, first)
            done = apply(folder, name, frames)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            (sent,) = [f for f in (folder / ".sandbox").rglob(f"*{Path(name).suffix}") if f.is_file()]
            self.assertEqual(sent.read_bytes(), (folder / name).read_bytes())
            return index(folder), *decoded(sent)

    def check_times(self, records, times):
        self.assertEqual(len(records), len(times))
        for (n, pts), at in zip(records, times):
            self.assertLess(abs(pts - at * 10**9), 2, n)

    def test_every_frame_has_its_number_and_time(self):
        files = [(kind, ending) for kind in ("h264", "h264_b") for ending in ("mp4", "mkv")]
        for kind, ending in files + [("mjpeg", "avi"), ("h265", "mp4"), ("h265_b", "mp4"), ("av1", "mp4")]:
            with self.subTest(kind=kind, ending=ending):
                records, numbers, times = self.applied(f"run.{ending}", kind)
                self.assertEqual(numbers, list(range(FRAMES)))
                self.check_times(records, times)

    def test_what_an_edit_list_hides_is_not_counted(self):
        records, numbers, times = self.applied("run.mp4", "h264", first=5)
        self.assertEqual(numbers, list(range(5, FRAMES)))
        self.check_times(records, times)

    def test_a_selection_takes_the_frames_that_it_names(self):
        for frames, chosen in (("every: 5", range(0, 36, 5)), ("start: 7, stop: 20", range(7, 21)), ("start: 500ms, every: 4", range(15, 36, 4))):
            with self.subTest(frames=frames):
                records, numbers, times = self.applied("run.mp4", "h264_b", frames)
                self.assertEqual([numbers[n] for n, _ in records], list(chosen))
                self.check_times(records, [times[n] for n, _ in records])

    def test_a_file_that_is_cut_off_is_refused_before_it_is_sent(self):
        for kind, ending in (("h264", "mp4"), ("h264", "mkv"), ("mjpeg", "avi")):
            with self.subTest(kind=kind, ending=ending), tempfile.TemporaryDirectory() as at:
                file = Path(at) / f"run.{ending}"
                write(file, kind)
                whole = file.read_bytes()
                file.write_bytes(whole[: len(whole) * 2 // 3])
                done = apply(Path(at), file.name)
                self.assertNotEqual(done.returncode, 0, done.stdout)
                self.assertIn(file.name, done.stdout + done.stderr)
                self.assertEqual([f for f in (Path(at) / ".sandbox").rglob(file.name)], [])

    def test_packets_that_are_missing_shift_no_number(self):
        """Of a file that lost packets a decoder gives what the server counts, or the file is refused before it is sent."""
        random, refused = Random(15), 0
        for kind in ("h264", "h264_b", "h265", "h265_b", "av1"):
            for ending in ("mp4", "mkv"):
                with tempfile.TemporaryDirectory() as at:
                    folder = Path(at)
                    write(folder / "whole.mp4", kind)
                    for i in range(4):
                        lost = set(random.sample(range(1, FRAMES), 1 + i))
                        without(folder / "whole.mp4", folder / f"run{i}.{ending}", lost)
                    apply(folder, f"run*.{ending}")
                    sent = {f.name: f for f in (folder / ".sandbox").rglob(f"run*.{ending}") if f.is_file()}
                    refused += 4 - len(sent)
                    for i in range(4):
                        name = f"run{i}.{ending}"
                        with self.subTest(kind=kind, file=name):
                            records = [json.loads(line) for line in run(folder, "frames", "--target", f"cam_run{i}").stdout.splitlines()]
                            try:
                                numbers, _ = decoded(folder / name)
                            except av.error.InvalidDataError:
                                numbers = []
                            self.assertTrue(name not in sent or len(records) == len(numbers), f"{len(records)} frames, {len(numbers)} decoded")
        self.assertGreater(refused, 15)


if __name__ == "__main__":
    unittest.main()
