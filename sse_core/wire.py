"""Bytes in, server-sent events out.

The standard: https://html.spec.whatwg.org/multipage/server-sent-events.html, sections 9.2.5
(parsing) and 9.2.6 (interpreting an event stream). Its sentences stand at the lines that follow
them.

Rules of this file:

1. It follows the standard to the letter: no leniency for one server, no knowledge of JSON.
2. It imports ``errors`` and ``limits`` only, so that the three files can be copied together.
3. No byte is looked at more often than a fixed number of times, whatever the cutting. What is
   unfinished waits in a ``bytearray``; what cannot matter any more is dropped as it comes.

How it works. A *line* ends at LF, CR or CRLF. ``_interpret_lines`` finds the lines one by one,
keeps the limits, and hands each to ``_take_lines``, which is what the standard says of lines.
These two are the whole decoder. Nearly all traffic is well-formed and far from any limit, and
there *blocks* are quicker than lines: what has no blank line yet just waits (``_wait``), and
``_take_blocks`` reads all that are whole at once, by the commonest kinds: one event, many of one
data line each, and any. Whatever looks unusual, or is asked for (``_settle``), goes line by line.

When an item is done. A line ends *at its CR*: whether an LF follows is known only with the next
byte, which may come minutes later or never, so that byte is swallowed when it comes. Item ranges
follow from this: ``end`` is the offset behind the LF or the CR that completed the item, and
``start`` is the ``end`` of the item before it. So ranges tile the input exactly, and are the same
for every cutting: joined in order they are the stream.
"""

from __future__ import annotations

from itertools import accumulate
from sys import maxsize
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, NoReturn, TypeAlias, TypeVar

from .errors import EXCERPT_BYTES, InputTypeError, InvalidUTF8, LimitExceeded, UsageError, WireError
from .limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence, Sized

    from typing_extensions import Self

__all__ = [
    "Comment",
    "EmptyBlock",
    "IgnoredField",
    "Retry",
    "SSEDecoder",
    "SSEObserver",
    "ServerSentEvent",
    "Tail",
    "WireItem",
]

STATE_VERSION = 1

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LF, CR = 0x0A, 0x0D

# Field names the standard knows, and every beginning of one: a line that is neither can be
# dropped before it ends.
FIELD_NAMES = frozenset((b"data", b"event", b"id", b"retry"))
FIELD_PREFIXES = frozenset(name[: n + 1] for name in FIELD_NAMES for n in range(len(name)))
LONGEST_FIELD = len(b"retry:")
LEAST_EVENT = len(b"data\n\n")
MOST_WAITING = 4 * 1024  # bytes of a block that is not whole; longer ones go line by line


class ServerSentEvent(NamedTuple):
    """One dispatched event.

    Two events are equal if type, data and id are: where one stood is not what it said.
    (A tuple underneath, because that is fastest; use the names, positions are not promised.)

    Attributes:
        event: the event type; ``"message"`` if the stream named none.
        data: the data lines joined by line feeds, without the last one.
        id: the last event id at this point, which lasts over events that bring none; ``""`` if
            there is none. What a reconnection would send as ``Last-Event-ID``.
        start, end: the bytes of the stream it was made from, as offsets: from the end of the
            item before it to behind the line end that completed it.
    """

    event: str = "message"
    data: str = ""
    id: str = ""
    start: int = 0
    end: int = 0

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self[:3] == other[:3]

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self[:3])


class Comment(NamedTuple):
    """A line that begins with a colon: ``text`` is what follows it, without one leading space."""

    text: str
    start: int
    end: int


class Retry(NamedTuple):
    """A ``retry`` field that set the reconnection time, in milliseconds (clamped by ``Limits``)."""

    milliseconds: int
    start: int
    end: int


class IgnoredField(NamedTuple):
    """A line the standard ignores: unknown name, ``retry`` not of digits, ``id`` with a NUL."""

    line: str
    start: int
    end: int

    @property
    def name(self) -> str:
        """The name of the field: all of the line, if it has no colon."""
        return self.line.partition(":")[0]

    @property
    def value(self) -> str:
        """The value of the field, without one leading space."""
        return self.line.partition(":")[2].removeprefix(" ")


class EmptyBlock(NamedTuple):
    """A block with an ``event`` or ``id`` field and no data: nothing is dispatched.

    Its id counts all the same: ``id`` is the last event id after it. ``event`` is the type it
    named, ``""`` if none.
    """

    event: str
    id: str
    start: int
    end: int


class Tail(NamedTuple):
    """What the stream ended in the middle of, and the standard discards.

    Attributes:
        start, end: its bytes in the stream.
        line: the unfinished line, ``b""`` if the last line was whole. Nothing is kept of a line
            that would have been ignored.
        pending: the event that two more line feeds would have completed, ``None`` if none. Its
            data may be cut anywhere: nothing says that it is whole.
    """

    start: int
    end: int
    line: bytes
    pending: ServerSentEvent | None

    def as_json(self) -> list[Any]:
        """The fields as JSON values, for ``dump``."""
        pending = self.pending and list(self.pending)
        return [self.start, self.end, self.line.decode("latin-1"), pending]

    @classmethod
    def from_json(cls, fields: list[Any]) -> Tail:
        """The inverse of ``as_json``."""
        start, end, line, pending = fields
        return cls(start, end, line.encode("latin-1"), pending and ServerSentEvent(*pending))


#: Whatever ``SSEObserver.feed`` and ``close`` hand out.
WireItem: TypeAlias = ServerSentEvent | Comment | Retry | IgnoredField | EmptyBlock | Tail

_Labels: TypeAlias = tuple[str, str, str | None, int]  # the lines, event type, id, how many
_NO_LABELS: _Labels = ("", "message", None, 2)
_Item = TypeVar("_Item")
_new = tuple.__new__  # an event without the detour through its class


class _Interpreter(Generic[_Item]):
    """The machine; the two classes below differ only in what they let out. Its life::

              feed                    close                   reset
    OPEN      OPEN; beyond a limit,   CLOSED                  OPEN
              FAILED
    CLOSED    UsageError              CLOSED                  OPEN
    FAILED    the same error again    the same error again    OPEN
    """

    __slots__ = (
        "_after_cr", "_begun", "_closed", "_count", "_cut", "_data", "_data_guard", "_error",
        "_errors", "_event_type", "_events", "_fields", "_guard", "_id", "_ignoring", "_labels",
        "_last_event_id", "_limits", "_line_start", "_lines", "_most_bytes", "_most_events",
        "_most_waiting", "_offset", "_prompt", "_quick_until", "_retry", "_room", "_short", "_tail",
        "_unfinished", "_waiting",
    )  # fmt: skip

    _observing = False

    def __init__(
        self,
        *,
        last_event_id: str = "",
        limits: Limits | None = None,
        errors: Literal["replace", "strict"] = "replace",
    ) -> None:
        """A decoder at the start of a stream.

        Args:
            last_event_id: the id to begin with, as after a reconnection.
            limits: the caps; ``Limits()`` if not given.
            errors: what to do about bytes that are not UTF-8. ``"replace"`` is the standard:
                each ill-formed part becomes U+FFFD. ``"strict"`` raises ``InvalidUTF8`` if a
                data, event or id value has one.
        """
        if not isinstance(last_event_id, str) or any(c in last_event_id for c in "\0\r\n"):
            raise UsageError("last_event_id must be text without NUL, CR and LF")
        if errors not in ("replace", "strict"):
            raise UsageError(f"errors must be 'replace' or 'strict', not {errors!r}")
        self._limits = limits = Limits() if limits is None else limits
        self._errors = errors
        self._most_events = _cap(limits.max_events)
        self._most_bytes = _cap(limits.max_total_bytes)
        # Characters of an event type or id that are surely within its limit on bytes.
        self._short = min(_cap(limits.max_event_name_bytes), _cap(limits.max_id_bytes)) // 4
        # No line shorter than its guard can pass a limit, so most lines need one comparison.
        self._data_guard = min(_cap(limits.max_line_bytes), _cap(limits.max_event_bytes))
        self._guard = min(
            self._data_guard, _cap(limits.max_event_name_bytes), _cap(limits.max_id_bytes)
        )
        # What waits is within all limits.
        self._most_waiting = min(MOST_WAITING, self._guard)
        self._prompt = self._observing or errors == "strict"
        self._last_event_id = last_event_id
        self._retry: int | None = None
        self._start_connection()

    def _start_connection(self) -> None:
        self._closed = False
        self._error: WireError | None = None
        self._tail: Tail | None = None
        self._begun = False  # whether the byte order mark was dealt with
        self._offset = 0  # bytes taken
        self._lines = 0  # completed
        self._events = 0  # dispatched
        self._cut = 0  # where the last item ended
        self._drop_buffers()

    def _drop_buffers(self) -> None:
        self._quick_until = -1  # the offset up to which blocks may be taken whole
        self._waiting = b""  # the beginning of a block, if nothing else is in progress
        self._labels = _NO_LABELS  # what the last block was labelled with
        self._room = 0  # what the line in progress may grow to without asking what it is
        self._after_cr = False  # the last line ended at a CR: an LF next belongs to it
        self._unfinished = bytearray()  # the line whose end has not come
        self._ignoring = False  # ... or it is one to ignore, and not kept
        self._line_start = 0  # its offset
        self._data = bytearray()  # "data buffer"
        self._event_type = ""  # "event type buffer"
        self._id = self._last_event_id  # "last event ID buffer"
        self._fields = False  # the block has a field on which a blank line acts
        self._count = 0  # bytes of the block's values: what max_event_bytes counts

    # -- the verbs ---------------------------------------------------------------------------

    def feed(self, data: bytes | bytearray | memoryview) -> list[_Item]:
        """What these bytes completed, in order. ``data`` may be cut anywhere.

        Nothing returned shares memory with ``data``. If a limit is passed after something was
        completed, that is returned, and the next call raises.

        Raises:
            LimitExceeded: the stream passed one of the ``Limits``.
            InvalidUTF8: a value is ill-formed, and ``errors="strict"``.
            InputTypeError: ``data`` is not bytes-like.
            UsageError: the decoder is closed.
        """
        if type(data) is not bytes:
            data = _as_bytes(data)
        items: list[Any] = []
        if self._offset + len(data) <= self._quick_until:
            if LF in data or CR in data:
                if not self._waiting and self._take_one(data, items):
                    return items
                data = self._take_blocks(data, items)
                if not data:
                    return items
            elif len(self._waiting) + len(data) < self._most_waiting:
                self._waiting += data  # a copy, but never of more than MOST_WAITING
                self._offset += len(data)
                return items
        elif self._room and self._more_of_a_line(data):
            return items
        if self._error is not None or self._closed:
            self._refuse()
        if not data:
            return items
        self._settle()
        self._room = 0
        try:
            if self._offset + len(data) > self._most_bytes:
                self._interpret_up_to_limit(data, items)
            self._interpret(data, items)
        except WireError as error:
            self._fail(error)
            if not items:
                raise
        return items

    def close(self) -> list[_Item]:
        """The end of the input. An unfinished event is discarded; ``tail`` tells what it was.

        Idempotent. Raises what ``feed`` raised, if it did.
        """
        if self._error is not None:
            self._refuse()
        if self._closed:
            return []
        self._settle()
        tail = None if self.at_boundary else self._discarded()
        self._closed = True
        self._tail = tail
        self._drop_buffers()
        return [tail] if tail is not None and self._observing else []  # type: ignore[list-item]

    def reset(self) -> None:
        """A new connection begins: everything is forgotten but ``last_event_id`` and ``retry``."""
        self._start_connection()

    # -- what can be asked -------------------------------------------------------------------

    @property
    def last_event_id(self) -> str:
        """The id that a reconnection sends; ``""`` for none. Moved by blocks without data, too."""
        return self._last_event_id

    @property
    def retry(self) -> int | None:
        """The reconnection time the stream asked for, in milliseconds; ``None`` if it did not."""
        self._settle()
        return self._retry

    @property
    def limits(self) -> Limits:
        """The caps this decoder keeps."""
        return self._limits

    @property
    def offset(self) -> int:
        """Bytes of this connection taken so far; after an error, those before the bad one."""
        return self._offset

    @property
    def at_boundary(self) -> bool:
        """Whether something may be put into the stream here (say, a heartbeat) unharmed.

        True where no line is unfinished and no field waits for its blank line; false after an
        error and after a stream that ended in the middle. Before the first byte, too; but what is
        put there, a byte order mark must not follow.
        """
        self._settle()
        return not (
            self._unfinished
            or self._ignoring
            or self._fields
            or self._error is not None
            or self._tail is not None
        )

    @property
    def pending_bytes(self) -> int:
        """Bytes of values held for the event in progress: what ``max_event_bytes`` counts."""
        self._settle()
        name, start = _known_field(self._unfinished, ended=False)
        if not name:
            return self._count
        joint = name == b"data" and bool(self._data)
        return self._count + joint + len(self._unfinished) - start

    @property
    def tail(self) -> Tail | None:
        """After ``close``: what the stream ended in the middle of; ``None`` if it did not."""
        return self._tail

    @property
    def error(self) -> WireError | None:
        """The error that stopped this decoder, even before it is raised; ``None`` if none did."""
        return self._error

    # -- a push ------------------------------------------------------------------------------

    def _interpret(self, data: bytes, items: list[Any]) -> None:
        if not self._begun:
            data = self._skip_byte_order_mark(data)
        if self._after_cr and data:
            self._after_cr = False
            if data[0] == LF:
                self._offset += 1
                data = data[1:]
        if data and self._in_progress():
            lines, blank, data = data.partition(b"\r\n\r\n" if CR in data else b"\n\n")
            self._interpret_lines(lines + blank, items)
        self._quick_until = self._far()
        if self._offset + len(data) <= self._quick_until:
            data = self._take_blocks(data, items)
        if data:
            self._interpret_lines(data, items)
            self._quick_until = self._far()

    def _far(self) -> int:
        """The offset up to which blocks may be taken whole, as no total is passed before; -1 where
        there is a line or a block in progress."""
        if self._after_cr or self._in_progress():
            return -1
        return min(
            self._most_bytes, self._offset + LEAST_EVENT * (self._most_events - self._events)
        )

    def _in_progress(self) -> bool:
        return bool(self._unfinished or self._fields or self._count or self._ignoring)

    def _skip_byte_order_mark(self, data: bytes) -> bytes:
        """'The UTF-8 decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any.'"""
        data = bytes(self._unfinished) + data
        if len(data) < len(BYTE_ORDER_MARK) and BYTE_ORDER_MARK.startswith(data):
            self._unfinished, self._offset = bytearray(data), len(data)
            return b""
        self._begun = True
        self._unfinished, self._offset = bytearray(), 0
        if data.startswith(BYTE_ORDER_MARK):
            self._offset = len(BYTE_ORDER_MARK)
            data = data[len(BYTE_ORDER_MARK) :]
        return data

    # -- whole blocks ------------------------------------------------------------------------
    # What is done here agrees with ``_interpret_lines``; what might not is left to it.

    def _take_one(self, data: bytes, items: list[Any]) -> bool:
        """One block: lines that label it, if any, and one data line. False if it is another."""
        size = len(data)
        if size >= self._data_guard:
            return False
        try:
            if data.find(b"\n") == size - 2 and data.startswith(b"data: ") and CR not in data:
                if data[-1] != LF:
                    return False
                kind, lines, width = "message", 2, 1
                value = data[len("data: ") : -2].decode()
            else:
                newline = "\r\n" if CR in data else "\n"
                width = len(newline)
                head, _, rest = data.decode().partition("data: ")
                value = rest[: -2 * width]
                if rest[-2 * width :] != newline * 2 or "\n" in value or "\r" in value:
                    return False
                labels = self._labels
                if head != labels[0]:
                    others = _labels(head, newline, self._short)
                    if others is None:
                        return False
                    self._labels = labels = others
                _, kind, id, lines = labels
                if id is not None:
                    self._id = self._last_event_id = id
        except UnicodeDecodeError:
            return False
        start = self._cut
        self._offset = end = self._offset + size
        # The LF of a CRLF comes after the CR that completes an item.
        self._cut = end = end - (width - 1)
        self._lines += lines
        self._events += 1
        items.append(_new(ServerSentEvent, (kind, value, self._id, start, end)))
        return True

    def _take_blocks(self, push: bytes, items: list[Any]) -> bytes:
        """The blocks that this push completes; what follows them waits for its blank line.

        Returns what has to go line by line.
        """
        blank = b"\r\n\r\n" if CR in push else b"\n\n"
        data, waiting = push, self._waiting
        if waiting:
            if LF in waiting and (CR in waiting) != (CR in push):
                return self._settle(push)
            data = waiting + push
        last = data.rfind(blank)
        if last < 0:
            return self._wait(push)
        stop = last + len(blank)
        whole, rest = data[:stop], data[stop:]
        if waiting:
            self._offset -= len(waiting)
            self._waiting = b""
        if len(push) > len(waiting) or not self._take_one(whole, items):
            taken = self._take_whole(whole, blank, items)
            self._offset += taken
            if taken < stop:
                return self._settle(data[taken:])
        if LF in rest and (CR in rest) != (CR in push):  # other line ends: it may be whole blocks
            return self._settle(rest)
        return self._wait(rest)

    def _take_whole(self, data: bytes, blank: bytes, items: list[Any]) -> int:
        """Whole blocks. Returns how many bytes were taken: those before what is not UTF-8, or so
        long that it may be beyond a limit."""
        if len(data) >= self._data_guard and max(map(len, data.split(blank))) >= self._data_guard:
            return 0
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return 0
        is_ascii = len(text) == len(data)  # if it is not, offsets need the lengths in bytes
        width = len(blank) // 2
        if data.startswith(b"data: "):
            start = len("data: ")
            between = "\n\ndata: " if width == 1 else "\r\n\r\ndata: "
            values = text[start : -len(blank)].split(between)
            inside = "".join(values)
            if "\n" not in inside and "\r" not in inside:
                # Blocks that are all one data line: nearly all traffic.
                sizes = values if is_ascii else data[start : -len(blank)].split(between.encode())
                # The LF of a CRLF comes after the CR that completes an item.
                position = self._offset - (width - 1)
                around, id = len(between), self._id
                events = [
                    _new(
                        ServerSentEvent,
                        ("message", value, id, position, position := position + len(size) + around),
                    )
                    for value, size in zip(values, sizes)
                ]
                if self._cut != events[0].start:  # something came before that is not handed out
                    events[0] = _new(ServerSentEvent, (*events[0][:3], self._cut, events[0].end))
                items += events
                self._cut = position
                self._lines += 2 * len(events)
                self._events += len(events)
                return len(data)
        if not _is_alike(data):
            return 0
        newline = "\n" if width == 1 else "\r\n"
        blocks = text[: -len(blank)].split(newline * 2)
        sizes = blocks if is_ascii else data[: -len(blank)].split(blank)
        return self._take_each(blocks, sizes, newline, items)

    def _take_each(
        self, blocks: list[str], sizes: Sequence[str | bytes], newline: str, items: list[Any]
    ) -> int:
        """Blocks of all kinds. Returns how many bytes were taken."""
        width, observing = len(newline), self._observing
        first = position = self._offset - (width - 1)
        cut, id, events, lines = self._cut, self._id, 0, 0
        labels: _Labels | None = self._labels
        for block, size in zip(blocks, sizes):
            begin, position = position, position + len(size) + 2 * width
            head, found, value = block.partition("data: ")
            if found and "\n" not in value:
                if labels is None or labels[0] != head:
                    labels = _labels(head, newline, self._short)
                if labels is not None:
                    _, kind, new, more = labels
                    if new is not None:
                        id = new
                    items.append(_new(ServerSentEvent, (kind, value, id, cut, position)))
                    cut = position
                    events += 1
                    lines += more
                    continue
            elif block[:1] == ":" and "\n" not in block:
                if observing:
                    end = position - width
                    items.append(_new(Comment, (block[1:].removeprefix(" "), cut, end)))
                    cut = end
                lines += 2
                continue
            parts = block.split(newline)
            inside: Iterable[Sized] = parts
            if isinstance(size, bytes):
                inside = size.split(newline.encode())
            ends = [*(len(part) + width for part in inside), width]
            ends[0] += begin
            self._cut, self._id = cut, id
            if not self._take_lines([*parts, ""], accumulate(ends), self._short, items):
                position = begin
                break
            cut, id = self._cut, self._id
            lines += len(parts) + 1
        self._cut, self._id, self._last_event_id = cut, id, id
        self._events += events
        self._lines += lines
        return position - first

    def _wait(self, data: bytes) -> bytes:
        """More of a block that is not whole, if its lines can wait. Returns what cannot."""
        waiting = self._waiting + data
        if (
            len(waiting) >= self._most_waiting
            or not _is_alike(data)
            or (self._prompt and not self._can_wait(waiting))
        ):
            return self._settle(data)
        self._waiting = waiting
        self._offset += len(data)
        return b""

    def _can_wait(self, block: bytes) -> bool:
        """Whether its lines give neither an item nor an error before their blank line comes."""
        if LF not in block:
            return True
        known = block.count(b"\ndata: ", 0, block.rfind(b"\n"))
        return (
            block.startswith((b"data: ", b"event: ", b"id: "))
            and block.count(b"\n") == 1 + known
            and 0 not in block
            and (self._errors == "replace" or block.isascii())
        )

    def _settle(self, data: bytes = b"") -> bytes:
        """What waits goes line by line, so that all of the state tells of it. Returns ``data``."""
        if self._waiting:
            self._quick_until = -1
            waiting, self._waiting = self._waiting, b""
            self._offset -= len(waiting)
            self._interpret_lines(waiting, [])
        return data

    def _more_of_a_line(self, data: bytes) -> bool:
        """A push in the middle of a line that is kept."""
        line = self._unfinished
        if (
            len(line) + len(data) >= self._room
            or LF in data
            or CR in data
            or self._offset + len(data) > self._most_bytes
        ):
            return False
        line += data
        self._offset += len(data)
        return True

    # -- lines -------------------------------------------------------------------------------

    def _interpret_lines(self, data: bytes, items: list[Any]) -> None:
        """Any bytes, line by line. ``bytes.splitlines`` splits at LF, CR and CRLF, no others."""
        position = self._offset
        for line in data.splitlines(True):
            begin = position
            position += len(line)
            end = position
            if line[-1] == LF:
                if line[-2:] == b"\r\n":
                    end -= 1
                    line = line[:-2]
                else:
                    line = line[:-1]
            elif line[-1] == CR:
                line = line[:-1]
            else:
                self._hold(line, begin)
                break
            self._lines += 1
            if self._ignoring:
                self._ignoring = False
                continue
            if self._unfinished:
                begin = self._line_start
                line = bytes(self._unfinished) + line
                self._unfinished, self._line_start = bytearray(), 0
            if line:
                self._check_line(line, begin)
            elif self._data and self._events >= self._most_events:
                raise self._exceeded("max_events", end - 1)
            self._take_lines([_replaced(line)], [end], maxsize, items)
            if not line:
                self._count = 0
        self._after_cr = data[-1] == CR
        self._offset = position

    def _check_line(self, line: bytes, begin: int) -> None:
        """Whether it is within the limits, and well-formed where that is asked; what it counts."""
        if self._count + len(line) >= self._guard_of(line):
            self._enforce_limits(line, begin, ended=True)
        name, start = _known_field(line, ended=True)
        if name:
            self._count += len(line) - start + (name == b"data" and bool(self._data))
        if self._errors == "strict" and name in (b"data", b"event", b"id"):
            try:
                line[start:].decode()
            except UnicodeDecodeError as error:
                raise InvalidUTF8(
                    offset=begin + start + error.start,
                    line=self._lines,
                    event=self._events,
                    excerpt=line[start + error.start :],
                ) from None

    def _take_lines(
        self, lines: Sequence[str], ends: Iterable[int], short: int, items: list[Any]
    ) -> bool:
        """Process one line, or all lines of a block, which end at these offsets.

        False, and nothing was done, if an event type or an id is longer than ``short``.
        """
        observing, first = self._observing, len(items)
        kind, id, last_event_id = self._event_type, self._id, self._last_event_id
        fields, retry = self._fields, self._retry
        before, values = self._data, []  # the data lines of earlier calls, and of this
        cut, events = self._cut, 0
        for line, end in zip(lines, ends):
            if line.startswith("data: "):  # nearly all of them
                values.append(line[6:])
            elif line:
                # "Collect the characters on the line before the first U+003A COLON character (:),
                # and let field be that string. ... If value starts with a U+0020 SPACE character,
                # remove it from value." Without a colon, "using the whole line as the field name,
                # and the empty string as the field value."
                name, colon, value = line.partition(":")
                value = value.removeprefix(" ")
                item: Any = None
                # "Field names must be compared literally, with no case folding performed."
                if name == "data":
                    # "Append the field value to the data buffer, then append a single U+000A LINE
                    # FEED (LF) character to the data buffer."
                    values.append(value)
                elif name == "event":
                    # "Set the event type buffer to the field value."
                    if len(value) > short:
                        break
                    kind, fields = value, True
                elif name == "id":
                    # "If the field value does not contain U+0000 NULL, then set the last event ID
                    # buffer to the field value. Otherwise, ignore the field."
                    if len(value) > short:
                        break
                    if "\0" in value:
                        item = (IgnoredField, line)
                    else:
                        id, fields = value, True
                elif name == "retry" and value.isascii() and value.isdigit():
                    # "If the field value consists of only ASCII digits, then interpret the field
                    # value as an integer in base ten, and set the event stream's reconnection time
                    # to that integer. Otherwise, ignore the field."
                    retry = _clamped(value, self._limits.max_retry_ms)
                    item = (Retry, retry)
                elif colon and not name:
                    # "If the line starts with a U+003A COLON character (:): Ignore the line."
                    item = (Comment, value)
                else:
                    # "Otherwise: The field is ignored."
                    item = (IgnoredField, line)
                if observing and item:
                    items.append(_new(item[0], (item[1], cut, end)))
                    cut = end
            else:
                # "If the line is empty (a blank line): Dispatch the event."
                # 1. "Set the last event ID string of the event source to the value of the last
                #    event ID buffer. The buffer does not get reset, so the last event ID string
                #    ... remains set to this value until the next time it is set by the server."
                last_event_id = id
                if values or before:
                    # 3. "If the data buffer's last character is a U+000A LINE FEED (LF) character,
                    #    then remove the last character from the data buffer."
                    data = "\n".join(values) if values else _replaced(before[:-1])
                    items.append(_new(ServerSentEvent, (kind or "message", data, id, cut, end)))
                    cut, events = end, events + 1
                    before, values = bytearray(), []
                elif fields and observing:
                    # 2. "If the data buffer is an empty string, set the data buffer and the event
                    #    type buffer to the empty string and return."
                    items.append(_new(EmptyBlock, (kind, id, cut, end)))
                    cut = end
                kind, fields = "", False
        else:
            self._event_type, self._id, self._last_event_id = kind, id, last_event_id
            self._fields, self._retry = fields or bool(values), retry
            self._data = before
            if values:
                before += values[0].encode() + b"\n"
            self._cut, self._events = cut, self._events + events
            return True
        del items[first:]
        return False

    def _hold(self, piece: bytes, begin: int) -> None:
        """Keep the beginning of a line whose end has not come, unless it can never matter."""
        if self._ignoring:
            return
        line = self._unfinished
        if not line:
            self._line_start = begin
        undecided = len(line) < LONGEST_FIELD
        line += piece
        if undecided and not (self._observing or line[:5] == b"data:" or _may_be_field(line)):
            self._ignoring = True
            self._unfinished, self._line_start = bytearray(), 0
            return
        room = self._guard_of(line) - self._count - len(line)
        if room <= 0:
            self._enforce_limits(line, self._line_start, ended=False)
        elif len(line) >= LONGEST_FIELD:
            self._room = room + len(line)

    # -- limits ------------------------------------------------------------------------------

    def _guard_of(self, line: bytes | bytearray) -> int:
        return self._data_guard if line[0] == ord("d") else self._guard

    def _enforce_limits(self, line: bytes | bytearray, begin: int, *, ended: bool) -> None:
        """Raise if this line, whole or so far, passes a limit: the first byte too many decides."""
        limits = self._limits
        name, start = _known_field(line, ended=ended)
        length = len(line) - start
        passed: list[tuple[int, str]] = []  # (which byte of the line was too many, for what)
        if (name or self._observing) and len(line) > _cap(limits.max_line_bytes):
            passed.append((_cap(limits.max_line_bytes), "max_line_bytes"))
        if name:
            joint = name == b"data" and bool(self._data)  # the line feed between two data lines
            room = _cap(limits.max_event_bytes) - self._count - joint
            if room < 0:
                passed.append((len(b"data"), "max_event_bytes"))
            elif length > room:
                passed.append((start + room, "max_event_bytes"))
        elif (
            self._observing
            and len(line) > _cap(limits.max_event_bytes)
            and (ended or not _may_be_field(line))
        ):
            passed.append((_cap(limits.max_event_bytes), "max_event_bytes"))
        if name == b"event" and length > _cap(limits.max_event_name_bytes):
            passed.append((start + _cap(limits.max_event_name_bytes), "max_event_name_bytes"))
        if name == b"id" and length > _cap(limits.max_id_bytes):
            passed.append((start + _cap(limits.max_id_bytes), "max_id_bytes"))
        if passed:
            at, limit = min(passed, key=lambda pair: pair[0])
            excerpt = bytes(line[max(0, at + 1 - EXCERPT_BYTES) : at + 1])
            raise self._exceeded(limit, begin + at, in_progress=not ended, excerpt=excerpt)

    def _exceeded(
        self, limit: str, offset: int, *, in_progress: bool = False, excerpt: bytes = b""
    ) -> LimitExceeded:
        maximum: int = getattr(self._limits, limit)
        return LimitExceeded(
            limit=limit,
            maximum=maximum,
            observed=maximum + 1,
            offset=offset,
            line=self._lines + in_progress,
            event=self._events,
            excerpt=excerpt,
        )

    def _interpret_up_to_limit(self, data: bytes, items: list[Any]) -> None:
        room = self._most_bytes - self._offset
        if room:
            self._interpret(data[:room], items)
            self._settle()
        raise self._exceeded("max_total_bytes", self._most_bytes, in_progress=True)

    def _fail(self, error: WireError) -> None:
        self._error = error
        self._drop_buffers()
        self._begun = True
        self._offset, self._lines = error.offset, error.line

    def _refuse(self) -> NoReturn:
        if self._error is not None:
            raise self._error.with_traceback(None)
        raise UsageError("feed() after close(); reset() starts a new connection")

    def _discarded(self) -> Tail:
        twin = self.load(self.dump())
        try:
            completed = [item for item in twin.feed(b"\n\n") if isinstance(item, ServerSentEvent)]
        except WireError:
            completed = []
        pending = completed[0]._replace(start=self._cut, end=self.offset) if completed else None
        return Tail(self._cut, self.offset, bytes(self._unfinished), pending)

    # -- state is data -----------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """The whole decoder as JSON values: ``load`` makes one that goes on where this one is.

        Bytes are written as text of the code points 0 to 255.
        """
        self._settle()
        state: dict[str, Any] = {name[1:]: getattr(self, name) for name in _PLAIN}
        state.update((name[1:], getattr(self, name).decode("latin-1")) for name in _BUFFERS)
        state["limits"] = self._limits.as_dict()
        state["error"] = self._error and self._error.as_dict()
        state["tail"] = self._tail and self._tail.as_json()
        return {"version": STATE_VERSION, "observing": self._observing, **state}

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        """The decoder that ``dump`` described.

        Raises:
            UsageError: the state is of another version or class, or not a state at all.
        """
        decoder = cls.__new__(cls)
        decoder.__setstate__(state)
        return decoder

    def __getstate__(self) -> dict[str, Any]:
        return self.dump()

    def __setstate__(self, state: dict[str, Any]) -> None:
        try:
            if state["version"] != STATE_VERSION:
                raise UsageError(f"a state of version {state['version']}, not {STATE_VERSION}")
            if state["observing"] != self._observing:
                raise UsageError(f"not a state of {type(self).__name__}")
            self.__init__(limits=Limits(**state["limits"]), errors=state["errors"])  # type: ignore[misc]
            for name in _PLAIN:
                setattr(self, name, state[name[1:]])
            for name in _BUFFERS:
                setattr(self, name, bytearray(state[name[1:]], "latin-1"))
            self._error = state["error"] and WireError.from_dict(state["error"])
            self._tail = state["tail"] and Tail.from_json(state["tail"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UsageError(f"not a state of {type(self).__name__}: {error!r}") from None


class SSEDecoder(_Interpreter[ServerSentEvent]):
    """Feed it bytes, take out the events: what an ``EventSource`` dispatches, and nothing else.

    >>> decoder = SSEDecoder()
    >>> decoder.feed(b"data: hel")
    []
    >>> [event.data for event in decoder.feed(b"lo\\n\\n")]
    ['hello']

    It keeps the feed laws: any cutting gives the same events, errors and offsets; any bytes give
    only what is documented; limits are properties of the stream; time is linear and memory
    bounded by the event in progress.
    """

    __slots__ = ()


class SSEObserver(_Interpreter[WireItem]):
    """An ``SSEDecoder`` that also hands out what leads to no event.

    ``feed`` returns ``Comment``, ``Retry``, ``IgnoredField`` and ``EmptyBlock`` items between the
    events, and ``close`` returns the ``Tail``, if there is one. The events are the same, but for
    ``start``: the ranges of *all* items tile the input.
    """

    __slots__ = ()
    _observing = True


# The state, but for what dump and load have to translate.
_PLAIN = (
    "_after_cr", "_begun", "_closed", "_count", "_cut", "_errors", "_event_type", "_events",
    "_fields", "_id", "_ignoring", "_last_event_id", "_line_start", "_lines", "_offset", "_retry",
)  # fmt: skip
_BUFFERS = ("_data", "_unfinished")


def _cap(limit: int | None) -> int:
    return maxsize if limit is None else limit


def _as_bytes(data: object) -> bytes:
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    if isinstance(data, str):
        raise InputTypeError(
            "feed() takes bytes, not str: feed what the transport received before anybody decodes "
            "it, or text.encode()"
        )
    raise InputTypeError(f"feed() takes bytes, bytearray or memoryview, not {type(data).__name__}")


def _known_field(line: bytes | bytearray, *, ended: bool) -> tuple[bytes, int]:
    """The name of the field, if it is settled and known, and where its value starts; or b"", 0."""
    head = bytes(line[: LONGEST_FIELD + 1])
    name, colon, value = head.partition(b":")
    if name not in FIELD_NAMES or not (colon or ended):
        return b"", 0
    return name, len(name) + len(colon) + value.startswith(b" ")


def _is_alike(data: bytes) -> bool:
    """Whether the line ends are all LF, or all CRLF."""
    return CR not in data or data.count(b"\r\n") == data.count(b"\r") == data.count(b"\n")


def _labels(head: str, newline: str, short: int) -> _Labels | None:
    """What lines before a data line say. ``None`` if there is another field among them, or if they
    are so long that they may be beyond a limit."""
    if not head:
        return _NO_LABELS
    width = len(newline)
    if head[-width:] != newline or len(head) > short:
        return None
    kind, id, lines = "message", None, 2
    for line in head[:-width].split(newline):
        if line.startswith("id: ") and "\0" not in line:
            id = line[4:]
        elif line.startswith("event: "):
            kind = line[7:] or "message"
        else:
            return None
        if width == 2 and ("\n" in line or "\r" in line):
            return None
        lines += 1
    return head, kind, id, lines


def _may_be_field(line: bytes | bytearray) -> bool:
    name, colon, _ = bytes(line[:LONGEST_FIELD]).partition(b":")
    return name in (FIELD_NAMES if colon else FIELD_PREFIXES)


def _replaced(value: bytes | bytearray) -> str:
    return value.decode("utf-8", "replace")


def _clamped(digits: str, maximum: int | None) -> int:
    digits = digits.lstrip("0") or "0"
    # Python refuses to read very long numbers; anything this long is beyond any time.
    value = int(digits) if len(digits) <= 600 else 10**600
    return min(value, value if maximum is None else maximum)
