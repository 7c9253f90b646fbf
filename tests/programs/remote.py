"""A decoder in another process, as ``sse_core.testing.process`` speaks with it: ours.

With an argument it does something wrong: see ``test_testing_run.py``.
"""

from __future__ import annotations

import json
import sys
import time

from sse_core import SSEDecoder


def main(fault: str = "") -> None:
    decoders: dict[int, SSEDecoder] = {}
    while head := sys.stdin.buffer.read(6):
        kind, number, size = chr(head[0]), head[1], int.from_bytes(head[2:], "big")
        data = sys.stdin.buffer.read(size)
        if kind == "N":
            decoders[number] = SSEDecoder(last_event_id=data.decode())
            continue
        decoder = decoders[number]
        events = decoder.feed(data) if kind == "F" else decoder.close()
        if fault == "dawdles":
            time.sleep(b"slow" in data)
        elif fault and data:
            misbehave(fault)
        answer = {
            "events": [[event.event, event.data, event.id] for event in events],
            "last_event_id": decoder.last_event_id,
            "retry": decoder.retry,
            "resumes": True,
        }
        print(json.dumps(answer), flush=True)


def misbehave(fault: str) -> None:
    if fault == "ends":
        sys.exit("out of memory")
    if fault == "sleeps":
        time.sleep(60)
    print({"prose": "Hello", "numbers": '{"events": [[1, 2, 3]]}'}[fault], flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
