"""Every value of every chunk of the vectors, exchanged for one of every type.

"No value is trusted to be of its type" (``dialects/base.py``): whatever stands in its place, no
exception leaves the decoder, the events keep their grammar, and the response is what they said.
Generated streams and fuzzing come to few of these by chance.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sse_core import SSECoreError, SSEDecoder, StreamDecoder, encode_event
from sse_core.dialects import DIALECTS
from sse_core.testing.vectors import load_dialects
from tests.grammar import check_against_response, check_grammar

VALUES: list[Any] = [
    *(None, True, 0, -1, 7, 1.5, 10**30, "", "x"),
    *([], [1], ["x"], [[]], [{}]),
    *({}, {"a": 1}, {"type": "text", "text": "x"}),
]

Path = tuple[Any, ...]


def places(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """The value and all within it, each with the way to it."""
    yield path, value
    inside: Any = ()
    if isinstance(value, dict):
        inside = value.items()
    elif isinstance(value, list):
        inside = enumerate(value)
    for key, one in inside:
        yield from places(one, (*path, key))


def exchanged(value: Any, path: Path, other: Any) -> Any:
    """The value, with another one at the end of this way."""
    if not path:
        return other
    copy = value.copy()
    copy[path[0]] = exchanged(value[path[0]], path[1:], other)
    return copy


def variants(dialect: str) -> Iterator[list[tuple[str, str]]]:
    """Streams in which one value is another: of each place of each kind of chunk, one."""
    seen = set()
    for vector in load_dialects():
        if vector.dialect != dialect:
            continue
        events = [(event.event, event.data) for event in SSEDecoder().feed(vector.input + b"\n\n")]
        for number, (name, data) in enumerate(events):
            try:
                chunk = json.loads(data)
            except ValueError:
                continue
            kind = (name, chunk.get("type") if isinstance(chunk, dict) else None)
            for path, value in places(chunk):
                place = tuple("#" if isinstance(key, int) else key for key in path)
                if (kind, place, type(value)) not in seen:
                    seen.add((kind, place, type(value)))
                    for other in VALUES:
                        changed = events.copy()
                        changed[number] = name, json.dumps(exchanged(chunk, path, other))
                        yield changed


@pytest.mark.exhaustive
@pytest.mark.parametrize("dialect", sorted(DIALECTS.keys() - {"json"}))
def test_a_value_of_any_type_in_any_place(dialect: str) -> None:
    count = 0
    for events in variants(dialect):
        stream = StreamDecoder(dialect)
        wire = b"".join(encode_event(data, event=name) for name, data in events)
        try:
            said = stream.feed(wire) + stream.close()
        except SSECoreError:
            continue  # a limit
        check_grammar(said)
        check_against_response(said, stream.response)
        json.dumps([stream.native(), stream.response.as_dict()])
        count += 1
    assert count >= 4 * len(VALUES)
