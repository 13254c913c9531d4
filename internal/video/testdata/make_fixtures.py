"""Makes the video files of this directory, and frames.json, which says what a decoder gives of each.

    pip install av==16.0.1 numpy && python make_fixtures.py

Each frame has its number burned in: eight fields of 8 x 8 pixels, black or white, the lowest bit on the left.
frames.json has of each file the numbers that PyAV decodes, which CVAT reads videos with, and when it says that each is
shown; of files that it does not open, the error.
"""

import json
import pathlib
import sys

import av
import numpy as np

HERE = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__).resolve()
HERE = HERE if HERE.is_dir() else HERE.parent
SIZE = (48, 64)
N = 30


def picture(n):
    image = np.full((*SIZE, 3), 96, np.uint8)
    for bit in range(8):
        image[:16, 8 * bit : 8 * bit + 8] = 255 if n >> bit & 1 else 0
    image[24:40, n % 56 : n % 56 + 8] = (255, 160, 0)
    return image


def number(frame):
    image = frame.to_ndarray(format="gray")
    return sum(1 << bit for bit in range(8) if image[4:12, 8 * bit + 2 : 8 * bit + 6].mean() > 128)


def encode(name, codec, n=N, options=None, rate=10, times=None, container_options=None, pix_fmt="yuv420p", audio=False, offset=0):
    with av.open(str(HERE / name), "w", options=container_options or {}) as out:
        sound = out.add_stream("aac", rate=8000) if audio == "first" else None
        stream = out.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = SIZE[1], SIZE[0], pix_fmt
        stream.options = options or {}
        sound = sound or (out.add_stream("aac", rate=8000) if audio else None)
        for i in range(n):
            frame = av.VideoFrame.from_ndarray(picture(i), format="rgb24")
            frame.pts = (times[i] if times else i) + offset
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if sound:
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
            samples.sample_rate, samples.pts = 8000, 0
            out.mux(sound.encode(samples))
            out.mux(sound.encode())


def remux(source, name, drop=lambda i, packet: False):
    """Copies the packets of a file, but for those that drop names."""
    with av.open(str(HERE / source)) as src, av.open(str(HERE / name), "w") as out:
        video = src.streams.video[0]
        copy = out.add_stream_from_template(video, opaque=True)
        for i, packet in enumerate(p for p in src.demux(video) if p.size):
            if drop(i, packet):
                continue
            packet.stream = copy
            out.mux(packet)


def seek(source, name, at, container_options=None):
    """Copies from the key frame before a time on, so that an edit list leaves out what lies before it, as
    ffmpeg -ss -c copy does."""
    with av.open(str(HERE / source)) as src, av.open(str(HERE / name), "w", options=container_options or {}) as out:
        video = src.streams.video[0]
        copy = out.add_stream_from_template(video)
        start = int(at / video.time_base)
        src.seek(start, stream=video)
        for packet in src.demux(video):
            if packet.size:
                packet.stream = copy
                packet.pts -= start
                packet.dts -= start
                out.mux(packet)


def x264(**kw):
    return {"preset": "veryfast", "threads": "1", "x264-params": ":".join(f"{k}={v}" for k, v in {"keyint": 12, "scenecut": 0, "bframes": 0, **kw}.items())}


def x265(**kw):
    return {"preset": "ultrafast", "x265-params": ":".join(f"{k}={v}" for k, v in {"keyint": 12, "min-keyint": 12, "bframes": 2, "log-level": "none", "pools": "none", "frame-threads": 1, **kw}.items())}


def make():
    encode("h264.mp4", "libx264", options=x264())
    encode("h264_b.mp4", "libx264", options=x264(bframes=2))
    encode("h264_b.mov", "libx264", options=x264(bframes=2))
    encode("h264_b.mkv", "libx264", options=x264(bframes=2))
    encode("h264_b_live.mkv", "libx264", options=x264(bframes=2), container_options={"live": "1"})
    encode("h264.avi", "libx264", options=x264())
    encode("h264_open_gop.mp4", "libx264", options=x264(bframes=2, **{"open-gop": 1}))
    encode("h264_faststart.mp4", "libx264", options=x264(bframes=2), container_options={"movflags": "faststart"})
    encode("h264_fragments.mp4", "libx264", options=x264(bframes=2), container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})
    encode("h264_fragments_mixed.mp4", "libx264", options=x264(), container_options={"movflags": "frag_keyframe"})
    encode("h264_negative_offsets.mp4", "libx264", options=x264(bframes=2), container_options={"movflags": "negative_cts_offsets"})
    encode("h264_no_edit_list.mp4", "libx264", options=x264(bframes=2), container_options={"use_editlist": "0"})
    encode("h264_audio.mp4", "libx264", options=x264(), audio="first")
    encode("h264_offset.mp4", "libx264", options=x264(bframes=2), offset=30)
    encode("h264_one_frame.mp4", "libx264", n=1, options=x264())
    irregular = [3 * i + (i % 3) for i in range(N)]
    encode("h264_irregular.mp4", "libx264", options=x264(), rate=30, times=irregular)
    encode("h264_irregular.mkv", "libx264", options=x264(), rate=30, times=irregular)
    encode("h265.mp4", "libx265", options=x265())
    encode("h265_open_gop.mp4", "libx265", options=x265(**{"open-gop": 1}))
    encode("av1.mp4", "libsvtav1", options={"preset": "12", "svtav1-params": "keyint=12:lp=1"})
    encode("av1.webm", "libsvtav1", options={"preset": "12", "svtav1-params": "keyint=12:lp=1"})
    encode("vp9.webm", "libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8", "g": "12", "auto-alt-ref": "1", "lag-in-frames": "12"})
    encode("vp9.mp4", "libvpx-vp9", options={"deadline": "realtime", "cpu-used": "8", "g": "12"})
    encode("vp8.webm", "libvpx", options={"deadline": "realtime", "cpu-used": "8", "g": "12"})
    encode("mjpeg.avi", "mjpeg", pix_fmt="yuvj420p")
    encode("mjpeg.mov", "mjpeg", pix_fmt="yuvj420p")
    encode("mjpeg.mkv", "mjpeg", pix_fmt="yuvj420p")
    encode("mjpeg_gaps.avi", "mjpeg", n=6, pix_fmt="yuvj420p", times=[0, 1, 4, 5, 9, 20])
    encode("prores.mov", "prores_ks", n=3, pix_fmt="yuv422p10le")
    encode("png.mov", "png", n=4, pix_fmt="rgb24")
    encode("ffv1.mkv", "ffv1", n=4)
    encode("ffv1.avi", "ffv1", n=4)
    encode("huffyuv.avi", "huffyuv", n=3, pix_fmt="yuv422p")
    encode("uncompressed.avi", "rawvideo", n=2, pix_fmt="bgr24")
    encode("h264_fragments_audio.mp4", "libx264", options=x264(bframes=2), container_options={"movflags": "frag_keyframe+empty_moov+omit_tfhd_offset"}, audio="first")
    encode("h264_fragments_overlap.mp4", "libx264", options=x264(bframes=2), container_options={"movflags": "dash+frag_every_frame"}, audio="first")
    encode("mpeg4.avi", "mpeg4", options={"g": "12", "bf": "0"})
    encode("mpeg4.mp4", "mpeg4", options={"g": "12", "bf": "2"})

    # what shifts the numbers
    seek("h264_b.mp4", "hidden_start.mp4", 1.5)
    seek("h265_open_gop.mp4", "hidden_start_open_gop.mp4", 1.5)
    seek("h264_b.mp4", "hidden_start_fragments.mp4", 1.5, container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"})
    remux("h264.mp4", "no_first_key.mp4", lambda i, p: i < 5)
    remux("h264.mp4", "no_first_key.mkv", lambda i, p: i < 5)
    remux("h264.avi", "no_first_key.avi", lambda i, p: i < 5)
    remux("h265_open_gop.mp4", "open_gop_cut.mp4", lambda i, p: i < second_key("h265_open_gop.mp4"))
    remux("h265_open_gop.mp4", "open_gop_cut.mkv", lambda i, p: i < second_key("h265_open_gop.mp4"))
    remux("h264_open_gop.mp4", "h264_open_gop_cut.mp4", lambda i, p: i < second_key("h264_open_gop.mp4"))
    remux("h264.mp4", "lost_packets.mp4", lambda i, p: i in (14, 15))
    remux("h264.mp4", "lost_packets.mkv", lambda i, p: i in (14, 15))
    remux("h264_b.mp4", "lost_b_packets.mp4", lambda i, p: i in (14, 15, 16))
    remux("h265.mp4", "lost_packets_h265.mp4", lambda i, p: i in (14, 15))
    remux("vp9.mp4", "lost_packets_vp9.mp4", lambda i, p: i in (14, 15))
    remux("av1.mp4", "lost_packets_av1.mp4", lambda i, p: i in (5, 6))
    remux("h264.mp4", "lost_key.mp4", lambda i, p: i == 12)
    remux("h264_b.mp4", "lost_key_b.mkv", lambda i, p: i == 12)
    for name, codec, options in (("h264", "libx264", x264(keyint=6)), ("av1", "libsvtav1", {"preset": "12", "svtav1-params": "keyint=6:lp=1:pred-struct=1"})):
        encode("groups.mp4", codec, options=options)
        remux("groups.mp4", f"lost_group_{name}.mp4", lambda i, p: 6 <= i < 12)
        remux("groups.mp4", f"lost_as_a_group_{name}.mp4", lambda i, p: 8 <= i < 14)  # a key frame among them
        (HERE / "groups.mp4").unlink()

    # what is no video that CVAT takes
    whole = (HERE / "h264.mp4").read_bytes()
    (HERE / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    faststart = (HERE / "h264_faststart.mp4").read_bytes()
    (HERE / "cut_faststart.mp4").write_bytes(faststart[: len(faststart) - 500])
    (HERE / "cut.mkv").write_bytes((HERE / "h264_b.mkv").read_bytes()[:-800])
    (HERE / "cut.avi").write_bytes((HERE / "h264.avi").read_bytes()[:-3000])
    with av.open(str(HERE / "audio_only.mp4"), "w") as out:
        sound = out.add_stream("aac", rate=8000)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="fltp", layout="mono")
        samples.sample_rate, samples.pts = 8000, 0
        out.mux(sound.encode(samples))
        out.mux(sound.encode())


def second_key(name):
    with av.open(str(HERE / name)) as src:
        keys = [i for i, p in enumerate(p for p in src.demux(src.streams.video[0]) if p.size) if p.is_keyframe]
    return keys[1]


def look(path):
    try:
        with av.open(str(path)) as src:
            video = src.streams.video[0]
            frames = list(src.decode(video))
            return {
                "codec": video.codec.name,
                "numbers": [number(f) for f in frames],
                "times_us": [round(float(f.pts * f.time_base) * 1e6) if f.pts is not None else None for f in frames],
            }
    except (av.error.FFmpegError, IndexError) as e:
        return {"error": f"{type(e).__name__}: {e}".replace(str(path), path.name)}


if __name__ == "__main__":
    av.logging.set_level(av.logging.PANIC)
    make()
    files = sorted(p for p in HERE.iterdir() if p.suffix in (".mp4", ".mov", ".mkv", ".webm", ".avi"))
    with open(HERE / "frames.json", "w") as out:
        out.write("{\n")
        out.write(",\n".join(f" {json.dumps(p.name)}: {json.dumps(look(p))}" for p in files))
        out.write("\n}\n")
