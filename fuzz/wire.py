"""For any bytes, options and cutting, the wire decoder gives what the reference model gives: the
same items, ranges, errors, ids and tail, push by push. Copied between two pushes, it goes on alike.

Allowed outcomes of a push: a list of items, ``LimitExceeded``, ``InvalidUTF8``. All else is a bug.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from fuzz.target import Target
from sse_core import InvalidUTF8, LimitExceeded, Limits, SSEDecoder, SSEObserver, WireError
from sse_core.testing import chunkings, reference
from sse_core.testing.vectors import load_wire

# The first bytes of the input choose the options, the rest is the stream. Each choice byte picks
# from its list, so that every input is valid and small changes stay small.
CHOICES: dict[str, list[int | None]] = {
    "max_event_bytes": [None, 1, 3, 8, 20],
    "max_line_bytes": [None, 1, 5, 9, 20],
    "max_event_name_bytes": [None, 1, 4, 40],
    "max_id_bytes": [None, 1, 4, 40],
    "max_retry_ms": [None, 1, 50],
    "max_total_bytes": [None, 1, 10, 40],
    "max_events": [None, 1, 2],
}
HEADER = len(CHOICES) + 2
MAX_BYTES = 512
EACH_EVENT = 0xFF


def target(name: str) -> Target:
    """The only one of this file."""
    return Target(check, seeds, reaches=("wire.py",), max_bytes=MAX_BYTES)


def seeds() -> Iterator[bytes]:
    """Every vector with default options, whole and cut, often repeated, and with limits."""
    for data in (vector.input for vector in load_wire()):
        yield bytes(HEADER) + data
        yield bytes(HEADER - 1) + b"\3" + data
        yield bytes(HEADER - 1) + bytes([EACH_EVENT]) + data * 3
        yield bytes(HEADER) + data * (MAX_BYTES // (1 + len(data)))
        yield b"\1\2\1\1\1\3\2" + b"\7\7" + data


def check(given: bytes) -> None:
    """One run; raises if the invariant is broken."""
    header, data = given[:HEADER], given[HEADER:]
    if len(header) < HEADER:
        return
    picks = zip(CHOICES.items(), header)
    limits = {name: values[pick % len(values)] for (name, values), pick in picks}
    flags, step = header[-2], header[-1]
    strict, observe, checkpoint = bool(flags & 1), bool(flags & 2), bool(flags & 4)
    last_event_id, look = "seed" if flags & 8 else "", bool(flags & 16)
    decoder: SSEDecoder | SSEObserver = (SSEObserver if observe else SSEDecoder)(
        limits=Limits(**limits),
        errors="strict" if strict else "replace",
        last_event_id=last_event_id,
    )
    model = reference.Reference(
        strict=strict, observe=observe, limits=limits, last_event_id=last_event_id
    )
    items: list[Any] = []
    for chunk in cutting(data, step):
        try:
            items += decoder.feed(chunk)
        except (LimitExceeded, InvalidUTF8) as error:
            assert error is decoder.error
        for byte in chunk:
            model.step(byte)
        compare(decoder, items, model.result(), observe)
        if look:
            compare_state(decoder, model.result())
        if checkpoint:
            decoder = type(decoder).load(json.loads(json.dumps(decoder.dump())))
    compare_state(decoder, model.result())
    if decoder.error is not None:
        calls: list[Callable[[], object]] = [
            lambda: decoder.feed(b"data: late\n\n"),
            decoder.close,
        ]
        for call in calls:
            try:
                call()
            except WireError as error:
                assert error is decoder.error
            else:
                raise AssertionError("an error that did not stay")


def cutting(data: bytes, step: int) -> list[bytes]:
    """The pushes that the byte ``step`` chooses: of this size, or a push for each event, or one."""
    if step == EACH_EVENT:
        return chunkings.blocks(data)
    return chunkings.sized(data, step) if step else [data]


def compare(
    decoder: SSEDecoder | SSEObserver, items: list[Any], model: reference.Result, observe: bool
) -> None:
    """Raise unless the decoder is where the model is."""
    expected = model.items if observe else model.events
    assert [tuple(item) for item in items] == [tuple(item) for item in expected]
    assert [type(item).__name__.removeprefix("ServerSent") for item in items] == [
        type(item).__name__ for item in expected
    ]
    assert place(decoder.error) == place(model.error)
    assert decoder.last_event_id == model.last_event_id


def compare_state(decoder: SSEDecoder | SSEObserver, model: reference.Result) -> None:
    """Raise unless what can be asked is what the model says. (To ask changes the way of what comes:
    blocks that wait go line by line then.)
    """
    assert decoder.retry == model.retry
    assert decoder.at_boundary == model.at_boundary
    assert decoder.pending_bytes == model.pending_bytes


def place(error: WireError | reference.Error | None) -> tuple[int, int, int] | None:
    """Where an error stands, of ours or of the model's."""
    return None if error is None else (error.offset, error.line, error.event)
