"""Makes the small files beside the fixtures that Go cannot make itself, or that
other software is to have written.

    pip install lz4==4.4.5 mcap==1.6.0 zstandard==0.25.0
    python make_fixtures.py

bz2/    streams of every shape that package bag's bz2 decoder meets
lz4/    frames whose blocks refer to each other
made/   MCAP files as the Python writer makes them, with fewer and fewer of the
        parts that a reader may rely on; messages.json is what is in each of them
"""

import bz2
import hashlib
import itertools
import json
import pathlib
import random

import lz4.frame
from mcap.writer import CompressionType, IndexType, Writer

here = pathlib.Path(__file__).parent
rng = random.Random(7)
noise = bytes(rng.randrange(256) for _ in range(2000))
text = "".join(f"line {i} of a text that repeats itself\n" for i in range(3000)).encode()
skewed = bytes(min(int(rng.expovariate(0.05)), 255) for _ in range(30000))


def save(name: str, data: bytes) -> None:
    path = here / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def bz2_streams() -> None:
    streams = {
        "empty": bz2.compress(b""),
        "one": bz2.compress(b"x"),
        "noise": bz2.compress(noise),
        "text": bz2.compress(text),
        "skewed": bz2.compress(skewed),
        # runs of every length around 4 (where a count follows) and 255 (where it ends)
        "runs": bz2.compress(b"".join(bytes([i % 7]) * i for i in range(600))),
        "zeros": bz2.compress(bytes(1_000_000)),
        "blocks": bz2.compress(text * 3, 1),  # level 1: blocks of 100 kB
        "joined": bz2.compress(text[:5000]) + bz2.compress(noise[:700], 1) + bz2.compress(b""),
    }
    for name, data in streams.items():
        save(f"bz2/{name}.bz2", data)


def lz4_frames() -> None:
    # text, then noise, then text: the last 64 KiB block refers to the one before
    for linked in (True, False):
        data = lz4.frame.compress(
            text + noise + text, block_linked=linked, block_size=lz4.frame.BLOCKSIZE_MAX64KB,
            content_checksum=True,
        )
        save(f"lz4/{'linked' if linked else 'independent'}.lz4", data)


def messages() -> list[tuple[str, int, bytes]]:
    out = []
    for i in range(24):
        topic = "/json" if i % 3 == 0 else "/other"
        stamp = 1_700_000_000_000_000_000 + (i ^ 1) * 10_000_000  # pairs are exchanged
        body = json.dumps({"i": i, "data": text[: 40 * i].decode()}).encode()
        out.append((topic, stamp, body))
    return out


def mcap_files() -> None:
    whole = {
        "use_chunking": True, "repeat_channels": True, "repeat_schemas": True, "use_statistics": True,
        "use_summary_offsets": True, "index_types": IndexType.ALL, "enable_crcs": True,
    }
    variants = {
        "whole": {},
        "no_crc": {"enable_crcs": False},
        "no_statistics": {"use_statistics": False},
        "no_channels": {"repeat_channels": False, "repeat_schemas": False},
        "no_message_index": {"index_types": IndexType.CHUNK},
        "no_chunk_index": {"index_types": IndexType.MESSAGE},
        "no_chunks": {"use_chunking": False},
        "nothing": {
            "repeat_channels": False, "repeat_schemas": False, "use_statistics": False,
            "use_summary_offsets": False, "index_types": IndexType.NONE, "enable_crcs": False,
        },
    }
    compressions = {"none": CompressionType.NONE, "lz4": CompressionType.LZ4, "zstd": CompressionType.ZSTD}
    for (name, options), (suffix, compression) in itertools.product(variants.items(), compressions.items()):
        if name == "no_chunks" and suffix != "none":
            continue
        path = here / "made" / f"{name}_{suffix}.mcap"
        path.parent.mkdir(exist_ok=True)
        write_mcap(path, {**whole, **options, "compression": compression, "chunk_size": 2000})
    listed = [
        {"topic": t, "log": str(s), "sha256": hashlib.sha256(b).hexdigest()} for t, s, b in messages()
    ]
    save("made/messages.json", json.dumps(listed, indent=1).encode() + b"\n")


def write_mcap(path: pathlib.Path, options: dict) -> None:
    with path.open("wb") as f:
        w = Writer(f, **options)
        w.start(profile="", library="make_fixtures")
        schema = w.register_schema(name="foxglove.CompressedImage", encoding="jsonschema", data=b'{"type": "object"}')
        channels = {
            t: w.register_channel(topic=t, message_encoding="json", schema_id=schema) for t in ("/json", "/other")
        }
        w.add_metadata("session", {"what": "between the chunks"})
        for topic, stamp, body in messages():
            w.add_message(channels[topic], log_time=stamp, data=body, publish_time=stamp - 1)
        w.add_attachment(0, 0, "notes.txt", "text/plain", text[:3000])
        w.finish()


bz2_streams()
lz4_frames()
mcap_files()
