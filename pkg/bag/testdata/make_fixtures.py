"""Makes the small files beside the fixtures that Go cannot make itself.

    pip install lz4 mcap rosbags
    python make_fixtures.py

bz2/    streams of every shape that package bag's bz2 decoder meets
"""

import bz2
import pathlib
import random

here = pathlib.Path(__file__).parent


def bz2_streams() -> None:
    rng = random.Random(7)
    noise = bytes(rng.randrange(256) for _ in range(2000))
    text = "".join(f"line {i} of a text that repeats itself\n" for i in range(3000)).encode()
    skewed = bytes(min(int(rng.expovariate(0.05)), 255) for _ in range(30000))
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
    (here / "bz2").mkdir(exist_ok=True)
    for name, data in streams.items():
        (here / "bz2" / f"{name}.bz2").write_bytes(data)


bz2_streams()
