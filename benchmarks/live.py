"""Half-arrived JSON → its value after every delta, as arguments of a tool call arrive.

Deltas have 10 characters. What costs the more a delta, the more has come before, shows in the
exponents. ``merge`` has the same from bytes: its content ``live``.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from benchmarks.harness import FLOOR, OURS, NotApplicable, Row, check_equal, cpu_time
from benchmarks.shapes import ARGUMENTS

UNIT, PER = "second", "delta"

# shape / deltas. 80 KB is large for a call; the small sizes tell who would take too long with it.
CASES = [f"{shape}/{deltas}" for shape in ("objects", "string") for deltas in (1024, 2048, 8192)]
SMOKE = [f"{shape}/32" for shape in ARGUMENTS]


def per(case: str) -> int:
    return int(case.rpartition("/")[2])


# -- the parsers: the deltas -> the value after the last of them ---------------------------------

Read = Callable[[list[str]], Any]


def sse_core(deltas: list[str]) -> Any:
    from sse_core.partial_json import PartialJSON

    decoder, value = PartialJSON(max_depth=None, changes=False), None
    for delta in deltas:
        decoder.feed(delta)
        value = decoder.value
    return value


def sse_core_changes(deltas: list[str]) -> Any:
    """It also says, after every delta, what has changed."""
    from sse_core.partial_json import PartialJSON

    decoder, value = PartialJSON(max_depth=None), None
    for delta in deltas:
        for _change in decoder.feed(delta):
            pass
        value = decoder.value
    return value


def floor(deltas: list[str]) -> Any:
    """Once, at the end: no value before."""
    return json.loads("".join(deltas))


def jiter(deltas: list[str]) -> Any:
    """It parses all of it again at each delta."""
    from jiter import from_json

    text, value = b"", None
    for delta in deltas:
        text += delta.encode()
        value = from_json(text, partial_mode="trailing-strings")
    return value


def jsonriver(deltas: list[str]) -> Any:
    from jsonriver import parse

    async def source() -> AsyncIterator[str]:
        for delta in deltas:
            yield delta

    async def last() -> Any:
        value = None
        async for value in parse(source()):  # noqa: B007
            pass
        return value

    # Nothing in it waits for anything: no event loop is timed with it.
    try:
        last().send(None)
    except StopIteration as stop:
        return stop.value
    raise RuntimeError("it waits for something")


def partial_json_parser(deltas: list[str]) -> Any:
    """It completes the text and parses all of it again at each delta."""
    from partial_json_parser import MalformedJSON, loads

    text, value = "", None
    for delta in deltas:
        text += delta
        try:
            value = loads(text)
        except MalformedJSON:  # too little to make anything of
            value = None
    return value


def partial_json_stream(deltas: list[str]) -> Any:
    """It copies the whole value at each look."""
    from partial_json_stream import JsonStreamParser

    parser, value = JsonStreamParser(lenient=False), None
    for delta in deltas:
        parser.push(delta)
        value = parser.snapshot().value
    return value


READERS: dict[str, tuple[str, Read]] = {
    OURS: ("", sse_core),
    f"{OURS} with changes": ("", sse_core_changes),
    FLOOR: ("", floor),
    "jiter": ("jiter", jiter),
    "jsonriver": ("jsonriver", jsonriver),
    "partial-json-parser": ("partial-json-parser", partial_json_parser),
    "partial-json-stream": ("partial-json-stream", partial_json_stream),
}

# -- the measurement -----------------------------------------------------------------------------


def prepare(read: Read) -> Callable[[str], Callable[[], float]]:
    def prepared(case: str) -> Callable[[], float]:
        shape, number = case.split("/")
        if shape == "nested" and read not in (sse_core, sse_core_changes):
            raise NotApplicable  # deeper than a recursive parser can go
        deltas = ARGUMENTS[shape](int(number))
        if shape == "nested":
            return cpu_time(lambda: read(deltas), lambda _: None)
        return cpu_time(lambda: read(deltas), check_equal(json.loads("".join(deltas))))

    return prepared


ROWS = {name: Row(distribution, prepare(read)) for name, (distribution, read) in READERS.items()}
