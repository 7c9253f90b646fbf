"""Whatever is given, the encoder refuses it for a documented reason, or writes what every cutting
decodes to exactly that: no field begins another, nothing is lost. Whatever a decoder reads, of any
bytes, is written again and read back equal.

Allowed outcomes: bytes, ``EncodeError``. All else is a bug.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fuzz.target import Target
from sse_core import (
    Comment,
    EncodeError,
    Limits,
    SSEDecoder,
    SSEObserver,
    encode,
    encode_comment,
    encode_event,
    encode_json,
    encode_retry,
    is_event_stream,
    last_event_id_header,
)
from sse_core.testing import chunkings
from sse_core.testing.encoder_conformance import ATTACKS
from sse_core.testing.vectors import load_wire

#: Between data, event, id, retry and a comment; in UTF-8 it stands nowhere.
SEPARATOR = b"\xfe"
FIELDS = 5
NONE = "-"  # in the place of an event, id or retry: it is left out


def target(name: str) -> Target:
    """The only one of this file."""
    return Target(check, seeds, reaches=("encode.py",))


def seeds() -> Iterator[bytes]:
    """Texts with which encoders went wrong, in each of the fields; and streams."""
    usual = [b"text", b"-", b"-", b"-", b"ping"]
    texts = [text.encode("utf-8", "surrogatepass") for text in ATTACKS.values()]
    texts += [b"", b"[1, NaN]", b'{"a": [1.5, null]}', b"-1", b"10", b"1" * 19, b"9" * 9000]
    texts += [b"Text/Event-Stream ; charset=utf-8", b"\xff", b" x", b"x\t", b"a\x7f", b"\0"]
    for text in texts:
        for place in range(FIELDS):
            fields = [*usual[:place], text, *usual[place + 1 :]]
            yield SEPARATOR.join(fields)
    for vector in load_wire():
        if len(vector.input) < 512:
            yield vector.input


def check(given: bytes) -> None:
    """One run; raises if the invariant is broken."""
    texts = [part.decode("utf-8", "surrogateescape") for part in given.split(SEPARATOR)]
    data, event, id, retry, comment = (texts + [NONE] * FIELDS)[:FIELDS]
    check_event(
        data,
        None if event == NONE else event,
        None if id == NONE else id,
        _number(retry),
        comment,
    )
    check_json(data)
    check_header(id)
    assert is_event_stream(comment) == is_event_stream(f" {comment.upper()};{data}")
    check_again(given, max(1, len(data) % 7))


def check_event(
    data: str, event: str | None, id: str | None, retry: int | None, comment: str
) -> None:
    """One event, between two comments."""
    refused = (
        _surrogates(data + (event or "") + (id or ""))
        or _has(event or "", "\r\n")
        or _has(id or "", "\r\n\0")
        or not (retry is None or 0 <= retry < 10**18)
    )
    try:
        wire = encode_event(data, event=event, id=id, retry=retry)
    except EncodeError:
        assert refused
        return
    assert not refused
    lines = _unified(comment)
    try:
        around = encode_comment(comment)
    except EncodeError:
        assert _surrogates(comment)
        around, lines = b"", ""
    block = b"" if retry is None else encode_retry(retry)
    wire = around + wire + block + around
    for chunks in ([wire], chunkings.bytewise(wire)):
        decoder = SSEDecoder(limits=Limits.unlimited())
        events = [one for chunk in chunks for one in decoder.feed(chunk)]
        got = [(one.data, one.event, one.id) for one in events]
        assert got == [(_unified(data), event or "message", id or "")]
        assert (decoder.retry, decoder.last_event_id) == (retry, id or "")
    observer = SSEObserver(limits=Limits.unlimited())
    said = [one.text for one in observer.feed(wire) if isinstance(one, Comment)]
    assert "\n".join(said) == ("\n".join([lines, lines]) if around else "")


def check_json(text: str) -> None:
    """A JSON value, where the text is one."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    try:
        wire = encode_json(value)
    except EncodeError:
        assert _surrogates(json.dumps(value, ensure_ascii=False)) or _infinite(value)
        return
    (event,) = SSEDecoder(limits=Limits.unlimited()).feed(wire)
    assert json.loads(event.data) == value


def check_header(id: str) -> None:
    """As a header it is one line, and the id."""
    try:
        value = last_event_id_header(id)
    except EncodeError:
        return
    assert (value or b"").decode() == id
    assert not _has(id, "\r\n\0")


def check_again(given: bytes, size: int) -> None:
    """All that is read, written and read."""
    decoder = SSEDecoder(limits=Limits.unlimited())
    events = [one for chunk in chunkings.sized(given, size) for one in decoder.feed(chunk)]
    wire, id = b"", ""
    for one in events:
        wire += encode(one, id)
        id = one.id
    again = SSEDecoder(limits=Limits.unlimited())
    assert again.feed(wire) == events
    assert again.at_boundary


def _number(text: str) -> Any:
    try:
        return int(text[:4000])
    except ValueError:
        return None


def _unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _has(text: str, characters: str) -> bool:
    return any(character in text for character in characters)


def _surrogates(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def _infinite(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return True
    return False
