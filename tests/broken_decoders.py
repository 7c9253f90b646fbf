"""A decoder of server-sent events with named faults, to show that each vector matters.

``Decoder()`` is right, and simple: bytes to text, to lines, to fields, to events. With a fault it
is wrong in the one way that the fault's name says. Most faults were seen in a released decoder;
the rest are easy to make. It shares no code with ``sse_core``.

Faults that change one step only stand in the table of that step; ``FLAGS`` has the others, and the
code below asks for them by name.
"""

from __future__ import annotations

import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import unquote_plus

__all__ = ["CUT_FAULTS", "FAULTS", "Decoder", "Event"]

Event = tuple[str, str, str]
_T = TypeVar("_T")

BOM, REPLACEMENT = "\ufeff", "\ufffd"
FIELDS = ("data", "event", "id", "retry")


def _same_bytes(data: bytes) -> bytes:
    return data


def _same_text(text: str) -> str:
    return text


class _Stopped(Exception):
    """The decoder reads no further; its fault says why."""


# -- bytes to text ----------------------------------------------------------------------------


def _each_byte(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return REPLACEMENT * (error.end - error.start), error.end


def _question_mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return "?", error.end


def _surrogate(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    three = error.object[error.start : error.start + 3]
    try:
        return three.decode("utf-8", "surrogatepass"), error.start + 3
    except UnicodeDecodeError:
        return REPLACEMENT, error.end


for _name, _handler in (
    ("each-byte", _each_byte),
    ("question-mark", _question_mark),
    ("surrogate", _surrogate),
):
    codecs.register_error(f"broken-{_name}", _handler)

# Charset and error handler. The right one: ("utf-8", "replace").
CHARSETS: dict[str, tuple[str, str]] = {
    "Latin-1": ("latin-1", "strict"),
    "Windows-1252": ("cp1252", "replace"),
    "ASCII": ("ascii", "strict"),
    "UTF-8 errors raise": ("utf-8", "strict"),
    "UTF-8 errors vanish": ("utf-8", "ignore"),
    "UTF-8 errors become surrogates": ("utf-8", "surrogateescape"),
    "UTF-8 errors become question marks": ("utf-8", "broken-question-mark"),
    "UTF-8 errors are counted by bytes": ("utf-8", "broken-each-byte"),
    "UTF-8 surrogates accepted": ("utf-8", "broken-surrogate"),
}


def _by_announced_length(data: bytes) -> bytes:
    """A first byte takes as many bytes as it announces, good or bad."""
    pieces = []
    while data:
        length = next((n for n, least in enumerate(LEADS, 1) if data[0] < least), 7)
        piece, data = data[:length], data[length:]
        pieces.append(piece.decode("utf-8", "replace")[:1])
    return "".join(pieces).encode()


LEADS = (0xC0, 0xE0, 0xF0, 0xF8, 0xFC, 0xFE)
OVERLONG = re.compile(rb"[\xc0\xc1].|\xe0[\x80-\x9f].|\xf0[\x80-\x8f]..", re.DOTALL)


def _overlong(found: re.Match[bytes]) -> bytes:
    value = 0
    for byte in found[0][1:]:
        value = value << 6 | byte & 0x3F
    return chr(value | found[0][0] % 2 << 6).encode()


# What is done to the bytes of a push first.
BYTES: dict[str, Callable[[bytes], bytes]] = {
    "UTF-8 by announced length": _by_announced_length,
    "UTF-8 overlong accepted": lambda data: OVERLONG.sub(_overlong, data),
    "UTF-8 is decoded push by push": lambda data: data.decode("utf-8", "replace").encode(),
    "half a mark is stripped": lambda data: re.sub(rb"^\xef\xbb?(?!\xbb?\xbf)", b"", data),
    "UTF-16 mark is stripped": lambda data: re.sub(rb"^(\xff\xfe|\xfe\xff)", b"", data),
    "UTF-16 is guessed": lambda data: (
        data.decode("utf-16", "replace").encode()
        if data[:2] in (b"\xff\xfe", b"\xfe\xff")
        else data
    ),
}


def _without(*categories: str) -> Callable[[str], str]:
    keep = "\t\n\r" + BOM
    return lambda text: "".join(
        c for c in text if c in keep or unicodedata.category(c) not in categories
    )


# What is done to the text of a push.
TEXT: dict[str, Callable[[str], str]] = {
    "marks vanish everywhere": lambda text: text.replace(BOM, ""),
    "U+FFFD in a row are one": lambda text: re.sub(REPLACEMENT + "+", REPLACEMENT, text),
    "only 16 bits": lambda text: re.sub("[\U00010000-\U0010ffff]", REPLACEMENT * 2, text),
    "noncharacters are replaced": lambda text: re.sub(
        "[\ufdd0-\ufdef\ufffe\uffff\U0001fffe]", REPLACEMENT, text
    ),
    "format characters vanish": _without("Cf"),
    "private characters vanish": _without("Co"),
    "controls vanish": _without("Cc"),
    "NUL vanishes": lambda text: text.replace("\0", ""),
    "U+001A ends the input": lambda text: text.partition("\x1a")[0],
    "CR vanishes": lambda text: text.replace("\r", ""),
    "text is NFC": lambda text: unicodedata.normalize("NFC", text),
    "text is NFKC": lambda text: unicodedata.normalize("NFKC", text),
    "percent signs are decoded": unquote_plus,
    "backslashes are unescaped": lambda text: re.sub(
        r"\\([rn0\"\\])", lambda found: {"r": "\r", "n": "\n", "0": "\0"}.get(*[found[1]] * 2), text
    ),
    "pushes are trimmed": lambda text: text.strip(" "),
}

# -- text to lines ----------------------------------------------------------------------------

# What ends a line. The right one: "\r\n|\r|\n".
LINE_ENDS: dict[str, str] = {
    "CR alone does not end a line": "\r\n|\n",
    "LF alone does not end a line": "\r\n|\r",
    "CRLF is two line ends": "\r|\n",
    "LF CR is one line end": "\r\n|\n\r|\r|\n",
    "CR CR LF is one line end": "\r+\n|\r|\n",
    "line ends in a row are one": "[\r\n]+",
    "lines by regex R": "\r\n|[\n-\r\x85\u2028\u2029]",
    "lines by str.splitlines": "\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]",
    "U+001F ends a line": "\r\n|[\r\n\x1f]",
}

# What is done to a line.
LINE: dict[str, Callable[[str], str]] = {
    "mark stripped from every line": lambda line: line.removeprefix(BOM),
    "lines are trimmed": str.strip,
    "lines are trimmed left": str.lstrip,
    "lines are trimmed right": str.rstrip,
    "white space is a blank line": lambda line: line if line.strip() else "",
    "spaces are a blank line": lambda line: line if line.strip(" ") else "",
    "NUL is a blank line": lambda line: line if line.strip("\0") else "",
    "a colon is a blank line": lambda line: "" if line == ":" else line,
    "white space is squeezed": lambda line: re.sub("[ \t]+", " ", line),
    "a hash begins a comment": lambda line: line.partition("#")[0] if "#" in line else line,
    "colons at the start vanish": lambda line: line.lstrip(":").lstrip() or line,
    "lines end at 512 characters": lambda line: line[:512],
    "lines above 2000 characters are ignored": lambda line: line if len(line) <= 2000 else ":",
    "entities are decoded": html.unescape,
    "full-width forms are read as ASCII": lambda line: line.replace("\uff1a", ":"),
}

# -- lines to fields --------------------------------------------------------------------------

# What a name is taken for.
NAME: dict[str, Callable[[str], str]] = {
    "names in any case": str.lower,
    "names in any case of Unicode": lambda name: name.upper().lower(),
    "names are NFKC": lambda name: unicodedata.normalize("NFKC", name),
    "names are trimmed": str.strip,
    "names are trimmed of punctuation": lambda name: name.strip("<>\"' "),
    "names are trimmed of what is invisible": lambda name: name.strip("\u200b\0\ufeff"),
    "names end at NUL": lambda name: name.partition("\0")[0],
    "names by their start": lambda name: next((f for f in FIELDS if name.startswith(f)), name),
    "names by their beginning letters": lambda name: next(
        (f for f in FIELDS if name and f.startswith(name)), name
    ),
    "names by their end": lambda name: next((f for f in FIELDS if name.endswith(f)), name),
}


def _without_one_space(value: str) -> str:
    return value.removeprefix(" ")


# How the value is made of what stands behind the colon. The right one: ``_without_one_space``.
VALUE: dict[str, Callable[[str], str]] = {
    "space is kept": lambda value: value,
    "one character is dropped": lambda value: value[1:],
    "all spaces are stripped": lambda value: value.lstrip(" "),
    "spaces are stripped at the end": lambda value: _without_one_space(value).rstrip(" "),
    "a tab counts as the space": lambda value: value[1:] if value[:1] in (" ", "\t") else value,
    "a space is dropped behind tabs": lambda value: re.sub("^(\t*) ", r"\1", value),
    "white space is stripped at the start": str.lstrip,
    "white space is stripped at the end": lambda value: _without_one_space(value).rstrip(),
    "white space is stripped": str.strip,
    "a mark is stripped from values": lambda value: _without_one_space(value).lstrip(BOM),
    "values end at NUL": lambda value: _without_one_space(value).partition("\0")[0],
    "values end at the second colon": lambda value: _without_one_space(value.partition(":")[0]),
    "values end at colon and space": lambda value: _without_one_space(value).partition(": ")[0],
    "colons are stripped": lambda value: value.lstrip(": "),
    "a value is never a comment": lambda value: re.sub("^ ?:.*", "", _without_one_space(value)),
    "names are removed from values": lambda value: re.sub("data: ?", "", value).lstrip(),
    "quotation marks are stripped": lambda value: _without_one_space(value).strip('"'),
    "values of digits are numbers": lambda value: re.sub(r"^ ?0+(?=\d)", "", value).strip(),
    "values end at the equals sign": lambda value: _without_one_space(value).partition("=")[0],
    "values end at 500 characters": lambda value: _without_one_space(value)[:500],
    "values end at the first dot": lambda value: _without_one_space(value).partition(".")[0],
    "values are in lower case": lambda value: _without_one_space(value).lower(),
}

# -- retry ------------------------------------------------------------------------------------


def _digits(value: str) -> int | None:
    value = value.lstrip("0") or value[:1]
    return int(value) if re.fullmatch("[0-9]{1,30}", value) else None


def _guarded(parse: Callable[[str], float]) -> Callable[[str], int | None]:
    def guarded(value: str) -> int | None:
        try:
            return int(parse(value))
        except (ValueError, OverflowError):
            return None

    return guarded


def _leading_digits(value: str) -> int | None:
    found = re.match(r"\s*[-+]?[0-9]+", value)
    return int(found[0]) if found else None


def _with_units(value: str) -> int | None:
    found = re.fullmatch("([0-9]{1,30})(ms|s)", value)
    if found:
        return int(found[1]) * (1000 if found[2] == "s" else 1)
    return _digits(value)


# How a time is read. The right one: ``_digits``.
RETRY: dict[str, Callable[[str], int | None]] = {
    "retry is unknown": lambda value: None,
    "retry by int()": _guarded(int),
    "retry by int(), unguarded": int,
    "retry by isdigit()": lambda value: int(value) if value.isdigit() else None,
    "retry by isdecimal()": lambda value: _digits(
        "".join(str(unicodedata.decimal(c)) for c in value) if value.isdecimal() else value
    ),
    "retry by isnumeric()": lambda value: (
        int(unicodedata.numeric(value)) if len(value) == 1 and value.isnumeric() else _digits(value)
    ),
    "retry by float()": _guarded(float),
    "retry by float(), unguarded": lambda value: int(float(value)),
    "retry by parseInt": _leading_digits,
    "retry by the base of a prefix": _guarded(lambda value: int(value, 0)),
    "retry in octal": lambda value: _guarded(lambda v: int(v, 8 if v[:1] == "0" else 10))(value),
    "retry with separators": lambda value: _digits(re.sub("[ ,.:]", "", value)),
    "retry with units": _with_units,
    "retry is trimmed": lambda value: _digits(value.strip()),
    "retry is unquoted": lambda value: _digits(value.strip('"')),
    "retry ends at NUL": lambda value: _digits(value.partition("\0")[0]),
    "retry without leading zeros": lambda value: None if value[:1] == "0" else _digits(value),
    "retry of zero is none": lambda value: _digits(value) or None,
    "retry of nothing is zero": lambda value: _digits(value or "0"),
    "retry wraps at 32 bits": lambda value: (
        None if _digits(value) is None else (_digits(value) or 0) % 2**32
    ),
    "retry wraps at 64 bits": lambda value: (
        None if _digits(value) is None else (_digits(value) or 0) % 2**64
    ),
    "retry of 20 digits at most": lambda value: _digits(value) if len(value) <= 20 else None,
}

# -- all the rest -----------------------------------------------------------------------------

#: Faults that show at some cuts only.
CUT_FAULTS = (
    "UTF-8 is decoded push by push",
    "mark stripped from every push",
    "mark stripped from the first push only",
    "CRLF is two line ends at a cut",
    "the character behind a cut CR is dropped",
    "an empty push forgets a CR",
    "a push ends its line",
    "each push by itself",
    "pushes are trimmed",
)

FLAGS = (
    *(fault for fault in CUT_FAULTS if fault not in BYTES and fault not in TEXT),
    # pushes, marks, lines
    "one event for each push",
    "mark is kept", "mark stripped twice", "marks stripped all",
    "mark stripped from the first field",
    "the first line end decides", "a blank line needs two equal line ends",
    "a last CR is held back", "a last CR ends the event", "lines break at 1024 characters",
    "a run of blank lines raises",
    # names and comments
    "the last colon counts", "an equals sign counts", "a colon is required",
    "no colon is an error", "no colon is data", "the space is required",
    "data: is found anywhere", "other lines continue the data", "folded lines",
    "other lines join the next", "unknown name is an error", "unknown name clears the block",
    "unknown name is content", "unknown block ends the stream", "duplicates are errors",
    "comment is data", "comment is an error", "comment needs a space", "comment ends the event",
    "comment clears the block", "comment is content", "comment up to the blank line",
    "comment up to the LF", "JSON is data", "JSON is an error", "markup ends the stream",
    "markup is an error", "U+FFFD is an error",
    # data
    "data by the first line", "data by the last line", "data lines joined by nothing",
    "data lines joined by a space", "data lines joined by their ends", "data keeps its last LF",
    "data loses all last LFs", "empty data lines are skipped", "empty first data lines are skipped",
    "empty data is no event", "false data is no event", "each data line is an event",
    "data is not cleared", "data of 32 lines at most", "data with NUL is ignored",
    "data repeated is dropped", "[DONE] ends the stream",
    # event
    "type is unknown", "type is kept", "type is kept without data", "type by the first line",
    "types are joined", "empty type is skipped", "empty type is given",
    "type behind data is ignored",
    "type behind data starts an event", "type of words only", "type with NUL is ignored",
    "type message is dropped", "type error raises", "types of states are dropped",
    "type of digits is ignored",
    # id
    "id is unknown", "id for one event", "id for its type", "id by the first line",
    "id behind data is late", "empty id is skipped", "id needs data", "id is lost without data",
    "id counts at once", "id with NUL is accepted", "id with NUL resets", "id with NUL ends there",
    "id with NUL drops the block", "id with U+FFFD is ignored", "id of zero is none",
    "ids only grow", "id repeated is dropped", "seed is ignored", "seed is not in the buffer",
    "seed for ever", "seed where the id is empty",
    # retry
    "retry by the first", "retry at the blank line", "retry needs data", "retry for one event",
    "retry makes no event", "invalid retry resets", "empty retry resets",
    # dispatch and the end
    "blank lines are events", "any set field is an event", "any known name is an event",
    "a known id is an event", "the last event again", "two blank lines are needed",
    "no input is an error", "end flushes the block", "end flushes the line",
    "end flushes any line", "end ends the line", "end commits the id", "end in the middle raises",
    "tail is never told", "tail of a line is not told", "tail of an ignored line is not told",
    "tail without data is not told", "tail of a complete ignored line is told",
)  # fmt: skip

#: Every fault.
FAULTS: tuple[str, ...] = (
    *CHARSETS, *BYTES, *TEXT, *LINE_ENDS, *LINE, *NAME, *VALUE, *RETRY, *FLAGS,
)  # fmt: skip


class Decoder:
    """Right without faults. ``feed``, then ``end``; then ``last_event_id``, ``retry``, ``tail``."""

    def __init__(self, *faults: str, seed: str = "") -> None:
        unknown = set(faults) - set(FAULTS)
        if unknown:
            raise ValueError(f"no such faults: {unknown}")
        self.faults = frozenset(faults)
        self.last_event_id = "" if self.has("seed is ignored") else seed
        self.retry: int | None = None
        self.seed = seed
        self.id_buffer = "" if self.has("seed is not in the buffer") else self.last_event_id
        self.id_types: dict[str, str] = {}
        charset, errors = self.one_of(CHARSETS, ("utf-8", "replace"))
        self.bytes_decoder = codecs.getincrementaldecoder(charset)(errors)
        self.line_end = re.compile(self.one_of(LINE_ENDS, "\r\n|\r|\n"))
        self.value_of = self.one_of(VALUE, _without_one_space)
        self.time_of = self.one_of(RETRY, _digits)
        self.begun = self.stopped = self.after_cr = self.at_field = False
        self.rest = self.carried = self.all_text = self.last_end = self.cut_character = ""
        self.blank_lines = 0
        self.in_comment = False
        self.seen: list[Event] = []
        self.seen_ids: list[str] = []
        self.out: list[Event] = []
        self.ignored_last = False
        self.clear()

    def has(self, fault: str) -> bool:
        return fault in self.faults

    def one_of(self, table: Mapping[str, _T], right: _T) -> _T:
        return next((table[fault] for fault in self.faults if fault in table), right)

    def clear(self) -> None:
        self.data: list[str] = []
        self.ends: list[str] = []
        self.type: str = ""
        self.types = self.ids = 0
        self.open = False  # a field on which a blank line acts
        self.names: set[str] = set()
        self.set_names: set[str] = set()
        self.unknown = self.comments = 0
        self.dropped = False
        self.late_id: str | None = None
        self.new_retry: int | None = None

    # -- the three verbs

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete. A fault may raise anything."""
        self.out = []
        try:
            if not self.stopped:
                self.take(self.text_of(data))
        except _Stopped:
            self.stopped = True
        if self.has("one event for each push"):
            del self.out[:-1]
        return self.out

    def end(self) -> list[Event]:
        """The end of the input."""
        self.out = []
        if self.stopped:
            return []
        if self.has("no input is an error") and not self.begun:
            raise ValueError("no input")
        if self.has("end in the middle raises") and self.tail:
            raise ValueError("unfinished")
        self.cut_character = self.bytes_decoder.decode(b"", True)
        line = self.rest + self.cut_character
        if self.has("end flushes any line") and line:
            self.out.append(("message", line, self.last_event_id))
        if self.has("end flushes the line") or self.has("end ends the line"):
            self.line(line)
        if self.has("end flushes the block") or self.has("end flushes the line"):
            self.blank_line()
        if self.has("end commits the id"):
            self.last_event_id = self.id_buffer
        if self.has("a last CR ends the event") and self.after_cr:
            self.blank_line()
        return self.out

    @property
    def tail(self) -> bool:
        """Whether the input ended within a block."""
        line = bool(self.rest or self.cut_character or self.bytes_decoder.getstate()[0])
        if self.has("tail is never told"):
            return False
        if self.has("tail of a line is not told"):
            return self.open
        if self.has("tail of an ignored line is not told"):
            return self.open or (line and self.rest.partition(":")[0] in FIELDS)
        if self.has("tail without data is not told"):
            return bool(self.data)
        if self.has("tail of a complete ignored line is told"):
            return self.open or line or self.ignored_last
        return self.open or line

    # -- bytes to text

    def text_of(self, data: bytes) -> str:
        data = self.one_of(BYTES, _same_bytes)(data)
        text = self.bytes_decoder.decode(data)
        if self.has("U+FFFD is an error") and REPLACEMENT in text:
            raise ValueError("ill-formed")
        started = bool(text) or self.has("mark stripped from the first push only")
        if not self.begun or self.has("mark stripped from every push"):
            text = text if self.has("mark is kept") else text.removeprefix(BOM)
            text = text.removeprefix(BOM) if self.has("mark stripped twice") else text
            text = text.lstrip(BOM) if self.has("marks stripped all") else text
        first = not self.begun
        self.begun = self.begun or started
        if first and self.has("JSON is an error") and text[:1] in "{[" and text:
            raise ValueError("not a stream")
        if first and self.has("markup is an error") and text[:1] == "<":
            raise ValueError("not a stream")
        return self.one_of(TEXT, _same_text)(text)

    # -- text to lines

    def take(self, text: str) -> None:
        after_cr = self.after_cr
        forgets = self.has("an empty push forgets a CR")
        self.after_cr = text.endswith("\r") if text or forgets else after_cr
        if after_cr and self.has("the character behind a cut CR is dropped"):
            text = text[1:]
        elif after_cr and not self.has("CRLF is two line ends at a cut"):
            text = text.removeprefix("\n")
        text = self.rest + text
        line_end = self.line_end
        if self.has("the first line end decides"):
            self.all_text += text
            first = line_end.search(self.all_text)
            line_end = re.compile(re.escape(first[0])) if first else line_end
        if self.has("lines break at 1024 characters"):
            text = re.sub("([^\r\n]{1024})", "\\1\n", text)
        position = 0
        for found in line_end.finditer(text):
            self.rest = text[position : found.start()]
            position = found.end()
            if self.has("a last CR is held back") and found[0] == "\r" and position == len(text):
                return
            self.end_line(self.rest, found[0])
        self.rest = text[position:]
        if self.has("a push ends its line") and self.rest:
            self.end_line(self.rest, "")
            self.rest = ""
        if self.has("each push by itself"):
            self.rest = ""
            self.clear()

    def end_line(self, line: str, end: str) -> None:
        if self.has("comment up to the LF") and line.startswith(":") and end == "\r":
            self.in_comment = True
        elif self.in_comment and self.has("comment up to the LF"):
            self.in_comment = "\n" not in end
        elif line == "" and self.has("a blank line needs two equal line ends"):
            if end == self.last_end:
                self.line(line)
        else:
            self.ends.append(end)
            self.line(line)
        self.last_end = end

    def line(self, line: str) -> None:
        line = self.one_of(LINE, _same_text)(line)
        self.ignored_last = False
        if self.has("mark stripped from the first field") and line and not line.startswith(":"):
            line = line if self.at_field else line.removeprefix(BOM)
            self.at_field = True
        if self.has("a run of blank lines raises"):
            self.blank_lines = self.blank_lines + 1 if line == "" else 0
            if self.blank_lines > 300:
                raise RecursionError
        if self.has("two blank lines are needed"):
            self.blank_lines = self.blank_lines + 1 if line == "" else 0
            if self.blank_lines == 1:
                return
        if line == "":
            self.in_comment = False
            self.blank_line()
        elif self.in_comment:
            pass
        elif line[0] == ":" and not (self.has("comment needs a space") and line[1:2] != " "):
            self.ignored_last = True
            self.comment(line)
        elif self.has("JSON is data") and line[0] in "{[":
            self.out.append(("message", line, self.last_event_id))
        elif self.has("markup ends the stream") and line[0] == "<":
            raise _Stopped
        elif self.has("folded lines") and line[0] in " \t" and self.data:
            self.data[-1] += line.lstrip()
        else:
            self.field_line(line.lstrip(":"))

    def comment(self, line: str) -> None:
        self.comments += 1
        if self.has("comment is an error"):
            raise ValueError("a comment")
        if self.has("comment is data"):
            self.field("data", line[1:], True)
        if self.has("comment ends the event"):
            self.blank_line()
        if self.has("comment clears the block"):
            self.clear()
            self.id_buffer = self.last_event_id
        if self.has("comment up to the blank line"):
            self.in_comment = True

    # -- lines to fields

    def field_line(self, line: str) -> None:
        line, self.carried = self.carried + line, ""
        name, colon, value = line.partition(":")
        if self.has("the last colon counts"):
            name, colon, value = line.rpartition(":") if colon else (line, "", "")
        if self.has("an equals sign counts") and not colon:
            name, colon, value = line.partition("=")
        if self.has("data: is found anywhere") and "data:" in line:
            name, value = "data", line.partition("data:")[2]
        name = self.one_of(NAME, _same_text)(name)
        if not colon and self.has("no colon is an error"):
            raise ValueError("no colon")
        if not colon and self.has("no colon is data"):
            name, colon, value = "data", ":", line
        if not colon and self.has("a colon is required"):
            return
        if colon and self.has("the space is required") and not value.startswith(" "):
            return
        if name not in FIELDS:
            self.unknown_field(line)
        else:
            self.field(name, self.value_of(value), bool(colon))

    def unknown_field(self, line: str) -> None:
        self.unknown += 1
        self.ignored_last = True
        if self.has("unknown name is an error"):
            raise ValueError("unknown name")
        if self.has("unknown name clears the block"):
            self.clear()
        if self.has("other lines continue the data") and self.data:
            self.data.append(line)
        if self.has("other lines join the next"):
            self.carried = line

    def field(self, name: str, value: str, colon: bool) -> None:
        if self.has("duplicates are errors") and name in self.names and name != "data":
            raise ValueError("twice")
        repeated = name in self.names
        self.names.add(name)
        if value:
            self.set_names.add(name)
        if name == "data":
            self.data_field(value)
        elif name == "event":
            self.event_field(value, repeated)
        elif name == "id":
            self.id_field(value, repeated)
        else:
            self.retry_field(value)

    def data_field(self, value: str) -> None:
        self.open = True
        if self.has("data with NUL is ignored") and "\0" in value:
            return
        if self.has("empty data lines are skipped") and not value and self.data:
            return
        if self.has("empty first data lines are skipped") and not any(self.data):
            self.data = []
        if self.has("data of 32 lines at most") and len(self.data) == 32:
            return
        if self.has("data by the first line") and self.data:
            return
        if self.has("data by the last line"):
            self.data = []
        self.data.append(value)
        if self.has("each data line is an event"):
            self.blank_line()

    def event_field(self, value: str, repeated: bool) -> None:
        self.open = True
        if self.has("type behind data starts an event") and self.data:
            self.blank_line()
        if (
            self.has("type is unknown")
            or (self.has("type by the first line") and repeated)
            or (self.has("type behind data is ignored") and self.data)
            or (self.has("empty type is skipped") and not value)
            or (self.has("type with NUL is ignored") and "\0" in value)
            or (self.has("type of digits is ignored") and value.isdigit())
            or (self.has("type of words only") and not re.fullmatch("[A-Za-z0-9_.]*", value))
        ):
            return
        self.type = self.type + value if self.has("types are joined") else value

    def id_field(self, value: str, repeated: bool) -> None:
        if "\0" in value:
            self.ignored_last = True
            if self.has("id with NUL drops the block"):
                self.dropped = True
            if self.has("id with NUL resets"):
                value = ""
            elif self.has("id with NUL ends there"):
                value = value.partition("\0")[0]
            elif not self.has("id with NUL is accepted"):
                return
        self.open = True
        if (
            self.has("id is unknown")
            or (self.has("id by the first line") and repeated)
            or (self.has("empty id is skipped") and not value)
            or (self.has("id with U+FFFD is ignored") and REPLACEMENT in value)
            or (self.has("id of zero is none") and value == "0")
            or (self.has("ids only grow") and value < self.id_buffer and value != "")
            or (self.has("seed for ever") and self.seed)
        ):
            return
        if self.has("id repeated is dropped") and value in self.seen_ids:
            self.dropped = True
        self.seen_ids.append(value)
        if self.has("seed where the id is empty"):
            value = value or self.seed
        if self.has("id behind data is late") and self.data:
            self.late_id = value
            return
        self.id_buffer = value
        if self.has("id counts at once"):
            self.last_event_id = value

    def retry_field(self, value: str) -> None:
        milliseconds = self.time_of(value)
        self.ignored_last = True
        if self.has("empty retry resets") and not value:
            self.retry = None
        if milliseconds is None:
            if self.has("invalid retry resets") and value:
                self.retry = None
            return
        if self.has("retry by the first") and self.retry is not None:
            return
        if self.has("retry makes no event"):
            self.dropped = True
        self.new_retry = milliseconds
        if not self.has("retry at the blank line") and not self.has("retry needs data"):
            self.retry = milliseconds

    # -- dispatch

    def blank_line(self) -> None:
        if self.has("retry at the blank line") and self.new_retry is not None:
            self.retry = self.new_retry
        if self.has("retry needs data") and self.new_retry is not None and self.data:
            self.retry = self.new_retry
        if self.has("retry for one event") and self.data:
            self.retry = self.new_retry
        if self.has("id is lost without data") and not self.data:
            self.id_buffer = self.last_event_id
        elif self.data or not self.has("id needs data"):
            self.last_event_id = self.id_buffer
        if self.is_event():
            self.dispatch()
        elif self.has("the last event again") and self.seen and not self.names:
            self.out.append(self.seen[-1])
        if self.has("unknown block ends the stream") and self.unknown and not self.names:
            raise _Stopped
        kept, data, late = self.type, self.data, self.late_id
        had_data = bool(self.data)
        self.clear()
        if self.has("type is kept") or (self.has("type is kept without data") and not had_data):
            self.type = kept
        if self.has("data is not cleared"):
            self.data = data
        if late is not None:
            self.id_buffer = late

    def is_event(self) -> bool:
        if self.dropped:
            return False
        if self.has("empty data is no event") and not any(self.data):
            return False
        return (
            bool(self.data)
            or self.has("blank lines are events")
            or (self.has("any set field is an event") and bool(self.set_names))
            or (self.has("any known name is an event") and bool(self.names))
            or (self.has("a known id is an event") and bool(self.last_event_id))
            or (self.has("comment is content") and self.comments > 0)
            or (self.has("unknown name is content") and self.unknown > 0)
        )

    def dispatch(self) -> None:
        data = self.joined()
        type_ = self.type or ("" if self.has("empty type is given") and self.names else "message")
        if self.has("empty type is given") and "event" not in self.names:
            type_ = "message"
        id_ = self.last_event_id
        if self.has("id for one event") and "id" not in self.names:
            id_ = ""
        if self.has("id for its type"):
            if "id" in self.names:
                self.id_types[type_] = id_
            id_ = self.id_types.get(type_, "")
        if self.has("type error raises") and type_ == "error":
            raise ValueError("an error event")
        event = (type_, data, id_)
        again = bool(self.seen) and self.seen[-1][1] == data
        if (
            (self.has("types of states are dropped") and type_ in ("open", "close", "end", "ping"))
            or (self.has("type message is dropped") and self.type == "message")
            or (self.has("false data is no event") and data in ("null", "0", '""', "false"))
            or (self.has("data repeated is dropped") and again)
        ):
            return
        self.seen.append(event)
        self.out.append(event)
        if self.has("[DONE] ends the stream") and data == "[DONE]":
            raise _Stopped

    def joined(self) -> str:
        if self.has("data lines joined by nothing"):
            return "".join(self.data)
        if self.has("data lines joined by a space"):
            return " ".join(self.data)
        if self.has("data lines joined by their ends"):
            return (self.ends[0] if self.ends else "\n").join(self.data)
        if self.has("data keeps its last LF"):
            return "\n".join(self.data) + "\n"
        if self.has("data loses all last LFs"):
            return "\n".join(self.data).rstrip("\n")
        return "\n".join(self.data)
