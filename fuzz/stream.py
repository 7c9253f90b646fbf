"""For any bytes, dialect, limits and cutting, the whole pipeline gives the documented events: their
grammar holds, the response is what they say, every cutting gives the same, and a state that was
dumped between two pushes goes on alike.

Allowed outcomes of a push: a list of stream events, ``LimitExceeded``. Allowed at the end: one of
``Outcome``. All else is a bug.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from fuzz import mutations
from fuzz.target import Target
from fuzz.wire import EACH_EVENT, cutting
from sse_core import LimitExceeded, Limits, Outcome, SSEDecoder, StreamDecoder, StreamEvent
from sse_core.dialects import DIALECTS, JSON
from sse_core.testing import chunkings
from sse_core.testing.vectors import DialectVector, load_dialects
from tests.grammar import check_against_response, check_grammar

MAX_BYTES = 4096

LIMITS = [
    Limits(),
    Limits.strict(),
    Limits(max_json_depth=3, max_choices=2, max_tool_calls=2, max_output_items=3),
    Limits(max_tool_argument_bytes=9, max_accumulated_bytes=30),
    Limits.unlimited(),
]
ASSUMED = [(), ("C16", "R3"), ("F21",), ("A16",)]

#: Where the home-made streams of the vectors have their text, done flag and error.
PATHS: list[dict[str, str]] = [{}]
for _vector in load_dialects():
    if _vector.options not in PATHS:
        PATHS.append(_vector.options)

#: The first bytes of an input pick from these lists; the rest is the stream.
HEADER = 4  # limits, what is assumed, field paths, the size of a push

#: What a dialect is read by.
FILES = {
    "auto": ("stream.py", "merge.py", "choices.py", "blocks.py", "tool_calls.py"),
    "openai-chat": ("dialects/openai_chat.py", "tool_calls.py"),
    "openai-completions": ("dialects/openai_completions.py",),
    "openai-responses": ("dialects/openai_responses.py",),
    "anthropic": ("dialects/anthropic.py",),
    "gemini": ("dialects/gemini.py", "json_path.py"),
    "text": ("dialects/text.py",),
    "json": ("dialects/json.py",),
}


def target(name: str) -> Target:
    """The target of a dialect, or of ``auto``: that of all of them."""
    return Target(
        check=partial(check, name),
        seeds=partial(seeds, name),
        reaches=FILES[name],
        mutate=partial(mutations.mutate, HEADER, list(grains(name))),
        max_bytes=MAX_BYTES,
    )


def vectors(name: str) -> list[DialectVector]:
    """Those of the dialect."""
    known = [one for one in load_dialects() if name in ("auto", one.dialect)]
    return [one for one in known if len(one.input) < MAX_BYTES]


def grains(name: str) -> Iterator[bytes]:
    """Single events of its streams."""
    for block in sorted({block for one in vectors(name) for block in chunkings.blocks(one.input)}):
        assert len(SSEDecoder().feed(block)) <= 1, "of two events, the JSON would never be changed"
        yield block


def seeds(name: str) -> Iterator[bytes]:
    """Each vector of the dialect; and each with other limits and assumptions, cut."""
    for number, vector in enumerate(vectors(name)):
        paths = PATHS.index(vector.options)
        assumed = [number for number, ids in enumerate(ASSUMED) if set(vector.assume) <= set(ids)]
        yield bytes([0, assumed[0], paths, EACH_EVENT if number % 2 else 1]) + vector.input
        yield bytes([number % len(LIMITS), number % len(ASSUMED), paths, 7]) + vector.input


def check(name: str, given: bytes) -> None:
    """One run; raises if the invariant is broken."""
    header, data = given[:HEADER], given[HEADER:]
    if len(header) < HEADER:
        return
    options: dict[str, Any] = {
        "limits": LIMITS[header[0] % len(LIMITS)],
        "assume": ASSUMED[header[1] % len(ASSUMED)],
    }
    dialect = JSON(**PATHS[header[2] % len(PATHS)]) if name == "json" else name
    whole, error = run(StreamDecoder(dialect, **options), [data])
    stream = StreamDecoder(dialect, **options)
    again, other = run(stream, cutting(data, header[3]))
    assert again == whole
    assert (error is None) == (other is None)
    assert error is None or str(error) == str(other)
    check_result(stream, whole, error)


def check_result(
    stream: StreamDecoder, events: list[StreamEvent], error: LimitExceeded | None
) -> None:
    """What holds of any stream that is over."""
    assert isinstance(stream.outcome, Outcome)
    check_grammar(events, whole=error is None)
    if error is None:
        check_against_response(events, stream.response)
    json.dumps(stream.response.as_dict())
    if stream.dialect != "auto":
        json.dumps(stream.native())


def run(
    stream: StreamDecoder, chunks: list[bytes]
) -> tuple[list[StreamEvent], LimitExceeded | None]:
    """All events, and the error that ended them; the state is dumped and loaded on the way."""
    events: list[StreamEvent] = []
    middle = len(chunks) // 2
    try:
        for number, chunk in enumerate(chunks):
            if number == middle:
                loaded = StreamDecoder.load(json.loads(json.dumps(stream.dump())))
                assert loaded.response == stream.response
                vars(stream).update(vars(loaded))
            events += stream.feed(chunk)
        events += stream.close()
        events += stream.close()  # where the end itself passed a limit, this one says so
    except LimitExceeded as error:
        return events, error
    return events, None


assert FILES.keys() == {"auto", *DIALECTS}
