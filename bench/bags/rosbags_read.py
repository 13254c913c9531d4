"""Reads one topic of a recording with Python's rosbags, as `bags read` does with
pkg/bag: the messages' bytes, without taking them apart.

    python rosbags_read.py PATH TOPIC
"""

import json
import pathlib
import resource
import sys
import time

from rosbags.highlevel import AnyReader


def main() -> None:
    path, topic = pathlib.Path(sys.argv[1]), sys.argv[2]
    start = time.perf_counter()
    messages = size = 0
    with AnyReader([path]) as reader:
        wanted = [c for c in reader.connections if c.topic == topic]
        for _, _, data in reader.messages(wanted):
            messages += 1
            size += len(data)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "seconds": seconds, "messages": messages, "bytes": size,
        "cpu_seconds": used.ru_utime + used.ru_stime, "peak_kib": used.ru_maxrss,
    }))


main()
