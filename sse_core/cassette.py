"""Recorded streams: what came, how it was cut, and when. Pure: no clock, no file.

A cassette is JSON lines. The first is the header, each of the others one chunk::

    {"format": "sse-core cassette", "version": 1}
    {"t": 0.0312, "data": "ZGF0YTogYQo="}

``t``: seconds since the recording began, never less than that of the chunk before. ``data``: the
bytes of one read, as base64. The header may hold more facts, by any other names.

>>> lines = list(write_cassette([(0.0, b"data: a\\n"), (0.5, b"\\n")]))
>>> list(read_cassette(lines))
[(0.0, b'data: a\\n'), (0.5, b'\\n')]

``sse-core record`` writes them, ``sse-core replay`` plays them, ``sse-core cut`` makes them of a
plain capture; a test feeds a decoder exactly the recorded pieces.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Any

from .errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FORMAT", "VERSION", "cassette_chunk", "cassette_header", "read_cassette",
           "write_cassette"]  # fmt: skip

#: What the header of a cassette says of itself.
FORMAT = "sse-core cassette"
#: Of the format.
VERSION = 1


def write_cassette(
    chunks: Iterable[tuple[float, bytes | bytearray | memoryview]], **facts: Any
) -> Iterator[str]:
    """The lines of a cassette with these chunks, each with its line feed, made one by one.

    ``facts``: JSON values for the header.

    Raises:
        UsageError: a time that is no number, is below zero or before the one before; data that is
            not bytes; facts that are no JSON, or named ``format`` or ``version``.
    """
    yield cassette_header(**facts)
    before = 0.0
    for number, (t, data) in enumerate(chunks, 1):
        problem = _wrong_time(t, before)
        if problem:
            raise UsageError(f"chunk {number}: {problem}")
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise UsageError(f"chunk {number}: data must be bytes, not {type(data).__name__}")
        before = t
        yield cassette_chunk(t, data)


def cassette_header(**facts: Any) -> str:
    """The first line. Raises as ``write_cassette``."""
    import json

    if not facts.keys().isdisjoint(("format", "version")):
        raise UsageError("format and version of a cassette are not facts to choose")
    try:
        header = {"format": FORMAT, "version": VERSION, **facts}
        return json.dumps(header, ensure_ascii=True, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise UsageError(f"the facts of a header must be JSON: {type(error).__name__}") from None


def cassette_chunk(t: float, data: bytes | bytearray | memoryview) -> str:
    """The line of one chunk, of arguments that are known to be right."""
    return f'{{"t": {t!r}, "data": "{b2a_base64(data, newline=False).decode()}"}}\n'


def read_cassette(lines: Iterable[str | bytes]) -> Iterator[tuple[float, bytes]]:
    """The chunks of a cassette, one by one: seconds since its beginning, and the bytes.

    ``lines`` may be an open file. Empty lines are skipped.

    Raises:
        UsageError: when its turn comes, of the line that is not as it should be: its number, what
            was expected and, without payload, what came.
    """
    import json

    before, seen_header = 0.0, False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            raise _wrong(number, "not JSON") from None
        if not isinstance(fields, dict):
            raise _wrong(number, "not a JSON object")
        if not seen_header:
            _check_header(fields, number)
            seen_header = True
            continue
        t, data = fields.get("t"), fields.get("data")
        problem = _wrong_time(t, before)
        if problem:
            raise _wrong(number, problem)
        if not isinstance(data, str):
            raise _wrong(number, f"data must be base64 text, not {_kind(data)}")
        try:
            chunk = a2b_base64(data)
        except ValueError:
            raise _wrong(number, "data is not base64") from None
        before = float(t)  # type: ignore[arg-type]  # _wrong_time looked
        yield before, chunk
    if not seen_header:
        raise UsageError("not a cassette: it is empty")


def _check_header(fields: dict[str, Any], number: int) -> None:
    if fields.get("format") != FORMAT:
        raise _wrong(number, f'not a cassette: its header must say "format": "{FORMAT}"')
    if fields.get("version") != VERSION or isinstance(fields["version"], bool):
        shown = fields.get("version")
        known = shown if isinstance(shown, int) else _kind(shown)
        raise _wrong(number, f"a cassette of version {known}, not {VERSION}")


def _wrong_time(t: object, before: float) -> str:
    """What is wrong with it, ``""`` if nothing is."""
    if not isinstance(t, (int, float)) or isinstance(t, bool):
        return f"t must be a number of seconds, not {_kind(t)}"
    if not 0 <= t < 1e9:  # thirty years; also what is not finite
        return "t must be at least 0, and a time"
    return f"t is {t}, before the {before} of the chunk before" if t < before else ""


def _wrong(number: int, problem: str) -> UsageError:
    return UsageError(f"line {number}: {problem}")


def _kind(value: object) -> str:
    return "absent" if value is None else type(value).__name__
