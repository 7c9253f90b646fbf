"""What happens to streams on their way, and what is to be expected then: ``FAULTS``.

::

    chunks = FAULTS["line ends become CRLF"].apply(wire, data.draw)   # the pushes
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from . import chunkings

__all__ = ["DOCUMENTED", "FAULTS", "HARMLESS", "NOT_COMPLETE", "Draw", "Fault"]

#: ``draw`` of hypothesis: from a strategy to a value.
Draw = Callable[[Any], Any]

#: The same is read.
HARMLESS = "harmless"
#: Whatever is read, it is not said to be complete.
NOT_COMPLETE = "not complete"
#: Something is read, and nothing raises.
DOCUMENTED = "documented"

#: Values where another one was: of no type, of another type, out of range, not of this world.
ODD = [None, True, -1, 2**31, 2**70, 1.0, 1e9, "0", "", [], {}, [None], {"a": 1}, "\ud83d", 0]


class Fault(NamedTuple):
    """One that a stream may meet.

    Attributes:
        name: what happens.
        expected: ``HARMLESS``, ``NOT_COMPLETE`` or ``DOCUMENTED``.
        apply: ``apply(wire, draw)``: the pushes that arrive in the place of these bytes.
    """

    name: str
    expected: str
    apply: Callable[[bytes, Draw], list[bytes]]


#: Every fault by its name.
FAULTS: dict[str, Fault] = {}


def _enters(name: str, expected: str = DOCUMENTED) -> Callable[[Any], Any]:
    def enter(apply: Callable[[bytes, Draw], list[bytes]]) -> Any:
        FAULTS[name] = Fault(name, expected, apply)
        return apply

    return enter


def _place(wire: bytes, draw: Draw) -> int:
    from hypothesis import strategies as st

    place: int = draw(st.integers(0, len(wire)))
    return place


def _which(blocks: list[bytes], draw: Draw) -> int:
    from hypothesis import strategies as st

    number: int = draw(st.integers(0, len(blocks) - 1))
    return number


# -- harmless ------------------------------------------------------------------------------------


@_enters("empty pushes", HARMLESS)
def _empty(wire: bytes, draw: Draw) -> list[bytes]:
    place = _place(wire, draw)
    return [b"", wire[:place], b"", b"", wire[place:], b""]


@_enters("a push for each byte", HARMLESS)
def _bytewise(wire: bytes, draw: Draw) -> list[bytes]:
    return chunkings.bytewise(wire)


@_enters("a byte order mark at the start", HARMLESS)
def _mark(wire: bytes, draw: Draw) -> list[bytes]:
    return [b"\xef\xbb\xbf" + wire]


@_enters("line ends become CRLF", HARMLESS)
def _crlf(wire: bytes, draw: Draw) -> list[bytes]:
    return [re.sub(rb"\r\n|\n", b"\r\n", wire)]


@_enters("line ends become CR", HARMLESS)
def _cr(wire: bytes, draw: Draw) -> list[bytes]:
    return [re.sub(rb"\r\n|\n", b"\r", wire)]


@_enters("heartbeats between events", HARMLESS)
def _heartbeats(wire: bytes, draw: Draw) -> list[bytes]:
    return [piece for block in chunkings.blocks(wire) for piece in (block, b": ping\n\n")]


@_enters("a field that nobody knows", HARMLESS)
def _unknown_field(wire: bytes, draw: Draw) -> list[bytes]:
    return [b"x-trace: 1\n" + block for block in chunkings.blocks(wire)]


# -- never complete ------------------------------------------------------------------------------


@_enters("an HTML body", NOT_COMPLETE)
def _html(wire: bytes, draw: Draw) -> list[bytes]:
    return [b"<html>\n<body>502 Bad Gateway</body>\n</html>\n"]


@_enters("still compressed", NOT_COMPLETE)
def _gzip(wire: bytes, draw: Draw) -> list[bytes]:
    return [gzip.compress(wire, mtime=0)]


@_enters("nothing comes", NOT_COMPLETE)
def _nothing(wire: bytes, draw: Draw) -> list[bytes]:
    return [b""]


# -- anything documented -------------------------------------------------------------------------


@_enters("cut off")
def _cut_off(wire: bytes, draw: Draw) -> list[bytes]:
    return [wire[: _place(wire, draw)]]


@_enters("the start is missing")
def _headless(wire: bytes, draw: Draw) -> list[bytes]:
    return [wire[_place(wire, draw) :]]


@_enters("one bit is another")
def _bit(wire: bytes, draw: Draw) -> list[bytes]:
    place = _place(wire[1:], draw)
    bit = _which([b""] * 8, draw)
    return [wire[:place] + bytes([wire[place] ^ (1 << bit)]) + wire[place + 1 :]]


@_enters("something is inserted")
def _inserted(wire: bytes, draw: Draw) -> list[bytes]:
    odd = [b"\0", b"\r", b"\n\n", b"\xff", b"\xef\xbb\xbf", "\u2028".encode(), b"data: x\n\n"]
    place = _place(wire, draw)
    return [wire[:place], odd[_which(odd, draw)], wire[place:]]


@_enters("an event is missing")
def _dropped(wire: bytes, draw: Draw) -> list[bytes]:
    blocks = chunkings.blocks(wire)
    del blocks[_which(blocks, draw)]
    return blocks


@_enters("an event comes twice")
def _twice(wire: bytes, draw: Draw) -> list[bytes]:
    blocks = chunkings.blocks(wire)
    number = _which(blocks, draw)
    return [*blocks[: number + 1], *blocks[number:]]


@_enters("two events change places")
def _swapped(wire: bytes, draw: Draw) -> list[bytes]:
    blocks = chunkings.blocks(wire)
    one, other = _which(blocks, draw), _which(blocks, draw)
    blocks[one], blocks[other] = blocks[other], blocks[one]
    return blocks


@_enters("an error in the middle")
def _error(wire: bytes, draw: Draw) -> list[bytes]:
    blocks = chunkings.blocks(wire)
    number = _which(blocks, draw)
    error = b'event: error\ndata: {"error":{"message":"overloaded","type":"overloaded_error"}}\n\n'
    return [*blocks[:number], error, *blocks[number:]]


@_enters("the end comes early")
def _early(wire: bytes, draw: Draw) -> list[bytes]:
    blocks = chunkings.blocks(wire)
    number = _which(blocks, draw)
    return [*blocks[:number], b"data: [DONE]\n\n", *blocks[number:]]


@_enters("deep JSON")
def _deep(wire: bytes, draw: Draw) -> list[bytes]:
    depth = (127, 128, 129, 100_000)[_which([b""] * 4, draw)]
    return [b"data: " + b'{"a":' * depth + b"1" + b"}" * depth + b"\n\n" + wire]


@_enters("a value is another")
def _odd_value(wire: bytes, draw: Draw) -> list[bytes]:
    blocks = chunkings.blocks(wire)
    number = _which(blocks, draw)
    head, mark, payload = blocks[number].partition(b"data: ")
    try:
        value = json.loads(payload)
    except ValueError:  # the sentinel
        return blocks
    holder, key = _somewhere({"": value}, draw)
    holder[key] = ODD[_which([b""] * len(ODD), draw)]
    if holder is not value and isinstance(value, (dict, list)):
        blocks[number] = head + mark + json.dumps(value).encode() + b"\n\n"
    return blocks


def _somewhere(value: Any, draw: Draw) -> tuple[Any, Any]:
    """A dictionary or list within the value, and the key of something in it."""
    from hypothesis import strategies as st

    while True:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = draw(st.sampled_from(keys))
        inner = value[key]
        if (
            not isinstance(inner, (dict, list))
            or not inner
            or (len(value) > 1 and draw(st.booleans()))
        ):
            return value, key
        value = inner
