"""Many streams at once, and one for very long: ``pytest -m soak``, a minute.

What belongs to a stream stays in it, wherever it is kept between two pushes; and what has been read
is not kept.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sse_core import SSEDecoder, StreamDecoder
from sse_core.dialects import JSON
from sse_core.testing import chunkings
from sse_core.testing.readings import Reading, show
from sse_core.testing.vectors import DialectVector, load_dialects

pytestmark = pytest.mark.soak

STREAMS = 10_000
EVENTS = 1_000_000
PUSH = 1 << 16


def cuttings(number: int, data: bytes) -> list[bytes]:
    """A few pushes, other ones for each number."""
    return chunkings.sized(data, 1 + len(data) // (2 + number % 5))


class Run:
    """One of many streams."""

    def __init__(self, vector: DialectVector) -> None:
        dialect = JSON(**vector.options) if vector.options else vector.dialect
        self.stream = StreamDecoder(dialect, assume=vector.assume)
        self.events: list[Any] = []

    def feed(self, data: bytes) -> None:
        self.events += self.stream.feed(data)

    def move(self) -> None:
        """To another process, say."""
        self.stream = StreamDecoder.load(json.loads(json.dumps(self.stream.dump())))

    def read(self) -> Reading:
        self.events += self.stream.close()
        return show(self.stream, self.events)


def test_ten_thousand_streams_in_turn() -> None:
    """Every third of them is kept as JSON text after each push, and goes on from that."""
    vectors = load_dialects()
    alone = []
    for vector in vectors:
        run = Run(vector)
        run.feed(vector.input)
        alone.append(run.read())
    runs = [Run(vectors[number % len(vectors)]) for number in range(STREAMS)]
    pushes = [
        iter(cuttings(number, vectors[number % len(vectors)].input)) for number in range(STREAMS)
    ]
    waiting = list(range(STREAMS))
    while waiting:
        still = []
        for number in waiting:
            push = next(pushes[number], None)
            if push is not None:
                runs[number].feed(push)
                if number % 3 == 0:
                    runs[number].move()
                still.append(number)
        waiting = still
    for number, run in enumerate(runs):
        assert run.read() == alone[number % len(vectors)], vectors[number % len(vectors)].id


def wire_events() -> Iterator[bytes]:
    for number in range(EVENTS):
        yield b"event: tick\nid: %d\ndata: line one\ndata: line two\n: ping\n\n" % number


def chat_events() -> Iterator[bytes]:
    for number in range(EVENTS):
        yield (
            b'data: {"id":"c","object":"chat.completion.chunk","created":%d,"model":"m",'
            b'"choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}]}\n\n'
        ) % (1_700_000_000 + number)


def in_pushes(events: Iterator[bytes]) -> Iterator[bytes]:
    buffer = bytearray()
    for event in events:
        buffer += event
        if len(buffer) >= PUSH:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


@pytest.mark.parametrize(
    ("make", "events"),
    [(SSEDecoder, wire_events), (lambda: StreamDecoder("openai-chat"), chat_events)],
    ids=["wire", "openai-chat"],
)
def test_a_million_events_leave_nothing_behind(
    make: Callable[[], Any], events: Callable[[], Iterator[bytes]]
) -> None:
    """But the text, which is one object however often it has grown."""
    decoder, count, blocks = make(), 0, list[int]()
    for number, push in enumerate(in_pushes(events())):
        count += len(decoder.feed(push))
        if number % 100 == 50:
            gc.collect()
            blocks.append(sys.getallocatedblocks())
    assert count >= EVENTS
    # The pieces of text that are not joined yet are at most a few thousand objects.
    assert max(blocks[1:]) - min(blocks[1:]) < 5_000, blocks
    if isinstance(decoder, StreamDecoder):
        assert decoder.response.text == "word " * EVENTS
