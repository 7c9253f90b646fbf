"""Server-sent events to bytes: the exact inverse of ``wire``, and the names a server needs.

Rules of this file:

1. What a reader would not get back is refused with ``EncodeError``, never stripped: a line end in
   an event type or an id would begin a field of the attacker's choice, and dropping it silently
   changes what was said. (Both happened, in more than a dozen servers.)
2. Data may hold anything but lone surrogates. Its line ends may be LF, CR or CRLF and come back as
   LF; nothing in the format could tell them apart.
3. Each function returns whole lines, ended by LF; events end with their blank line. So the results
   can be written in any order, and anything may be put between them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .wire import ServerSentEvent

__all__ = [
    "MEDIA_TYPE",
    "SSE_HEADERS",
    "encode",
    "encode_comment",
    "encode_event",
    "encode_json",
    "encode_retry",
    "is_event_stream",
    "last_event_id_header",
]

#: "This event stream format's MIME type is text/event-stream."
MEDIA_TYPE = "text/event-stream"

#: What a server sends with a stream: the type; that nobody stores it; that nginx does not collect
#: it before passing it on.
SSE_HEADERS: Mapping[str, str] = MappingProxyType(
    {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
)


def encode(event: ServerSentEvent, last_event_id: str = "") -> bytes:
    """The bytes from which a decoder makes an event equal to this one.

    An id lasts until the next one, so it is written only if it differs from ``last_event_id``,
    that of the event before. To write a sequence, pass each event's id on to the next call.

    Every event that a decoder returned comes back equal. Of those made by hand, an empty type
    comes back as ``"message"``, and CR and CRLF in data as LF.

    Raises:
        EncodeError: as ``encode_event``.
    """
    return encode_event(
        event.data,
        event=None if event.event == "message" else event.event,
        id=None if event.id == last_event_id else event.id,
    )


def encode_event(
    data: str, *, event: str | None = None, id: str | None = None, retry: int | None = None
) -> bytes:
    """One event.

    Args:
        data: any text; each of its lines becomes a data line.
        event: the type; ``None`` or ``""`` for the default, ``"message"``.
        id: the last event id from here on; ``""`` clears it, ``None`` leaves it as it is.
        retry: the reconnection time from here on, in milliseconds.

    Raises:
        EncodeError: CR or LF in ``event``; CR, LF or NUL in ``id``; ``retry`` not an int
            from 0 to 10**18 - 1; a lone surrogate anywhere.
    """
    lines = []
    if event:
        lines.append(_field("event", _one_line("event", event, "\r\n")))
    if id is not None:
        lines.append(_field("id", _one_line("id", id, "\r\n\0")))
    if retry is not None:
        lines.append(_retry_field(retry))
    lines += [_field("data", line) for line in _lines("data", data)]
    return _utf8("".join(lines) + "\n")


def encode_json(
    value: Any, *, event: str | None = None, id: str | None = None, retry: int | None = None
) -> bytes:
    """One event whose data is ``value`` as compact JSON, on one line.

    Raises:
        EncodeError: as ``encode_event``; and a value that JSON cannot hold (NaN among them).
    """
    import json  # here, so that importing sse_core does not pay for it

    try:
        data = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise EncodeError(f"not a JSON value: {type(error).__name__}") from error
    return encode_event(data, event=event, id=id, retry=retry)


def encode_comment(text: str = "") -> bytes:
    """Comment lines, which every reader ignores: a heartbeat. Each line of ``text`` is one.

    No blank line follows: between two events it needs none, and within one it would end it.

    Raises:
        EncodeError: a lone surrogate in ``text``.
    """
    return _utf8("".join(f": {line}\n" for line in _lines("comment", text)))


def encode_retry(milliseconds: int) -> bytes:
    """A block that sets the reconnection time and dispatches nothing.

    Raises:
        EncodeError: not an int from 0 to 10**18 - 1.
    """
    return _utf8(_retry_field(milliseconds) + "\n")


def is_event_stream(content_type: str | bytes | None) -> bool:
    """Whether a Content-Type value says ``text/event-stream``; parameters and case do not matter.

    >>> is_event_stream("Text/Event-Stream; charset=utf-8")
    True
    """
    if isinstance(content_type, bytes):
        content_type = content_type.decode("latin-1")
    essence = (content_type or "").partition(";")[0]
    return essence.strip(" \t\r\n").lower() == MEDIA_TYPE


def last_event_id_header(last_event_id: str, *, max_bytes: int = 8192) -> bytes | None:
    """The value of the ``Last-Event-ID`` header for a reconnection; ``None`` if none is sent.

    "If the EventSource object's last event ID string is not the empty string, then: Let
    lastEventIDValue be the EventSource object's last event ID string, encoded as UTF-8."

    Raises:
        EncodeError: the id came from a peer, and HTTP cannot carry every id: control characters,
            white space at an end (HTTP would strip it), more than ``max_bytes``.
    """
    _text("id", last_event_id)
    if not last_event_id:
        return None
    if any((c < " " and c != "\t") or c == "\x7f" for c in last_event_id):
        raise EncodeError("an id with a control character cannot be an HTTP header value")
    if last_event_id.strip(" \t") != last_event_id:
        raise EncodeError("an id that begins or ends with white space does not survive HTTP")
    value = _utf8(last_event_id)
    if len(value) > max_bytes:
        raise EncodeError(f"an id of {len(value)} bytes, more than max_bytes={max_bytes}")
    return value


def _field(name: str, value: str) -> str:
    # Always a space behind the colon: a reader takes one away, so a value keeps its own.
    return f"{name}: {value}\n"


def _retry_field(milliseconds: int) -> str:
    if type(milliseconds) is not int or not 0 <= milliseconds < 10**18:
        raise EncodeError("retry must be an int of milliseconds, at least 0 and below 10**18")
    return _field("retry", str(milliseconds))


def _text(name: str, value: str) -> str:
    if not isinstance(value, str):
        raise EncodeError(f"{name} must be str, not {type(value).__name__}")
    return value


def _one_line(name: str, value: str, forbidden: str) -> str:
    for character in forbidden:
        if character in _text(name, value):
            raise EncodeError(f"{name} must not contain {_NAMES[character]}")
    return value


def _lines(name: str, text: str) -> list[str]:
    # Not str.splitlines: it also splits at U+2028 and seven others, which are data.
    return _text(name, text).replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise EncodeError("a lone surrogate is not text: UTF-8 cannot hold it") from None


_NAMES = {"\r": "CR", "\n": "LF", "\0": "NUL"}
