"""The algorithm of the copies: lines of text in, events out; and the lines that it takes.

Not ``wire.py``, which follows the standard and so says neither whether a type was named nor to
which event a ``retry`` belongs, and dispatches nothing without data. What is wrong with the copies
is mended where it is: in how lines are made of bytes (``Lines``), and in what a blank line after an
``id`` is taken for (``Blocks``).
"""

from __future__ import annotations

import json
from sys import maxsize
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..errors import InputTypeError, LimitExceeded
from ..limits import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Blocks", "Fields", "Lines"]

BYTE_ORDER_MARK = "\ufeff"
LF = b"\n"
CR = b"\r"

#: What lines begin with that wait for their blank line. Of comments nothing is kept.
KEPT = ("data", "event", "id", "retry")

#: Digits of a ``retry`` beyond which it is no time: Python itself refuses to read some thousands.
RETRY_DIGITS = 18

_Event = TypeVar("_Event", bound=tuple[Any, ...])
_new = tuple.__new__  # an event without the detour through its class


class Fields(NamedTuple):
    """The fields of an event, as both copies name them."""

    event: str | None
    data: str
    id: str | None
    retry: int | None

    def json(self) -> Any:
        """The data as JSON values. Raises ``ValueError`` if it is not JSON."""
        return json.loads(self.data)


class Blocks(Generic[_Event]):
    """``decode`` takes the lines of a stream one by one, without their ends."""

    EVENT: type[_Event]
    NO_TYPE: str | None  # the type of an event that names none
    NO_ID: str | None  # the id as long as there is none
    DISPATCHES_ALL: bool  # a block of nothing but an id or a ``retry`` is an event, too

    def __init__(self, *, limits: Limits | None = None) -> None:
        """``limits``: what the fields of an event may come to; ``Limits()`` if not given."""
        self._limits = Limits() if limits is None else limits
        self._forget()

    def _forget(self) -> None:
        self._last_event_id = self.NO_ID
        self._begin()

    def _begin(self) -> None:
        self._event = ""
        self._data: list[str] = []
        self._retry: int | None = None
        self._names_id = False  # this block, not one before it

    def decode(self, line: str) -> _Event | None:
        """The event that this line completes, which has to be a blank one; else ``None``."""
        if line.startswith("data: "):  # nearly all of them
            self._data.append(line[6:])
            return None
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._last_event_id, self._names_id = value, value != ""
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) <= RETRY_DIGITS:
            self._retry = int(value)
        return None

    def _dispatch(self) -> _Event | None:
        said = self._data or self._event
        if not said and not (self.DISPATCHES_ALL and (self._names_id or self._retry is not None)):
            self._begin()
            return None
        kind, data = self._event or self.NO_TYPE, "\n".join(self._data)
        event = _new(self.EVENT, (kind, data, self._last_event_id, self._retry))
        self._begin()
        return event

    def _lines(self) -> Lines[_Event]:
        """A new stream: its bytes in, its events out."""
        self._forget()
        return Lines(self.decode, self._limits.max_event_bytes)


class Lines(Generic[_Event]):
    """Bytes in, and what ``decode`` makes of their lines out. A line ends at LF, CR or CRLF.

    As in ``wire.py``, a line ends at its CR, and an LF that follows is swallowed; what is not UTF-8
    is U+FFFD; a byte order mark is skipped. ``max_event_bytes`` bounds the fields of one event,
    with their names, and any single line.
    """

    __slots__ = (
        "_after_cr", "_decode", "_events", "_kept", "_lines", "_maximum", "_start", "_unfinished",
        "error",
    )  # fmt: skip

    def __init__(self, decode: Callable[[str], _Event | None], maximum: int | None) -> None:
        self.error: LimitExceeded | None = None
        self._decode = decode
        self._maximum = maxsize if maximum is None else maximum
        self._unfinished = bytearray()  # the line whose end has not come
        self._start = 0  # its offset
        self._after_cr = False  # the last push ended with a CR: an LF next belongs to it
        self._kept = 0  # bytes of the fields of the block
        self._lines = 0  # completed
        self._events = 0

    def feed(self, data: bytes | bytearray | memoryview) -> list[_Event]:
        """The events that these bytes completed, in order.

        Raises:
            InputTypeError: ``data`` is not bytes-like.
            LimitExceeded: the fields of an event are more than ``max_event_bytes``.
        """
        if not isinstance(data, (bytes, bytearray, memoryview)):
            raise InputTypeError(f"feed takes bytes, not {type(data).__name__}")
        if self.error is not None:
            raise self.error
        data = bytes(data)
        if self._after_cr and data.startswith(LF):
            self._start += 1
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data.endswith(CR)
        events: list[_Event] = []
        for piece in data.splitlines(keepends=True):  # of bytes: at LF, CR and CRLF only
            if self._kept + len(self._unfinished) + len(piece) > self._maximum:
                self._check(len(self._unfinished) + len(piece.rstrip(CR + LF)))
                if self.error is not None:
                    break
            if not piece.endswith((LF, CR)):
                self._unfinished += piece
            elif self._unfinished:
                piece, self._unfinished = bytes(self._unfinished + piece), bytearray()
                self._end_line(piece, events)
            else:
                self._end_line(piece, events)
        if self.error is not None and not events:
            raise self.error
        return events

    def close(self) -> list[_Event]:
        """The end: a block without its blank line is discarded."""
        return []

    def _end_line(self, line: bytes, events: list[_Event]) -> None:
        self._start += len(line)
        content = line.rstrip(CR + LF)
        text = content.decode("utf-8", "replace")
        if not self._lines:
            text = text.removeprefix(BYTE_ORDER_MARK)
        self._lines += 1
        if not text:
            self._kept = 0
        elif text.startswith(KEPT):
            self._kept += len(content)
        event = self._decode(text)
        if event is not None:
            events.append(event)
            self._events += 1

    def _check(self, size: int) -> None:
        """A line of so many bytes, without its end, beside what is kept of the block."""
        if self._kept + size > self._maximum:
            self._unfinished.clear()
            self.error = LimitExceeded(
                limit="max_event_bytes",
                maximum=self._maximum,
                observed=self._maximum + 1,
                offset=self._start + self._maximum - self._kept,
                line=self._lines + 1,
                event=self._events,
            )
