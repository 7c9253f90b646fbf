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
These two are the whole decoder. Nearly all traffic is well-formed and far from any limit, and for
it there are fast paths in front of them: ``_interpret_quickly`` hands all lines of a push to
``_take_lines`` at once, or to ``_take_run`` if their blocks are all alike; and four kinds of push
have a path of their own: one event (two kinds), more of a line, the end of an event.

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
RUNS = ("data: ", "event: ")  # what the blocks begin with that make up nearly all traffic
FIELDS = frozenset(name.decode() for name in FIELD_NAMES)  # of lines that are text already


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


WireItem: TypeAlias = ServerSentEvent | Comment | Retry | IgnoredField | EmptyBlock | Tail

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
        "_errors", "_event_type", "_events", "_fields", "_guard", "_id", "_ignoring",
        "_last_event_id", "_limits", "_line_start", "_lines", "_most_bytes", "_most_events",
        "_offset", "_resting", "_retry", "_room", "_short", "_tail", "_unfinished",
        "_unlimited",
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
        # The fast paths leave counting events and bytes of the connection to the plain one.
        self._unlimited = limits.max_events is None and limits.max_total_bytes is None
        # Characters of an event type or id that are surely within its limit on bytes.
        self._short = min(_cap(limits.max_event_name_bytes), _cap(limits.max_id_bytes)) // 4
        # No line shorter than its guard can pass a limit, so most lines need one comparison.
        self._data_guard = min(_cap(limits.max_line_bytes), _cap(limits.max_event_bytes))
        self._guard = min(
            self._data_guard, _cap(limits.max_event_name_bytes), _cap(limits.max_id_bytes)
        )
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
        self._resting = False  # nothing is in progress: the next push may be a whole event
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
        if self._resting and self._unlimited:
            event = self._single_event(data) or self._single_labelled_event(data)
            if event is not None:
                return [event]  # type: ignore[list-item]
        elif self._room and self._more_of_a_line(data):
            return []
        if self._error is not None or self._closed:
            self._refuse()
        if not data:
            return []
        items: list[Any] = []
        self._room = 0
        try:
            if self._offset + len(data) > self._most_bytes:
                self._interpret_up_to_limit(data, items)
            self._interpret(data, items)
        except WireError as error:
            self._fail(error)
            if not items:
                raise
        else:
            self._resting = not (self._room or self._after_cr or self._in_progress())
        return items

    def close(self) -> list[_Item]:
        """The end of the input. An unfinished event is discarded; ``tail`` tells what it was.

        Idempotent. Raises what ``feed`` raised, if it did.
        """
        if self._error is not None:
            self._refuse()
        if self._closed:
            return []
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
        error and after a stream that ended in the middle.
        """
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
        if data and self._is_far_from_limits(len(data)):
            if self._unfinished:
                data = self._end_of_event(data, items)
            if data:
                data = self._interpret_quickly(data, items)
        if data:
            self._interpret_lines(data, items)

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

    # -- fast paths --------------------------------------------------------------------------
    # Each must agree with ``_interpret_lines``; where its premises do not hold, it does nothing.

    def _single_event(self, data: bytes) -> ServerSentEvent | None:
        """A push that is one data line and its blank line, with nothing in progress."""
        size = len(data)
        first = data.find(b"\n")
        if first == size - 2 and data[-1] == LF and CR not in data:
            width = 1
        elif first == size - 3 and data[-4:] == b"\r\n\r\n" and data.find(b"\r") == size - 4:
            width = 2
        else:
            return None
        if size >= self._data_guard or not data.startswith(b"data: "):
            return None
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return None
        start = self._cut
        self._cut = self._offset = end = self._offset + size
        if width == 2:  # the LF of a CRLF comes after the CR that completes the event
            self._cut = end = end - 1
        self._lines += 2
        self._events += 1
        value = text[6 : -2 * width]
        return _new(ServerSentEvent, ("message", value, self._last_event_id, start, end))

    def _single_labelled_event(self, data: bytes) -> ServerSentEvent | None:
        """The same with an event line or an id line before, or both."""
        if not data.startswith((b"event: ", b"id: ")):
            return None
        size = len(data)
        newline, blank = ("\r\n", "\r\n\r\n") if CR in data else ("\n", "\n\n")
        try:
            head, _, value = data.decode().partition(newline + "data: ")
        except UnicodeDecodeError:
            return None
        labels = _labels(head, newline)
        inside = value[: -len(blank)]
        if (
            labels is None
            or not value.endswith(blank)
            or "\n" in inside
            or "\r" in inside
            or size >= self._data_guard
            or len(head) > self._short
        ):
            return None
        kind, id = labels
        if id is None:
            id = self._id
        start = self._cut
        self._offset = end = self._offset + size
        self._cut = end = end - (len(newline) - 1)
        self._id = self._last_event_id = id
        self._lines += 3 + head.count(newline)
        self._events += 1
        return _new(ServerSentEvent, (kind, inside, id, start, end))

    def _more_of_a_line(self, data: bytes) -> bool:
        """A push in the middle of a line that is kept."""
        line = self._unfinished
        if len(line) + len(data) >= self._room or LF in data or CR in data:
            return False
        line += data
        self._offset += len(data)
        return True

    def _end_of_event(self, data: bytes, items: list[Any]) -> bytes:
        """The data line in progress ends, and with it the block. Returns the rest of the push.

        Not for a block that begins a run: all of the push is read at once then.
        """
        first = data.find(b"\n")
        line = self._unfinished
        if data[first : first + 2] != b"\n\n" or CR in data or self._data or line[:6] != b"data: ":
            return data
        if not self._fields and data.rfind(b"\n\n") != first:
            return data
        try:
            value = (line[6:] + data[:first]).decode()
        except UnicodeDecodeError:
            return data
        start, size = self._cut, first + 2
        self._cut = self._offset = end = self._offset + size
        self._last_event_id = id = self._id
        items.append(_new(ServerSentEvent, (self._event_type or "message", value, id, start, end)))
        self._event_type, self._fields, self._count = "", False, 0
        self._unfinished, self._line_start = bytearray(), 0
        self._lines += 2
        self._events += 1
        return data[size:]

    def _is_far_from_limits(self, size: int) -> bool:
        """Whether this many more bytes are sure to pass none but those of names and ids."""
        return (
            self._unlimited
            and not self._ignoring
            and self._count + len(self._unfinished) + size < self._data_guard
        )

    def _interpret_quickly(self, data: bytes, items: list[Any]) -> bytes:
        """Up to the last blank line, then up to the last line. Returns what is left."""
        for end in (b"\r\n\r\n" if CR in data else b"\n\n", b"\n"):
            stop = data.rfind(end)
            if stop >= 0:
                stop += len(end)
                if not self._take(data[:stop], items):
                    return data
                data = data[stop:]
        if not data or CR in data:
            return data
        self._hold(data, self._offset)
        self._offset += len(data)
        return b""

    def _take(self, data: bytes, items: list[Any]) -> bool:
        """Whole lines, together with the beginning of the first that came before."""
        origin = self._offset
        if self._unfinished:
            data, origin = bytes(self._unfinished) + data, self._line_start
        try:
            text = data.decode()
        except UnicodeDecodeError:
            return False
        newline = "\r\n" if CR in data else "\n"
        # The LF of a CRLF comes after the CR that completes an item.
        position = origin - (len(newline) - 1)
        if not self._take_run(data, text, newline, position, items):
            lines = text.split(newline)
            if newline == "\r\n":
                joined = "".join(lines)
                if "\r" in joined or "\n" in joined:
                    return False  # the line ends are not all alike
            del lines[-1]
            # Where the text is not ASCII, offsets need the lengths in bytes.
            sizes: Sequence[Sized] = lines
            if len(text) != len(data):
                sizes = data.split(newline.encode())
            ends = [len(size) + len(newline) for size in sizes[: len(lines)]]
            ends[0] += position
            had_data = bool(self._data)
            if not self._take_lines(lines, accumulate(ends), self._short, items):
                return False
            self._count = self._count_after(lines, had_data)
            self._lines += len(lines)
        self._unfinished, self._line_start = bytearray(), 0
        self._offset = origin + len(data)
        return True

    def _take_run(
        self, data: bytes, text: str, newline: str, position: int, items: list[Any]
    ) -> bool:
        """Blocks that are all one data line, or all one with an event line or an id line before."""
        blank = newline * 2
        if self._fields or self._count or not text.endswith(blank):
            return False
        first, begin = len(items), position
        if text.startswith("data: "):
            taken = self._take_unlabelled(data, text, blank, position, items)
        elif text.startswith(("event: ", "id: ")):
            taken = self._take_labelled(data, text, newline, position, items)
        else:
            return False
        if not taken:
            return False
        if self._cut != begin:  # something that is not handed out came before
            items[first] = _new(ServerSentEvent, (*items[first][:3], self._cut, items[first][4]))
        self._cut = items[-1][4]
        self._events += len(items) - first
        return True

    def _take_unlabelled(
        self, data: bytes, text: str, blank: str, position: int, items: list[Any]
    ) -> bool:
        head = "data: "
        values = text[len(head) : -len(blank)].split(blank + head)
        inside = "".join(values)
        if "\n" in inside or "\r" in inside:
            return False
        sizes: Sequence[Sized] = values
        if len(text) != len(data):
            sizes = data[len(head) : -len(blank)].split((blank + head).encode())
        self._lines += 2 * len(values)
        around, last_event_id = len(head) + len(blank), self._last_event_id
        items += [
            _new(
                ServerSentEvent,
                (
                    "message",
                    value,
                    last_event_id,
                    position,
                    position := position + len(size) + around,
                ),
            )
            for value, size in zip(values, sizes)
        ]
        return True

    def _take_labelled(
        self, data: bytes, text: str, newline: str, position: int, items: list[Any]
    ) -> bool:
        blank = newline * 2
        blocks = text[: -len(blank)].split(blank)
        middle = newline + "data: "
        parts = [block.partition(middle) for block in blocks]
        heads, middles, values = zip(*parts)
        inside = "".join(values)
        known = {head: _labels(head, newline) for head in set(heads)}
        if (
            not all(middles)
            or None in known.values()
            or "\n" in inside
            or "\r" in inside
            or max(map(len, known)) > self._short
        ):
            return False
        sizes: Sequence[Sized] = blocks
        if len(text) != len(data):
            sizes = data[: -len(blank)].split(blank.encode())
        id, around = self._id, len(blank)
        for head, value, size in zip(heads, values, sizes):
            kind, new = known[head]  # type: ignore[misc]
            if new is not None:
                id = new
            event = (kind, value, id, position, position := position + len(size) + around)
            items.append(_new(ServerSentEvent, event))
        self._id = self._last_event_id = id
        self._lines += sum(head.count(newline) for head in heads) + 3 * len(heads)
        return True

    def _count_after(self, lines: list[str], more: bool) -> int:
        """What ``max_event_bytes`` counts of the block in progress, after these lines. ``more``:
        it had data before them."""
        if not lines[-1]:
            return 0
        count = self._count
        if "" in lines:
            lines = lines[len(lines) - lines[::-1].index("") :]
            count, more = 0, False
        for line in lines:
            name, _, value = line.partition(":")
            if name in FIELDS:
                count += len(value.removeprefix(" ").encode())
            if name == "data":
                count, more = count + more, True
        return count

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
        """Process whole lines, which end at these offsets.

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
                    data = values[0] if len(values) == 1 else "\n".join(values)
                    if before:
                        data = _replaced(before) + data if values else _replaced(before[:-1])
                        before = bytearray()
                    event = (kind or "message", data, id, cut, end)
                    items.append(_new(ServerSentEvent, event))
                    cut, values = end, []
                    events += 1
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
                before += "\n".join(values).encode() + b"\n"
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
        elif len(line) >= LONGEST_FIELD and self._unlimited:
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


def _labels(head: str, newline: str) -> tuple[str, str | None] | None:
    """The event type and the id (``None`` if there is none) that these lines say; or ``None``, if
    there is another one among them."""
    kind, id = "", None
    for line in head.split(newline):
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("id: ") and "\0" not in line:
            id = line[4:]
        else:
            return None
    if newline == "\r\n" and ("\n" in kind or "\r" in kind or (id and ("\n" in id or "\r" in id))):
        return None
    return kind or "message", id


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
