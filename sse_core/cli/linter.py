"""``Linter``: bytes in, findings out. The same two verbs as everywhere, and no I/O.

An ``SSEObserver`` says which bytes belong to which item; items tile the input. The bytes of each
are looked at line by line, for the wire, and fed to a ``StreamDecoder`` of their own, so that what
it reports is known to be about them.

A *line* ends as the standard says, at LF, CR or CRLF. A *column* counts characters from 1: code
points, where each part that is not UTF-8 is one (it would read as U+FFFD), and a byte order mark
is none. An *offset* counts bytes of the input from 0.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from ..encode import last_event_id_header
from ..errors import EncodeError, WireError
from ..events import Anomaly, Outcome, ResponseEnd, StreamError, ToolCallEnd, ToolCallStart
from ..merge import other_format
from ..stream import SENTINEL, StreamDecoder
from ..wire import EmptyBlock, ServerSentEvent, SSEObserver
from .codes import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ..events import StreamEvent
    from ..wire import WireItem

__all__ = ["Finding", "Linter"]

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
KNOWN = (b"data", b"event", b"id", b"retry")
ONCE = (b"event", b"id", b"retry")
# Where str.splitlines splits and the standard does not: VT, FF, FS, GS, RS, NEL, LS, PS.
SEPARATORS = re.compile(rb"[\x0b\x0c\x1c-\x1e]|\xc2\x85|\xe2\x80[\xa8\xa9]")
LINE = re.compile(rb"([^\r\n]*)(\r\n|\r|\n|\Z)")
#: A name of a field that may be shown; anything else may be payload.
SHOWN = re.compile(rb"[A-Za-z0-9_.-]{1,32}")

#: The event that closes a stream of the dialect, by its type; ``""``: the sentinel [DONE].
CLOSING = {
    "openai-chat": ("",),
    "openai-completions": ("",),
    "anthropic": ("message_stop",),
    "openai-responses": ("response.completed", "response.failed", "response.incomplete"),
}
#: Dialects whose events are named by the type in their payload.
NAMED = ("anthropic", "openai-responses")

ENDS = {
    Outcome.TRUNCATED: "D8",
    Outcome.INCOMPLETE: "D9",
    Outcome.EMPTY: "D11",
    Outcome.NOT_SSE: "D12",
}

#: What is wrong in whatever dialect.
PLAIN = ("D10", "D11", "D12")


class Finding(NamedTuple):
    """``code`` (see ``codes.CODES``) at ``line`` and ``column``, from 1; ``offset`` in bytes."""

    code: str
    line: int
    column: int
    offset: int
    message: str


class _Place(NamedTuple):
    """A byte: in which line it stands (its text, without a byte order mark), and where in it."""

    line: int
    text: bytes
    start: int  # the offset of the text
    at: int


class Linter:
    """Feed it a stream; take out what is wrong with it, as soon as it is known.

    ``dialect``: as for ``StreamDecoder``; ``"none"``: look at the wire only. With ``"auto"``,
    findings about the dialect wait until it shows, and are dropped if it never does.
    """

    def __init__(self, dialect: str = "auto") -> None:
        self._observer = SSEObserver()
        self._stream = StreamDecoder("auto" if dialect == "none" else dialect)
        self._wire_only = dialect == "none"
        self._asked = dialect
        self._found: list[Finding] = []
        self._waiting: list[Finding] = []  # about a dialect that has not shown
        self._dead = False  # a limit was passed
        # -- lines
        self._buffer = bytearray()  # what belongs to no item yet
        self._offset = 0  # of the buffer
        self._line = 1  # the number of the line that begins there
        self._line_ends: dict[bytes, None] = {}  # the kinds seen
        self._after_cr: _Place | None = None  # the end of a line that may go on with LF
        self._end = _Place(1, b"", 0, 0)  # of all that was looked at
        # -- the block
        self._over = False  # its blank line came
        self._fields: dict[bytes, _Place] = {}  # the value of the first of each name
        # -- the dialect
        self._calls: dict[int, _Place] = {}  # where the calls began that have not ended
        self._closings: set[str] = set()
        self._last: dict[Any, int] = {}  # index by what it counts
        self._usage = False

    @property
    def dialect(self) -> str:
        """The dialect; ``"auto"`` as long as nothing shows it."""
        return self._stream.dialect

    def feed(self, data: bytes) -> list[Finding]:
        """What these bytes show."""
        if not self._dead:
            self._buffer += data
            try:
                self._take_items(self._observer.feed(data))
            except WireError as error:
                self._passed(error)
        return self._take()

    def close(self) -> list[Finding]:
        """The end of the input."""
        if not self._dead:
            try:
                tail = self._observer.close()
                rest = bytes(self._buffer)
                self._read_lines(rest)
                if self._after_cr is not None:
                    self._line_end(b"\r", self._after_cr)
                if tail:
                    self._read_tail(tail[0].pending)  # type: ignore[union-attr]
                self._take_events(self._stream.feed(rest))
                # Closed twice: where the end itself passes a limit, the second time says so.
                self._take_events(self._stream.close())
                self._take_events(self._stream.close())
            except WireError as error:
                self._passed(error)
            self._dead = True
        return self._take()

    def _take(self) -> list[Finding]:
        found, self._found = self._found, []
        return found

    # -- finding ---------------------------------------------------------------------------

    def _report(self, code: str, place: _Place, message: str = "") -> None:
        column = len(place.text[: place.at].decode("utf-8", "replace")) + 1
        words = message or CODES[code].what.rstrip(".")
        finding = Finding(code, place.line, column, place.start + place.at, words)
        if code[0] == "W" or code in PLAIN:
            self._found.append(finding)
        elif not self._wire_only:
            known = self._stream.dialect != "auto"
            (self._found if known else self._waiting).append(finding)

    def _passed(self, error: WireError) -> None:
        self._dead = True
        if error.line:  # of the wire, and so within what is not read
            self._read_lines(bytes(self._buffer[: error.offset - self._offset]))
        self._report("W15", self._end if error.line else self._here(), f"Passed a limit: {error}")

    # -- the wire --------------------------------------------------------------------------

    def _take_items(self, items: Iterable[WireItem]) -> None:
        for item in items:
            size = item.end - self._offset
            raw = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._read_lines(raw)
            if isinstance(item, EmptyBlock) and item.event:
                self._report("W11", self._fields[b"event"])
            events = self._stream.feed(raw)
            if self._waiting and self._stream.dialect != "auto":
                self._found += self._waiting
                self._waiting = []
            if isinstance(item, ServerSentEvent):
                self._read_payload(item)
            self._take_events(events)

    def _read_tail(self, pending: ServerSentEvent | None) -> None:
        """The lines of what the input ends in the middle of were read."""
        fields = [] if self._over else list(self._fields.values())
        place = fields[0] if fields else self._end
        self._report("W12" if pending is None else "W6", place._replace(at=0))

    def _read_lines(self, raw: bytes) -> None:
        start = self._offset
        self._offset += len(raw)
        if start == 0 and raw.startswith(BYTE_ORDER_MARK):
            self._report("W1", _Place(1, b"", 0, 0))
            start, raw = 3, raw[3:]
        if raw and self._after_cr is not None:
            is_crlf = raw.startswith(b"\n")
            self._line_end(b"\r\n" if is_crlf else b"\r", self._after_cr)
            self._after_cr = None
            start, raw = start + is_crlf, raw[is_crlf:]
        plain = raw.isascii() and not SEPARATORS.search(raw)
        for found in LINE.finditer(raw):
            text, end = found.groups()
            if not (text or end):
                continue
            place = _Place(self._line, text, start + found.start(), 0)
            if not plain:
                self._check_characters(place)
            self._read_line(place)
            self._end = place._replace(at=len(text))
            if end:
                self._line += 1
                if end == b"\r" and found.end() == len(raw):
                    self._after_cr = self._end
                else:
                    self._line_end(end, self._end)
                self._end = _Place(self._line, b"", start + found.end(), 0)

    def _line_end(self, kind: bytes, place: _Place) -> None:
        if kind in self._line_ends:
            return
        self._line_ends[kind] = None
        if kind == b"\r":
            self._report("W2", place)
        if len(self._line_ends) == 2:
            self._report("W3", place)

    def _check_characters(self, place: _Place) -> None:
        try:
            place.text.decode()
        except UnicodeDecodeError as error:
            self._report("W9", place._replace(at=error.start))
        found = SEPARATORS.search(place.text)
        if found:
            character = found.group().decode()
            message = f"U+{ord(character):04X} breaks clients that use str.splitlines"
            self._report("W10", place._replace(at=found.start()), message)

    def _read_line(self, place: _Place) -> None:
        if not place.text:
            self._over = True
            return
        if self._over:
            self._over, self._fields = False, {}
        name, colon, value = place.text.partition(b":")
        if colon and not name:
            return
        begin = len(name) + len(colon) + value.startswith(b" ")
        if name not in KNOWN:
            self._ignored(name, place)
            return
        if name in ONCE and name in self._fields:
            self._report("W14", place, f"{name.decode()} stands twice in a block: the last counts")
        self._check_value(name, place._replace(at=begin))
        self._fields.setdefault(name, place._replace(at=begin))

    def _ignored(self, name: bytes, place: _Place) -> None:
        plain = name.strip().lower()
        if plain in KNOWN:
            self._report("W5", place, f"Ignored: the name of the field is not {plain.decode()}, "
                         "which has no capitals and no white space")  # fmt: skip
        elif SHOWN.fullmatch(name):
            self._report("W4", place, f"Ignored: the field {name.decode()} is unknown"
                         + _meant(name.decode()))  # fmt: skip
        else:
            self._report("W4", place, "Ignored: a line that is no field")

    def _check_value(self, name: bytes, place: _Place) -> None:
        value = place.text[place.at :]
        if name == b"retry" and not (value.isascii() and value.isdigit()):
            self._report("W7", place)
        elif name == b"id" and b"\0" in value:
            self._report("W8", place._replace(at=place.at + value.index(b"\0")))
        elif name == b"id":
            try:
                last_event_id_header(value.decode("utf-8", "replace"))
            except EncodeError as error:
                self._report("W13", place, f"No Last-Event-ID header: {error}")

    # -- the dialect -----------------------------------------------------------------------

    def _here(self) -> _Place:
        """The data of the event that has just ended; where there is none, what was read last."""
        return self._fields.get(b"data", self._end)

    def _read_payload(self, event: ServerSentEvent) -> None:
        dialect = self._stream.dialect
        if event.data.strip() == SENTINEL:
            if "" in self._closings:
                self._report("D2", self._here())
            elif dialect in (*NAMED, "gemini"):
                self._report("D3", self._here())
            self._closings.add("")
            return
        if dialect not in ("openai-chat", *NAMED):
            return
        try:
            chunk = json.loads(event.data)
        except (ValueError, RecursionError):
            return
        if not isinstance(chunk, dict):
            return
        kind = chunk.get("type")
        if dialect in NAMED and isinstance(kind, str):
            if kind in CLOSING[dialect]:
                if kind in self._closings:
                    self._report("D2", self._here())
                self._closings.add(kind)
            if b"event" in self._fields and event.event != kind:
                self._report("D6", self._fields[b"event"])
        for what, channel, index in _counted(chunk):
            expected = self._last.get(channel, index - 1) + 1
            if index > expected:
                self._report("D5", self._here(), f"{what} {index} comes where {expected} is next")
            self._last[channel] = max(index, expected - 1)

    def _take_events(self, events: Iterable[StreamEvent]) -> None:
        for event in events:
            match event:
                case Anomaly(quirk=quirk):
                    self._report(quirk, self._here())
                case StreamError():
                    self._report("D10", self._here())
                case ToolCallStart(block=block):
                    self._calls[block] = self._here()
                case ToolCallEnd(block=block, problem=problem) if problem:
                    words = f"The arguments of the tool call that begins here: {problem}"
                    self._report("D4", self._calls.get(block, self._here()), words)
                case ResponseEnd():
                    self._read_end(event)

    def _read_end(self, end: ResponseEnd) -> None:
        outcome, dialect = end.outcome, self._stream.dialect
        over = self._stream.over
        if outcome is Outcome.NOT_SSE:
            found = other_format(self._stream.head)
            self._report("D12", _Place(1, b"", 0, 0), f"Not an event stream: it looks like {found}")
        elif outcome in ENDS:
            self._report(ENDS[outcome], self._end)
        elif outcome is Outcome.FAILED and end.error is None:
            self._report("D10", self._end, "The provider ended the answer with an unnamed error")
        elif outcome is Outcome.UNKNOWN and (over or dialect != "auto"):
            self._report("D13" if over else "D14", self._end)
        if outcome in (Outcome.COMPLETE, Outcome.INCOMPLETE):
            if dialect in CLOSING and not end.sentinel:
                self._report("D1", self._end)
            response = self._stream.response
            if not (response.usage or any(choice.usage for choice in response.choices)):
                self._report("D7", self._end)


def _meant(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name.lower(), ["data", "event", "id", "retry"], 1, 0.7)
    return f"; meant is {close[0]}?" if close else ""


def _counted(chunk: dict[str, Any]) -> Iterator[tuple[str, Any, int]]:
    """What counts up in a chunk: in words, the channel it counts, and the number."""
    number = chunk.get("sequence_number")
    if type(number) is int:
        yield "sequence number", "sequence", number
    if chunk.get("type") == "content_block_start" and type(chunk.get("index")) is int:
        yield "block", "block", chunk["index"]
    choices = chunk.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        delta = choice.get("delta") if isinstance(choice, dict) else None
        calls = delta.get("tool_calls") if isinstance(delta, dict) else None
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict) and type(call.get("index")) is int:
                yield "tool call", ("call", str(choice.get("index"))), call["index"]
