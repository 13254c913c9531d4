"""Videos whose frames carry their number, encoded by PyAV: as packets, and read back from a file.

python interop/videos.py DIR writes the packets that the tests of internal/remux read: of each packet, the number of
the frame that it shows and its length, as 32-bit integers in little-endian order, and its bytes."""

import fractions
import struct
import sys
from pathlib import Path

import av
import numpy

BITS = 8  # of a frame's number: squares from left to right, white or black
X265 = "log-level=none:info=0:repeat-headers=1:scenecut=0"

# The encoder and its options: without B-frames, as robots send, and with them.
KINDS = {
    "h264": ("libx264", {"preset": "veryfast", "tune": "zerolatency"}),
    "h264_b": ("libx264", {"x264-params": "bframes=3:b-pyramid=normal:b-adapt=0:scenecut=0"}),
    "h264_open": ("libx264", {"x264-params": "bframes=3:b-pyramid=normal:b-adapt=0:scenecut=0:open-gop=1"}),
    "h265": ("libx265", {"preset": "ultrafast", "x265-params": X265 + ":bframes=0:open-gop=0"}),
    "h265_b": ("libx265", {"x265-params": X265 + ":bframes=3:b-adapt=0:open-gop=1"}),
    "av1": ("libsvtav1", {"preset": "10", "svtav1-params": "pred-struct=1"}),
    "av1_b": ("libsvtav1", {"preset": "8"}),
}


def picture(n, width=128, height=96):
    pixels = numpy.full((height, width, 3), 128, numpy.uint8)
    pixels[:, :, 2] = (numpy.arange(width)[None, :] * 2 + n * 3) % 256
    side = width // BITS
    for bit in range(BITS):
        pixels[: height // 3, bit * side : (bit + 1) * side] = 235 if n >> bit & 1 else 20
    return pixels


def number(pixels):
    height, width = pixels.shape[:2]
    side = width // BITS
    top = pixels[height // 12 : height // 4].mean(axis=(0, 2))
    return sum(1 << bit for bit in range(BITS) if top[bit * side + 4 : (bit + 1) * side - 4].mean() > 128)


def encode(kind, frames=36, first=0, width=128, height=96):
    """The packets of a video with a key frame every 12 frames, in the order of decoding: (number, bytes)."""
    name, options = KINDS[kind]
    context = av.CodecContext.create(name, "w")
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base, context.framerate, context.gop_size = fractions.Fraction(1, 30), 30, 12
    context.options = options
    packets = []
    for i in range(frames):
        frame = av.VideoFrame.from_ndarray(picture(first + i, width, height), format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = i, context.time_base
        packets += context.encode(frame)
    packets += context.encode(None)
    return [(first + packet.pts, bytes(packet)) for packet in packets]


def numbers(path):
    """The numbers of the frames that a decoder gives."""
    with av.open(str(path)) as container:
        return [number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def write(path, packets):
    path.write_bytes(b"".join(struct.pack("<iI", n, len(data)) + data for n, data in packets))


if __name__ == "__main__":
    for kind in KINDS:
        write(Path(sys.argv[1]) / f"{kind}.packets", encode(kind))
    small = encode("h264", frames=12, first=12, width=64, height=48)
    write(Path(sys.argv[1]) / "h264_sizes.packets", encode("h264", 12) + small + encode("h264", 12, first=24))
