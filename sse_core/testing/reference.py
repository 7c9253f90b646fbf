"""A slow, obvious model of server-sent events decoding, to test decoders against.

It reads one byte at a time, collects a line, and acts when the line ends. Comments in quotation
marks are sentences of the standard (WHATWG HTML, 9.2.6 "Interpreting an event stream"), each at
the line that does what it says. Comments marked "Ours" stand where the standard is silent:
offsets, limits, and what is shown besides events.

::

    decode(b"data: hello\\n\\n").events[0].data == "hello"

The standard first decodes the stream and then looks for lines and colons; here lines and colons
are found first, in the bytes. The result is the same: LF, CR, colon, space, NUL and digits are
ASCII, and an ASCII byte is never part of a longer UTF-8 sequence, not even of a broken one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

__all__ = [
    "Comment",
    "EmptyBlock",
    "Error",
    "Event",
    "IgnoredField",
    "Item",
    "Reference",
    "Result",
    "Retry",
    "Tail",
    "decode",
    "text",
]

LF, CR, COLON, SPACE = b"\n\r: "
BOM = b"\xef\xbb\xbf"
KNOWN_FIELDS = (b"event", b"data", b"id", b"retry")
LIMITS = (
    "max_line_bytes",  # The first four also in this order: who wins when two trip at one byte.
    "max_event_bytes",
    "max_event_name_bytes",
    "max_id_bytes",
    "max_retry_ms",
    "max_total_bytes",
    "max_events",
)

# Ours: the items, all with the range of bytes they took. `end` is the offset just after the byte
# that completed the item (the LF or CR that ended its line); `start` is the `end` of the item
# before, or 0: the ranges leave no gap.


class Event(NamedTuple):
    """What is dispatched."""

    event: str
    data: str
    id: str
    start: int
    end: int


class Comment(NamedTuple):
    """A line that starts with a colon."""

    text: str
    start: int
    end: int


class Retry(NamedTuple):
    """A `retry` field that counts."""

    milliseconds: int
    start: int
    end: int


class IgnoredField(NamedTuple):
    """A field that the standard ignores."""

    line: str
    start: int
    end: int


class EmptyBlock(NamedTuple):
    """A block with an `event` or an (accepted) `id` field, but no data: no event."""

    event: str
    id: str
    start: int
    end: int


#: Whatever the model finds.
Item: TypeAlias = Event | Comment | Retry | IgnoredField | EmptyBlock


class Tail(NamedTuple):
    """What the end of the input cut off, and the event that ``b"\\n\\n"`` would have completed."""

    start: int
    end: int
    line: bytes
    pending: Event | None


class Error(NamedTuple):
    """Why the stream was given up, and where."""

    kind: str
    limit: str | None
    maximum: int | None
    observed: int | None
    offset: int
    line: int
    event: int


@dataclass(frozen=True)
class Result:
    """All that can be known after the last byte."""

    events: tuple[Event, ...]  # Ranges without gaps among the events alone ...
    items: tuple[Item, ...]  # ... and among all items, so an event may have another start here.
    last_event_id: str
    retry: int | None
    tail: Tail | None  # Starts at the end of the last item ...
    event_tail: Tail | None  # ... and this one at the end of the last event.
    error: Error | None
    at_boundary: bool
    pending_bytes: int


def decode(
    data: bytes,
    *,
    last_event_id: str = "",
    strict: bool = False,
    observe: bool = False,
    limits: Mapping[str, int | None] = {},
) -> Result:
    """Decode a whole stream. ``limits`` has names from ``LIMITS``; missing or None means off."""
    reference = Reference(
        last_event_id=last_event_id, strict=strict, observe=observe, limits=limits
    )
    for byte in data:
        reference.step(byte)
    return reference.result()


class Reference:
    """The same byte by byte: ``step`` for each byte, ``result()`` as if the stream ended here."""

    def __init__(
        self,
        *,
        last_event_id: str = "",
        strict: bool = False,
        observe: bool = False,
        limits: Mapping[str, int | None] = {},
    ) -> None:
        if not set(limits) <= set(LIMITS):
            raise ValueError(f"unknown limits: {sorted(set(limits) - set(LIMITS))}")
        self.strict = strict
        self.observe = observe
        self.limits = dict(limits)

        # "When a stream is parsed, a data buffer, an event type buffer, and a last event ID
        # buffer must be associated with it. They must be initialized to the empty string."
        self.data_buffer = ""
        self.event_type_buffer = ""
        # Ours, as WPT format-field-id-2 has it: the id of an earlier connection fills the buffer,
        # or else the first blank line of this connection would wipe the string.
        self.last_event_id_buffer = last_event_id
        self.last_event_id_string = last_event_id
        self.reconnection_time: int | None = None

        self.offset = 0  # Bytes read so far.
        self.after_cr = False  # Whether the byte before this one was a CR.
        self.line: list[int] = []  # The line in progress,
        self.line_start = 0  # where it begins,
        self.line_number = 1  # its number, from 1,
        self.field: bytes | None = None  # and its field name, once that is certain.

        self.block_is_open = False  # Saw a data, event or accepted id line since the blank line.
        self.block_bytes = 0  # What the finished lines of the block count for max_event_bytes.
        self.items: list[Item] = []
        self.events: list[Event] = []
        self.error: Error | None = None

    def step(self, byte: int) -> None:
        """Read one byte. After an error: read nothing."""
        if self.error is None:
            try:
                self.read(byte)
            except _Stop as stop:
                self.error = stop.error

    def read(self, byte: int) -> None:
        # Ours: the byte with the offset max_total_bytes is one too many, whatever it is.
        maximum = self.limits.get("max_total_bytes")
        if maximum is not None and self.offset >= maximum:
            self.stop("LimitExceeded", self.offset, "max_total_bytes")
        self.offset += 1

        # "The stream must then be parsed by reading everything line by line, with a U+000D
        # CARRIAGE RETURN U+000A LINE FEED (CRLF) character pair, a single U+000A LINE FEED (LF)
        # character not preceded by a U+000D CARRIAGE RETURN (CR) character, and a single U+000D
        # CARRIAGE RETURN (CR) character not followed by a U+000A LINE FEED (LF) character being
        # the ways in which a line can end." (A CR ends the line at once; an LF after it is void.)
        second_half_of_crlf = self.after_cr and byte == LF
        self.after_cr = byte == CR
        if second_half_of_crlf:
            self.line_start = self.offset
        elif byte in (CR, LF):
            self.end_line()
        else:
            if byte == COLON and self.field is None:
                self.field = bytes(self.line)
            self.line.append(byte)
            # "Streams must be decoded using the UTF-8 decode algorithm." (See text().) "The UTF-8
            # decode algorithm strips one leading UTF-8 Byte Order Mark (BOM), if any."
            if self.offset == 3 and bytes(self.line) == BOM:
                self.line = []
                self.line_start = 3
            # Ours: as long as this may become a BOM it has no length.
            elif self.line_start > 0 or bytes(self.line[:3]) not in (b"\xef", b"\xef\xbb"):
                self.check_line_limits()

    def end_line(self) -> None:
        if self.field is None:  # No colon: "using the whole line as the field name".
            self.field = bytes(self.line)
        self.check_line_limits()

        # "Lines must be processed, in the order they are received, as follows:"
        if self.line == []:
            # "If the line is empty (a blank line) Dispatch the event, as defined below."
            self.dispatch()
        elif self.line[0] == COLON:
            # "If the line starts with a U+003A COLON character (:) Ignore the line." (Ours: item.)
            self.items.append(Comment(text(self.value()), *self.range_after(self.items)))
        else:
            # "If the line contains a U+003A COLON character (:) Collect the characters on the
            # line before the first U+003A COLON character (:), and let field be that string. [...]
            # Process the field using the steps described below, using field as the field name and
            # value as the field value." "Otherwise, the string is not empty but does not contain a
            # U+003A COLON character (:) Process the field using the steps described below, using
            # the whole line as the field name, and the empty string as the field value."
            self.process_field(self.field, self.value())

        self.line = []
        self.line_start = self.offset
        self.line_number += 1
        self.field = None

    def value_index(self) -> int:
        """Where in the line the value begins; past its end if there is no colon."""
        # "Collect the characters on the line after the first U+003A COLON character (:), and let
        # value be that string. If value starts with a U+0020 SPACE character, remove it from
        # value."
        assert self.field is not None
        index = len(self.field) + 1
        return index + 1 if self.line[index : index + 1] == [SPACE] else index

    def value(self) -> bytes:
        return bytes(self.line[self.value_index() :])

    def process_field(self, field: bytes, value: bytes) -> None:
        if self.strict and field in (b"data", b"event", b"id"):
            self.check_utf8(value)
        self.block_bytes = self.count_block_bytes()

        # "The steps to process the field given a field name and a field value depend on the field
        # name, as given in the following list. Field names must be compared literally, with no
        # case folding performed."
        ignored = False
        if field == b"event":
            # "Set the event type buffer to the field value."
            self.event_type_buffer = text(value)
            self.block_is_open = True
        elif field == b"data":
            # "Append the field value to the data buffer, then append a single U+000A LINE FEED
            # (LF) character to the data buffer."
            self.data_buffer += text(value)
            self.data_buffer += "\n"
            self.block_is_open = True
        elif field == b"id":
            # "If the field value does not contain U+0000 NULL, then set the last event ID buffer
            # to the field value. Otherwise, ignore the field."
            if b"\0" not in value:
                self.last_event_id_buffer = text(value)
                self.block_is_open = True
            else:
                ignored = True
        elif field == b"retry":
            # "If the field value consists of only ASCII digits, then interpret the field value as
            # an integer in base ten, and set the event stream's reconnection time to that integer.
            # Otherwise, ignore the field." (Ours, and everybody's: no digit at all is no integer.)
            if value != b"" and all(byte in b"0123456789" for byte in value):
                self.set_reconnection_time(value)
            else:
                ignored = True
        else:
            # "Otherwise The field is ignored."
            ignored = True
        if ignored:
            self.items.append(IgnoredField(text(bytes(self.line)), *self.range_after(self.items)))

    def set_reconnection_time(self, digits: bytes) -> None:
        number = 0
        for digit in digits:  # Not int(digits): that refuses more than 4300 digits.
            number = number * 10 + (digit - ord("0"))
        maximum = self.limits.get("max_retry_ms")
        if maximum is not None:  # Ours: more is not an error, it counts as the maximum.
            number = min(number, maximum)
        self.reconnection_time = number
        self.items.append(Retry(number, *self.range_after(self.items)))

    def dispatch(self) -> None:
        # Ours: an event too many stops the stream before anything of its dispatch is done.
        if self.data_buffer != "" and len(self.events) == self.limits.get("max_events"):
            self.stop("LimitExceeded", self.offset - 1, "max_events")

        # "Set the last event ID string of the event source to the value of the last event ID
        # buffer. The buffer does not get reset, so the last event ID string of the event source
        # remains set to this value until the next time it is set by the server."
        self.last_event_id_string = self.last_event_id_buffer

        # "If the data buffer is an empty string, set the data buffer and the event type buffer to
        # the empty string and return."
        if self.data_buffer == "":
            if self.block_is_open:  # Ours: an item, not an event.
                span = self.range_after(self.items)
                block = EmptyBlock(self.event_type_buffer, self.last_event_id_string, *span)
                self.items.append(block)
        else:
            # "If the data buffer's last character is a U+000A LINE FEED (LF) character, then
            # remove the last character from the data buffer."
            self.data_buffer = self.data_buffer.removesuffix("\n")
            # "Initialize event's type attribute to "message", its data attribute to data, [...]
            # and its lastEventId attribute to the last event ID string of the event source."
            type_, data, id_ = "message", self.data_buffer, self.last_event_id_string
            # "If the event type buffer has a value other than the empty string, change the type
            # of the newly created event to equal the value of the event type buffer."
            if self.event_type_buffer != "":
                type_ = self.event_type_buffer
            # "Queue a task which [...] dispatches the newly created event".
            self.items.append(Event(type_, data, id_, *self.range_after(self.items)))
            self.events.append(Event(type_, data, id_, *self.range_after(self.events)))

        # "Set the data buffer and the event type buffer to the empty string."
        self.data_buffer = ""
        self.event_type_buffer = ""
        self.block_is_open = False
        self.block_bytes = 0

    # From here on everything is ours.

    def range_after(self, items: Sequence[Item]) -> tuple[int, int]:
        return (items[-1].end if items else 0), self.offset

    def is_further_data_line(self) -> bool:
        return self.field == b"data" and self.data_buffer != ""

    def value_offsets(self) -> range:
        return range(self.line_start + self.value_index(), self.line_start + len(self.line))

    def count_block_bytes(self) -> int:
        """All values of known fields in this block, and 1 for each data line after its first."""
        if self.field not in KNOWN_FIELDS:
            return self.block_bytes
        return self.block_bytes + self.is_further_data_line() + len(self.value_offsets())

    def check_line_limits(self) -> None:
        """Stop if the line in progress, as far as it is read, is too much for a limit."""
        # What is counted: (limit, counted before, offsets of what this line adds).
        counts: list[tuple[str, int, range]] = []
        whole_line = range(self.line_start, self.line_start + len(self.line))
        if self.field in KNOWN_FIELDS:
            # The line feed between two data lines is counted at the place after the name `data`.
            place = self.line_start + len("data")
            between = range(place, place + self.is_further_data_line())
            value = self.value_offsets()
            counts.append(("max_line_bytes", 0, whole_line))
            counts.append(("max_event_bytes", self.block_bytes, between))
            counts.append(("max_event_bytes", self.block_bytes + len(between), value))
            if self.field == b"event":
                counts.append(("max_event_name_bytes", 0, value))
            if self.field == b"id":
                counts.append(("max_id_bytes", 0, value))
        elif self.observe:  # Then comments and ignored fields are kept too.
            counts.append(("max_line_bytes", 0, whole_line))
            # What may yet become a known field is counted as one, that is: not before its colon.
            name_so_far = bytes(self.line)
            if self.field is not None or not any(
                known.startswith(name_so_far) for known in KNOWN_FIELDS
            ):
                counts.append(("max_event_bytes", 0, whole_line))

        too_many: list[tuple[int, int, str]] = []
        for limit, before, offsets in counts:
            maximum = self.limits.get(limit)
            if maximum is not None and len(offsets) > 0 and before + len(offsets) > maximum:
                first = offsets[max(maximum - before, 0)]
                too_many.append((first, LIMITS.index(limit), limit))
        if too_many:
            offset, _, limit = min(too_many)
            self.stop("LimitExceeded", offset, limit)

    def check_utf8(self, value: bytes) -> None:
        try:
            value.decode("utf-8")
        except UnicodeDecodeError as error:
            self.stop("InvalidUTF8", self.line_start + self.value_index() + error.start)

    def stop(self, kind: str, offset: int, limit: str | None = None) -> None:
        maximum = None if limit is None else self.limits[limit]
        observed = None if maximum is None else maximum + 1
        place = (offset, self.line_number, len(self.events))
        raise _Stop(Error(kind, limit, maximum, observed, *place))

    def result(self) -> Result:
        # "Once the end of the file is reached, any pending data must be discarded. (If the file
        # ends in the middle of an event, before the final empty line, the incomplete event is not
        # dispatched.)" Discarded from the events, that is: the tail tells what it was.
        at_boundary = self.error is None and self.line == [] and not self.block_is_open
        has_tail = self.error is None and not at_boundary
        return Result(
            events=tuple(self.events),
            items=tuple(self.items),
            last_event_id=self.last_event_id_string,
            retry=self.reconnection_time,
            tail=self.tail_after(self.items) if has_tail else None,
            event_tail=self.tail_after(self.events) if has_tail else None,
            error=self.error,
            at_boundary=at_boundary,
            pending_bytes=self.count_block_bytes() if self.error is None else 0,
        )

    def tail_after(self, items: Sequence[Item]) -> Tail:
        start, end = self.range_after(items)
        if_continued = copy.deepcopy(self)
        if_continued.step(LF)
        if_continued.step(LF)
        pending: Event | None = None
        if len(if_continued.events) > len(self.events):
            pending = if_continued.events[-1]._replace(start=start, end=end)
        return Tail(start, end, bytes(self.line), pending)


def text(value: bytes) -> str:
    """UTF-8 that never fails: each ill-formed part becomes U+FFFD. (A BOM in here stays.)"""
    return value.decode("utf-8", "replace")


class _Stop(Exception):
    def __init__(self, error: Error) -> None:
        self.error = error
