"""Reads the JPEGs of one topic of a recording with Python's rosbags.

    python rosbags_read.py PATH TOPIC [raw]

With raw it stops at the messages' bytes, as `bags read` does, where taking the
picture out of a message costs nothing.
"""

import json
import pathlib
import resource
import sys
import time

from rosbags.highlevel import AnyReader


def main() -> None:
    path, topic, raw = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:] == ["raw"]
    start = time.perf_counter()
    messages = size = 0
    with AnyReader([path]) as reader:
        wanted = [c for c in reader.connections if c.topic == topic]
        for connection, _, data in reader.messages(wanted):
            messages += 1
            size += len(data)
            if not raw:
                bytes(reader.deserialize(data, connection.msgtype).data)
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({
        "seconds": seconds, "messages": messages, "bytes": size,
        "cpu_seconds": used.ru_utime + used.ru_stime, "peak_kib": used.ru_maxrss,
    }))


main()
