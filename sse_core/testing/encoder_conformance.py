"""Hold any encoder of server-sent events to the laws: ``check_encoder(encode)``.

An encoder is a function ``encode(data, event=None, id=None, retry=None)`` to bytes or text. What it
writes must decode, by the reference model, to what it was given, and to nothing else: whatever
stands in a text, it may not become a field, an event or an id of its own. What a reader would
not get back it refuses, by raising; to refuse anything else, to leave something out, or to write
something else is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from . import reference
from .conformance import Check
from .failures import ConformanceError, answered, patience, said_of

__all__ = ["ATTACKS", "check_encoder", "encoder_checks"]

Encode = Callable[..., Any]

#: Texts with which encoders were seen to go wrong, for data, type and id in turn.
ATTACKS: dict[str, str] = {
    "plain text": "x1",
    "nothing": "",
    "a line feed": "a\nb",
    "a carriage return": "a\rb",
    "both": "a\r\nb",
    "line feeds around": "\na\n",
    "a carriage return at the end": "a\r",
    "an event of its own": "a\n\ndata: b\n\n",
    "an event of its own, by carriage returns": "a\r\rdata: b\r\r",
    "a field of its own": "a\nid: 9\nretry: 1",
    "a comment of its own": "a\n: b",
    "a space in front": " a",
    "two spaces in front": "  a",
    "a colon in front": ":a",
    "a byte order mark": "\ufeffa",
    "line separators of other standards": "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg",
    "a NUL": "a\0b",
    "characters of four bytes": "😀",
    "half a surrogate pair": "a\ud83db",
}


def check_encoder(encode: Encode) -> None:
    """Hold an encoder to it.

    Raises:
        ConformanceError: ``chunks`` holds what it wrote, ``expected`` what it was given.
    """
    for check in encoder_checks(encode):
        check.run()


def encoder_checks(encode: Encode) -> list[Check]:
    """A check for each attack on each place."""
    texts = [
        _check(encode, place, name, text)
        for name, text in ATTACKS.items()
        for place in ("data", "event", "id")
    ]
    times = (0, 3000, -1, 1.5, "1\ndata: x")
    return [
        *texts,
        *(Check(f"encoder/retry/{one!r}", "must", partial(_retry, encode, one)) for one in times),
    ]


def _check(encode: Encode, place: str, name: str, text: str) -> Check:
    given: dict[str, Any] = {"data": "x", place: text}
    law = f"round trip: {name} in the {place}"

    @said_of("encoder")
    def run() -> None:
        wire = _written(encode, given, law, good=_comes_back(place, text))
        if wire is None:
            return
        # Line ends in data have one spelling after decoding.
        data = given["data"].replace("\r\n", "\n").replace("\r", "\n")
        expected = [(given.get("event") or "message", data, given.get("id", ""))]
        found = reference.decode(wire)
        got = [(event.event, event.data, event.id) for event in found.events]
        if got != expected or found.retry is not None or found.tail is not None:
            raise ConformanceError(law, [wire], expected, got)

    return Check(f"encoder/{place}/{name}", "must", run)


@said_of("encoder")
def _retry(encode: Encode, retry: Any) -> None:
    law, given = "round trip: the reconnection time", {"data": "x", "retry": retry}
    good = isinstance(retry, int) and retry >= 0
    wire = _written(encode, given, law, good=good)
    if wire is None:
        return
    found = reference.decode(wire)
    got = ([(event.event, event.data, event.id) for event in found.events], found.retry)
    if not good or got != ([("message", "x", "")], retry):
        raise ConformanceError(law, [wire], given, got)


def _comes_back(place: str, text: str) -> bool:
    """Whether a reader gets this text back, written line by line."""
    lines = [f"{place}: {line}\n" for line in (text.split("\n") if place == "data" else [text])]
    try:
        wire = "".join(["data: x\n" if place != "data" else "", *lines, "\n"]).encode()
    except UnicodeEncodeError:
        return False
    return [getattr(event, place) for event in reference.decode(wire).events] == [text]


def _written(encode: Encode, given: dict[str, Any], law: str, *, good: bool) -> bytes | None:
    """What it wrote; ``None`` if it refused what is not ``good``."""
    try:
        with patience([], given):
            wire = answered(lambda: encode(**given), [], given)
    except ConformanceError as error:
        if not isinstance(error.__cause__, Exception):
            raise
        if good:
            got = f"refused, though it can be written: {error.got}"
            raise ConformanceError(law, [], given, got) from error.__cause__
        return None  # how it refuses is its own business
    if isinstance(wire, str):
        try:
            return wire.encode()
        except UnicodeEncodeError as error:
            raise ConformanceError(law, [], given, f"text that cannot be sent: {error}") from error
    if not isinstance(wire, bytes):
        raise ConformanceError(law, [], given, f"a {type(wire).__name__}, not bytes or text")
    return wire
